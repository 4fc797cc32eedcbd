"""An incident's rows: read as one, and written one after the other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from credguard._random import random_hex
from credguard.errors import BusyError, IncidentStateError
from credguard.incidents.incident import Cohort, Incident, Measure, Revision, Sent
from credguard.storage import incident_tables as tables

_AT_ONCE = "Somebody else is writing to this incident. Try again."
_PAGE = 1000


def open_incident(
    connection: Connection, *, title: str, aware_at: datetime, now: datetime
) -> str:
    """Write a new incident and return its id."""
    incident_id = f"{aware_at:%Y%m%d}-{random_hex(3)}"
    connection.execute(
        insert(tables.incident).values(
            id=incident_id, title=title, aware_at=aware_at, opened_at=now
        )
    )
    return incident_id


def every(connection: Connection) -> list[Incident]:
    """Return all incidents, the newest first."""
    query = select(tables.incident.c.id).order_by(tables.incident.c.opened_at.desc())
    return [find(connection, each) for each in connection.execute(query).scalars()]


def find(connection: Connection, incident_id: str) -> Incident:
    """
    Return an incident with all its rows.

    Raises:
        IncidentStateError: There is none of that id.
    """
    query = select(tables.incident).where(tables.incident.c.id == incident_id)
    row = connection.execute(query).first()
    if row is None:
        message = "there is no such incident; see: credguard incident list"
        raise IncidentStateError(message)
    return Incident(
        row.id,
        row.title,
        row.aware_at,
        row.opened_at,
        tuple(
            Revision(each.number, each.field, each.value, each.at, each.by, each.why)
            for each in _of(connection, tables.incident_revision, incident_id)
        ),
        tuple(
            Cohort(each.name, each.source, each.accounts, each.at)
            for each in _of(connection, tables.incident_cohort, incident_id)
        ),
        tuple(
            Measure(each.text, each.at, each.campaign_id)
            for each in _of(connection, tables.incident_measure, incident_id)
        ),
        tuple(
            Sent(each.number, each.at, json.loads(each.answers))
            for each in _of(connection, tables.incident_report, incident_id)
        ),
    )


def append(
    connection: Connection,
    table: Table,
    incident_id: str,
    values: Mapping[str, object],
) -> int:
    """
    Write a numbered row after the last one, and return its number.

    Raises:
        BusyError: Somebody else wrote one at the same instant.
    """
    query = select(func.max(table.c.number)).where(table.c.incident_id == incident_id)
    number = int(connection.execute(query).scalar() or 0) + 1
    row = {"incident_id": incident_id, "number": number, **values}
    try:
        connection.execute(insert(table).values(row))
    except IntegrityError:
        raise BusyError(_AT_ONCE) from None
    return number


def add_cohort(
    connection: Connection,
    incident_id: str,
    found: Cohort,
    account_ids: Iterable[str],
) -> None:
    """
    Write a cohort and whom it has.

    Raises:
        IncidentStateError: One of that name is there already.
    """
    row = {
        "incident_id": incident_id,
        "name": found.name,
        "source": found.source,
        "accounts": found.accounts,
        "at": found.at,
    }
    try:
        connection.execute(insert(tables.incident_cohort).values(row))
    except IntegrityError:
        message = "there is a cohort of that name; what was counted once stays"
        raise IncidentStateError(message) from None
    ids = sorted(set(account_ids))
    for start in range(0, len(ids), _PAGE):
        rows = [
            {"incident_id": incident_id, "cohort": found.name, "account_id": each}
            for each in ids[start : start + _PAGE]
        ]
        connection.execute(insert(tables.incident_member), rows)


def members(connection: Connection, incident_id: str, cohort: str) -> list[str]:
    """Return the accounts of a cohort, in order."""
    member = tables.incident_member
    query = (
        select(member.c.account_id)
        .where(member.c.incident_id == incident_id, member.c.cohort == cohort)
        .order_by(member.c.account_id)
    )
    return [str(each) for each in connection.execute(query).scalars()]


def _of(connection: Connection, table: Table, incident_id: str) -> Sequence[Row[Any]]:
    order = table.c.number if "number" in table.c else table.c.at
    query = select(table).where(table.c.incident_id == incident_id).order_by(order)
    return connection.execute(query).all()
