"""Recovery codes at a log-in: each once, one hash an attempt, counted with codes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from authenticators import CHEAP, NOON, PERIOD, Authenticator, enrolled
from sqlalchemy import delete, select, update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    BusyError,
    CodeMismatchError,
    CodeReplayedError,
    FactorLockedError,
    FactorStateError,
    LockedOutError,
    StepUpRequiredError,
    UnreadableHashError,
)
from credguard.second_factor import Means, recovery_rows, rows
from credguard.second_factor.changing import Changing
from credguard.second_factor.factor import Factor, Place
from credguard.second_factor.recovery import TypedCode
from credguard.second_factor.seeds import open_seed
from credguard.storage import Database
from credguard.storage.tables import recovery_code, second_factor
from credguard.testing import FrozenClock

NOBODYS = "0-0000-0000-0000-0000"


class CountingHasher:
    """A hasher that remembers what it compared."""

    def __init__(self) -> None:
        self.decoy = CHEAP.decoy
        self.compared: list[str] = []

    def hash(self, digest: bytes) -> str:
        """Return a cheap hash."""
        return CHEAP.hash(digest)

    def fits(self, digest: bytes, hashed: str) -> bool:
        """Compare, and remember with what."""
        self.compared.append(hashed)
        return CHEAP.fits(digest, hashed)


def current(database: Database, account_id: str = "17") -> Factor:
    """Return the factor in force."""
    with database.read() as connection:
        found = rows.find(connection, account_id, Place.CURRENT)
    assert found
    return found


def test_a_recovery_code_logs_in_once(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
) -> None:
    """A code is accepted once, and it is kept when it was used."""
    phone = enrolled(any_database, keyring, "17")
    assert len(phone.recovery) == 10
    verified = any_factors.verify("17", phone.recovery[3])
    assert verified.means is Means.RECOVERY_CODE
    assert verified.recovery_left == 9
    clock.advance(timedelta(days=1))
    with pytest.raises(CodeReplayedError):
        any_factors.verify("17", phone.recovery[3].lower().replace("-", " "))
    with any_database.read() as connection:
        codes = recovery_rows.codes_of(connection, current(any_database))
    assert [code.used_at for code in codes] == [None] * 3 + [NOON] + [None] * 6
    assert any_factors.verify("17", phone.code(clock())).recovery_left == 9


def test_every_code_of_a_set_works(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """Ten codes are ten log-ins; the last three say that it is time for new ones."""
    phone = enrolled(database, keyring, "17")
    told = [factors.verify("17", code) for code in phone.recovery]
    assert [each.recovery_left for each in told] == list(range(9, -1, -1))
    assert [each.recovery_is_low for each in told] == [False] * 6 + [True] * 4


def test_a_replayed_recovery_code_is_no_guess(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """A used code shows knowledge: it is refused and costs no attempt."""
    phone = enrolled(database, keyring, "17")
    factors.verify("17", phone.recovery[0])
    before = current(database)
    for _ in range(7):
        with pytest.raises(CodeReplayedError):
            factors.verify("17", phone.recovery[0])
    assert current(database) == before


def test_both_kinds_of_guess_are_one_count(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Wrong codes and wrong recovery codes are counted together, each once."""
    phone = enrolled(database, keyring, "17")
    guesses = [phone.wrong(clock()), NOBODYS, phone.wrong(clock(), 1), NOBODYS, "?"]
    for number, guess in enumerate(guesses, 1):
        with pytest.raises(CodeMismatchError):
            factors.verify("17", guess)
        assert current(database).failures == number
    for right in (phone.recovery[0], phone.code(clock())):
        with pytest.raises(LockedOutError):
            factors.verify("17", right)
    clock.advance(timedelta(seconds=30))
    assert factors.verify("17", phone.recovery[0]).recovery_left == 9
    assert current(database).failures == 0


@pytest.mark.parametrize("slots", [0, 1, 10, 32])
def test_one_attempt_is_one_hash(
    database: Database, keyring: Keyring, clock: FrozenClock, slots: int
) -> None:
    """However many codes there are, used or not or none, an attempt costs one hash."""
    hasher = CountingHasher()
    factors = SecondFactors(
        database,
        keyring,
        issuer="Forum",
        recovery_codes=slots,
        hasher=hasher,
        clock=clock,
    )
    phone = Authenticator(factors.enroll("17"))
    codes = factors.confirm("17", phone.code(clock())).recovery.codes
    assert len(codes) == slots
    for typed in (NOBODYS, "Z-0000-0000-0000-0000"):
        with pytest.raises(CodeMismatchError):
            factors.verify("17", typed)
        assert len(hasher.compared) == 1
        hasher.compared.clear()
    for code in codes[:1]:
        factors.verify("17", code)
        with pytest.raises(CodeReplayedError):
            factors.verify("17", code)
        assert len(hasher.compared) == 2
        hasher.compared.clear()
    with pytest.raises(CodeMismatchError):
        factors.verify("17", phone.wrong(clock()))
    assert hasher.compared == []


