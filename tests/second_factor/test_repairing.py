"""After accidents: a clock that ran ahead, a backup that was restored, weak seeds."""

from datetime import timedelta

import pytest
from authenticators import NOON, PERIOD, enrolled, keeper
from populations import populate
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    LockedOutError,
    StepInFutureError,
)
from credguard.second_factor import EventKind, FactorEvent, Restored, rows
from credguard.second_factor.factor import Factor, Place
from credguard.storage import Database
from credguard.storage.tables import recovery_code, second_factor
from credguard.testing import FrozenClock

HOUR = timedelta(hours=1)


def current(database: Database, account_id: str = "17") -> Factor:
    """Return the factor in force."""
    with database.read() as connection:
        found = rows.find(connection, account_id, Place.CURRENT)
    assert found
    return found


def test_a_clock_that_was_set_back_is_told(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    events: list[FactorEvent],
) -> None:
    """A right code is refused by its own error, and a repair lets people in again."""
    phone = enrolled(any_database, keyring, "17")
    clock.advance(HOUR)
    assert any_factors.verify("17", phone.code(clock())).factor_id
    clock.advance(-HOUR)
    before = current(any_database)
    with pytest.raises(StepInFutureError):
        any_factors.verify("17", phone.code(clock()))
    assert [event.kind for event in events][-1] is EventKind.CLOCK_BEHIND
    assert current(any_database) == before
    assert any_factors.steps_in_future() == 1
    assert any_factors.repair_clock() == 1
    assert any_factors.steps_in_future() == 0
    assert [event.kind for event in events][-1] is EventKind.CLOCK_REPAIRED
    # Nothing of the present window passes: it may have been used already.
    for offset in (-1, 0, 1):
        with pytest.raises(CodeReplayedError):
            any_factors.verify("17", phone.code(clock(), offset))
    clock.advance(2 * PERIOD)
    assert any_factors.verify("17", phone.code(clock())).factor_id


