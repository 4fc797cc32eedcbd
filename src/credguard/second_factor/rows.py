"""Rows of second factors: read, put, and changed by compare-and-set."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.storage.database import insert_new
from credguard.storage.tables import second_factor


def find(connection: Connection, account_id: str, place: Place) -> Factor | None:
    """Return the account's factor in *place*, None if there is none."""
    row = connection.execute(select(second_factor).where(_at(account_id, place)))
    found = row.mappings().first()
    if found is None:
        return None
    # The id that was asked for, and not the row's: a database may take two texts
    # for one, and the seed is sealed to exactly one of them.
    return Factor(
        account_id=account_id,
        id=found["id"],
        state=FactorState(found["state"]),
        sealed=found["sealed"],
        last_step=found["last_step"],
        failures=found["failures"],
        retry_at=found["retry_at"],
        expires_at=found["expires_at"],
        made_at=found["made_at"],
        changed_at=found["changed_at"],
        version=found["version"],
    )


def put(connection: Connection, factor: Factor) -> bool:
    """
    Put a new factor in its place, instead of the one that stands there.

    Returns:
        True if it stands; False if the place was emptied meanwhile: try again.
    """
    values = _values(factor)
    insert_new(connection, second_factor, [values])
    changed = connection.execute(
        update(second_factor)
        .where(_at(factor.account_id, factor.place))
        .values(**values)
    )
    return changed.rowcount == 1


def settle(connection: Connection, found: Factor, then: Factor) -> bool:
    """
    Change a factor if the row still stands as *found*.

    A factor that leaves its place takes the place of the one that it comes to.

    Returns:
        True if it won; False if another change came first.
    """
    # The deciding write comes first, so that two of them never wait for each
    # other's rows in turn.
    changed = connection.execute(
        update(second_factor)
        .where(
            _at(found.account_id, found.place),
            second_factor.c.id == found.id,
            second_factor.c.version == found.version,
        )
        .values(**_values(then) | {"place": found.place.value})
    )
    if changed.rowcount != 1:
        return False
    if then.place is not found.place:
        there = _at(then.account_id, then.place)
        connection.execute(delete(second_factor).where(there))
        connection.execute(
            update(second_factor)
            .where(_at(found.account_id, found.place))
            .values(place=then.place.value)
        )
    return True


def disable(connection: Connection, account_id: str, *, now: datetime) -> bool:
    """
    Take the account's factor out of use and forget its seeds, whatever comes next.

    Returns:
        True if there was a factor in force.
    """
    # The pending one first, as a confirmation does: see `settle`.
    connection.execute(delete(second_factor).where(_at(account_id, Place.PENDING)))
    changed = connection.execute(
        update(second_factor)
        .where(
            _at(account_id, Place.CURRENT),
            second_factor.c.state != FactorState.DISABLED.value,
        )
        .values(
            state=FactorState.DISABLED.value,
            sealed=None,
            retry_at=None,
            changed_at=now,
            version=second_factor.c.version + 1,
        )
    )
    return changed.rowcount == 1


def _at(account_id: str, place: Place) -> ColumnElement[bool]:
    return and_(
        second_factor.c.account_id == account_id,
        second_factor.c.place == place.value,
    )


def _values(factor: Factor) -> dict[str, object]:
    return {
        "account_id": factor.account_id,
        "place": factor.place.value,
        "id": factor.id,
        "state": factor.state.value,
        "sealed": factor.sealed,
        "last_step": factor.last_step,
        "failures": factor.failures,
        "retry_at": factor.retry_at,
        "expires_at": factor.expires_at,
        "made_at": factor.made_at,
        "changed_at": factor.changed_at,
        "version": factor.version,
    }
