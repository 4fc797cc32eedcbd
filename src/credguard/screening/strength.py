"""
How many guesses a password costs: zxcvbn's model under a ceiling.

Three things are bounded so that no input costs more than some tens of
milliseconds: the characters that are looked at, the ways of reading look-alike
characters (their product is what explodes), and the context words. The
dictionary of context words lives in the call and not in a module, so threads
never see each other's, and nothing of a password or a person is kept.

Two things differ on purpose: any year of the 20th and 21st century is a recent
one, where the library's end in 2019; and letters that only look like Latin ones
are read as those.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, localcontext
from functools import lru_cache
from itertools import chain, islice, product
from re import compile as compile_pattern

from credguard._secret import keeps_no_locals
from credguard.screening.cheapest import cheapest
from credguard.screening.hints import Hint
from credguard.screening.latin import latin_reading
from credguard.screening.patterns import Match, hints_for
from credguard.screening.vocabulary import Vocabulary

MAX_CHARACTERS = 48
MAX_READINGS = 32
MAX_COMBINATIONS = 2048
MAX_CONTEXT_WORDS = 512

_CONTEXT = "user_inputs"
_YEARS = {"recent_year": compile_pattern(r"(?:19|20)\d\d")}
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


NO_STRENGTH = Strength(score=0, guesses=1, hints=(Hint.MORE_WORDS,))
"""What nothing costs to guess."""


@keeps_no_locals
def estimate(password: str, *, context: Sequence[str] = ()) -> Strength:
    """
    Estimate how many guesses *password* costs.

    The first call in a process loads the dictionaries, in some 40 ms and 20 MB.

    Args:
        password: Any text. The first 48 code points are looked at; what follows
            them makes it no easier to guess.

        context: Up to 512 words that an attacker tries first.

    Returns:
        A figure for a meter, or to compare with a policy's floor.

    Source:
        Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX
        Security 2016.
    """
    text = latin_reading(password[:MAX_CHARACTERS])[:MAX_CHARACTERS]
    if not text:
        return NO_STRENGTH
    # Imported here because its dictionaries take 30 ms and 14 MB.
    from zxcvbn.time_estimates import guesses_to_score  # noqa: PLC0415

    vocabularies = (_published(), _personal(context))
    # A host's decimal context could round or trap in the middle of it.
    with localcontext(Context()):
        guesses, sequence = _cheapest(text, vocabularies)
    score = guesses_to_score(guesses)
    return Strength(score, guesses, hints=hints_for(sequence, score=score))


@lru_cache(maxsize=1)
def _published() -> Vocabulary:
    """Return the library's own dictionaries, and what others may add to it not."""
    from zxcvbn import matching  # noqa: PLC0415
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return Vocabulary.of(
        {name: matching.RANKED_DICTIONARIES[name] for name in FREQUENCY_LISTS}
    )


def _personal(context: Sequence[str]) -> Vocabulary:
    ranks: dict[str, int] = {}
    for rank, word in enumerate(context[:MAX_CONTEXT_WORDS], 1):
        for form in (word, latin_reading(word[:MAX_CHARACTERS])):
            # A word that is given twice is as near as it was the first time.
            ranks.setdefault(form[:MAX_CHARACTERS].lower(), rank)
    return Vocabulary.of({_CONTEXT: ranks})


def _cheapest(
    text: str, vocabularies: Sequence[Vocabulary]
) -> tuple[int, Sequence[Match]]:
    """Return the guesses and the matches of the cheapest way to put *text* together."""
    matches = sorted(
        _matches(text, vocabularies), key=lambda match: (match["i"], match["j"])
    )
    return cheapest(text, matches)


def _matches(text: str, vocabularies: Sequence[Vocabulary]) -> Iterator[Match]:
    from zxcvbn import matching  # noqa: PLC0415

    read = readings(text, matching.L33T_TABLE)
    for vocabulary in vocabularies:
        yield from vocabulary.matches(text, read)
    yield from matching.spatial_match(text)
    yield from _repeats(text, vocabularies)
    yield from matching.sequence_match(text)
    yield from matching.regex_match(text, _YEARS)
    yield from matching.date_match(text)


def readings(
    text: str, table: Mapping[str, Sequence[str]]
) -> list[frozenset[tuple[str, str]]]:
    """
    Return at most 32 ways to read the look-alike characters of *text* as letters.

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
    for choice in islice(chain(turns, product(*choices)), MAX_COMBINATIONS):
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


def _repeats(text: str, vocabularies: Sequence[Vocabulary]) -> Iterator[Match]:
    start = 0
    while shortest := _SHORTEST_REPEAT.search(text, start):
        longest = _LONGEST_REPEAT.search(text, start) or shortest
        found = max(shortest, longest, key=lambda match: len(match[0]))
        whole = _SHORTEST_REPEAT.fullmatch(found[0]) or found
        unit = whole[1]
        guesses, _ = _cheapest(unit, vocabularies)
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