def test_a_wrong_code_counts_whatever_the_clock(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """While the clock is wrong, guessing is as slow as ever."""
    phone = enrolled(database, keyring, "17")
    clock.advance(HOUR)
    factors.verify("17", phone.code(clock()))
    clock.advance(-HOUR)
    with pytest.raises(CodeMismatchError):
        factors.verify("17", phone.wrong(clock()))
    assert current(database).failures == 1


@pytest.mark.parametrize("steps", range(5))
def test_a_small_jump_back_heals_by_itself(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    steps: int,
) -> None:
    """Two minutes at most are waited for; nobody is paged."""
    phone = enrolled(database, keyring, "17")
    clock.advance(steps * PERIOD)
    factors.verify("17", phone.code(clock()))
    clock.advance(-steps * PERIOD)
    with pytest.raises(CodeReplayedError):
        factors.verify("17", phone.code(clock()))
    assert factors.steps_in_future() == 0
    assert factors.repair_clock() == 0


def test_a_delay_of_the_future_is_mended_too(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Who was made to wait by the wrong clock waits an hour at most."""
    phone = enrolled(database, keyring, "17")
    clock.advance(24 * HOUR)
    for _ in range(5):
        with pytest.raises(CodeMismatchError):
            factors.verify("17", phone.wrong(clock()))
    clock.advance(-24 * HOUR)
    assert factors.repair_clock() == 1
    with pytest.raises(LockedOutError) as locked:
        factors.verify("17", phone.code(clock()))
    assert locked.value.retry_at == NOON + HOUR


def test_a_restored_backup_voids_all_recovery_codes(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    events: list[FactorEvent],
) -> None:
    """Where nobody knows what was used since, no recovery code counts any more."""
    phones = {name: enrolled(any_database, keyring, name) for name in ("17", "18")}
    any_factors.devices.trust("17", proof=any_factors.vouch("17", by="a test"), epoch=0)
    assert any_factors.after_restore() == Restored(codes=20, accounts=2, devices=1)
    assert events[-1].kind is EventKind.RESTORED
    for name, phone in phones.items():
        with pytest.raises(CodeReplayedError):
            any_factors.verify(name, phone.recovery[0])
        # A code may have been used before the backup came back.
        with pytest.raises(CodeReplayedError):
            any_factors.verify(name, phone.code(clock()))
    clock.advance(2 * PERIOD)
    verified = any_factors.verify("17", phones["17"].code(clock()))
    assert (verified.recovery_left, verified.recovery_is_low) == (0, True)
    new = any_factors.replace_recovery_codes("17", proof=verified.proof)
    assert any_factors.verify("17", new.codes[0]).recovery_left == 9


def test_a_restored_backup_voids_the_codes_that_are_known(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    events: list[FactorEvent],
) -> None:
    """With what the events told, only what was used since the backup is void."""
    phone = enrolled(any_database, keyring, "17")
    with any_database.read() as connection:
        backup = {
            table: connection.execute(select(table)).mappings().all()
            for table in (second_factor, recovery_code)
        }
    any_factors.verify("17", phone.recovery[4])
    used = [
        (event.account_id or "", str(event.detail["slot"]))
        for event in events
        if event.kind is EventKind.RECOVERY_USED
    ]
    with any_database.begin() as connection:
        for table, found in backup.items():
            connection.execute(table.delete())
            connection.execute(table.insert(), [dict(row) for row in found])
    assert current(any_database).recovery_left == 10
    voided = any_factors.after_restore(used=[*used, *used, ("nobody", "0")])
    assert voided == Restored(codes=1, accounts=0, devices=0)
    with pytest.raises(CodeReplayedError):
        any_factors.verify("17", phone.recovery[4])
    assert any_factors.verify("17", phone.recovery[5]).recovery_left == 8


def test_the_last_known_code_is_counted(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """An account whose last code is voided is reported as one without any."""
    enrolled(database, keyring, "17")
    slots = "0123456789"
    voided = factors.after_restore(used=[("17", slot) for slot in slots])
    assert voided == Restored(codes=10, accounts=1, devices=0)


def test_a_repair_goes_through_all_pages(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large table is gone through page by page, each account once."""
    monkeypatch.setattr("credguard.second_factor.repairing._PAGE", 20)
    populate(database, keyring, 50)
    with database.begin() as connection:
        connection.execute(update(second_factor).values(last_step=2**40))
    factors = keeper(database, keyring, clock=FrozenClock(NOON))
    assert factors.steps_in_future() == 50
    assert factors.repair_clock() == 50
    assert factors.steps_in_future() == 0


def test_a_factor_out_of_use_is_not_touched(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """What was disabled stays as it is, whatever its last step was."""
    enrolled(database, keyring, "17")
    factors.disable("17", proof=factors.vouch("17", by="a test"))
    before = current(database)
    factors.after_restore()
    assert current(database) == before


def test_a_repair_is_tried_again_where_a_log_in_came_first(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lost compare-and-set loses no repair."""
    enrolled(database, keyring, "17")
    with database.begin() as connection:
        connection.execute(update(second_factor).values(last_step=2**40))
    settle, lost = rows.settle, [True]
    monkeypatch.setattr(
        rows, "settle", lambda *them: not lost.pop() if lost else settle(*them)
    )
    assert factors.repair_clock() == 1
    assert factors.steps_in_future() == 0


def test_weak_seeds_are_listed(
    any_database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those in force below 128 bits are listed by account, and no others."""
    monkeypatch.setattr("credguard.second_factor.repairing._PAGE", 2)
    names = list(populate(any_database, keyring, 9))
    bits = [80, 112, 120, 127, 128, 160, 256, 80, 80]
    with any_database.begin() as connection:
        for name, strength in zip(names, bits, strict=True):
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id == name)
                .values(seed_bits=strength, source="another")
            )
        connection.execute(
            update(second_factor)
            .where(second_factor.c.account_id == names[8])
            .values(state="disabled")
        )
    factors = keeper(any_database, keyring, clock=FrozenClock(NOON))
    found = list(factors.weak_factors())
    assert [(each.account_id, each.seed_bits) for each in found] == [
        (names[0], 80),
        (names[1], 112),
        (names[2], 120),
        (names[3], 127),
        (names[7], 80),
    ]
    assert {(each.source, each.made_at) for each in found} == {("another", NOON)}
