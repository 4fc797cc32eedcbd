"""Blocklists are objects with one method; two of them combine others."""

import hashlib
import json
import logging
from collections.abc import Iterable
from typing import Protocol

from credguard._secret import keeping_no_locals
from credguard.screening.latin import folded_forms
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.verdicts import (
    Listed,
    NotListed,
    Unasked,
    UnaskedReason,
    Verdict,
)

_log = logging.getLogger("credguard.screening")


class Blocklist(Protocol):
    """
    Anything that knows passwords that must not be chosen.

    A list that changes as a whole may also have an attribute ``stamp``: a text
    that is another one after each change. A password that was screened at that
    stamp need not be screened again before it changes.
    """

    def look_up(self, password: str) -> Verdict:
        """
        Return whether the whole *password* is listed.

        Args:
            password: What was chosen, in Normalization Form C.

        Returns:
            One of three outcomes, to be matched. A list that cannot be asked
            answers `Unasked`; it neither raises nor guesses.
        """


def asked(blocklist: Blocklist, password: str) -> Verdict:
    """
    Ask a blocklist that may be anybody's.

    Args:
        blocklist: The list to ask.

        password: What was chosen, in Normalization Form C.

    Returns:
        Its verdict. If it raises, or answers with something else, it could not be
        asked: a log line names the error's class, and nothing that it may hold.
    """
    try:
        verdict = blocklist.look_up(password)
    except Exception as error:  # noqa: BLE001  # whatever it was, nobody was asked
        what = type(error).__name__
    else:
        if isinstance(verdict, Listed | NotListed | Unasked):
            return verdict
        what = "no verdict"
    _log.warning("A blocklist (%s) broke: %s.", type(blocklist).__name__, what)
    return Unasked(UnaskedReason.BROKEN)


class Words:
    """
    A site's own list of whole passwords, compared without regard to case.

    Args:
        words: The passwords that are not allowed here.

    Attributes:
        stamp: Names the words.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(form for word in words for form in folded_forms(word))
        written = json.dumps(sorted(self._words)).encode()
        self.stamp = f"words {hashlib.sha256(written).hexdigest()[:16]}"

    def look_up(self, password: str) -> Verdict:
        """Return whether the whole *password* is one of the words."""
        if self._words.isdisjoint(folded_forms(password)):
            return NotListed()
        return Listed(Reason(ReasonCode.FORBIDDEN))


@keeping_no_locals
class FirstAvailable:
    """
    Lists of which the first that can be asked decides.

    Args:
        first: The list to ask.

        others: The lists to ask in its stead when it cannot be asked, in order.

    Attributes:
        lists: All of them, in order.
    """

    def __init__(self, first: Blocklist, *others: Blocklist) -> None:
        self.lists = (first, *others)

    def look_up(self, password: str) -> Verdict:
        """Return the first outcome that is not `Unasked`, else the first list's."""
        verdicts: list[Verdict] = []
        for blocklist in self.lists:
            verdict = asked(blocklist, password)
            if not isinstance(verdict, Unasked):
                return verdict
            verdicts.append(verdict)
        return verdicts[0]


@keeping_no_locals
class AnyOf:
    """
    Lists of which each one can refuse.

    Args:
        first: The list to ask first: the cheapest, since a listing ends the
            search.

        others: The lists to ask after it, in order.

    Attributes:
        lists: All of them, in order.
    """

    def __init__(self, first: Blocklist, *others: Blocklist) -> None:
        self.lists = (first, *others)

    def look_up(self, password: str) -> Verdict:
        """Return the first listing, else the first `Unasked`, else `NotListed`."""
        outcome: Verdict = NotListed()
        for blocklist in self.lists:
            verdict = asked(blocklist, password)
            if isinstance(verdict, Listed):
                return verdict
            if isinstance(outcome, NotListed):
                outcome = verdict
        return outcome
