"""The row of a measure: it was started, and came to its end."""

from dataclasses import replace

from sqlalchemy import Connection, RowMapping, select, update

from credguard import sweeps
from credguard._clock import in_utc
from credguard.errors import CampaignStateError
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.kit import Kit
from credguard.second_factor.leaks import members
from credguard.second_factor.leaks.measure import Measure, leaked_as_text
from credguard.second_factor.leaks.sweeping import sweep_name
from credguard.second_factor.resealing import borders
from credguard.storage.database import insert_new
from credguard.storage.tables import factor_leak

_L = factor_leak.c


def begun(kit: Kit, measure: Measure) -> RowMapping:
    """Write the measure down with its ranges; another process may be first."""
    now = kit.clock()
    selection = measure.selection
    if selection.enrolled_before is None:
        selection = replace(selection, enrolled_before=now)
    leaked = leaked_as_text(measure.leaked)
    row: dict[str, object] = {
        "id": measure.leak_id,
        "leaked": leaked,
        "selection": selection.as_text(),
        "digest": measure.digest,
        "started_at": now,
        "deadline": measure.deadline,
        "ended_at": None,
    }
    detail = {"leak": measure.leak_id, "leaked": leaked, "plan": measure.digest}
    event = FactorEvent(EventKind.LEAK_STARTED, None, now, detail)
    with kit.database.begin() as connection:
        insert_new(connection, factor_leak, [row])
        found = row_of(connection, measure.leak_id)
        is_ours = found is not None and found["started_at"] == in_utc(now)
        name = sweep_name(measure.leak_id)
        if is_ours and not sweeps.progress(connection, name).total:
            sweeps.lay_out(connection, name, borders(connection))
            kit.events.record(connection, event)
    if is_ours:
        kit.events.tell_of(event)
    return started(found)


def end(kit: Kit, leak_id: str) -> None:
    """Say in the audit log, once, that every account was come to."""
    now = kit.clock()
    with kit.database.begin() as connection:
        ended = connection.execute(
            update(factor_leak)
            .where(_L.id == leak_id, _L.ended_at.is_(None))
            .values(ended_at=now)
        )
        if ended.rowcount != 1:
            return
        counts = {
            state.value: count
            for state, count in members.counts(connection, leak_id).items()
        }
        detail = {"leak": leak_id, **counts}
        event = FactorEvent(EventKind.LEAK_SWEPT, None, now, detail)
        kit.events.record(connection, event)
    kit.events.tell_of(event)


def row_of(connection: Connection, leak_id: str) -> RowMapping | None:
    """Return the measure's row, None if it was not started."""
    query = select(factor_leak).where(_L.id == leak_id)
    return connection.execute(query).mappings().first()


def started(row: RowMapping | None) -> RowMapping:
    """
    Return the row of a measure that was started.

    Raises:
        CampaignStateError: It was not.
    """
    if row is None:
        message = "no measure of this name was started"
        raise CampaignStateError(message)
    return row
