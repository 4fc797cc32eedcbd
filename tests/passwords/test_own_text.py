import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.passwords.own_text import OwnText, read_own_text
from credguard.passwords.phc import Cost

SALT = "c29tZXNhbHRzb21lc2FsdA"
TAG = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
SEALED = "A" * 64
COST = "m=19456,t=2,p=1"

BARE = f"$cgh1$-${COST}${SALT}${TAG}"
BOUND = f"$cgh1$1a2b3c4d${COST}${SALT}${SEALED}"
UNBOUND = f"$cgh1a$1a2b3c4d${COST}${SALT}${SEALED}"
UNRECORDED = f"$cgh1u$1a2b3c4d${COST}${SALT}${SEALED}"
BOTH = f"$cgh1au$1a2b3c4d${COST}${SALT}${SEALED}"
WRAPPED = f"$cgw1$-${COST}${SALT}${TAG}$django:md5$$$md5$salt$~032~"
SEALED_WRAP = f"$cgw1a$1a2b3c4d${COST}${SALT}${SEALED}$x$$$y"
TEXTS = (BARE, BOUND, UNBOUND, UNRECORDED, BOTH, WRAPPED, SEALED_WRAP)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_and_written_back(text: str) -> None:
    """What is read is written back letter for letter."""
    own = read_own_text(text)
    assert own is not None
    assert own.to_text() == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BARE, (None, False, True, "")),
        (BOUND, ("1a2b3c4d", True, True, "")),
        (UNBOUND, ("1a2b3c4d", False, True, "")),
        (UNRECORDED, ("1a2b3c4d", True, False, "")),
        (BOTH, ("1a2b3c4d", False, False, "")),
        (WRAPPED, (None, False, True, "django:md5$$$md5$salt$~032~")),
        (SEALED_WRAP, ("1a2b3c4d", False, True, "x$$$y")),
    ],
)
def test_a_text_says_what_it_is(
    text: str, expected: tuple[str | None, bool, bool, str]
) -> None:
    """Key, binding, form and inner text are told by the text alone."""
    own = read_own_text(text)
    assert own is not None
    assert (own.key_id, own.is_bound, own.is_nfc, own.inner) == expected
    assert own.is_wrapped is bool(expected[3])
    assert str(own.cost) == COST


def test_a_peppered_hash_fits_djangos_column_behind_a_prefix() -> None:
    """With ten characters before it, it has the 128 that Django's column holds."""
    assert len(BOUND) + len("credguard_") == 128
    assert len(BOTH) == 120  # MyBB's column


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        BARE + "\n",
        BARE + "\x00",
        " " + BARE,
        BARE + "=",
        BARE + "$",
        BARE.replace("cgh1", "cgh2"),
        BARE.replace("cgh1", "cgx1"),
        BARE.replace("cgh1", "CGH1"),
        BARE.replace("cgh1", "cgh1a"),  # bound to nobody needs a seal
        BARE.replace("cgh1", "cgh1u"),  # so does a form that was not recorded
        BARE.replace("cgh1", "cgw1"),  # nothing is wrapped
        BOUND.replace("cgh1", "cgh1ua"),
        BOUND.replace("cgh1", "cgh1aa"),
        BOUND.replace("1a2b3c4d", "1A2B3C4D"),
        BOUND.replace("1a2b3c4d", "1a2b3c4"),
        BOUND.replace("1a2b3c4d", ""),
        BOUND.replace("m=19456", "m=019456"),
        BOUND.replace("m=19456", "m=7"),
        BOUND.replace("m=19456", "m=٣0000"),
        BOUND.replace("t=2,", "t=0,"),
        BOUND.replace(SALT, SALT[:-1] + "B"),  # spare bits
        BOUND.replace(SALT, "c29tZQ"),  # four bytes
        BOUND.replace(SEALED, "A" * 40),  # a tag of 14 bytes
        BOUND.replace(SEALED, "A" * 108),
        BARE.replace(TAG, "A" * 20),
        BARE.replace(TAG, "A" * 100),  # a tag of 75 bytes
        WRAPPED.replace("cgw1", "cgh1"),
        WRAPPED.replace("cgw1", "cgw1u"),
        SEALED_WRAP.replace("cgw1a", "cgw1u"),
        WRAPPED + " ",
        WRAPPED + "ü",
        WRAPPED + "x" * 512,
    ],
)
def test_anything_else_is_not_one(text: str) -> None:
    """Another spelling, another version or an impossible size is refused."""
    assert read_own_text(text) is None


@pytest.mark.promise("P1")
def test_a_number_of_any_length_is_only_read() -> None:
    """512 digits are a cost above every ceiling; 513 are no number of ours."""
    own = read_own_text(BARE.replace("t=2", "t=" + "9" * 512))
    assert own is not None
    assert own.cost.passes == int("9" * 512)
    assert read_own_text(BARE.replace("t=2", "t=" + "9" * 513)) is None


def test_repr_shows_neither_salt_nor_tag() -> None:
    """The parts can be shown without the parts that matter."""
    own = read_own_text(WRAPPED)
    assert not re.search("salt|body|inner|b'", repr(own))


@pytest.mark.promise("P8")
@given(
    st.builds(
        OwnText,
        cost=st.builds(
            Cost,
            memory_kib=st.integers(min_value=8 * 16, max_value=2**32),
            passes=st.integers(min_value=1, max_value=2**32),
            lanes=st.integers(min_value=1, max_value=16),
        ),
        salt=st.binary(min_size=8, max_size=64),
        body=st.binary(min_size=32, max_size=64),
        key_id=st.none() | st.from_regex(r"\A[0-9a-f]{8}\Z"),
        is_bound=st.booleans(),
        is_nfc=st.booleans(),
        inner=st.text(alphabet=[chr(code) for code in range(0x21, 0x7F)], max_size=512),
    )
)
def test_every_text_that_is_written_parses_back(own: OwnText) -> None:
    """Any parts that go together come back equal; others have no text."""
    read = read_own_text(own.to_text())
    is_sound = (own.key_id is not None or not own.is_bound) and (
        own.is_nfc or (own.key_id is not None and not own.inner)
    )
    if is_sound:
        assert read == own
    else:
        assert read != own
