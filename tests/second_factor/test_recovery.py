"""Recovery codes: how they are drawn, read, slotted and digested."""

import hmac
import pickle
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import SetupError
from credguard.second_factor.recovery import (
    CODE_BYTES,
    DEFAULT_CODES,
    LOW_WATER,
    MAX_CODES,
    RecoveryCode,
    RecoveryCodes,
    TypedCode,
    check_count,
    digest_of,
    draw_codes,
    is_like_a_code,
    read_other_code,
    read_own_code,
    read_recovery_code,
    slot_of,
)
from credguard.second_factor.totp import Parameters

SEED = b"12345678901234567890"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FORM = re.compile(rf"([{CROCKFORD}])((?:-[{CROCKFORD}]{{4}}){{4}})")


def test_codes_are_drawn_in_slots() -> None:
    """Each code has the form that is documented, and a slot of its own."""
    codes = draw_codes(MAX_CODES)
    matched = [FORM.fullmatch(code) for code in codes]
    assert [found and found[1] for found in matched] == list(CROCKFORD)
    assert len({found[2] for found in matched if found}) == MAX_CODES


def test_a_code_is_eighty_random_bits() -> None:
    """What is drawn is what is shown: all bits, and no others."""
    drawn: list[int] = []

    def draw(count: int) -> bytes:
        drawn.append(count)
        return bytes(range(255, 255 - count, -1))

    (code,) = draw_codes(1, draw=draw)
    assert drawn == [CODE_BYTES] == [10]
    number = int.from_bytes(bytes(range(255, 245, -1)), "big")
    digits = "".join(CROCKFORD[number >> 5 * at & 31] for at in range(15, -1, -1))
    assert code.replace("-", "") == "0" + digits


@pytest.mark.parametrize("count", [-1, 33, 2.0, "3", True])
def test_a_set_has_a_size(count: int) -> None:
    """A set has 0 to 32 codes, since one character names the slot."""
    with pytest.raises(SetupError):
        draw_codes(count)
    assert draw_codes(0) == ()
    assert [check_count(size) for size in (0, 32)] == [0, 32]


def test_a_set_has_ten_codes() -> None:
    """And with three left it is time for new ones, as the documentation says."""
    assert len(draw_codes()) == DEFAULT_CODES == 10
    assert LOW_WATER == 3


SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.lower,
    str.title,
    lambda code: code.replace("-", ""),
    lambda code: code.replace("-", " "),
    lambda code: code.replace("-", " - "),
    lambda code: code.replace("0", "O"),
    lambda code: code.replace("0", "o"),
    lambda code: code.replace("1", "I"),
    lambda code: code.replace("1", "i"),
    lambda code: code.replace("1", "L"),
    lambda code: code.replace("1", "l"),
    lambda code: f"  {code} ",
    lambda code: f"-{code}-",
    lambda code: code + " " * 43,  # 64 characters in all, the most that are read
    lambda code: code.replace("-", "").replace("0", "o").replace("1", "l").lower(),
]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_code_is_read_as_people_type_it(spelled: Callable[[str], str]) -> None:
    """Sixteen spellings of one code are one code."""
    code = spelled("7-01AB-C1D0-EFGH-JKMN")
    for read in (read_own_code, read_recovery_code):
        assert read(code) == TypedCode("7", "01ABC1D0EFGHJKMN")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7-01AB-C1D0-EFGH-JKM",
        "7-01AB-C1D0-EFGH-JKMNP",
        "7-01AB-C1D0-EFGH-JKMU",
        "７-01AB-C1D0-EFGH-JKMN",
        "7-01AB-C1D0-EFGH-JKM\ud800",
        "7_01AB_C1D0_EFGH_JKMN",
        "7-01AB-C1D0-EFGH-JKMN" + " " * 44,
        None,
        17,
        ["7-01AB-C1D0-EFGH-JKMN"],
        b"7-01AB-C1D0-EFGH-JKMN",
    ],
)
def test_what_is_not_of_our_form_is_not_ours(typed: object) -> None:
    """Anything may be typed; what is no code of ours is not read as one."""
    assert read_own_code(typed) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("abcd-1234", "abcd1234"),
        (" ABCD 1234 ", "abcd1234"),
        ("a1b2", "a1b2"),
        ("a1b", None),
        ("abcd!234", None),
        ("ábcd1234", None),
        ("x" * 64, "x" * 64),
        ("x" * 65, None),
        ("7-01AB-C1D0-EFGH-JKMNP", "701abc1d0efghjkmnp"),
    ],
)
def test_another_systems_code_is_read(typed: str, read: str | None) -> None:
    """Letters and digits count, their case and the signs between them do not."""
    assert read_other_code(typed) == read
    assert read_recovery_code(typed) == (read and TypedCode(None, read))


