from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

import pytest

from credguard import testing
from credguard.campaigns.delivering import Delivery, Outcome
from credguard.errors import DeliveryUnavailableError
from credguard.screening import Blocklist, Listed, NotListed, Reason, ReasonCode
from credguard.testing import FrozenClock, RememberedBlocklist, RememberedMail

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_frozen_clock_stands_still() -> None:
    """The clock tells one instant, in UTC, until it is moved."""
    clock = FrozenClock(NOON.astimezone(timezone(timedelta(hours=2))))
    assert clock() == clock() == NOON
    assert clock().tzinfo is UTC
    clock.advance(timedelta(hours=1))
    assert clock() == NOON + timedelta(hours=1)
    clock.advance(timedelta(hours=-2))
    assert clock() == NOON - timedelta(hours=1)


def test_a_naive_start_is_in_utc() -> None:
    """A start without a zone is taken to be in UTC."""
    assert FrozenClock(NOON.replace(tzinfo=None))() == NOON


def test_a_remembered_blocklist_answers_as_told() -> None:
    """A verdict or an error for each password, and not listed for the others."""
    listed = Listed(Reason(ReasonCode.COMMON))
    remembered = RememberedBlocklist(
        {"common": listed, "broken": OSError("away")}, stamp="2026"
    )
    blocklist: Blocklist = remembered
    assert blocklist.look_up("common") == listed
    assert blocklist.look_up("other") == NotListed()
    with pytest.raises(OSError, match="away"):
        blocklist.look_up("broken")
    assert remembered.asked == ["common", "other", "broken"]
    assert RememberedBlocklist(otherwise=listed).look_up("other") == listed


def test_remembered_mail_accepts() -> None:
    """Without answers, every message is accepted and kept in order."""
    mail: Delivery = (remembered := RememberedMail())
    messages = [EmailMessage(), EmailMessage()]
    for message in messages:
        receipt = mail.send(message, recipient="a@b.example")
        assert receipt.outcome is Outcome.ACCEPTED
    assert remembered.messages == messages
    assert not remembered.is_closed
    mail.close()
    assert remembered.is_closed


def test_remembered_mail_answers_as_told() -> None:
    """Answers are given in turn, errors are raised, and then all is accepted."""
    away = DeliveryUnavailableError("away")
    mail = RememberedMail([Outcome.DEFERRED, away, Outcome.UNKNOWN])
    first = mail.send(EmailMessage(), recipient="a@b.example")
    with pytest.raises(DeliveryUnavailableError, match="away"):
        mail.send(EmailMessage(), recipient="a@b.example")
    rest = [mail.send(EmailMessage(), recipient="a@b.example") for _ in range(2)]
    told = [each.outcome for each in (first, *rest)]
    assert told == [Outcome.DEFERRED, Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert [each.receipt.outcome for each in mail.carried] == told
    assert len(mail.messages) == 1


def test_remembered_mail_answers_by_recipient() -> None:
    """A function decides by message and recipient."""
    answer: Callable[[EmailMessage, str], Outcome] = lambda _, recipient: (  # noqa: E731
        Outcome.REFUSED if recipient.startswith("gone") else Outcome.ACCEPTED
    )
    mail = RememberedMail(answer)
    for recipient in ("gone@b.example", "here@b.example"):
        mail.send(EmailMessage(), recipient=recipient)
    assert [each.receipt.outcome for each in mail.carried] == ["refused", "accepted"]


def test_the_cheapest_work_factor_is_at_hand() -> None:
    """Tests hash with the least work that the format allows."""
    assert testing.CHEAPEST.passes == 1
    assert testing.CHEAPEST.memory_kib == 8


def test_no_other_name_is_made_up() -> None:
    """A name that does not exist is missing in the usual way."""
    with pytest.raises(AttributeError, match="no attribute 'DEAREST'"):
        _ = testing.DEAREST


def test_importing_it_loads_no_hashing(freshly: Callable[[str], str]) -> None:
    """The doubles can be used without the password room."""
    code = (
        "import sys, credguard.testing\n"
        "print([name for name in sys.modules if 'passwords' in name])"
    )
    assert freshly(code).strip() == "[]"
