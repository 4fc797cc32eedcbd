"""Texts of one shape are read once, and that changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_catalog import BUNDLES, SCHEMES, TEXTS

from credguard.keys import Keyring
from credguard.passwords import CHEAPEST, PasswordHasher, recognizing
from credguard.passwords.recognizing import Recognizer, shape_of

DIGITS = "./+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ALL = PasswordHasher(work_factor=CHEAPEST, accept=SCHEMES)
BARE = PasswordHasher(work_factor=CHEAPEST)
PEPPERED = PasswordHasher(work_factor=CHEAPEST, keyring=Keyring.generate())
MADE = [
    BARE.hash("a long password"),
    PEPPERED.hash("a long password", account_id="1"),
    PEPPERED.hash("a long password"),
    "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$" + "A" * 43,
    "pbkdf2_sha256$600000$abcdefghijklmnopqrstuv$" + "A" * 43 + "=",
    "$2b$12$" + "." * 53,
]
SHAPED = [each for each in (*TEXTS, *MADE) if shape_of(each)]


def test_a_recognizer_says_what_the_hasher_says() -> None:
    """Whatever stands in the column, and whether it was seen before."""
    for hasher in (ALL, BARE):
        recognize = Recognizer(hasher)
        for text in [*TEXTS, *MADE, "", "!", "x", None, "cgretired1:a:b"]:
            expected = hasher.describe(text)
            assert recognize(text) == recognize(text) == expected


def test_the_shapes_are_of_many_formats() -> None:
    """The test below would say nothing of formats that have none."""
    schemes = {ALL.describe(each).scheme for each in SHAPED}
    assert len(schemes) >= 6
    assert {"argon2id", "django:pbkdf2_sha256"} <= schemes


@given(
    st.sampled_from(SHAPED),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(DIGITS)), max_size=60),
)
def test_texts_of_one_shape_are_read_alike(
    text: str, changes: list[tuple[int, str]]
) -> None:
    """What the shape leaves out changes nothing in what a text is."""
    changed = list(text)
    for place, digit in changes:
        if text[place % len(text)] in DIGITS:
            changed[place % len(text)] = digit
    other = "".join(changed)
    if shape_of(other) == shape_of(text):
        for hasher in (ALL, BARE, PEPPERED):
            assert hasher.describe(other) == hasher.describe(text), other


@pytest.mark.parametrize("bundle", sorted(BUNDLES))
def test_texts_of_one_shape_are_read_alike_by_each_software(bundle: str) -> None:
    """Another choice of schemes has another answer, but one for each shape."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=BUNDLES[bundle])
    for text in SHAPED:
        for digit in "aZ0":
            middle = len(text) // 2 + 3
            other = text[:middle] + digit + text[middle + 1 :]
            if shape_of(other) == shape_of(text):
                assert hasher.describe(other) == hasher.describe(text), other


def test_what_stands_beside_a_text_is_not_forgotten() -> None:
    """A salt's column may make another hash of it."""
    recognize, text = Recognizer(ALL), "a" * 32
    for salt in ("c2FsdHNhbHQ=", None, "abc"):
        expected = ALL.describe(text, salt=salt, username="someone")
        assert recognize(text, salt=salt, username="someone") == expected


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of nothing but different settings does not fill the memory."""
    monkeypatch.setattr(recognizing, "MOST_SHAPES", 3)
    recognize = Recognizer(BARE)
    for passes in range(1, 12):
        text = f"$argon2id$v=19$m=8,t={passes},p=1$c2FsdHNhbHQ$" + "A" * 43
        assert recognize(text).work == 8 * passes
        assert len(recognize._known) <= 3
