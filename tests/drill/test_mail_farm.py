"""A campaign against a mail farm on a bad day, in virtual time."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from benchmarks.campaigns import mail_farm as trial

from credguard.campaigns.delivering import Outcome
from credguard.drill.mail_farm import Exchanger, MailFarm
from credguard.drill.virtual_time import VirtualTime

START = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def message(name: str) -> EmailMessage:
    """Return a small message."""
    made = EmailMessage()
    made["Message-ID"] = f"<{name}@forum.example>"
    made.set_content("A notice.\n")
    return made


def farm(**exchanger: object) -> MailFarm:
    """Return a farm of which every domain behaves alike."""
    others = Exchanger(**exchanger)  # type: ignore[arg-type]  # as each test says
    return MailFarm(VirtualTime(START), others=others)


def test_threads_take_turns_in_the_order_of_their_times() -> None:
    """Who wakes first goes on first, and nothing else passes the time."""
    time, seen = VirtualTime(START), list[tuple[str, int]]()

    def act(name: str, seconds: int) -> None:
        for _ in range(3):
            time.pause(SECOND * seconds)
            seen.append((name, (time.clock() - START) // SECOND))

    time.play([lambda: act("slow", 5), lambda: act("quick", 2)])
    assert seen == [
        ("quick", 2),
        ("quick", 4),
        ("slow", 5),
        ("quick", 6),
        ("slow", 10),
        ("slow", 15),
    ]


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    """The others come to their end all the same."""
    time, ended = VirtualTime(START), list[str]()

    def fail() -> None:
        raise ValueError

    def work() -> None:
        time.pause(SECOND)
        ended.append("work")

    with pytest.raises(ValueError, match=r"^$"):
        time.play([fail, work])
    assert ended == ["work"]


def test_a_message_over_a_limit_is_a_fault() -> None:
    """A rate of one a second takes one more at once, and then no more."""
    found = farm(rate=1.0, latency=timedelta(0))
    for name in "abc":
        found.send(message(name), recipient=f"{name}@own.example")
    assert dict(found.faults) == {"over the limit of own.example": 1}


def test_a_message_after_a_refusal_is_a_fault() -> None:
    """A 5xx is final."""
    found = farm(is_gone=lambda _: True)
    for _ in range(2):
        receipt = found.send(message("a"), recipient="a@own.example")
        assert (receipt.outcome, receipt.reply) == (Outcome.REFUSED, "550")
    assert dict(found.faults) == {"sent again after a refusal": 1}


def test_a_second_copy_is_the_same_message_or_a_fault() -> None:
    """Greylisting is answered with the same message again."""
    found = farm(greylists=30 * SECOND)
    first = found.send(message("a"), recipient="a@own.example")
    found.time.pause(31 * SECOND)
    second = found.send(message("a"), recipient="a@own.example")
    assert (first.reply, second.reply) == ("450", "250")
    other = message("a")
    other["Subject"] = "another"
    found.send(other, recipient="a@own.example")
    assert dict(found.faults) == {"a second copy that is another message": 1}


def test_a_report_comes_back_after_a_while() -> None:
    """It goes to the return path, and is read as anybody's would be."""
    found = farm(is_gone_late=lambda _: True, reports_after=60 * SECOND)
    path = "bounces@forum.example"
    found.send(message("a"), recipient="a@own.example", return_path=path)
    assert found.returned() == []
    found.time.pause(60 * SECOND)
    assert len(found.returned()) == 1
    assert found.returned() == []


def test_a_days_quota_is_over_any_24_hours() -> None:
    """One more within a day is a fault, a day later it is not."""
    found = MailFarm(VirtualTime(START), day_quota=1)
    found.send(message("a"), recipient="a@own.example")
    found.time.pause(timedelta(days=1))
    found.send(message("b"), recipient="b@own.example")
    assert not found.faults
    found.send(message("c"), recipient="c@own.example")
    assert dict(found.faults) == {"over the day's quota": 1}


def test_a_bad_day_ends_with_everybody_told_and_no_limit_passed(tmp_path: Path) -> None:
    """Closed lines, greylisting, dead addresses, late reports, two senders."""
    figures = trial.bad_day(tmp_path, 100, 2)
    assert figures["messages over a limit"] == 0, figures
    assert figures["told more than once"] == 0
    assert figures["counts add up"] is True
    assert figures["told"] == 100 - int(str(figures["refused for good"]))


def test_a_bad_segment_stops_the_sending(tmp_path: Path) -> None:
    """Before a twentieth of a window of dead addresses has been written to twice."""
    figures = trial.bad_segment(tmp_path, 280, 2, late=False)
    assert 50 <= int(str(figures["mails to the bad segment before it stopped"])) <= 60
    assert "bounced" in str(figures["why"])
