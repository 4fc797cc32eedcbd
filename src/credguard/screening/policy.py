"""
What makes a password acceptable, after NIST SP 800-63B-4 section 3.1.1.2.

Length, blocklists, context words and an estimate of the guesses it costs. No
rules of composition, no expiry: the standard forbids both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from credguard._exact import exact_arguments
from credguard._text import has_surrogate, nfc
from credguard.errors import (
    BlocklistUnavailableError,
    PasswordRejectedError,
    SetupError,
)
from credguard.screening.blocklists import Blocklist, asked
from credguard.screening.common_passwords import CommonPasswords
from credguard.screening.context import MAX_TEXTS, ContextWords
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.strength import NO_STRENGTH, Strength, estimate
from credguard.screening.verdicts import Listed, Unasked, UnaskedReason, Verdict

MINIMUM = 15
"""Code points where the password is the only factor."""

MINIMUM_WITH_SECOND_FACTOR = 8
"""Code points where it is one of two; no policy may ask for fewer."""

LEAST_MAXIMUM = 64
"""Every policy must accept this many code points."""

MAXIMUM = 1024
"""Code points, so that the UTF-8 form never has more than 4,096 bytes."""

FEWEST_GUESSES = 1_000_000
"""
What guessing online can reach before it is noticed.

Source: Florêncio, Herley, van Oorschot, "An Administrator's Guide to Internet
Password Research", USENIX LISA 2014.
"""


class WhenUnasked(StrEnum):
    """What to do with a password that no blocklist could be asked about."""

    REFUSE = "refuse"
    """Raise `BlocklistUnavailableError`: the person tries again later."""

    ACCEPT_AND_RECHECK = "accept_and_recheck"
    """Accept, with `Accepted.recheck` set: screen it again at the next log-in."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """
    A password that may be used.

    Attributes:
        strength: What it costs to guess, for a meter.

        recheck: True if no blocklist could be asked, so that the password must
            be screened again when it is next typed.

        why: What kept the blocklist from being asked, None if it was asked.
    """

    strength: Strength
    recheck: bool = False
    why: UnaskedReason | None = None


@dataclass(frozen=True, slots=True)
class _Judgement:
    reasons: tuple[Reason, ...]
    strength: Strength
    unasked: UnaskedReason | None = None


@exact_arguments("password")
@dataclass(frozen=True, kw_only=True)
class PasswordPolicy:
    """
    Judges passwords that people choose.

    Args:
        minimum: Fewest code points where the password is the only factor, from 8
            up; the standard asks for 15.

        minimum_with_second_factor: Fewest code points where it is one of two
            factors, from 8 up to *minimum*.

        maximum: Most code points, from 64 to 1,024.

        blocklist: Knows passwords that must not be chosen. Combine several with
            `AnyOf` and `FirstAvailable`.

        site: The names and addresses of the site, whose parts make no password;
            the first 8 count.

        fewest_guesses: A password that costs fewer is refused; 0 refuses none.

        when_unasked: What to do when *blocklist* could not be asked.

    Raises:
        SetupError: A length is outside its range.

    Source:
        NIST SP 800-63B-4 section 3.1.1.2.
    """

    minimum: int = MINIMUM
    minimum_with_second_factor: int = MINIMUM_WITH_SECOND_FACTOR
    maximum: int = MAXIMUM
    blocklist: Blocklist = field(default_factory=CommonPasswords)
    site: Sequence[str] = ()
    fewest_guesses: int = FEWEST_GUESSES
    when_unasked: WhenUnasked = WhenUnasked.REFUSE

    def __post_init__(self) -> None:
        if not LEAST_MAXIMUM <= self.maximum <= MAXIMUM:
            message = f"maximum goes from {LEAST_MAXIMUM} to {MAXIMUM} code points"
            raise SetupError(message)
        floor = MINIMUM_WITH_SECOND_FACTOR
        lengths = (floor, self.minimum_with_second_factor, self.minimum, self.maximum)
        if list(lengths) != sorted(lengths):
            message = (
                f"lengths rise from {floor} over minimum_with_second_factor and "
                "minimum to maximum"
            )
            raise SetupError(message)

    def check(
        self,
        password: str,
        *,
        context: Sequence[str] = (),
        second_factor: bool = False,
        also: Sequence[Reason] = (),
    ) -> Accepted:
        """
        Accept *password* or raise with all reasons against it at once.

        It is brought into Normalization Form C and its code points are counted.

        Args:
            password: What the person chose, as typed.

            context: The account's names and addresses; the first 8 count.

            second_factor: True if the account always asks for a second factor.

            also: Reasons that the caller found, told before the others.

        Returns:
            The strength for a meter, and whether to screen again later.

        Raises:
            PasswordRejectedError: There is a reason against it.
            BlocklistUnavailableError: There is none, but *blocklist* could not
                be asked and the policy refuses what it could not check; `why`
                says what stood in the way.
        """
        judged = self._judge(password, context, second_factor=second_factor)
        reasons = (*also, *judged.reasons)
        if reasons:
            raise PasswordRejectedError(reasons)
        why = judged.unasked
        if why and self.when_unasked is WhenUnasked.REFUSE:
            raise BlocklistUnavailableError(_unchecked().text, why=why)
        return Accepted(judged.strength, recheck=why is not None, why=why)

    def reasons(
        self,
        password: str,
        *,
        context: Sequence[str] = (),
        second_factor: bool = False,
    ) -> tuple[Reason, ...]:
        """
        Return all reasons against *password*, none if there are none.

        For a password that is in use already, such as at a log-in, where a
        reason is something to report and nobody is refused.

        Args:
            password: What the person typed.

            context: The account's names and addresses; the first 8 count.

            second_factor: True if the account always asks for a second factor.

        Returns:
            Reasons in the order in which they help most. Where *blocklist* could
            not be asked, `unchecked` is the last of them.
        """
        judged = self._judge(password, context, second_factor=second_factor)
        return (*judged.reasons, _unchecked()) if judged.unasked else judged.reasons

    def screen(self, password: str) -> Verdict:
        """
        Ask *blocklist* alone about a password that is in use already.

        Args:
            password: What the person typed, after it was found to be right.

        Returns:
            One of three outcomes, to be matched. It takes as long as the blocklist
            does, and of a text nothing is raised.

        Raises:
            TypeError: It is no text.
        """
        if not isinstance(password, str):
            message = "PasswordPolicy.screen(): password is of a wrong type"
            raise TypeError(message)
        return asked(self.blocklist, nfc(password))

    def _judge(
        self, password: str, context: Sequence[str], *, second_factor: bool
    ) -> _Judgement:
        minimum = self.minimum_with_second_factor if second_factor else self.minimum
        unusable = self._unusable(password, minimum)
        if unusable:
            return _Judgement((unusable,), NO_STRENGTH)
        text = nfc(password)
        words = ContextWords((*_texts(context), *_texts(self.site)))
        strength = estimate(text, context=words.plain)
        verdict = asked(self.blocklist, text)
        reasons: list[Reason] = []
        if len(text) < minimum:
            reasons.append(_too_short(minimum))
        if isinstance(verdict, Listed):
            reasons.append(verdict.reason)
        if words.make_up(text):
            reasons.append(Reason(ReasonCode.CONTEXT))
        if strength.guesses < self.fewest_guesses:
            reasons.append(Reason(ReasonCode.TOO_GUESSABLE, hints=strength.hints))
        why = verdict.why if isinstance(verdict, Unasked) else None
        return _Judgement(tuple(reasons), strength, why)

    def _unusable(self, password: object, minimum: int) -> Reason | None:
        """Return what keeps *password* from being judged, before it costs anything."""
        # A host's JSON may hold anything where a password is expected.
        if not isinstance(password, str):
            return Reason(ReasonCode.NOT_TEXT)
        if not password:
            return _too_short(minimum)
        if len(password) > self.maximum or len(nfc(password)) > self.maximum:
            return Reason(ReasonCode.TOO_LONG, arguments=(("maximum", self.maximum),))
        if "\0" in password or has_surrogate(password):
            return Reason(ReasonCode.NOT_TEXT)
        return None


def _texts(texts: Sequence[str]) -> Sequence[str]:
    # One name by itself is a sequence of letters, which is not what is meant.
    found = (texts,) if isinstance(texts, str) else texts
    return [text for text in found if text][: MAX_TEXTS // 2]


def _too_short(minimum: int) -> Reason:
    return Reason(ReasonCode.TOO_SHORT, arguments=(("minimum", minimum),))


def _unchecked() -> Reason:
    return Reason(ReasonCode.UNCHECKED)
