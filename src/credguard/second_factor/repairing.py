"""Repairs after accidents: a clock that ran ahead, a backup that was restored."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from credguard._clock import in_utc
from credguard.second_factor import rows
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import WEAK_BELOW_BITS, Factor, FactorState, Place
from credguard.second_factor.kit import Kit
from credguard.second_factor.totp import MAX_WINDOW_STEPS, step_at
from credguard.storage.tables import recovery_code, second_factor, trusted_device

_PAGE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_C = second_factor.c


@dataclass(frozen=True, slots=True)
class WeakFactor:
    """
    A factor in force whose seed is shorter than it should be.

    Attributes:
        account_id: Whose it is.

        seed_bits: How strong the seed is, in bits.

        source: Where it came from.

        made_at: When it was enrolled or taken over.
    """

    account_id: str
    seed_bits: int
    source: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What was voided after a backup was restored.

    Attributes:
        codes: How many recovery codes were voided.

        accounts: How many accounts have no recovery code left.

        devices: How many devices are not trusted any more.
    """

    codes: int
    accounts: int
    devices: int


def weak_factors(kit: Kit) -> Iterator[WeakFactor]:
    """Return the weak factors in force, by account id."""
    low = ""
    columns = (_C.account_id, _C.seed_bits, _C.source, _C.made_at)
    while True:
        query = (
            select(*columns)
            .where(
                _C.account_id > low,
                _C.place == Place.CURRENT.value,
                _C.state == FactorState.ACTIVE.value,
                _C.seed_bits < WEAK_BELOW_BITS,
            )
            .order_by(_C.account_id)
            .limit(_PAGE)
        )
        with kit.database.read() as connection:
            page = connection.execute(query).all()
        yield from (WeakFactor(*row) for row in page)
        if len(page) < _PAGE:
            return
        low = page[-1].account_id


def steps_in_future(kit: Kit) -> int:
    """Return how many factors have a last step, or a delay, that is in the future."""
    query = select(func.count()).select_from(second_factor)
    with kit.database.read() as connection:
        found = connection.execute(query.where(_is_ahead(kit, kit.clock())))
        return int(found.scalar_one())


def repair_clock(kit: Kit) -> int:
    """Put steps and delays that are in the future back to the present."""
    now = kit.clock()

    def mended(factor: Factor) -> Factor:
        last = _present_step(factor, now) + kit.window.ahead
        step = factor.last_step
        latest = now + kit.limits.longest_delay
        return replace(
            factor,
            last_step=None if step is None else min(step, last),
            retry_at=None if factor.retry_at is None else min(factor.retry_at, latest),
        )

    event = EventKind.CLOCK_REPAIRED
    count = sum(len(page) for page in _changed(kit, _is_ahead(kit, now), mended, now))
    _record(kit, event, now, factors=count)
    return count


def after_restore(kit: Kit, used: Iterable[tuple[str, str]] | None) -> Restored:
    """Void what a restored backup brought back to life; see `Upkeep.after_restore`."""
    now = kit.clock()

    def burned(factor: Factor) -> Factor:
        # Whatever code was typed since the backup, it is not accepted again.
        last = _present_step(factor, now) + kit.window.ahead
        return replace(factor, last_step=max(factor.last_step or 0, last))

    for _ in _changed(kit, true(), burned, now):
        pass
    with kit.database.begin() as connection:
        devices = int(connection.execute(delete(trusted_device)).rowcount)
    voided = _void_all(kit, now) if used is None else _void(kit, used, now)
    restored = Restored(codes=voided[0], accounts=voided[1], devices=devices)
    _record(
        kit,
        EventKind.RESTORED,
        now,
        codes=restored.codes,
        accounts=restored.accounts,
        devices=devices,
    )
    return restored


def _present_step(factor: Factor, now: datetime) -> int:
    seconds = (in_utc(now) - _EPOCH) // timedelta(seconds=1)
    return step_at(seconds, period_seconds=factor.parameters.period_seconds)


def _is_ahead(kit: Kit, now: datetime) -> ColumnElement[bool]:
    seconds = (in_utc(now) - _EPOCH) // timedelta(seconds=1)
    # Multiplied, since databases divide in ways of their own.
    step_ends = _C.last_step * _C.period_seconds
    return or_(
        step_ends > seconds + MAX_WINDOW_STEPS * _C.period_seconds,
        _C.retry_at > now + kit.limits.longest_delay,
    )


def _changed(
    kit: Kit,
    which: ColumnElement[bool],
    change: Callable[[Factor], Factor],
    now: datetime,
) -> Iterator[list[Factor]]:
    """Change the factors in force page by page, each page in one transaction."""
    low = ""
    while True:
        query = (
            select(_C.account_id)
            .where(_C.account_id > low, _C.place == Place.CURRENT.value, which)
            .order_by(_C.account_id)
            .limit(_PAGE)
        )
        with kit.database.begin() as connection:
            ids = connection.execute(query).scalars().all()
            page = [_rewritten(connection, each, change, now) for each in ids]
        yield [factor for factor in page if factor is not None]
        if len(ids) < _PAGE:
            return
        low = ids[-1]


def _rewritten(
    connection: Connection,
    account_id: str,
    change: Callable[[Factor], Factor],
    now: datetime,
) -> Factor | None:
    """Change one factor; it is tried again where a log-in comes first."""
    while True:
        found = rows.find(connection, account_id, Place.CURRENT)
        if found is None or not found.is_in_force:
            return None
        then = replace(change(found), version=found.version + 1, changed_at=now)
        if rows.settle(connection, found, then):
            return then


def _void_all(kit: Kit, now: datetime) -> tuple[int, int]:
    def without(factor: Factor) -> Factor:
        return replace(factor, recovery_left=0)

    codes = accounts = 0
    for page in _changed(kit, _C.recovery_left > 0, without, now):
        ids = [factor.account_id for factor in page]
        with kit.database.begin() as connection:
            codes += connection.execute(
                update(recovery_code)
                .where(
                    recovery_code.c.account_id.in_(ids),
                    recovery_code.c.used_at.is_(None),
                )
                .values(used_at=now)
            ).rowcount
        accounts += len(ids)
    return codes, accounts


def _void(kit: Kit, used: Iterable[tuple[str, str]], now: datetime) -> tuple[int, int]:
    codes = accounts = 0
    for account_id, slot in used:
        with kit.database.begin() as connection:
            which = and_(
                recovery_code.c.account_id == account_id,
                recovery_code.c.slot == slot,
                recovery_code.c.used_at.is_(None),
            )
            voided = update(recovery_code).where(which).values(used_at=now)
            if connection.execute(voided).rowcount != 1:
                continue
            left = _rewritten(
                connection,
                account_id,
                lambda factor: replace(
                    factor, recovery_left=max(0, factor.recovery_left - 1)
                ),
                now,
            )
            codes += 1
            accounts += left is not None and left.recovery_left == 0
    return codes, accounts


def _record(kit: Kit, kind: EventKind, now: datetime, **detail: object) -> None:
    event = FactorEvent(kind, None, now, detail)
    with kit.database.begin() as connection:
        kit.events.record(connection, event)
    kit.events.tell_of(event)
