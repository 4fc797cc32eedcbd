"""The head that is kept, and what the log says of one account."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from credguard.errors import AuditBrokenError
from credguard.keys import Keyring
from credguard.storage import Database
from credguard.storage.audit import AuditHead, record, verify
from credguard.storage.audit_head import read_line, to_line
from credguard.storage.audit_history import history
from credguard.storage.audit_tables import audit, audit_head, audit_leaves
from credguard.storage.schema import prepare

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEYRING = Keyring.generate()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with three records about accounts: a, b, c; b alone; c, d."""
    database = Database(database_url)
    prepare(database)
    for accounts in (["a", "b", "c"], ["b"], ["c", "d"]):
        add(database, accounts)
    yield database
    database.close()


def add(database: Database, accounts: list[str], keyring: Keyring = KEYRING) -> None:
    """Add a record about accounts."""
    with database.begin() as connection:
        record(
            connection,
            keyring,
            event="range swept",
            detail={"campaign": "one", "accounts": len(accounts)},
            now=NOW,
            accounts=accounts,
        )


def numbers_of(
    database: Database, account: str, keyring: Keyring = KEYRING
) -> list[int]:
    """Return the numbers of the records about an account, but for the asking."""
    entries = history(database, keyring, account, reason="a request", now=NOW)
    return [each.number for each in entries if each.event != "history read"]


def test_the_log_tells_what_was_done_to_an_account(database: Database) -> None:
    """Every record about it, and none about others."""
    assert numbers_of(database, "b") == [1, 2]
    assert numbers_of(database, "d") == [3]
    assert numbers_of(database, "nobody") == []
    verify(database, KEYRING)


def test_who_looks_is_in_the_log(database: Database) -> None:
    """With the reason, and again in the account's own history."""
    first = history(database, KEYRING, "a", reason="the member asked", now=NOW)
    assert first[-1].detail["reason"] == "the member asked"
    second = history(database, KEYRING, "a", reason="x" * 10_000, now=NOW)
    reads = [each for each in second if each.event == "history read"]
    assert len(reads) == 2
    assert len(str(reads[-1].detail["reason"])) == 500


def test_no_account_id_stands_in_the_log(database: Database) -> None:
    """A log that is copied names nobody."""
    add(database, ["member-4711"])
    with database.read() as connection:
        details = list(connection.scalars(select(audit.c.detail)))
        leaves = list(connection.scalars(select(audit_leaves.c.leaves)))
    assert "member-4711" not in "".join(details)
    assert not any(b"member-4711" in each for each in leaves)


def test_records_of_an_older_key_are_found(database: Database) -> None:
    """Keys rotate; what they named stays readable while they are on the ring."""
    rotated = KEYRING.rotate()
    add(database, ["b"], rotated)
    assert numbers_of(database, "b", rotated) == [1, 2, 4]
    verify(database, rotated)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_altered_accounts_are_found(database: Database, number: int) -> None:
    """By the whole check, and by the history of whoever stands there."""
    other = KEYRING.tag(b"z", purpose="audit account")[:16]
    with database.begin() as connection:
        connection.execute(
            update(audit_leaves)
            .where(audit_leaves.c.number == number)
            .values(leaves=other)
        )
    with pytest.raises(AuditBrokenError, match=f"record {number}"):
        verify(database, KEYRING)
    with pytest.raises(AuditBrokenError, match=f"record {number}"):
        history(database, KEYRING, "z", reason="r", now=NOW)


def test_missing_accounts_are_found(database: Database) -> None:
    """A record whose accounts were deleted is not whole."""
    with database.begin() as connection:
        connection.execute(delete(audit_leaves).where(audit_leaves.c.number == 2))
    with pytest.raises(AuditBrokenError, match="record 2"):
        verify(database, KEYRING)


def test_a_log_that_went_through_a_kept_head_is_whole(database: Database) -> None:
    """Also when it has grown since; each stage can be kept."""
    kept = verify(database, KEYRING)
    add(database, ["a"])
    assert verify(database, KEYRING, kept=kept).number == 4
    told: list[tuple[int, int]] = []
    verify(database, KEYRING, on_progress=lambda *each: told.append(each))
    assert told == [(4, 4)]


def test_an_end_that_was_cut_off_is_found_by_the_kept_head(database: Database) -> None:
    """Whoever can write to the table can cut it, but not what is kept elsewhere."""
    kept = verify(database, KEYRING)
    with database.begin() as connection:
        connection.execute(delete(audit).where(audit.c.number == 3))
        connection.execute(delete(audit_leaves).where(audit_leaves.c.number == 3))
        last = select(audit.c.mac).where(audit.c.number == 2)
        mac = connection.execute(last).scalar_one()
        connection.execute(update(audit_head).values(number=2, mac=mac))
    assert verify(database, KEYRING).number == 2
    with pytest.raises(AuditBrokenError, match="cut off"):
        verify(database, KEYRING, kept=kept)


def test_a_log_that_was_written_anew_is_found_by_the_kept_head(
    database: Database,
) -> None:
    """With the keyring one can write a log that is whole, but not the same one."""
    kept = verify(database, KEYRING)
    with database.begin() as connection:
        for table in (audit, audit_leaves):
            connection.execute(delete(table))
        connection.execute(update(audit_head).values(number=0, mac="0" * 64))
    for accounts in (["a"], ["b"], ["c"]):
        add(database, accounts)
    with pytest.raises(AuditBrokenError, match="record 3"):
        verify(database, KEYRING, kept=kept)


@given(number=st.integers(0, 10**17), mac=st.binary(min_size=32, max_size=32))
def test_a_head_is_read_back(number: int, mac: bytes) -> None:
    """Every head has one line, with whatever white space a mail puts around it."""
    head = AuditHead(number, mac.hex())
    assert read_line(f"  {to_line(head)}\r\n") == head


@given(text=st.text())
def test_what_is_no_head_is_said(text: str) -> None:
    """Any other text is an error of ours."""
    with pytest.raises(AuditBrokenError):
        read_line(text)
