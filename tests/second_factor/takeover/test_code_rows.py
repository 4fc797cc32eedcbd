"""Recovery codes that stand in a table of their own."""

from collections.abc import Iterator
from itertools import repeat

import pytest
from reading import came_in, codes_of, reasons

from credguard._secret import Secret
from credguard.second_factor.takeover import Imported, ReasonCode, Refused, Row
from credguard.second_factor.takeover.code_rows import each_set
from credguard.second_factor.takeover.foreign_hashes import ForeignHash, digest
from credguard.second_factor.takeover.refusals import unfit

HASH = digest(bytes(32), "sha256")


def read(row: Row) -> Secret | ForeignHash | None:
    """Read a row of these tests: a code, a hash, a used one, or none at all."""
    match row.get("code"):
        case "used":
            return None
        case "hashed":
            return HASH
        case str() as written:
            return Secret(written.encode())
    raise unfit(ReasonCode.UNREADABLE)


def sets(*rows: Row) -> list[Imported | Refused]:
    """Return the sets of codes in *rows*."""
    return list(each_set(rows, read, source="a system", account="who"))


def rows_of(who: object, *codes: object) -> list[Row]:
    """Return a row for each code."""
    return [{"who": who, "code": code} for code in codes]


def test_the_codes_of_an_account_are_one_record() -> None:
    """In their order; its place is that of the account's first row."""
    first, second = came_in(
        sets(*rows_of(1, "a", "used", "b"), *rows_of("2", "used", "c"))
    )
    assert (first.account_id, codes_of(first), first.position) == ("1", ["a", "b"], 1)
    assert (second.account_id, codes_of(second)) == ("2", ["c"])
    assert (second.position, second.source) == (4, "a system")


def test_codes_and_hashes_are_kept_apart() -> None:
    """A set may hold both."""
    [record] = came_in(sets(*rows_of(1, "hashed", "a", "hashed")))
    assert codes_of(record) == ["a"]
    assert [each.text for each in record.hashes] == [HASH.text, HASH.text]


@pytest.mark.parametrize("kind", ["a", "hashed"])
@pytest.mark.parametrize(
    ("good", "expected"),
    [
        (0, ReasonCode.NO_SEED),
        (1, None),
        (32, None),
        (33, ReasonCode.TOO_MANY_CODES),
    ],
)
def test_an_account_has_one_to_32_good_codes(
    kind: str, good: int, expected: str | None
) -> None:
    """However many were used before them, and between, and after."""
    used = ["used"] * 1500
    rows = rows_of(1, *used, kind, *used)[: 1500 + min(good, 1)]
    rows += rows_of(1, *[kind] * (good - 1), *used)
    found = sets(*rows, *rows_of(2, "a"))
    assert reasons(found) == [expected, None]
    if isinstance(found[0], Imported):
        assert len(found[0].codes) + len(found[0].hashes) == good


def test_no_row_is_kept_that_was_used() -> None:
    """An endless table costs no memory: what follows the 33rd code is not read."""
    taken = []

    def counted() -> Iterator[Row]:
        for number, row in enumerate([*rows_of(1, *["a"] * 33), {"who": 1}]):
            taken.append(number)
            yield row
        yield from repeat({"who": 1}, 2000)

    [refused] = each_set(counted(), read, source="a system", account="who")
    assert reasons([refused]) == [ReasonCode.TOO_MANY_CODES]
    assert len(taken) == 34


@pytest.mark.parametrize(
    ("row", "expected", "who"),
    [
        ({"who": 1, "code": None}, ReasonCode.UNREADABLE, "1"),
        ({"who": None, "code": "a"}, ReasonCode.NO_ACCOUNT, None),
        ({"who": "", "code": "a"}, ReasonCode.NO_ACCOUNT, None),
        ({}, ReasonCode.UNREADABLE, None),
    ],
)
def test_a_set_is_refused_for_its_first_flaw(
    row: Row, expected: str, who: str | None
) -> None:
    """And the sets around it come in."""
    before, refused, after = sets(*rows_of(0, "a"), row, *rows_of(9, "a"))
    assert reasons([before, refused, after]) == [None, expected, None]
    assert isinstance(refused, Refused)
    assert (refused.position, refused.account_id) == (2, who)


def test_one_row_that_cannot_be_read_refuses_the_set() -> None:
    """Of half a set nobody would know which half."""
    found = sets(*rows_of(1, "a", None, "b"), *rows_of(2, "a"))
    assert reasons(found) == [ReasonCode.UNREADABLE, None]
    assert [each.position for each in found] == [1, 4]
