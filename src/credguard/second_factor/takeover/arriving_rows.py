"""Rows of a take-over: what stands there, and what comes in, many at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from credguard.second_factor import rows
from credguard.second_factor.factor import Factor, Place
from credguard.second_factor.recovery import RecoveryCode
from credguard.second_factor.row_values import READ, factor_of, values_of
from credguard.second_factor.takeover.arriving import Arrival, CodesArrival
from credguard.storage.database import insert_new
from credguard.storage.instants import microseconds_of
from credguard.storage.tables import recovery_code, second_factor


def standing(connection: Connection, account_ids: Collection[str]) -> dict[str, Factor]:
    """Return what stands in the current place of these accounts, disabled or not."""
    query = select(
        second_factor.c.account_id, *[second_factor.c[name] for name in READ]
    ).where(
        second_factor.c.account_id.in_(account_ids),
        second_factor.c.place == Place.CURRENT.value,
    )
    found = {}
    for account_id, *values in connection.execute(query):
        stored = [
            microseconds_of(value) if isinstance(value, datetime) else value
            for value in values
        ]
        found[account_id] = factor_of(account_id, stored)
    return found


def accounts_with_codes(
    connection: Connection, account_ids: Collection[str]
) -> set[str]:
    """Return which of these accounts have recovery codes, used ones too."""
    query = (
        select(recovery_code.c.account_id)
        .where(recovery_code.c.account_id.in_(account_ids))
        .distinct()
    )
    return set(connection.scalars(query))


def put(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """
    Put factors in force where none stands, or the one that is to be replaced.

    Returns:
        Those that stand; of the others, somebody changed the account meanwhile.
    """
    coming = [each for each in arrivals if _has_room(connection, each)]
    insert_new(connection, second_factor, [values_of(each.factor) for each in coming])
    query = select(second_factor.c.account_id, second_factor.c.id).where(
        second_factor.c.account_id.in_([each.factor.account_id for each in coming]),
        second_factor.c.place == Place.CURRENT.value,
    )
    ids = {row.account_id: row.id for row in connection.execute(query)}
    stand = [each for each in coming if ids[each.factor.account_id] == each.factor.id]
    _insert_codes(connection, [(each.factor, each.codes) for each in stand])
    return stand


def put_codes(
    connection: Connection, arrivals: Sequence[CodesArrival]
) -> list[CodesArrival]:
    """
    Put recovery codes beside factors that came in before them.

    Returns:
        Those that stand; of the others, somebody changed the account meanwhile.
    """
    stand = [
        each for each in arrivals if rows.settle(connection, each.found, each.then)
    ]
    _insert_codes(connection, [(each.then, each.codes) for each in stand])
    return stand


def _has_room(connection: Connection, arrival: Arrival) -> bool:
    found = arrival.replaces
    if found is None:
        return True
    removed = connection.execute(
        delete(second_factor).where(
            second_factor.c.account_id == found.account_id,
            second_factor.c.place == found.place.value,
            second_factor.c.id == found.id,
            second_factor.c.version == found.version,
        )
    )
    if removed.rowcount != 1:
        return False
    rows.forget_others(connection, found.account_id)
    return True


def _insert_codes(
    connection: Connection, sets: Sequence[tuple[Factor, list[RecoveryCode]]]
) -> None:
    values = [
        {
            "account_id": factor.account_id,
            "slot": code.slot,
            "factor_id": factor.id,
            "hashed": code.hashed,
            "made_at": code.made_at,
            "used_at": None,
        }
        for factor, codes in sets
        for code in codes
    ]
    if values:
        connection.execute(insert(recovery_code), values)
