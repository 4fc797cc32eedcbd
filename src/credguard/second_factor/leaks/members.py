"""Rows of those whom a leak's measure is about: each is in exactly one state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, and_, func, insert, select, update

from credguard.second_factor.factor import FactorState, Place
from credguard.storage import Database
from credguard.storage.tables import (
    factor_leak,
    factor_renewal,
    recovery_code,
    second_factor,
)

PAGE_SIZE = 500

_R = factor_renewal.c
_C = second_factor.c


class MemberState(StrEnum):
    """Where an account stands in a leak's measure."""

    TO_RENEW = "to_renew"
    """Its owner has something to do: a new factor, or new recovery codes."""

    RENEWED = "renewed"
    """Nothing is left to do."""

    EXEMPT = "exempt"
    """Somebody decided that it stays as it is."""

    SUPPORT = "support"
    """Support finds out who it is, and vouches."""

    LEFT = "left"
    """It has no second factor any more."""


OPEN = (MemberState.TO_RENEW, MemberState.SUPPORT)
"""The states in which something is still to be done."""


@dataclass(frozen=True, slots=True)
class Member:
    """
    An account's row.

    Attributes:
        account_id: The account.

        state: Where it stands.

        factor_id: The factor that it is about; None before the sweep came to it.

        reason: Why, where somebody decided.

        changed_at: When the row was last written.
    """

    account_id: str
    state: MemberState
    factor_id: str | None
    reason: str | None
    changed_at: datetime


def find(
    connection: Connection, leak_id: str, account_ids: Sequence[str]
) -> Mapping[str, Member]:
    """Return the rows of those of *account_ids* that have one, by account."""
    query = select(factor_renewal).where(
        _R.leak_id == leak_id, _R.account_id.in_(account_ids)
    )
    return {
        row.account_id: Member(
            row.account_id,
            MemberState(row.state),
            row.factor_id,
            row.reason,
            row.changed_at,
        )
        for row in connection.execute(query)
    }


def put(connection: Connection, leak_id: str, member: Member, *, is_new: bool) -> None:
    """Write a row, over the one that stands there or as a new one."""
    values = {
        "state": member.state.value,
        "factor_id": member.factor_id,
        "reason": member.reason,
        "changed_at": member.changed_at,
    }
    where = {"leak_id": leak_id, "account_id": member.account_id}
    if is_new:
        connection.execute(insert(factor_renewal).values(**where, **values))
        return
    at = and_(_R.leak_id == leak_id, _R.account_id == member.account_id)
    connection.execute(update(factor_renewal).where(at).values(**values))


def counts(connection: Connection, leak_id: str) -> dict[MemberState, int]:
    """Return how many accounts that the sweep came to are in each state."""
    query = (
        select(_R.state, func.count())
        .where(_R.leak_id == leak_id, _R.factor_id.is_not(None))
        .group_by(_R.state)
    )
    found = {MemberState(state): count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in MemberState}


def ids_in(
    database: Database, leak_id: str, states: Sequence[MemberState]
) -> Iterator[str]:
    """Return the accounts in *states*, page by page, by account id."""
    low = ""
    while True:
        query = (
            select(_R.account_id)
            .where(
                _R.leak_id == leak_id,
                _R.factor_id.is_not(None),
                _R.state.in_([each.value for each in states]),
                _R.account_id > low,
            )
            .order_by(_R.account_id)
            .limit(PAGE_SIZE)
        )
        with database.read() as connection:
            page = connection.scalars(query).all()
        yield from page
        if len(page) < PAGE_SIZE:
            return
        low = page[-1]


def settle(database: Database, leak_id: str, *, codes_do: bool, now: datetime) -> None:
    """
    Write down who has done their part meanwhile, or has no factor any more.

    Args:
        database: Where the tables are.

        leak_id: The leak.

        codes_do: True if new recovery codes are all that was asked for.

        now: The present instant.
    """
    low = ""
    while True:
        with database.read() as connection:
            page = _open_page(connection, leak_id, low, codes_do=codes_do)
        for state in (MemberState.RENEWED, MemberState.LEFT):
            ids = [account_id for account_id, then in page if then is state]
            if ids:
                with database.begin() as connection:
                    connection.execute(
                        update(factor_renewal)
                        .where(
                            _R.leak_id == leak_id,
                            _R.account_id.in_(ids),
                            _R.state.in_([each.value for each in OPEN]),
                        )
                        .values(state=state.value, changed_at=now)
                    )
        if len(page) < PAGE_SIZE:
            return
        low = page[-1][0]


def _open_page(
    connection: Connection, leak_id: str, low: str, *, codes_do: bool
) -> list[tuple[str, MemberState | None]]:
    """Return open accounts, each with the state that it came to, None if none."""
    standing = and_(_C.account_id == _R.account_id, _C.place == Place.CURRENT.value)
    has_new_codes = (
        select(recovery_code.c.slot)
        .where(
            recovery_code.c.account_id == _R.account_id,
            recovery_code.c.factor_id == _R.factor_id,
            recovery_code.c.made_at > factor_leak.c.started_at,
        )
        .exists()
    )
    query = (
        select(_R.account_id, _R.factor_id, _C.id, _C.state, has_new_codes)
        .select_from(
            factor_renewal.join(factor_leak, factor_leak.c.id == _R.leak_id).outerjoin(
                second_factor, standing
            )
        )
        .where(
            _R.leak_id == leak_id,
            _R.factor_id.is_not(None),
            _R.state.in_([each.value for each in OPEN]),
            _R.account_id > low,
        )
        .order_by(_R.account_id)
        .limit(PAGE_SIZE)
    )
    page: list[tuple[str, MemberState | None]] = []
    for account_id, asked_of, factor_id, state, is_new in connection.execute(query):
        then = None
        if factor_id is None or state == FactorState.DISABLED.value:
            then = MemberState.LEFT
        elif factor_id != asked_of or (codes_do and is_new):
            then = MemberState.RENEWED
        page.append((account_id, then))
    return page
