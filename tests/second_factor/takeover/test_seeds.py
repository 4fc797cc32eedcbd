"""Seeds in base32, hexadecimal and bytes."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SEED, SEED_BASE32

from credguard._secret import Secret
from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.refusals import ReasonCode
from credguard.second_factor.takeover.seeds import from_base32, from_bytes, from_hex

seeds = st.binary(min_size=10, max_size=128)

# RFC 4648 section 10, made long enough to be a seed.
RFC_4648 = [
    ("IZHU6QSBKJDE6T2CIFJA====", b"FOOBARFOOBAR"),
    ("MZXW6YTBOJTG633CMFZA====", b"foobarfoobar"),
    ("MZXW6YTBOJTG633CMFZGM===", b"foobarfoobarf"),
    ("MZXW6YTBOJTG633CMFZGM3Y=", b"foobarfoobarfo"),
    ("MZXW6YTBOJTG633CMFZGM33P", b"foobarfoobarfoo"),
    ("MZXW6YTBOJTG633CMFZGM33PMI======", b"foobarfoobarfoob"),
]


@pytest.mark.parametrize(("text", "expected"), RFC_4648)
def test_base32_is_that_of_rfc_4648(text: str, expected: bytes) -> None:
    """Texts as in section 10 of RFC 4648 are read, with and without padding."""
    for dress in (text, text.rstrip("="), text.lower()):
        assert expected == from_base32(dress).reveal()


@pytest.mark.parametrize(
    "text",
    [
        SEED_BASE32.lower(),
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        "gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq",
        f"\t{SEED_BASE32}\r\n",
        SEED_BASE32 + "======",
    ],
)
def test_a_seed_is_read_in_any_dress(text: str) -> None:
    """Small letters, spaces, hyphens, line ends and padding change nothing."""
    assert from_base32(text).reveal() == SEED


@given(seed=seeds, width=st.integers(1, 9))
def test_every_seed_comes_back(seed: bytes, width: int) -> None:
    """Whatever the length and the groups, the bytes are the ones that went in."""
    text = base64.b32encode(seed).decode()
    grouped = " ".join(text[at : at + width] for at in range(0, len(text), width))
    assert from_base32(grouped).reveal() == seed
    assert from_base32(text.rstrip("=")).reveal() == seed
    assert from_hex(seed.hex().upper()).reveal() == seed
    assert from_bytes(memoryview(seed)).reveal() == seed
    assert from_bytes("\\x" + seed.hex()).reveal() == seed


@pytest.mark.parametrize("read", [from_base32, from_hex])
def test_a_text_of_1024_characters_is_read(read: Callable[[object], Secret]) -> None:
    """Spaces and all; one more is refused before anything is done with it."""
    text = "32" * 16
    assert read(text.ljust(1024)).reveal() == read(text).reveal()
    with pytest.raises(UnfitRecordError) as refused:
        read(text.ljust(1025))
    assert refused.value.reason.code == ReasonCode.SEED_TOO_LONG


def test_bits_after_the_last_byte_are_passed_over() -> None:
    """26 characters are 16 bytes and two bits; apps use the bytes."""
    assert from_base32("MZXW6YTBOJTG633CMFZGM33PMJ").reveal() == b"foobarfoobarfoob"
    # Of 17 characters the last one begins a byte that does not end.
    assert from_base32("JBSWY3DPEHPK3PXPA").reveal() == b"Hello!\xde\xad\xbe\xef"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ReasonCode.NO_SEED),
        ("====", ReasonCode.NO_SEED),
        (None, ReasonCode.NO_SEED),
        (7, ReasonCode.NO_SEED),
        ("JBSWY3DPEHPK3PX", ReasonCode.SEED_TOO_SHORT),
        ("A" * 207, ReasonCode.SEED_TOO_LONG),
        ("A" * 10_000_000, ReasonCode.TOO_LARGE),
        ("A" * 2000, ReasonCode.SEED_TOO_LONG),
        ("GEZDGNBVGY3TQOJQ1", ReasonCode.SEED_UNREADABLE),
        ("GEZDGNBVGY3TQOJ!", ReasonCode.SEED_UNREADABLE),
        ("ＧＥＺＤＧＮＢＶＧＹ３Ｔ", ReasonCode.SEED_UNREADABLE),
        ("GEZDGNBVGY3TQOJQ\ud800", ReasonCode.SEED_UNREADABLE),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_seed_in_base32_is_refused(text: object, expected: str) -> None:
    """The reason says what is wrong, and its text repeats nothing of the seed."""
    with pytest.raises(UnfitRecordError) as refused:
        from_base32(text)
    assert refused.value.reason.code == expected
    assert not str(text)[:12] or str(text)[:12] not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc", ReasonCode.SEED_UNREADABLE),
        ("zz" * 20, ReasonCode.SEED_UNREADABLE),
        ("00" * 9, ReasonCode.SEED_TOO_SHORT),
        ("00" * 129, ReasonCode.SEED_TOO_LONG),
        ("", ReasonCode.NO_SEED),
    ],
)
def test_what_is_no_seed_in_hexadecimal_is_refused(value: str, expected: str) -> None:
    """Digits come in pairs, and 10 to 128 of them."""
    with pytest.raises(UnfitRecordError) as refused:
        from_hex(value)
    assert refused.value.reason.code == expected


def test_a_text_is_no_bytes_unless_it_says_so() -> None:
    """Bytes in a text file are marked; base32 is not taken for hexadecimal."""
    with pytest.raises(UnfitRecordError) as refused:
        from_bytes("3132333435363738393031323334353637383930")
    assert refused.value.reason.code == ReasonCode.SEED_UNREADABLE
    with pytest.raises(UnfitRecordError) as missing:
        from_bytes(None)
    assert missing.value.reason.code == ReasonCode.NO_SEED


@given(value=st.one_of(st.text(st.characters()), st.binary(), st.integers()))
def test_nothing_breaks_a_reader_of_seeds(value: object) -> None:
    """For any value there is a seed of a length in use, or the declared error."""
    for read in (from_base32, from_hex, from_bytes):
        try:
            seed = read(value).reveal()
        except UnfitRecordError:
            continue
        assert 10 <= len(seed) <= 128
