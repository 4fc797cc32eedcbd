from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import matching

from credguard.screening.strength import MAX_READINGS, readings
from credguard.screening.vocabulary import Vocabulary

SIGNS = "".join(sign for signs in matching.L33T_TABLE.values() for sign in signs)
WORDS = {
    "short": {"a": 1, "as": 2, "pass": 3, "lass": 4, "7": 5, "p4s": 6},
    "others": {"pass": 9, "saap": 1, "let": 2},
}


def comparable(matches: Sequence[Mapping[str, object]]) -> set[tuple[object, ...]]:
    """Return what a scorer sees of each match."""
    names = ("i", "j", "token", "matched_word", "rank", "dictionary_name", "reversed")
    return {
        (
            *(match[name] for name in names),
            match["l33t"],
            tuple(sorted(dict(match.get("sub", {})).items())),  # type: ignore[call-overload]  # a mapping
        )
        for match in matches
    }


@given(st.text("pasleT" + SIGNS, max_size=12))
def test_the_words_are_those_of_zxcvbn(text: str) -> None:
    """Forwards, backwards and disguised: the same matches, each of them once."""
    read = readings(text, matching.L33T_TABLE)
    if len(read) == MAX_READINGS:
        return
    found = list(Vocabulary.of(WORDS).matches(text, read))
    expected = [
        *matching.dictionary_match(text, WORDS),
        *matching.reverse_dictionary_match(text, WORDS),
        *matching.l33t_match(text, WORDS),
    ]
    assert comparable(found) == comparable(expected)
    assert len(found) == len(comparable(found))


def test_no_piece_is_longer_than_the_longest_word() -> None:
    """The cost of a search is bounded by the text and by the longest word."""
    assert Vocabulary.of(WORDS).longest == 4
    assert Vocabulary.of({}).longest == 0
    assert list(Vocabulary.of({}).matches("password", [])) == []


def test_it_shows_no_word() -> None:
    """The words of an account are in no log line by accident."""
    assert "pass" not in repr(Vocabulary.of(WORDS))
