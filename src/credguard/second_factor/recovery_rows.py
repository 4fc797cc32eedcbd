"""Rows of recovery codes; the factor's row decides whether a change of them stands."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from credguard.second_factor.factor import Factor
from credguard.second_factor.recovery import FOREIGN_MARK, RecoveryCode
from credguard.storage.tables import recovery_code


def code_at_slot(
    connection: Connection, factor: Factor, slot: str
) -> RecoveryCode | None:
    """Return what stands in *slot* of the factor's recovery codes, None if nothing."""
    query = select(recovery_code).where(
        recovery_code.c.account_id == factor.account_id,
        recovery_code.c.slot == slot,
        recovery_code.c.factor_id == factor.id,
    )
    found = connection.execute(query).first()
    if found is None:
        return None
    return RecoveryCode(slot, found.hashed, found.made_at, found.used_at)


def foreign_codes(connection: Connection, factor: Factor) -> list[RecoveryCode]:
    """Return the factor's recovery codes that another system hashed, unused ones."""
    query = (
        select(recovery_code)
        .where(
            recovery_code.c.account_id == factor.account_id,
            recovery_code.c.factor_id == factor.id,
            recovery_code.c.slot.startswith(FOREIGN_MARK, autoescape=True),
            recovery_code.c.used_at.is_(None),
        )
        .order_by(recovery_code.c.slot)
    )
    return [
        RecoveryCode(row.slot, row.hashed, row.made_at)
        for row in connection.execute(query)
    ]


def codes_of(connection: Connection, factor: Factor) -> list[RecoveryCode]:
    """Return all recovery codes of the factor, used ones too, in order."""
    query = (
        select(recovery_code)
        .where(
            recovery_code.c.account_id == factor.account_id,
            recovery_code.c.factor_id == factor.id,
        )
        .order_by(recovery_code.c.slot)
    )
    return [
        RecoveryCode(row.slot, row.hashed, row.made_at, row.used_at)
        for row in connection.execute(query)
    ]


def put_codes(
    connection: Connection, factor: Factor, codes: Sequence[RecoveryCode]
) -> None:
    """Put *codes* in place of all that the account has."""
    connection.execute(
        delete(recovery_code).where(recovery_code.c.account_id == factor.account_id)
    )
    if codes:
        values = [
            {
                "account_id": factor.account_id,
                "slot": code.slot,
                "factor_id": factor.id,
                "hashed": code.hashed,
                "made_at": code.made_at,
                "used_at": code.used_at,
            }
            for code in codes
        ]
        connection.execute(insert(recovery_code), values)


def use_code(connection: Connection, factor: Factor, code: RecoveryCode) -> bool:
    """
    Keep when *code* was used.

    Returns:
        True if it was not used before.
    """
    changed = connection.execute(
        update(recovery_code)
        .where(
            recovery_code.c.account_id == factor.account_id,
            recovery_code.c.slot == code.slot,
            recovery_code.c.factor_id == factor.id,
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=code.used_at)
    )
    return changed.rowcount == 1
