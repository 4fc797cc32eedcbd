"""Rows of second factors: read, put, and changed by compare-and-set."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from credguard.errors import BusyError, FactorStateError
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.row_values import (
    CHANGING,
    READ,
    change_of,
    factor_of,
    values_of,
)
from credguard.storage.database import insert_new
from credguard.storage.instants import microseconds_of
from credguard.storage.quick import QuickConnection, Statement
from credguard.storage.tables import (
    recovery_code,
    second_factor,
    trusted_device,
)

_AT = and_(
    second_factor.c.account_id == bindparam("at_account"),
    second_factor.c.place == bindparam("at_place"),
)
_FIND = select(*[second_factor.c[name] for name in READ]).where(_AT)
_FOUND = (
    second_factor.c.id == bindparam("found_id"),
    second_factor.c.version == bindparam("found_version"),
)
_SETTLE = (
    update(second_factor)
    .where(_AT, *_FOUND)
    .values({name: bindparam(f"new_{name}") for name in CHANGING})
)
_QUICK_FIND = Statement(_FIND)
_QUICK_SETTLE = Statement(_SETTLE)
_START_AGAIN = "Another second factor came in force meanwhile. Start again."


def find(connection: Connection, account_id: str, place: Place) -> Factor | None:
    """Return the account's factor in *place*, None if there is none."""
    at = {"at_account": account_id, "at_place": place.value}
    found = connection.execute(_FIND, at).first()
    if found is None:
        return None
    values = [
        microseconds_of(value) if isinstance(value, datetime) else value
        for value in found
    ]
    return factor_of(account_id, values)


def find_quickly(
    quick: QuickConnection, account_id: str, place: Place
) -> Factor | None:
    """Return the account's factor in *place*, None if there is none."""
    at = {"at_account": account_id, "at_place": place.value}
    found = quick.first(_QUICK_FIND, at)
    return None if found is None else factor_of(account_id, found)


def settle_quickly(quick: QuickConnection, found: Factor, then: Factor) -> bool:
    """
    Change a factor that stays in its place, if the row still stands as *found*.

    Returns:
        True if it won; False if another change came first.
    """
    return quick.change(_QUICK_SETTLE, change_of(found, then)) == 1


def put(connection: Connection, factor: Factor) -> bool:
    """
    Put a new factor in its place, instead of the one that stands there.

    Returns:
        True if it stands; False if the place was emptied meanwhile: try again.
    """
    values = values_of(factor)
    insert_new(connection, second_factor, [values])
    changed = connection.execute(
        update(second_factor)
        .where(
            second_factor.c.account_id == factor.account_id,
            second_factor.c.place == factor.place.value,
        )
        .values(**values)
    )
    return changed.rowcount == 1


def settle(connection: Connection, found: Factor, then: Factor) -> bool:
    """
    Change a factor if the row still stands as *found*.

    A factor that leaves its place takes the place of the one that it comes to, and
    ends its recovery codes and trusted devices.

    Returns:
        True if it won; False if another change came first.

    Raises:
        FactorStateError: What it would take the place of is not what stood there
            when it was enrolled.
    """
    # The deciding write comes first, so that two of them never wait for each
    # other's rows in turn.
    changed = connection.execute(
        update(second_factor)
        .where(
            second_factor.c.account_id == found.account_id,
            second_factor.c.place == found.place.value,
            second_factor.c.id == found.id,
            second_factor.c.version == found.version,
        )
        .values({name: values_of(then)[name] for name in CHANGING})
    )
    if changed.rowcount != 1:
        return False
    if then.place is not found.place:
        _take_place(connection, found, then)
    return True


def _take_place(connection: Connection, found: Factor, then: Factor) -> None:
    there = find(connection, then.account_id, then.place)
    standing = there.standing_id if there and there.is_in_force else None
    if standing != found.replaces:
        raise FactorStateError(_START_AGAIN)
    if there is not None:
        removed = connection.execute(
            delete(second_factor).where(
                second_factor.c.account_id == then.account_id,
                second_factor.c.place == then.place.value,
                second_factor.c.id == there.id,
            )
        )
        if removed.rowcount != 1:
            message = "This account is being changed. Try again in a moment."
            raise BusyError(message)
    forget_others(connection, then.account_id)
    connection.execute(
        update(second_factor)
        .where(
            second_factor.c.account_id == found.account_id,
            second_factor.c.place == found.place.value,
        )
        .values(place=then.place.value)
    )


def forget_others(connection: Connection, account_id: str) -> None:
    """Delete the account's recovery codes and trusted devices."""
    for table in (recovery_code, trusted_device):
        connection.execute(delete(table).where(table.c.account_id == account_id))


def disable(connection: Connection, account_id: str, *, now: datetime) -> str | None:
    """
    Take the account's factor out of use and forget its seeds, whatever comes next.

    Returns:
        The id of the factor that was in force, None if there was none.
    """
    # The pending one first, as a confirmation does: see `settle`.
    connection.execute(
        delete(second_factor).where(
            second_factor.c.account_id == account_id,
            second_factor.c.place == Place.PENDING.value,
        )
    )
    there = find(connection, account_id, Place.CURRENT)
    if there is None or not there.is_in_force:
        return None
    connection.execute(
        update(second_factor)
        .where(
            second_factor.c.account_id == account_id,
            second_factor.c.place == Place.CURRENT.value,
            second_factor.c.id == there.id,
        )
        .values(
            state=FactorState.DISABLED.value,
            sealed=None,
            key_id=None,
            retry_at=None,
            recovery_left=0,
            changed_at=now,
            version=second_factor.c.version + 1,
        )
    )
    forget_others(connection, account_id)
    return there.id
