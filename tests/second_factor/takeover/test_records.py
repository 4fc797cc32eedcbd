"""What comes in from another system, and what does not."""

import copy
from datetime import UTC, datetime

import pytest

from credguard._secret import Secret
from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.foreign_hashes import digest
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    checked_codes,
    checked_seed,
    each,
    shown,
    shown_account,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.totp import Parameters

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def one(row: Row) -> Imported:
    """Read a row with nothing but an account."""
    return Imported(account_id=account_of(row, "who"), source="a system")


def test_rows_are_counted_from_one() -> None:
    """What does not fit is told with its place, and those around it come in."""
    rows: list[Row] = [{"who": "a"}, {"who": None}, {"who": "c"}, {}]
    read = list(each(rows, one, source="a system", account="who"))
    assert [record.position for record in read] == [1, 2, 3, 4]
    assert [record.account_id for record in read] == ["a", None, "c", None]
    refused = [record.reason.code for record in read if isinstance(record, Refused)]
    assert refused == [ReasonCode.NO_ACCOUNT, ReasonCode.UNREADABLE]


def test_a_refusal_says_whose_it_would_have_been() -> None:
    """So that the row is found again."""

    def none(_row: Row) -> Imported:
        raise unfit(ReasonCode.NO_SEED)

    [refused] = each([{"who": 17}], none, source="a system", account="who")
    assert refused.account_id == "17"


def test_a_record_says_nothing_that_it_does_not_know() -> None:
    """Neither seed nor codes nor place."""
    record = one({"who": "a"})
    assert (record.seed, record.codes, record.hashes) == (None, (), ())
    assert (record.position, record.label, record.issuer) == (0, "", "")
    assert record.seed_bits == 0
    assert not record.is_weak


@pytest.mark.parametrize(
    ("size", "is_weak"), [(10, True), (15, True), (16, False), (20, False)]
)
def test_a_seed_below_128_bits_is_weak(size: int, *, is_weak: bool) -> None:
    """RFC 4226 section 4 R6; it comes in all the same."""
    record = Imported(account_id="a", source="b", seed=checked_seed(bytes(size)))
    assert record.seed_bits == 8 * size
    assert record.is_weak is is_weak


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, ReasonCode.NO_SEED),
        (9, ReasonCode.SEED_TOO_SHORT),
        (129, ReasonCode.SEED_TOO_LONG),
    ],
)
def test_a_seed_has_80_to_1024_bits(size: int, expected: str) -> None:
    """No fewer and no more."""
    for fits in (10, 128):
        assert checked_seed(bytes(fits)).reveal() == bytes(fits)
    with pytest.raises(UnfitRecordError) as refused:
        checked_seed(bytes(size))
    assert refused.value.reason.code == expected


@pytest.mark.parametrize(
    ("value", "account"),
    [
        ("a", "a"),
        (0, "0"),
        ("x" * 255, "x" * 255),
        ("x" * 256, None),
        ("", None),
        (None, None),
        (True, None),
        (1.0, None),
        ("a\0", None),
        ("a\ud800", None),
    ],
)
def test_an_account_is_a_text_of_1_to_255_characters(
    value: object, account: str | None
) -> None:
    """A number counts as its digits; what else a column holds is no name."""
    assert shown_account({"who": value}, "who") == account
    assert shown_account({"who": value}, "other") is None


@pytest.mark.parametrize("code", ["", "x" * 65, "é"])
def test_a_recovery_code_has_1_to_64_ascii_characters(code: str) -> None:
    """One that has not is refused with its row."""
    for fits in ("x", "x" * 64):
        assert [each.reveal() for each in checked_codes([fits])] == [fits.encode()]
    with pytest.raises(UnfitRecordError) as refused:
        checked_codes(["good", code])
    assert refused.value.reason.code == ReasonCode.UNREADABLE


def test_an_account_has_at_most_32_recovery_codes() -> None:
    """As many as we give out ourselves."""
    assert len(checked_codes(["x"] * 32)) == 32
    with pytest.raises(UnfitRecordError) as refused:
        checked_codes(["x"] * 33)
    assert refused.value.reason.code == ReasonCode.TOO_MANY_CODES


def test_what_is_learnt_is_put_beside_what_is_known() -> None:
    """Each step keeps what the ones before it found, and changes no record."""
    minute = Parameters(8, period_seconds=60)
    record = one({"who": "a name"}).at(7)
    held = record.holding(checked_seed(bytes(20)), minute)
    known = held.known_since(NOON, 5)
    moved = known.belonging_to("17")
    assert (moved.account_id, moved.position) == ("17", 7)
    assert (moved.seed_bits, moved.parameters) == (160, minute)
    assert (moved.made_at, moved.last_step) == (NOON, 5)
    assert (record.account_id, record.seed, record.made_at) == ("a name", None, None)


def test_a_label_is_cut_to_what_fits() -> None:
    """255 characters are shown; what is no text is not."""
    assert shown("x" * 256) == "x" * 255
    assert shown(7) == shown(None) == ""


def test_a_record_is_neither_shown_nor_copied() -> None:
    """The repr has no hash in it, and no copy is made by mistake."""
    kept = digest(bytes(32), "sha256")
    record = one({"who": "a"}).carrying((Secret(b"a code"),), (kept,))
    assert "AAAA" not in repr(record)
    assert "Hash" not in repr(record)
    assert "a code" not in repr(record)
    with pytest.raises(TypeError):
        copy.copy(record)
