"""Blocklists are objects with one method; two of them combine others."""

from collections.abc import Iterable
from typing import Protocol

from credguard._text import nfc
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.verdicts import Listed, NotListed, Unasked, Verdict


class Blocklist(Protocol):
    """Anything that knows passwords that must not be chosen."""

    def look_up(self, password: str) -> Verdict:
        """
        Return whether the whole *password* is listed.

        Args:
            password: What was chosen, in Normalization Form C.

        Returns:
            One of three outcomes, to be matched. A list that cannot be asked
            answers `Unasked`; it neither raises nor guesses.
        """


class Words:
    """
    A site's own list of whole passwords, compared without regard to case.

    Args:
        words: The passwords that are not allowed here.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(_folded(word) for word in words)

    def look_up(self, password: str) -> Verdict:
        """Return whether the whole *password* is one of the words."""
        if _folded(password) in self._words:
            return Listed(Reason(ReasonCode.FORBIDDEN))
        return NotListed()


class FirstAvailable:
    """
    Lists of which the first that can be asked decides.

    Args:
        first: The list to ask.

        others: The lists to ask in its stead when it cannot be asked, in order.
    """

    def __init__(self, first: Blocklist, *others: Blocklist) -> None:
        self._lists = (first, *others)

    def look_up(self, password: str) -> Verdict:
        """Return the first outcome that is not `Unasked`, else the first list's."""
        verdicts: list[Verdict] = []
        for blocklist in self._lists:
            verdict = blocklist.look_up(password)
            if not isinstance(verdict, Unasked):
                return verdict
            verdicts.append(verdict)
        return verdicts[0]


class AnyOf:
    """
    Lists of which each one can refuse.

    Args:
        first: The list to ask first: the cheapest, since a listing ends the
            search.

        others: The lists to ask after it, in order.
    """

    def __init__(self, first: Blocklist, *others: Blocklist) -> None:
        self._lists = (first, *others)

    def look_up(self, password: str) -> Verdict:
        """Return the first listing, else the first `Unasked`, else `NotListed`."""
        outcome: Verdict = NotListed()
        for blocklist in self._lists:
            verdict = blocklist.look_up(password)
            if isinstance(verdict, Listed):
                return verdict
            if isinstance(outcome, NotListed):
                outcome = verdict
        return outcome


def _folded(text: str) -> str:
    # Folding can undo the composition, so it is composed again.
    return nfc(nfc(text).casefold())
