"""Pages of retired hashes: found by account, bound to their place, and emptied."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, delete, select, update

from credguard import Keyring
from credguard.campaigns import marking, members, retired
from credguard.campaigns.leaked import Leaked
from credguard.campaigns.members import Entry, Member
from credguard.campaigns.states import MemberState
from credguard.errors import SealBrokenError
from credguard.storage import Database
from credguard.storage.schema import prepare
from credguard.storage.tables import retired_page

CAMPAIGN = "20140412-abcdef"
OWN = Keyring.generate()
CROWD = [(str(number), f"hash of {number}") for number in range(1, 601)]


def written(database: Database) -> None:
    """Write six hundred retired hashes and their members, from page 7 on."""
    prepare(database)
    sealed = retired.seal(OWN, CAMPAIGN, dict(CROWD), first=7)
    ids = [account_id for account_id, _ in CROWD]
    entry = Entry(
        ids,
        MemberState.MUST_RESET,
        is_reachable=True,
        first_page=sealed.first,
        page_size=sealed.size,
    )
    with database.begin() as connection:
        retired.write(connection, CAMPAIGN, sealed.pages)
        members.enter(
            connection, CAMPAIGN, entry, now=datetime(2014, 4, 12, tzinfo=UTC)
        )


def found(connection: Connection, *account_ids: str) -> list[Member]:
    """Return the member rows of some accounts."""
    return list(members.known(connection, CAMPAIGN, account_ids).values())


def test_each_hash_is_found_on_its_page(any_database: Database) -> None:
    """Whatever the database counts from, row and page agree."""
    written(any_database)
    ids = [account_id for account_id, _ in CROWD]
    with any_database.read() as connection:
        every = found(connection, *ids)
        assert {each.page for each in every} == {7, 8, 9}
        assert retired.hashes_of(connection, OWN, every) == dict(CROWD)


def test_no_hash_stands_there_unsealed(any_database: Database) -> None:
    """Who has copied the table without the keyring has nothing."""
    written(any_database)
    with any_database.read() as connection:
        texts = connection.execute(select(retired_page.c.sealed)).scalars().all()
    assert len(texts) == 3
    assert all(text.startswith("cgs1.") and "hash" not in text for text in texts)


def test_a_page_opens_in_its_place_alone(any_database: Database) -> None:
    """A page that was moved does not open, and a row finds no other's hash."""
    written(any_database)
    pages = retired_page.c
    with any_database.begin() as connection:
        (one,) = found(connection, "1")
        with pytest.raises(SealBrokenError):  # another page has no hash of it
            retired.hash_of(connection, OWN, replace(one, page=8))
        other = select(pages.sealed).where(pages.number == 8)
        text = connection.execute(other).scalar_one()
        moved = update(retired_page).where(pages.number == 7).values(sealed=text)
        connection.execute(moved)
        with pytest.raises(SealBrokenError):
            retired.hash_of(connection, OWN, one)
        connection.execute(delete(retired_page).where(pages.number == 7))
        with pytest.raises(SealBrokenError):
            retired.hash_of(connection, OWN, one)


def test_a_destroyed_hash_is_off_its_page(any_database: Database) -> None:
    """The others stay, byte for byte."""
    written(any_database)
    with any_database.begin() as connection:
        retired.destroy(connection, OWN, CAMPAIGN, {"1": 7, "600": 9})
    with any_database.read() as connection:
        for account_id in ("1", "600"):
            with pytest.raises(SealBrokenError):
                retired.hash_of(connection, OWN, found(connection, account_id)[0])
        rest = found(connection, "2", "599")
        hashes = retired.hashes_of(connection, OWN, rest)
    assert hashes == {"2": "hash of 2", "599": "hash of 599"}


def test_what_stood_beside_a_hash_is_kept_with_it(any_database: Database) -> None:
    """Also where another hash of the page is destroyed; ones without are as ever."""
    salts: dict[str, retired.Beside] = {"1": ("a salt", None), "2": (None, "Alice")}
    hashes = {"1": "one", "2": "two", "3": "three"}
    sealed = retired.seal(OWN, CAMPAIGN, hashes, first=7, beside=salts)
    prepare(any_database)
    with any_database.begin() as connection:
        retired.write(connection, CAMPAIGN, sealed.pages)
        entry = Entry(
            list(hashes),
            MemberState.MUST_RESET,
            is_reachable=True,
            first_page=sealed.first,
            page_size=sealed.size,
        )
        members.enter(
            connection, CAMPAIGN, entry, now=datetime(2014, 4, 12, tzinfo=UTC)
        )
        retired.destroy(connection, OWN, CAMPAIGN, {"1": 7})
        (text,) = connection.execute(select(retired_page.c.sealed)).scalars()
        rest = [replace(each, sealed_page=text) for each in found(connection, "2", "3")]
    assert [retired.leaked_at_hand(OWN, each) for each in rest] == [
        Leaked("two", None, "Alice"),
        Leaked("three"),
    ]
    assert (
        "a salt"
        not in OWN.open(text, purpose="retired page", owner=f"{CAMPAIGN}/7").decode()
    )


def test_long_hashes_share_a_page_with_fewer() -> None:
    """The longest that are sealed, with the longest ids, fit as well."""
    long = [("é" * 250 + f"{number:05}", "\U0001f600" * 1024) for number in range(10)]
    sealed = retired.seal(OWN, CAMPAIGN, dict(long), first=0)
    assert len(sealed.pages) == -(-len(long) // sealed.size)
    number, text = sealed.pages[0]
    plain = OWN.open(text, purpose="retired page", owner=f"{CAMPAIGN}/{number}")
    assert json.loads(plain) == dict(long[: sealed.size])


def test_a_hash_that_was_sealed_alone_still_opens(any_database: Database) -> None:
    """As earlier releases wrote it, with the marker that they wrote."""
    prepare(any_database)
    old = OWN.seal(b"old", purpose="retired hash", owner=f"{CAMPAIGN}/1")
    state = MemberState.MUST_RESET
    member = Member(CAMPAIGN, "1", state, old, None, 0)
    with any_database.read() as connection:
        assert retired.hashes_of(connection, OWN, [member]) == {"1": "old"}
        with pytest.raises(SealBrokenError):
            retired.hash_of(connection, OWN, replace(member, account_id="2"))
        with pytest.raises(SealBrokenError):
            retired.hash_of(connection, OWN, replace(member, retired=None))
    tag = OWN.tag(b"1", purpose="retired marker")[:8].hex()
    assert marking.marker(OWN, member) == f"cgretired1:{CAMPAIGN}:{tag}"
    assert marking.marker(OWN, replace(member, page=0)) != marking.marker(OWN, member)
