"""
Doubles for tests: a clock that stands still, mail that stays here, cheap hashes, and
a blocklist that says what it is told.

Public, so that the tests of a forum can use what the tests of credguard use.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from importlib import import_module
from typing import TYPE_CHECKING

from credguard._clock import in_utc
from credguard.campaigns.delivering import Outcome, Receipt
from credguard.errors import DeliveryUnavailableError

if TYPE_CHECKING:
    from credguard.passwords.work_factor import CHEAPEST
    from credguard.screening.verdicts import Verdict

__all__ = [
    "CHEAPEST",
    "Carried",
    "FrozenClock",
    "RememberedBlocklist",
    "RememberedMail",
]

Answer = Outcome | Receipt | DeliveryUnavailableError
_REPLY = "remembered"


def __getattr__(name: str) -> object:
    """Load the cheapest work factor when it is first touched (PEP 562)."""
    if name == "CHEAPEST":
        return import_module("credguard.passwords.work_factor").CHEAPEST
    message = f"module 'credguard.testing' has no attribute {name!r}"
    raise AttributeError(message)


class FrozenClock:
    """
    A clock that tells the same instant until it is moved.

    Args:
        start: The instant to begin with; a naive one is in UTC.
    """

    def __init__(self, start: datetime) -> None:
        self._now = in_utc(start)

    def __call__(self) -> datetime:
        """Return the instant, aware and in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock, forwards or with a negative *by* backwards."""
        self._now += by


class RememberedBlocklist:
    """
    A `Blocklist` that answers as it is told and remembers what it was asked.

    Args:
        answers: Verdicts by password, or an error to raise.

        otherwise: The verdict for every other password.

        stamp: Its stamp; empty for a list that has none.

    Attributes:
        asked: The passwords that it was asked about, in order.
    """

    def __init__(
        self,
        answers: "Mapping[str, Verdict | Exception] | None" = None,
        *,
        otherwise: "Verdict | Exception | None" = None,
        stamp: str = "",
    ) -> None:
        # The room is loaded by whoever needs it.
        from credguard.screening.verdicts import NotListed  # noqa: PLC0415

        self.answers = dict(answers or {})
        self.otherwise = NotListed() if otherwise is None else otherwise
        self.stamp = stamp
        self.asked: list[str] = []

    def look_up(self, password: str) -> "Verdict":
        """
        Return the verdict for *password*.

        Raises:
            Exception: The answer is an error.
        """
        self.asked.append(password)
        answer = self.answers.get(password, self.otherwise)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class Carried:
    """
    One message that was handed to `RememberedMail`.

    Attributes:
        message: The message.

        recipient: The envelope's recipient.

        receipt: What was told of it.

        return_path: Where a bounce would come back to, None for the carrier's own.

        idempotency_key: What names the notice.
    """

    message: EmailMessage
    recipient: str
    receipt: Receipt
    return_path: str | None = None
    idempotency_key: str = ""


class RememberedMail:
    """
    A `Delivery` that keeps messages in memory and answers as it is told.

    Args:
        answers: What to answer, message by message, and ACCEPTED after the last;
            or a function of the message and its recipient. An answer is an outcome,
            a receipt with a reply code, or an error that is raised.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[EmailMessage, str], Answer] = (),
    ) -> None:
        self.carried: list[Carried] = []
        self.is_closed = False
        if callable(answers):
            self._answer = answers
        else:
            rest = iter(answers)
            self._answer = lambda _message, _recipient: next(rest, Outcome.ACCEPTED)

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages that were accepted."""
        return [
            each.message
            for each in self.carried
            if each.receipt.outcome is Outcome.ACCEPTED
        ]

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """
        Remember *message* and answer as told.

        Raises:
            DeliveryUnavailableError: The answer is such an error.
        """
        answer = self._answer(message, recipient)
        if isinstance(answer, DeliveryUnavailableError):
            raise answer
        receipt = answer if isinstance(answer, Receipt) else Receipt(answer, _REPLY)
        self.carried.append(
            Carried(message, recipient, receipt, return_path, idempotency_key)
        )
        return receipt

    def close(self) -> None:
        """Remember that the run ended."""
        self.is_closed = True