def test_no_hash_is_computed_while_locked_out(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A flood of recovery codes costs nothing once there is a delay."""
    hasher = CountingHasher()
    factors = SecondFactors(
        database, keyring, issuer="Forum", hasher=hasher, clock=clock
    )
    enrolled(database, keyring, "17")
    for _ in range(5):
        with pytest.raises(CodeMismatchError):
            factors.verify("17", NOBODYS)
    for _ in range(20):
        with pytest.raises(LockedOutError):
            factors.verify("17", NOBODYS)
    assert len(hasher.compared) == 5


def test_a_lost_race_hashes_once(
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An attempt that is judged again does not pay for the hash again."""
    hasher = CountingHasher()
    factors = SecondFactors(
        database, keyring, issuer="Forum", hasher=hasher, clock=clock
    )
    phone = enrolled(database, keyring, "17")
    settle, lost = rows.settle, [True, True]
    monkeypatch.setattr(
        rows, "settle", lambda *them: not lost.pop() if lost else settle(*them)
    )
    assert factors.verify("17", phone.recovery[0]).recovery_left == 9
    assert len(hasher.compared) == 1


def test_a_hundred_wrong_recovery_codes_lock(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """The hard stop is one for all kinds, and ends the recovery codes too."""
    phone = enrolled(database, keyring, "17")
    for _ in range(100):
        clock.advance(timedelta(hours=1))
        with pytest.raises(CodeMismatchError):
            factors.verify("17", NOBODYS)
    for code in (phone.recovery[0], phone.code(clock())):
        with pytest.raises(FactorLockedError):
            factors.verify("17", code)
    with pytest.raises(FactorLockedError):
        factors.replace_recovery_codes("17", proof=factors.vouch("17", by="ticket 1"))


def test_new_codes_void_all_older_ones(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
) -> None:
    """After a replacement only the new set counts, and it is whole."""
    phone = enrolled(any_database, keyring, "17")
    verified = any_factors.verify("17", phone.recovery[0])
    new = any_factors.replace_recovery_codes("17", proof=verified.proof)
    for old in phone.recovery[:3]:
        with pytest.raises(CodeMismatchError):
            any_factors.verify("17", old)
    clock.advance(PERIOD)
    assert any_factors.verify("17", phone.code(clock())).recovery_left == 10
    assert any_factors.verify("17", new.codes[0]).recovery_left == 9


def test_new_codes_need_a_proof(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A stolen session does not print itself recovery codes."""
    phone = enrolled(database, keyring, "17")
    proof = factors.verify("17", phone.code(clock())).proof
    clock.advance(timedelta(minutes=11))
    for stale in (proof, None, "", "True"):
        with pytest.raises(StepUpRequiredError):
            factors.replace_recovery_codes("17", proof=stale)
    with pytest.raises(FactorStateError):
        factors.replace_recovery_codes("18", proof=proof)


def test_a_set_that_was_saved_is_known(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Typing one of them proves that they were saved; a code from an app does not."""
    phone = enrolled(database, keyring, "17")
    with pytest.raises(CodeMismatchError):
        factors.prove_saved("17", phone.code(clock()))
    assert current(database).recovery_saved_at is None
    verified = factors.prove_saved("17", phone.recovery[9])
    assert verified.recovery_left == 9
    assert current(database).recovery_saved_at == NOON
    factors.replace_recovery_codes("17", proof=verified.proof)
    assert current(database).recovery_saved_at is None


@pytest.mark.parametrize("typed", ["", "?" * 30, "123456", None])
def test_what_cannot_be_a_recovery_code_counts(
    factors: SecondFactors, database: Database, keyring: Keyring, typed: str
) -> None:
    """Whatever is typed where a recovery code is asked for is an attempt."""
    enrolled(database, keyring, "17")
    with pytest.raises(CodeMismatchError):
        factors.prove_saved("17", typed)
    assert current(database).failures == 1


def test_a_new_factor_has_new_codes(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
) -> None:
    """With the old factor its recovery codes go, used or not."""
    old = enrolled(any_database, keyring, "17")
    proof = any_factors.verify("17", old.recovery[0]).proof
    phone = Authenticator(any_factors.enroll("17", proof=proof))
    confirmed = any_factors.confirm("17", phone.code(clock()))
    with pytest.raises(CodeMismatchError):
        any_factors.verify("17", old.recovery[1])
    assert any_factors.verify("17", confirmed.recovery.codes[1]).recovery_left == 9
    with any_database.read() as connection:
        factor_ids = connection.scalars(select(recovery_code.c.factor_id)).all()
    assert set(factor_ids) == {confirmed.factor_id}


def test_disabling_forgets_the_codes(
    any_factors: SecondFactors, any_database: Database, keyring: Keyring
) -> None:
    """No hash of a recovery code is left behind."""
    phone = enrolled(any_database, keyring, "17")
    proof = any_factors.verify("17", phone.recovery[0]).proof
    any_factors.disable("17", proof=proof)
    with any_database.read() as connection:
        assert connection.execute(select(recovery_code)).all() == []
    with pytest.raises(FactorStateError):
        any_factors.verify("17", phone.recovery[1])


def test_a_moved_hash_fits_no_code(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """My code does not log me in to your account, wherever its hash was copied."""
    mine = enrolled(database, keyring, "mine")
    enrolled(database, keyring, "yours")
    with database.begin() as connection:
        (found,) = connection.execute(
            select(recovery_code).where(
                recovery_code.c.account_id == "mine", recovery_code.c.slot == "0"
            )
        ).all()
        connection.execute(
            update(recovery_code)
            .where(recovery_code.c.account_id == "yours")
            .values(hashed=found.hashed)
        )
    with pytest.raises(CodeMismatchError):
        factors.verify("yours", mine.recovery[0])


def test_an_unreadable_hash_pages_somebody(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """A damaged row is neither right nor wrong, and nobody's attempt."""
    phone = enrolled(database, keyring, "17")
    with database.begin() as connection:
        connection.execute(update(recovery_code).values(hashed="x"))
    with pytest.raises(UnreadableHashError):
        factors.verify("17", phone.recovery[0])
    assert current(database).failures == 0


def test_no_factor_no_recovery(factors: SecondFactors) -> None:
    """Without a factor there is nothing to recover."""
    with pytest.raises(FactorStateError):
        factors.verify("17", NOBODYS)


def test_another_systems_codes_are_taken(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A code that was taken over works as it was printed, once."""
    phone = enrolled(database, keyring, "17")
    factor = current(database)
    seed = open_seed(keyring, factor)
    changing = Changing(factors._kit)
    code = changing.hashed(factor, seed, TypedCode(None, "abcd1234"))
    moved = replace(factor, recovery_left=1, version=factor.version + 1)
    with database.begin() as connection:
        recovery_rows.put_codes(connection, moved, [code])
        connection.execute(
            update(second_factor).values(source="another", recovery_left=1)
        )
    assert factors.verify("17", phone.code(clock())).means is Means.CODE
    verified = factors.verify("17", "ABCD-1234")
    assert (verified.means, verified.recovery_left) == (Means.RECOVERY_CODE, 0)
    with pytest.raises(CodeReplayedError):
        factors.verify("17", "abcd 1234")
    with pytest.raises(CodeMismatchError):
        factors.verify("17", "abcd 1235")


def test_a_race_for_a_code_that_is_always_lost_is_busy(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no write ever wins, nothing is told but to try again."""
    phone = enrolled(database, keyring, "17")
    proof = factors.vouch("17", by="ticket 1")
    monkeypatch.setattr(rows, "settle", lambda *_: False)
    calls: list[Callable[[], object]] = [
        lambda: factors.verify("17", phone.recovery[0]),
        lambda: factors.replace_recovery_codes("17", proof=proof),
    ]
    for call in calls:
        with pytest.raises(BusyError):
            call()
    monkeypatch.setattr(rows, "settle_quickly", lambda *_: False)
    with pytest.raises(BusyError):
        factors.verify("17", "000000")


def test_a_code_whose_row_is_gone_is_wrong(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """A slot in which nothing stands any more costs the same and is a mismatch."""
    phone = enrolled(database, keyring, "17")
    with database.begin() as connection:
        connection.execute(delete(recovery_code).where(recovery_code.c.slot == "0"))
    with pytest.raises(CodeMismatchError):
        factors.verify("17", phone.recovery[0])
