"""What makes a password easy to guess, and what would make it harder."""

from collections.abc import Mapping
from enum import StrEnum


class Hint(StrEnum):
    """A stable name that a host can translate; `text` is good English for it."""

    COMMON = "common"
    NEARLY_COMMON = "nearly_common"
    PERSONAL = "personal"
    ONE_WORD = "one_word"
    NAME = "name"
    KEYBOARD = "keyboard"
    REPEAT = "repeat"
    SEQUENCE = "sequence"
    YEAR = "year"
    DATE = "date"
    CAPITALS = "capitals"
    BACKWARDS = "backwards"
    LOOK_ALIKES = "look_alikes"
    MORE_WORDS = "more_words"

    @property
    def text(self) -> str:
        """An English sentence for the person who chooses the password."""
        return ENGLISH[self]


ENGLISH: Mapping[str, str] = {
    Hint.COMMON: "Many people use this password.",
    Hint.NEARLY_COMMON: "It is close to a password that many people use.",
    Hint.PERSONAL: "Most of it can be read off your account or this site.",
    Hint.ONE_WORD: "One word alone is found quickly.",
    Hint.NAME: "Names are tried early.",
    Hint.KEYBOARD: "Neighboring keys make a pattern that is tried early.",
    Hint.REPEAT: "Saying the same thing again adds little.",
    Hint.SEQUENCE: "Letters or digits in their usual order are tried early.",
    Hint.YEAR: "Years are tried early.",
    Hint.DATE: "Dates are tried early.",
    Hint.CAPITALS: "Capital letters in the usual places add little.",
    Hint.BACKWARDS: "Writing a word backwards adds little.",
    Hint.LOOK_ALIKES: "Writing 4 for a, or $ for s, adds little.",
    Hint.MORE_WORDS: "Add a few words that do not belong together.",
}
"""A sentence for each hint."""
