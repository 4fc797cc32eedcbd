"""
What people are told, in their own language.

A `Wording` is a table from the codes of reasons and hints to sentences. English is
built in; a host hands its own tables in, and what they leave out is told in English.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from credguard.errors import SetupError
from credguard.screening import hints as _hints
from credguard.screening import reasons as _reasons
from credguard.screening.hints import Hint
from credguard.screening.reasons import ARGUMENTS, Reason, ReasonCode

Text = str | Callable[..., str]
"""
A sentence with its arguments in braces, as `str.format` takes it; or a function
that is called with the arguments by name, where a plural or a number needs more.
"""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """
    Sentences for reasons and hints in one language.

    Args:
        reasons: A sentence for each `ReasonCode`, by the code or its text.

        hints: A sentence for each `Hint`, by the hint or its text.

        between: What stands between two sentences.

    Raises:
        SetupError: A code is not known, or a sentence names an argument that its
            reason does not have.
    """

    reasons: Mapping[str, Text] = field(default_factory=dict)
    hints: Mapping[str, Text] = field(default_factory=dict)
    between: str = " "

    def __post_init__(self) -> None:
        # A sentence that breaks must break here, and not in a member's form.
        for code in _known(self.reasons, ReasonCode):
            _filled(self.reasons[code], ARGUMENTS.get(ReasonCode(code), {}), code)
        for code in _known(self.hints, Hint):
            _filled(self.hints[code], {}, code)

    def say(self, reason: Reason) -> str:
        """
        Return the sentences for *reason* and its hints.

        Args:
            reason: Why a password is refused.

        Returns:
            Text, not HTML: escape it where you show it.
        """
        sentence = self._of(self.reasons, _reasons.ENGLISH, reason.code, reason)
        return self.between.join([sentence, *map(self.hint, reason.hints)])

    def hint(self, hint: Hint) -> str:
        """Return the sentence for *hint*, such as a meter shows."""
        return self._of(self.hints, _hints.ENGLISH, hint, None)

    def missing(self) -> tuple[str, ...]:
        """Return the codes that are told in English; for the host's own tests."""
        reasons = [
            f"reasons: {each}" for each in ReasonCode if each not in self.reasons
        ]
        return (
            *reasons,
            *(f"hints: {each}" for each in Hint if each not in self.hints),
        )

    @staticmethod
    def _of(
        told: Mapping[str, Text],
        english: Mapping[str, Text],
        code: str,
        reason: Reason | None,
    ) -> str:
        arguments = dict(reason.arguments) if reason else {}
        return _filled(told.get(code, english[code]), arguments, code)


def _known(table: Mapping[str, Text], codes: Iterable[str]) -> list[str]:
    unknown = sorted(set(table) - set(codes))
    if unknown:
        message = f"there is no '{unknown[0]}' to be worded"
        raise SetupError(message)
    return list(table)


def _filled(text: Text, arguments: Mapping[str, int], which: str) -> str:
    try:
        return (
            text.format_map(arguments) if isinstance(text, str) else text(**arguments)
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        pass
    names = ", ".join(arguments) or "none"
    message = f"the sentence for '{which}' does not fit its arguments: {names}"
    raise SetupError(message)


ENGLISH = Wording(
    reasons=MappingProxyType(_reasons.ENGLISH), hints=MappingProxyType(_hints.ENGLISH)
)
"""The built-in sentences; hand them to your own gettext as they are."""
