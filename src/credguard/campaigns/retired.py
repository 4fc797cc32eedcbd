"""
Retired hashes: sealed a page at a time under the campaign's own key.

A page holds the hashes of some hundred accounts by their ids, in one seal that is bound
to the campaign and to the page's number: sealing them costs next to nothing, looking up
one of them less than a millisecond. A member's row names its page.

What stood beside a hash is sealed with it, a salt above all: the forum's form writes
another one with the next password, and without the first nobody could tell that the
leaked password was chosen again.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from credguard.campaigns.leaked import Leaked
from credguard.campaigns.members import Member
from credguard.errors import SealBrokenError
from credguard.keys import MAX_PLAIN_BYTES, Keyring
from credguard.storage.bulk import insert_rows
from credguard.storage.tables import retired_page

PAGE_ACCOUNTS = 250
"""Accounts on a page; of longer hashes fewer."""

_PURPOSE = "retired page"
_ALONE = "retired hash"  # of accounts swept before there were pages
_MOST_PAGES = 1 << 20  # of one range; more than it has accounts
_NAMES = ("campaign_id", "number", "sealed")
_BESIDE = ""  # no account has that id: earlier releases find hashes as they did

Beside = tuple[str | None, str | None]
"""What stood beside a hash: the salt's column and the account's name."""


class Sealed(NamedTuple):
    """
    Hashes that were sealed.

    Attributes:
        pages: Each page's number and its seal.

        first: The number of the first page.

        size: How many accounts are on each page but the last.
    """

    pages: list[tuple[int, str]]
    first: int
    size: int


class _Page(NamedTuple):
    hashes: dict[str, str]
    beside: Mapping[str, Beside]

    def written(self) -> bytes:
        kept = _of(self.beside, self.hashes)
        page = {**self.hashes, _BESIDE: kept} if kept else self.hashes
        return json.dumps(page, separators=(",", ":")).encode()


_NO_PAGE = _Page({}, {})


def seal(
    own: Keyring,
    campaign_id: str,
    hashes: Mapping[str, str],
    *,
    first: int,
    beside: Mapping[str, Beside] | None = None,
) -> Sealed:
    """
    Seal hashes that are taken out of use.

    Args:
        own: The campaign's own keyring.

        campaign_id: The campaign.

        hashes: The hashes, by account.

        first: The number of the first page.

        beside: What stood beside them, by account, where anything did.
    """
    known = beside or {}
    size = PAGE_ACCOUNTS
    while True:
        each = iter(hashes.items())
        starts = range(0, len(hashes), size)
        cut = [dict(islice(each, size)) for _ in starts]
        plain = [_Page(page, _of(known, page)).written() for page in cut]
        if all(len(each) <= MAX_PLAIN_BYTES for each in plain):
            break
        size //= 2  # one account alone always fits
    pages = [
        (number, _seal(own, campaign_id, number, each))
        for number, each in enumerate(plain, first)
    ]
    return Sealed(pages, first, size)


def write(
    connection: Connection, campaign_id: str, pages: Iterable[tuple[int, str]]
) -> None:
    """
    Write new pages.

    Raises:
        IntegrityError: A page with that number stands already.
    """
    rows = [(campaign_id, number, sealed) for number, sealed in pages]
    insert_rows(connection, retired_page, _NAMES, rows)


def first_page(range_number: int) -> int:
    """Return the number of a range's first page."""
    return range_number * _MOST_PAGES


def next_page(connection: Connection, campaign_id: str, range_number: int) -> int:
    """Return the number after all pages that a range has already."""
    first = first_page(range_number)
    query = select(func.max(retired_page.c.number)).where(
        retired_page.c.campaign_id == campaign_id,
        retired_page.c.number.between(first, first + _MOST_PAGES - 1),
    )
    last = connection.execute(query).scalar()
    return first if last is None else int(last) + 1