@pytest.mark.parametrize("typed", [None, 17, b"abcd1234"])
def test_what_is_no_text_is_no_recovery_code(typed: object) -> None:
    """Other types are refused and not turned into text."""
    assert read_recovery_code(typed) is None


@given(typed=st.text(alphabet=st.characters()))
def test_anything_may_be_typed(typed: str) -> None:
    """No text makes the reader fail, and what it reads is in the alphabet."""
    own = read_own_code(typed)
    if own is not None and own.slot is not None:
        assert set(own.slot + own.body) <= set(CROCKFORD)
        assert len(own.body) == 16
    read_recovery_code(typed)


@given(drawn=st.binary(min_size=10, max_size=10))
def test_what_is_drawn_is_read_back(drawn: bytes) -> None:
    """Every code that can be drawn is read as itself."""
    (code,) = draw_codes(1, draw=lambda _count: drawn)
    read = read_own_code(code)
    assert read
    assert f"{read.slot}{read.body}" == code.replace("-", "")


def test_a_slot_is_part_of_the_code() -> None:
    """A code of ours names its slot; another system's is found by a keyed sum."""
    assert slot_of(SEED, TypedCode("7", "X" * 16)) == "7"
    other = TypedCode(None, "abcd1234")
    found = slot_of(SEED, other)
    assert re.fullmatch(rf"~[{CROCKFORD}]{{3}}", found)
    assert slot_of(SEED, other) == found
    others = {slot_of(secrets.token_bytes(20), other) for _ in range(20)}
    assert len(others) > 15


def test_a_digest_is_for_one_place_only() -> None:
    """Another seed, account, factor, slot or code gives another digest."""
    code = TypedCode("7", "0" * 16)
    digests = {
        digest_of(SEED, code, account_id="17", factor_id="f"),
        digest_of(SEED[::-1], code, account_id="17", factor_id="f"),
        digest_of(SEED, code, account_id="18", factor_id="f"),
        digest_of(SEED, code, account_id="17", factor_id="g"),
        digest_of(SEED, code, account_id="1", factor_id="7f"),
        digest_of(SEED, TypedCode("8", "0" * 16), account_id="17", factor_id="f"),
        digest_of(SEED, TypedCode("7", "0" * 15 + "1"), account_id="17", factor_id="f"),
    }
    assert len(digests) == 7
    assert {len(digest) for digest in digests} == {32}


def test_a_digest_is_an_hmac_of_its_parts() -> None:
    """Each part behind its length, so that hashes of earlier releases still fit."""
    parts = [b"credguard recovery code", b"17", b"f", b"7", b"0" * 16]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    code = TypedCode("7", "0" * 16)
    digest = digest_of(SEED, code, account_id="17", factor_id="f")
    assert digest == hmac.digest(SEED, message, "sha256")


def test_the_slot_of_another_systems_code_stays_where_it_was() -> None:
    """The first fifteen bits of a keyed sum: rows of earlier releases are found."""
    tag = hmac.digest(SEED, b"credguard recovery slot\0abcd1234", "sha256")
    number = int.from_bytes(tag, "big") >> 256 - 15
    wanted = "".join(CROCKFORD[number >> at & 31] for at in (10, 5, 0))
    assert slot_of(SEED, TypedCode(None, "abcd1234")) == "~" + wanted


@pytest.mark.parametrize(
    ("typed", "is_like"),
    [("123456", True), ("12 34-56", True), ("1234567", False), ("12345a", False)],
)
def test_another_systems_code_may_look_like_one_of_an_app(
    typed: str, *, is_like: bool
) -> None:
    """As many digits as the app shows, and nothing else."""
    read = read_recovery_code(typed)
    assert read is not None
    assert is_like_a_code(read, Parameters()) is is_like


def test_our_own_code_is_never_like_one_of_an_app() -> None:
    """It names its slot, even where the rest is digits."""
    assert not is_like_a_code(TypedCode("7", "123456"), Parameters())


def test_a_row_does_not_show_its_hash() -> None:
    """It can be logged."""
    row = RecoveryCode("7", "a hash", datetime(2026, 11, 22, tzinfo=UTC))
    assert "a hash" not in repr(row)


def test_what_was_typed_does_not_tell_two_codes_apart() -> None:
    """Nor is it shown: another spelling is the same code."""
    code = TypedCode("7", "BODY", "b-o-d-y")
    assert code == TypedCode("7", "BODY")
    assert "b-o-d-y" not in repr(code)


def test_codes_do_not_show_themselves() -> None:
    """Neither the set nor a code that was typed has a repr with the code in it."""
    codes = RecoveryCodes(draw_codes(2))
    assert len(codes) == 2
    assert repr(codes) == "RecoveryCodes()"
    assert repr(TypedCode("7", "BODY")) == "TypedCode(slot='7')"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(codes)
