import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.lists import (
    AccountList,
    ListKind,
    address_hash,
    is_address_hash,
)
from credguard.campaigns.scope import Facts, in_list

KNOWN = hashlib.sha256(b"alice@example.org").hexdigest()


def facts(address: str | None) -> Facts:
    """Return an account with an address."""
    return Facts(account_id="1", scheme="argon2id", address=address)


def test_a_hash_is_of_the_lower_case_address() -> None:
    """It is what those who publish such lists write."""
    assert address_hash(" Alice@Example.ORG ") == KNOWN


@pytest.mark.parametrize(
    "entry",
    [
        "alice@example.org",
        "Alice@EXAMPLE.org",
        KNOWN,
        " alice@example.org\n",
        f"{KNOWN}\n",
        f"\t{KNOWN.upper()} ",
    ],
)
def test_an_address_and_its_hash_are_one_entry(entry: str) -> None:
    """A list may hold either, in either case, as a file's line ends."""
    assert AccountList.of_addresses([entry]) == AccountList.of_addresses(
        [KNOWN.upper()]
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ALICE@example.org", True),
        ("bob@example.org", False),
        (None, False),
        ("", False),
    ],
)
def test_an_account_is_found_by_its_address(
    address: str | None, *, expected: bool
) -> None:
    """Case does not matter, and no address is on no list."""
    assert (
        in_list(AccountList.of_addresses([KNOWN])).includes(facts(address)) is expected
    )


def test_a_list_of_ids_is_another_than_one_of_addresses() -> None:
    """An id that looks like a hash names no address."""
    ids, addresses = AccountList.of([KNOWN]), AccountList.of_addresses([KNOWN])
    assert ids.digest != addresses.digest
    assert (ids.kind, addresses.kind) == (ListKind.IDS, ListKind.ADDRESSES)
    assert not in_list(ids).includes(facts("alice@example.org"))


def test_a_list_shows_no_entries() -> None:
    """Nobody's id comes into a log with an error."""
    assert "member-17" not in repr(AccountList.of(["member-17"]))


@given(st.text())
def test_any_address_has_a_hash(address: str) -> None:
    """No text breaks it."""
    assert is_address_hash(address_hash(address))


@pytest.mark.parametrize("text", ["", KNOWN[:-1], KNOWN + "0", "g" * 64, KNOWN + "\n0"])
def test_what_is_no_hash_is_told_apart(text: str) -> None:
    """An id or an address is not taken for one."""
    assert not is_address_hash(text)