def hashes_of(
    connection: Connection, own: Keyring, found: Iterable[Member]
) -> dict[str, str]:
    """
    Return the retired hashes of members of one campaign, byte for byte, by account.

    Members without one are passed over.

    Raises:
        SealBrokenError: One was altered, or moved to another account.
        UnknownKeyError: The campaign's key was destroyed.
    """
    kept = [each for each in found if each.is_retired]
    numbers = {each.page for each in kept if each.page is not None}
    pages = {}
    if numbers:
        pages = _read(connection, own, kept[0].campaign_id, numbers)
    return {each.account_id: _hash(own, each, pages) for each in kept}


def leaked_at_hand(own: Keyring, found: Member) -> Leaked:
    """
    Return the retired hash of a member that was read with its page, and its salt.

    Raises:
        SealBrokenError: It was altered, or is not there.
        UnknownKeyError: The campaign's key was destroyed.
    """
    pages = {}
    if found.page is not None:
        sealed = found.sealed_page or ""
        pages[found.page] = _open(own, found.campaign_id, found.page, sealed)
    beside = pages.get(found.page or 0, _NO_PAGE).beside.get(found.account_id, ())
    return Leaked(_hash(own, found, pages), *beside)


def hash_of(connection: Connection, own: Keyring, found: Member) -> str:
    """
    Return the retired hash of one member, byte for byte.

    Raises:
        SealBrokenError: It was altered, or is not there.
        UnknownKeyError: The campaign's key was destroyed.
    """
    hashes = hashes_of(connection, own, [found])
    if not hashes:
        raise SealBrokenError(_PURPOSE)
    return hashes[found.account_id]


def destroy(
    connection: Connection, own: Keyring, campaign_id: str, found: Mapping[str, int]
) -> None:
    """
    Take the hashes of accounts out of their pages.

    Args:
        connection: A transaction that writes.

        own: The campaign's own keyring.

        campaign_id: The campaign.

        found: The number of each account's page.
    """
    pages = _read(connection, own, campaign_id, set(found.values()), lock=True)
    for number, page in pages.items():
        kept = {who: text for who, text in page.hashes.items() if who not in found}
        plain = page._replace(hashes=kept).written()
        sealed = _seal(own, campaign_id, number, plain)
        connection.execute(
            update(retired_page)
            .where(
                retired_page.c.campaign_id == campaign_id,
                retired_page.c.number == number,
            )
            .values(sealed=sealed)
        )


def _read(
    connection: Connection,
    own: Keyring,
    campaign_id: str,
    numbers: Collection[int],
    *,
    lock: bool = False,
) -> dict[int, _Page]:
    query = select(retired_page.c.number, retired_page.c.sealed).where(
        retired_page.c.campaign_id == campaign_id,
        retired_page.c.number.in_(sorted(numbers)),
    )
    query = query.order_by(retired_page.c.number)
    rows = connection.execute(query.with_for_update() if lock else query)
    return {
        number: _open(own, campaign_id, number, sealed) for number, sealed in rows.all()
    }


def _of(beside: Mapping[str, Beside], page: Mapping[str, str]) -> dict[str, Beside]:
    return {whose: beside[whose] for whose in page if whose in beside} if beside else {}


def _seal(own: Keyring, campaign_id: str, number: int, plain: bytes) -> str:
    return own.seal(plain, purpose=_PURPOSE, owner=f"{campaign_id}/{number}")


def _open(own: Keyring, campaign_id: str, number: int, sealed: str) -> _Page:
    plain = own.open(sealed, purpose=_PURPOSE, owner=f"{campaign_id}/{number}")
    hashes = json.loads(plain)
    beside = hashes.pop(_BESIDE, {})
    return _Page(hashes, beside)


def _hash(own: Keyring, found: Member, pages: Mapping[int, _Page]) -> str:
    """Return the hash of a member whose page, if it has one, is among *pages*."""
    if found.page is None:
        return _open_alone(own, found)
    hashes = pages.get(found.page, _NO_PAGE).hashes
    if found.account_id not in hashes:
        raise SealBrokenError(_PURPOSE)
    return hashes[found.account_id]


def _open_alone(own: Keyring, found: Member) -> str:
    owner = f"{found.campaign_id}/{found.account_id}"
    plain = own.open(found.retired or "", purpose=_ALONE, owner=owner)
    return plain.decode("utf-8", "surrogatepass")
