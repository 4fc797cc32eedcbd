"""
How many guesses a password costs: zxcvbn's matchers under a ceiling.

Three things are bounded so that no input costs more than some tens of
milliseconds: the characters that are looked at, the ways of reading look-alike
characters (their product is what explodes), and the context words. The
dictionary of context words lives in the call and not in a module, so threads
never see each other's, and nothing of a password or a person is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, localcontext
from itertools import chain, islice, product
from re import compile as compile_pattern

from credguard.screening.hints import Hint
from credguard.screening.patterns import Match, hints_for

MAX_CHARACTERS = 48
MAX_READINGS = 8
MAX_CONTEXT_WORDS = 512

Dictionaries = Mapping[str, Mapping[str, int]]

_CONTEXT = "user_inputs"
_LONGEST_REPEAT = compile_pattern(r"(.+)\1+")
_SHORTEST_REPEAT = compile_pattern(r"(.+?)\1+")


@dataclass(frozen=True, slots=True)
class Strength:
    """
    An estimate of what a password costs to guess. It holds nothing of it.

    Attributes:
        score: From 0 (found at once) to 4 (beyond an attack on a stolen hash),
            for a meter.

        guesses: How many guesses an attacker needs who knows how people choose;
            of a password past 48 characters, how many its beginning costs.

        hints: What makes it easy to guess and what would help, most telling
            first; empty from score 3.
    """

    score: int
    guesses: int
    hints: tuple[Hint, ...] = ()


def estimate(password: str, *, context: Sequence[str] = ()) -> Strength:
    """
    Estimate how many guesses *password* costs.

    Args:
        password: Any text. The first 48 code points are looked at; what follows
            them can only make it harder to guess.

        context: Up to 512 words that an attacker tries first.

    Returns:
        A figure for a meter, or to compare with a policy's floor.

    Source:
        Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX
        Security 2016.
    """
    # Imported here because its dictionaries take 30 ms and 14 MB.
    from zxcvbn.time_estimates import guesses_to_score  # noqa: PLC0415

    text = password[:MAX_CHARACTERS]
    if not text:
        return Strength(score=0, guesses=1, hints=(Hint.MORE_WORDS,))
    dictionaries = _dictionaries(context)
    # A host's decimal context could round or trap in the middle of it.
    with localcontext(Context()):
        guesses, sequence = _cheapest(text, dictionaries)
    score = guesses_to_score(guesses)
    return Strength(score, guesses, hints=hints_for(sequence, score=score))


def _dictionaries(context: Sequence[str]) -> Dictionaries:
    from zxcvbn import matching  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    # By name, since another user of the module may add to it at any moment.
    shared = {name: matching.RANKED_DICTIONARIES[name] for name in FREQUENCY_LISTS}
    words = [word[:MAX_CHARACTERS].lower() for word in context[:MAX_CONTEXT_WORDS]]
    return {**shared, _CONTEXT: {word: rank for rank, word in enumerate(words, 1)}}


def _cheapest(text: str, dictionaries: Dictionaries) -> tuple[int, Sequence[Match]]:
    """Return the guesses and the matches of the cheapest way to put *text* together."""
    from zxcvbn.scoring import most_guessable_match_sequence  # noqa: PLC0415

    matches = sorted(
        _matches(text, dictionaries), key=lambda match: (match["i"], match["j"])
    )
    result = most_guessable_match_sequence(text, matches)
    return int(result["guesses"]), result["sequence"]


def _matches(text: str, dictionaries: Dictionaries) -> Iterator[Match]:
    from zxcvbn import matching  # noqa: PLC0415

    yield from matching.dictionary_match(text, dictionaries)
    yield from matching.reverse_dictionary_match(text, dictionaries)
    for reading in readings(text, matching.L33T_TABLE):
        table = {letter: [sign] for sign, letter in reading}
        yield from matching.l33t_match(text, dictionaries, table)
    yield from matching.spatial_match(text)
    yield from _repeats(text, dictionaries)
    yield from matching.sequence_match(text)
    yield from matching.regex_match(text)
    yield from matching.date_match(text)


def readings(
    text: str, table: Mapping[str, Sequence[str]]
) -> list[frozenset[tuple[str, str]]]:
    """
    Return at most 8 ways to read the look-alike characters of *text* as letters.

    Args:
        text: What is read.

        table: The characters that may stand for each letter.

    Returns:
        Sets of pairs of character and letter. In each one a letter has one
        character and a character one letter. The first few use every character.
    """
    present = [
        [(sign, letter) for sign in signs if sign in text]
        for letter, signs in table.items()
    ]
    choices = [pairs for pairs in present if pairs]
    if not choices:
        return []
    widest = max(map(len, choices))
    turns = (
        tuple(pairs[turn % len(pairs)] for pairs in choices) for turn in range(widest)
    )
    found: dict[frozenset[tuple[str, str]], None] = {}
    # The product has repeats, and most of it is never needed: look at a bounded part.
    for choice in islice(chain(turns, product(*choices)), MAX_READINGS**3):
        for reading in _settled(choice):
            found[reading] = None
            if len(found) == MAX_READINGS:
                return list(found)
    return list(found)


def _settled(choice: Sequence[tuple[str, str]]) -> Iterator[frozenset[tuple[str, str]]]:
    """Yield the readings in which each character of *choice* stands for one letter."""
    rivals: dict[str, list[tuple[str, str]]] = {}
    for pair in choice:
        rivals.setdefault(pair[0], []).append(pair)
    return map(frozenset, product(*rivals.values()))


def _repeats(text: str, dictionaries: Dictionaries) -> Iterator[Match]:
    start = 0
    while shortest := _SHORTEST_REPEAT.search(text, start):
        longest = _LONGEST_REPEAT.search(text, start) or shortest
        found = max(shortest, longest, key=lambda match: len(match[0]))
        whole = _SHORTEST_REPEAT.fullmatch(found[0]) or found
        unit = whole[1]
        guesses, _ = _cheapest(unit, dictionaries)
        yield {
            "pattern": "repeat",
            "i": found.start(),
            "j": found.end() - 1,
            "token": found[0],
            "base_token": unit,
            "base_guesses": guesses,
            "repeat_count": len(found[0]) // len(unit),
        }
        start = found.end()
