import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credguard.errors import WorkFactorTooHighError
from credguard.passwords import Ceilings, WorkFactor
from credguard.passwords.phc import (
    MAX_SALT_BYTES,
    MAX_TAG_BYTES,
    MIN_SALT_BYTES,
    MIN_TAG_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    Cost,
    PhcString,
    Variety,
    from_base64,
    read_phc,
    to_base64,
)

SALT = "c29tZXNhbHQ"  # somesalt
TAG = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
GOOD = f"$argon2id$v=19$m=256,t=2,p=1${SALT}${TAG}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


@given(
    variety=st.sampled_from(Variety),
    lanes=st.integers(1, 2**24),
    memory_kib=st.integers(8, 2**33),
    passes=st.integers(1, 2**33),
    salt=st.binary(min_size=8, max_size=64),
    tag=st.binary(min_size=16, max_size=64),
)
@settings(deadline=None)
def test_what_is_written_reads_back(
    variety: Variety,
    lanes: int,
    memory_kib: int,
    passes: int,
    salt: bytes,
    tag: bytes,
) -> None:
    """Every PHC string that is written is read back equal, and in one spelling."""
    phc = PhcString(
        variety=variety,
        cost=Cost(memory_kib=max(memory_kib, 8 * lanes), passes=passes, lanes=lanes),
        salt=salt,
        tag=tag,
    )
    assert read_phc(phc.to_text()) == phc


@pytest.mark.promise("P8")
@given(st.text() | st.from_regex(r"\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]\$.*"))
@settings(deadline=None)
def test_what_is_read_has_one_spelling(text: str) -> None:
    """A text is either not a PHC string or exactly the one that would be written."""
    phc = read_phc(text)
    assert phc is None or phc.to_text() == text


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD + "\n",
        GOOD + "\x00junk",
        " " + GOOD,
        GOOD + "=",
        GOOD.upper(),
        GOOD.replace("argon2id", "argon2d"),
        GOOD.replace("v=19", "v=16"),
        GOOD.replace("v=19$", ""),
        GOOD.replace("m=256", "m=0256"),
        GOOD.replace("m=256", "m=+256"),
        GOOD.replace("m=256", "m=2_56"),
        GOOD.replace("m=256", "m= 256"),
        GOOD.replace("m=256", "m=٢٥٦"),
        GOOD.replace("m=256", "m=-256"),
        GOOD.replace("t=2", "t=0"),
        GOOD.replace("p=1", "p=0"),
        GOOD.replace("m=256", "m=7"),
        GOOD.replace("p=1", "p=33"),  # 8 KiB a lane at least
        GOOD.replace("m=256,t=2", "t=2,m=256"),
        GOOD.replace("p=1", "p=1,data=AAAA"),
        GOOD.replace("p=1", "p=1,keyid=AAAA"),
        GOOD.replace("m=256", "m=" + "9" * 513),
        GOOD.replace(SALT, SALT[:-1] + "R"),  # spare bits are not zero
        GOOD.replace(TAG, TAG[:-1] + "5"),
        GOOD.replace("/", "_"),
        GOOD.replace(SALT, _base64(b"7 bytes")),
        GOOD.replace(SALT, _base64(b"s" * 65)),
        GOOD.replace(SALT, ""),
        GOOD.replace(TAG, _base64(b"t" * 15)),
        GOOD.replace(TAG, _base64(b"t" * 65)),
        GOOD.replace(TAG, TAG[:41]),  # no number of bytes has 41 characters
        GOOD.replace(TAG, ""),
        GOOD.rpartition("$")[0],
        "\ud800" + GOOD,
    ],
)
def test_other_spellings_are_not_read(text: str) -> None:
    """Whatever is not the canonical spelling is not a PHC string."""
    assert read_phc(GOOD) is not None
    assert read_phc(text) is None


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("before", "highest", "above"),
    [
        ("m=256", "m=262144", "m=262145"),
        ("t=2", "t=16", "t=17"),
        ("m=256,t=2,p=1", "m=256,t=2,p=16", "m=256,t=2,p=17"),
        ("m=256", "m=262144", f"m={2**31}"),
        ("m=256", "m=262144", f"m={2**32}"),
        ("m=256", "m=262144", "m=1" + "0" * 400),
        ("t=2", "t=16", f"t={2**32 + 2}"),
        ("t=2", "t=16", "t=1" + "0" * 400),
        ("m=256,t=2,p=1", "m=256,t=2,p=16", f"m={2**40},t=2,p={2**32 + 1}"),
    ],
)
def test_cost_above_a_ceiling_is_refused(before: str, highest: str, above: str) -> None:
    """Memory, passes and lanes may be as high as the ceiling and no higher."""
    at_ceiling = read_phc(GOOD.replace(before, highest))
    assert at_ceiling is not None
    at_ceiling.cost.check(Ceilings())
    beyond = read_phc(GOOD.replace(before, above))
    assert beyond is not None
    with pytest.raises(WorkFactorTooHighError):
        beyond.cost.check(Ceilings())


def test_sizes_are_those_of_rfc_9106() -> None:
    """New hashes have 128 bits of salt and 256 of tag; others have a range."""
    assert (SALT_BYTES, TAG_BYTES) == (16, 32)
    assert (MIN_SALT_BYTES, MAX_SALT_BYTES) == (8, 64)
    assert (MIN_TAG_BYTES, MAX_TAG_BYTES) == (16, 64)


def test_a_cost_is_a_work_factor_and_back() -> None:
    """With the same three numbers."""
    factor = WorkFactor(memory_kib=64, passes=3, lanes=4)
    assert Cost.of(factor) == Cost(memory_kib=64, passes=3, lanes=4)
    assert Cost.of(factor).work_factor == factor


def test_the_work_of_a_hash_is_its_memory_times_its_passes() -> None:
    """However many lanes share it."""
    assert Cost(memory_kib=64, passes=3, lanes=4).work == 192


@given(st.binary(max_size=70))
def test_base64_has_one_spelling(data: bytes) -> None:
    """That of RFC 4648 without its padding; no other last character is read."""
    text = to_base64(data)
    assert text == _base64(data)
    assert from_base64(text) == data
    ends = [text[:-1] + each for each in "ABEIQgw3/"] if text else []
    for other in ends:
        found = from_base64(other)
        assert found is None or to_base64(found) == other


@pytest.mark.parametrize("text", ["A", "AB", "AAB", "AAAAA", "AAAAAB", "AAAAAAB"])
def test_spare_bits_are_zero(text: str) -> None:
    """And no number of bytes leaves one character over."""
    assert from_base64(text) is None


def test_repr_shows_neither_salt_nor_tag() -> None:
    """A PHC string taken apart can be logged without telling the hash."""
    phc = read_phc(GOOD)
    assert phc is not None
    assert "salt" not in repr(phc)
    assert "tag" not in repr(phc)
