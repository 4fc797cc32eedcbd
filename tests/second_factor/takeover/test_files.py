"""Rows out of text files."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SEED, SEED_BASE32, came_in, reasons, seed_of

from credguard.second_factor.takeover import (
    ReasonCode,
    lines_of,
    read_base32,
    read_keycloak,
    read_otpauth,
    rows_of_csv,
    rows_of_json,
    rows_of_uris,
)
from credguard.second_factor.takeover.files import MAX_LINE_CHARACTERS


def test_json_lines_are_rows() -> None:
    """Each line is a row, and blank lines are none."""
    one, two = (
        f'{{"account_id": {who}, "secret": "{SEED_BASE32}"}}\n' for who in (1, 2)
    )
    lines = lines_of(io.StringIO(f"{one}\n \n{two}\n"))
    first, second = came_in(read_base32(rows_of_json(lines)))
    assert (first.account_id, seed_of(first)) == ("1", SEED)
    assert (second.account_id, second.position) == ("2", 2)


def test_a_broken_line_keeps_its_number() -> None:
    """A line that is no JSON object is refused, and those after it come in."""
    good = f'{{"account_id": 1, "secret": "{SEED_BASE32}"}}\n'
    lines = [good, "{\n", "[1]\n", "[" * 100_000 + "\n", good]
    found = reasons(read_base32(rows_of_json(lines)))
    assert found == [None, *[ReasonCode.UNREADABLE] * 3, None]
    assert reasons(read_keycloak(rows_of_json(["{\n"]))) == [ReasonCode.UNREADABLE]


def test_csv_is_rows() -> None:
    """The first line names the columns; quotes, line breaks and more are fine."""
    text = (
        f'account_id,secret,name\r\n1,{SEED_BASE32},"a\r\nb"\r\n2,{SEED_BASE32},c,d\r\n'
    )
    first, second = came_in(read_base32(rows_of_csv(lines_of(io.StringIO(text)))))
    assert first.label.split() == ["a", "b"]
    assert second.account_id == "2"


def test_a_broken_line_of_csv_is_refused() -> None:
    """A field that is larger than any is one refusal and no crash."""
    lines = ["account_id,secret\n", "1," + "A" * 200_000 + "\n", f"2,{SEED_BASE32}\n"]
    assert reasons(read_base32(rows_of_csv(lines))) == [ReasonCode.UNREADABLE, None]


def test_a_uri_to_a_line() -> None:
    """Comments and blank lines are left out."""
    uri = f"otpauth://totp/alice?secret={SEED_BASE32}"
    lines = ["# exported today\n", "\n", f"  {uri}\r\n", ""]
    assert reasons(read_otpauth(rows_of_uris(lines))) == [None, ReasonCode.UNREADABLE]


@pytest.mark.parametrize(("size", "is_read"), [(262_143, True), (262_144, False)])
def test_a_line_ends_within_262_144_characters(size: int, *, is_read: bool) -> None:
    """With its end, or at the end of the file; the lines around it stay."""
    line = "x" * size
    wanted = [line + "\n"] if is_read else [""]
    assert list(lines_of(io.StringIO(f"a\n{line}\nb"))) == ["a\n", *wanted, "b"]
    assert list(lines_of(io.StringIO(f"a\n{line}"))) == ["a\n", wanted[0].rstrip()]


@pytest.mark.parametrize("more", [0, 1, 3 * MAX_LINE_CHARACTERS])
def test_an_endless_line_fills_no_memory(more: int) -> None:
    """A line above the limit is passed over up to its end."""
    endless = "x" * (MAX_LINE_CHARACTERS + more)
    assert list(lines_of(io.StringIO(f"a\n{endless}\nb"))) == ["a\n", "", "b"]
    assert list(lines_of(io.StringIO(endless))) == [""]


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_breaks_a_reader_of_files(text: str) -> None:
    """For any text there are rows, and nothing else."""
    for read in (rows_of_json, rows_of_csv, rows_of_uris):
        for row in read(lines_of(io.StringIO(text))):
            assert isinstance(row, dict)
