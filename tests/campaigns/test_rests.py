"""When a group of mail exchangers is left alone, and for how long."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard.campaigns import Outcome, in_list, paces
from credguard.storage import Database
from credguard.storage.tables import pace
from credguard.testing import FrozenClock, RememberedMail
from forums import house_at

NOW = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)


def test_the_fifth_message_put_off_lets_a_group_rest(database: Database) -> None:
    """Four may be greylisted; with the fifth the group rests for a minute."""
    with database.begin() as connection:
        found = [
            paces.was_put_off(connection, "google", at_once=False, now=NOW)
            for _ in range(5)
        ]
    assert found == [None, None, None, None, NOW + timedelta(minutes=1)]


def test_a_slow_group_rests_nine_times_as_long_as_it_took(database: Database) -> None:
    """A tenth of a sender's time is the most that it takes."""
    with database.begin() as connection:
        paces.was_slow(connection, "google", timedelta(seconds=6), now=NOW)
        until = connection.scalar(select(pace.c.rests_until))
    assert until == NOW + timedelta(seconds=54)


@pytest.mark.parametrize(
    ("took", "rests"), [(1.0, 0.0), (4.999_999, 0.0), (5.0, 45.0), (6.0, 54.0)]
)
def test_a_server_that_takes_five_seconds_for_a_message_is_slow(
    took: float,
    rests: float,
    *,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its group is left alone then, also by whoever found it to be slow."""
    clock, begun = FrozenClock(NOW), list[datetime]()

    def pass_by(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        begun.append(clock())
        pass_by(took)
        return Outcome.ACCEPTED

    monkeypatch.setattr("credguard.campaigns.means.time.sleep", pass_by)
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:
        campaign = house.swept(in_list(["1", "2"]))
        house.campaigns.send(campaign, RememberedMail(answer), worker="sender")
    first, second = begun
    assert second - first == timedelta(seconds=took + rests)
