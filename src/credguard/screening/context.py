"""
Context words: what an attacker knows about one account before the first guess.

NIST SP 800-63B-4 section 3.1.1.2 names the service, the user name and what is
derived from them. A password is refused when little is left of it once those
words are taken out; a long one that merely contains such a word is not.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from credguard.screening.latin import LOOK_ALIKES

MAX_TEXTS = 16
MAX_TEXT_CHARACTERS = 128
MAX_PARTS = 10
MAX_JOINED = 3
SHORTEST_WORD = 3
FEWEST_OTHER_CHARACTERS = 5

# Characters that stand for a letter, and letters that share such a character.
_SIGNS = dict(zip("@48({[<3691!|l0$5+7%2", "aabccccegg" + "iiiiossttxz", strict=True))
# Capitals first, so that a small letter decides where its capital looks otherwise.
_LETTERS = {
    letter.casefold(): _SIGNS.get(latin.lower(), latin.lower())
    for letter, latin in sorted(LOOK_ALIKES.items(), key=lambda pair: pair[0].islower())
}
_LOOKS = str.maketrans({**_LETTERS, **_SIGNS})
_PART = re.compile(r"[^\W\d_]+|\d+")
_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_TAKEN = "\0"


class ContextWords:
    """
    The words of one account and its site, with the forms that people make of them.

    Args:
        texts: Names, addresses, titles. The first 16 count, and of each one the
            first 128 characters and 10 parts.

    Attributes:
        plain: The words as they are written, in lower case, longest first.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        words = dict.fromkeys(
            word for text in texts[:MAX_TEXTS] for word in _words_of(text)
        )
        self.plain = tuple(sorted(words, key=len, reverse=True))

    def make_up(self, password: str) -> bool:
        """
        Return True if *password* is context words and next to nothing else.

        Case, accents, width, reversal, look-alike characters (4 for a, or a Cyrillic
        letter) and anything between the letters make no difference; a year counts
        as one character.

        Args:
            password: What was chosen, without NUL. The cost is linear in it.
        """
        letters, looks = _letters_and_looks(password)
        folded = {_letters_and_looks(word)[1] for word in self.plain}
        forms = folded | {word[::-1] for word in folded}
        rest = looks
        for form in sorted(forms, key=len, reverse=True):
            rest = rest.replace(form, _TAKEN * len(form))
        if rest == looks:
            return False
        left = (
            _TAKEN if look == _TAKEN else letter
            for letter, look in zip(letters, rest, strict=True)
        )
        others = _YEAR.sub("y", "".join(left)).replace(_TAKEN, "")
        return sum(map(str.isalnum, others)) < FEWEST_OTHER_CHARACTERS


def _words_of(text: str) -> Iterator[str]:
    """Yield the parts of *text* and what two or three neighbors make when joined."""
    spaced = _CASE_CHANGE.sub(" ", text[:MAX_TEXT_CHARACTERS])
    parts = [part.casefold() for part in _PART.findall(spaced)[:MAX_PARTS]]
    for first in range(len(parts)):
        for last in range(first, min(first + MAX_JOINED, len(parts))):
            word = "".join(parts[first : last + 1])
            if len(word) >= SHORTEST_WORD:
                yield word


def _letters_and_looks(text: str) -> tuple[str, str]:
    """Return *text* folded, and the same with look-alikes made one, in step."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    folded = unicodedata.normalize("NFC", bare).casefold()
    looks = folded.translate(_LOOKS)
    kept = [pair for pair in zip(folded, looks, strict=True) if pair[1].isalnum()]
    return "".join(letter for letter, _ in kept), "".join(look for _, look in kept)
