"""Hints from the patterns that the estimate found in a password."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from credguard.screening.hints import Hint


class Match(TypedDict, total=False):
    """What zxcvbn's matchers hand to its scorer, as far as it is used here."""

    pattern: str
    i: int
    j: int
    token: str
    base_token: str
    base_guesses: int
    repeat_count: int
    matched_word: str
    rank: int
    dictionary_name: str
    reversed: bool
    l33t: bool
    sub: Mapping[str, str]
    guesses_log10: float


SAFE_SCORE = 3
"""From this score on there is nothing to hint at."""

NEARLY_COMMON_GUESSES_LOG10 = 4
"""A part that costs at most so many guesses is close to a common password."""

_SHORTEST_BACKWARDS = 4

_BY_PATTERN = {
    "spatial": Hint.KEYBOARD,
    "repeat": Hint.REPEAT,
    "sequence": Hint.SEQUENCE,
    "regex": Hint.YEAR,
    "date": Hint.DATE,
}
_NAMES = frozenset({"surnames", "male_names", "female_names"})


def hints_for(sequence: Sequence[Match], *, score: int) -> tuple[Hint, ...]:
    """
    Return what makes a password easy to guess and what would help.

    Args:
        sequence: The parts that the cheapest attack puts together.

        score: From 0 to 4; from 3 on there is nothing to hint at.
    """
    if score >= SAFE_SCORE or not sequence:
        return ()
    longest = max(sequence, key=lambda match: len(match["token"]))
    if longest["pattern"] == "dictionary":
        found = [*_word_hints(longest, alone=len(sequence) == 1)]
    else:
        found = [hint for hint in [_BY_PATTERN.get(longest["pattern"])] if hint]
    return (*found, Hint.MORE_WORDS)


def _word_hints(match: Match, *, alone: bool) -> Iterator[Hint]:
    dictionary = match["dictionary_name"]
    changed = match["reversed"] or match["l33t"]
    if dictionary == "user_inputs":
        yield Hint.PERSONAL
    elif dictionary in _NAMES:
        yield Hint.NAME
    elif dictionary == "passwords" and alone and not changed:
        yield Hint.COMMON
    elif dictionary == "passwords":
        if match["guesses_log10"] <= NEARLY_COMMON_GUESSES_LOG10:
            yield Hint.NEARLY_COMMON
    elif alone:
        yield Hint.ONE_WORD
    yield from _spelling_hints(match)


def _spelling_hints(match: Match) -> Iterator[Hint]:
    token = match["token"]
    if token != token.lower() and token in {token.capitalize(), token.upper()}:
        yield Hint.CAPITALS
    if match["reversed"] and len(token) >= _SHORTEST_BACKWARDS:
        yield Hint.BACKWARDS
    if match["l33t"]:
        yield Hint.LOOK_ALIKES
