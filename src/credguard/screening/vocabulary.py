"""
Words in a password: forwards, backwards, and behind look-alike characters.

The same matches as those of zxcvbn's three dictionary matchers, which cut a piece
anew for each dictionary and each reading. Here a piece is cut once, is no longer
than the longest word, and is looked up in one set before any dictionary is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from credguard.screening.patterns import Match

Dictionaries = Mapping[str, Mapping[str, int]]
"""The rank of each word, by the dictionary's name."""

Reading = Iterable[tuple[str, str]]
"""Pairs of a look-alike character and the letter that it stands for."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """
    Dictionaries that are searched together.

    Attributes:
        dictionaries: The rank of each word, by the dictionary's name.

        words: All words of all of them.

        longest: Code points of the longest word.
    """

    dictionaries: Dictionaries = field(repr=False)
    words: frozenset[str] = field(repr=False)
    longest: int

    @classmethod
    def of(cls, dictionaries: Dictionaries) -> Self:
        """Return the vocabulary of *dictionaries*."""
        words = frozenset[str]().union(*dictionaries.values())
        return cls(dictionaries, words, max(map(len, words), default=0))

    def matches(self, text: str, readings: Iterable[Reading]) -> Iterator[Match]:
        """
        Yield each word that stands in *text*.

        Args:
            text: What is searched; the cost grows with its length and the number
                of readings.

            readings: Ways to read its look-alike characters as letters.
        """
        for first, last, word in self._found_in(text.lower(), len(text)):
            yield from self._ranked(word, text, (first, last))
        backwards, end = text[::-1], len(text) - 1
        for first, last, word in self._found_in(backwards.lower(), len(text)):
            yield from self._ranked(word, text, (end - last, end - first), turned=True)
        seen: set[tuple[int, int, str]] = set()
        for reading in readings:
            letters = dict(reading)
            read = text.translate(
                {ord(sign): letters[sign] for sign in letters}
            ).lower()
            for first, last, word in self._found_in(read, len(text)):
                token = text[first : last + 1]
                # Most readings find most words again, and the same for each.
                if (first, last, word) in seen or not _is_disguised(token, word):
                    continue
                seen.add((first, last, word))
                used = {sign: letters[sign] for sign in letters if sign in token}
                yield from self._ranked(word, text, (first, last), signs=used)

    def _found_in(self, text: str, length: int) -> Iterator[tuple[int, int, str]]:
        words, longest = self.words, self.longest
        for first in range(length):
            for last in range(first, min(first + longest, length)):
                piece = text[first : last + 1]
                if piece in words:
                    yield first, last, piece

    def _ranked(
        self,
        word: str,
        text: str,
        place: tuple[int, int],
        *,
        turned: bool = False,
        signs: Mapping[str, str] | None = None,
    ) -> Iterator[Match]:
        first, last = place
        for name, ranks in self.dictionaries.items():
            if word in ranks:
                yield {
                    "pattern": "dictionary",
                    "i": first,
                    "j": last,
                    "token": text[first : last + 1],
                    "matched_word": word,
                    "rank": ranks[word],
                    "dictionary_name": name,
                    "reversed": turned,
                    "l33t": signs is not None,
                    "sub": signs or {},
                }


def _is_disguised(token: str, word: str) -> bool:
    # zxcvbn takes a single sign for itself, and not for the letter it stands for.
    return len(token) > 1 and token.lower() != word
