"""When a group of mail exchangers is left alone, and for how long."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from credguard.campaigns import paces
from credguard.storage import Database
from credguard.storage.tables import pace

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
