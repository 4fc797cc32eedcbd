"""Why a password is refused: a stable code, arguments, and good English."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credguard.errors import SetupError
from credguard.screening.hints import Hint


class ReasonCode(StrEnum):
    """A stable name that a host can translate."""

    NOT_TEXT = "not_text"
    """It holds NUL or half a character, which cannot be stored or typed again."""

    TOO_LONG = "too_long"
    """More code points than `maximum`."""

    REUSED = "reused"
    """It is the password that was in use until now, or a trivial variation of it."""

    TOO_SHORT = "too_short"
    """Fewer code points than `minimum`."""

    COMMON = "common"
    """A list of common passwords has it."""

    BREACHED = "breached"
    """It was seen in data breaches, `at_least` so many times."""

    FORBIDDEN = "forbidden"
    """The site's own list has it."""

    CONTEXT = "context"
    """Little is left once the account's and the site's own words are taken out."""

    TOO_GUESSABLE = "too_guessable"
    """An attacker who knows how people choose finds it in too few guesses."""

    UNCHECKED = "unchecked"
    """No blocklist could be asked, and the policy refuses what it cannot check."""


ENGLISH: Mapping[str, str] = {
    ReasonCode.NOT_TEXT: "This cannot be used as a password; please type it again.",
    ReasonCode.TOO_LONG: "Use at most {maximum:,} characters.",
    ReasonCode.REUSED: "This password was in use before, or nearly; choose a new one.",
    ReasonCode.TOO_SHORT: "Use at least {minimum} characters; a few words do well.",
    ReasonCode.COMMON: "Many people use this password, so it is tried first.",
    ReasonCode.BREACHED: (
        "This password is known from data breaches (sightings: {at_least:,} or "
        "more); it is not safe anywhere."
    ),
    ReasonCode.FORBIDDEN: "This password is not allowed here.",
    ReasonCode.CONTEXT: (
        "This password is mostly your name, your address or the name of this site."
    ),
    ReasonCode.TOO_GUESSABLE: "This password is too easy to guess.",
    ReasonCode.UNCHECKED: (
        "We could not check this password just now; please try again in a minute."
    ),
}
"""A sentence for each code, with its arguments in braces."""

ARGUMENTS = {
    ReasonCode.TOO_LONG: {"maximum": 64},
    ReasonCode.TOO_SHORT: {"minimum": 15},
    ReasonCode.BREACHED: {"at_least": 1000},
}
"""The arguments of each code that has some, with a number as an example."""


@dataclass(frozen=True, slots=True)
class Reason:
    """
    One reason for which a password is refused. It never holds the password.

    Attributes:
        code: A stable name that a host can translate.

        arguments: Names and numbers that the sentence needs, such as
            ``("minimum", 15)``; `dict` takes them as they are.

        hints: What makes the password easy to guess, most telling first.

    Raises:
        SetupError: The arguments are not those that the sentence needs.
    """

    code: ReasonCode
    arguments: tuple[tuple[str, int], ...] = ()
    hints: tuple[Hint, ...] = ()

    def __post_init__(self) -> None:
        # Where a list of the host's own makes one: it must not fail in a form.
        if dict(self.arguments).keys() != ARGUMENTS.get(self.code, {}).keys():
            needed = ", ".join(ARGUMENTS.get(self.code, ())) or "none"
            which = self.code.value
            message = f"the arguments of the reason '{which}' are: {needed}"
            raise SetupError(message)

    @property
    def text(self) -> str:
        """English for the person who chose the password."""
        sentence = ENGLISH[self.code].format_map(dict(self.arguments))
        return " ".join([sentence, *(hint.text for hint in self.hints)])


def breached(times: int) -> Reason:
    """
    Return the reason for a password seen *times* times in breaches.

    The exact number would name the password to whoever has the corpus, so the
    reason carries a power of ten only.
    """
    at_least = 10 ** (len(str(max(times, 1))) - 1)
    return Reason(ReasonCode.BREACHED, arguments=(("at_least", at_least),))
