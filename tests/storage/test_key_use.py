"""Which keys are needed, and how one that is not is retired."""

import pytest
from sqlalchemy import insert, select, update

from credguard import Keyring
from credguard.errors import (
    AuditBrokenError,
    KeyInUseError,
    KeyringError,
    UnknownKeyError,
)
from credguard.storage import Database, audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.canary import check_keyring
from credguard.storage.key_use import AUDIT, key_use, retire
from credguard.storage.tables import campaign, key_canary, notice, second_factor
from credguard.testing import FrozenClock

OLD = Keyring.generate()
RING = OLD.rotate()


def factor(keyring: Keyring) -> dict[str, object]:
    """Return a row of a second factor under *keyring*."""
    sealed = keyring.seal(b"x" * 20, purpose="totp seed", owner="17", part="f")
    return {
        "account_id": "17",
        "place": "current",
        "id": "f",
        "state": "active",
        "sealed": sealed,
        "key_id": "deceived",  # the text decides
        "failures": 0,
        "algorithm": "SHA1",
        "digits": 6,
        "period_seconds": 30,
        "seed_bits": 160,
        "source": "enrolled",
        "recovery_left": 0,
        "version": 0,
    }


def fill(database: Database, clock: FrozenClock) -> None:
    """Put a row of each kind under the old key."""
    now = clock()
    with database.begin() as connection:
        row = factor(OLD) | {"made_at": now, "changed_at": now}
        connection.execute(insert(second_factor).values(**row))
        connection.execute(
            insert(campaign).values(
                id="c",
                state="open",
                scope="x",
                plan="x",
                opened_at=now,
                sealed_key=OLD.seal(b"x", purpose="p", owner="c"),
                rate=1.0,
                next_slot_at=now,
                version=0,
            )
        )
        connection.execute(
            insert(notice).values(
                id="n",
                campaign_id="c",
                account_id="17",
                state="queued",
                key_id=OLD.current.id,
                queued_at=now,
                due_at=now,
                attempts=0,
                version=0,
            )
        )
        audit.record(connection, OLD, event="x", detail={}, now=now)


@pytest.mark.promise("P23")
def test_every_table_is_counted(any_database: Database, clock: FrozenClock) -> None:
    """Each kind of row is counted under the key that its text names."""
    assert key_use(any_database, now=clock()) == {}
    fill(any_database, clock)
    assert key_use(any_database, now=clock()) == {
        OLD.current.id: {
            "second factors": 1,
            "campaigns": 1,
            "links in notices": 1,
            AUDIT: 1,
        }
    }


@pytest.mark.promise("P23")
def test_a_key_in_use_is_not_retired(
    any_database: Database, clock: FrozenClock
) -> None:
    """The refusal says what still needs the key, and changes nothing."""
    check_keyring(any_database, OLD, now=clock())
    fill(any_database, clock)
    with pytest.raises(KeyInUseError) as refused:
        retire(
            any_database,
            RING,
            OLD.current.id,
            elsewhere={"hashes": 12},
            now=clock(),
        )
    told = str(refused.value)
    for what in ("1 second factors", "1 campaigns", "1 links", "1 audit", "12 hashes"):
        assert what in told
    with any_database.read() as connection:
        canaries = connection.scalars(select(key_canary.c.key_id)).all()
    assert list(canaries) == [OLD.current.id]


def test_an_expired_link_needs_no_key(database: Database, clock: FrozenClock) -> None:
    """A notice whose link has run out is not counted."""
    fill(database, clock)
    with database.begin() as connection:
        connection.execute(update(notice).values(expires_at=clock()))
    assert "links in notices" not in key_use(database, now=clock())[OLD.current.id]


@pytest.mark.promise("P23")
def test_a_key_that_nothing_needs_is_retired(
    any_database: Database, clock: FrozenClock
) -> None:
    """The new ring opens the database at the next start, and the old one does too."""
    check_keyring(any_database, OLD, now=clock())
    check_keyring(any_database, RING, now=clock())
    rest = retire(any_database, RING, OLD.current.id, elsewhere={}, now=clock())
    assert rest.ids == {RING.current.id}
    for ring in (rest, RING):
        check_keyring(any_database, ring, now=clock())
    assert audit.verify(any_database, rest).number == 1


def test_audit_records_may_be_given_up(database: Database, clock: FrozenClock) -> None:
    """They are checked a last time; after that the log says that a key is missing."""
    with database.begin() as connection:
        audit.record(connection, OLD, event="x", detail={}, now=clock())
    with pytest.raises(KeyInUseError):
        retire(database, RING, OLD.current.id, elsewhere={}, now=clock())
    rest = retire(
        database, RING, OLD.current.id, elsewhere={}, gives_up_audit=True, now=clock()
    )
    with pytest.raises(UnknownKeyError):
        audit.verify(database, rest)


def test_a_broken_audit_log_is_not_given_up(
    database: Database, clock: FrozenClock
) -> None:
    """What was altered is found before nobody can find it any more."""
    with database.begin() as connection:
        audit.record(connection, OLD, event="x", detail={}, now=clock())
        connection.execute(update(audit_table).values(event="y"))
    with pytest.raises(AuditBrokenError):
        retire(
            database,
            RING,
            OLD.current.id,
            elsewhere={},
            gives_up_audit=True,
            now=clock(),
        )


@pytest.mark.parametrize(
    "key_id", [RING.current.id, "00000000"], ids=["current", "none"]
)
def test_only_an_older_key_is_retired(
    database: Database, clock: FrozenClock, key_id: str
) -> None:
    """Neither the current key nor one that is not on the ring."""
    with pytest.raises(KeyringError):
        retire(database, RING, key_id, elsewhere={}, now=clock())
