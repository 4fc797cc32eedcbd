"""One batch of factors: judged, hashed, written in one transaction, counted."""

from collections.abc import Mapping

from credguard.errors import BusyError
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.kit import BUSY, MOST_TRIES
from credguard.second_factor.takeover import arriving_rows
from credguard.second_factor.takeover.arriving import Arrival, arrival
from credguard.second_factor.takeover.records import Imported
from credguard.second_factor.takeover.terms import Run


def put_seeds(run: Run, batch: Mapping[str, Imported]) -> None:
    """
    Put the factors of *batch* in force, where nothing stands in the way.

    Raises:
        BusyError: No permit or memory to hash a recovery code, or others changed
            an account too often.
    """
    waiting = dict(batch)
    for _ in range(MOST_TRIES):
        arrivals = _arrivals(run, waiting)
        if not arrivals:
            return
        stand = _written(run, arrivals)
        for each in stand:
            _count(run, each)
            del waiting[each.record.account_id]
        # Whoever changed an account meanwhile is looked at once more.
        waiting = {
            each.record.account_id: each.record
            for each in arrivals
            if each.record.account_id in waiting
        }
    raise BusyError(BUSY)


def _arrivals(run: Run, waiting: Mapping[str, Imported]) -> list[Arrival]:
    """Return what comes in; what does not is counted."""
    with run.kit.database.read() as connection:
        standing = arriving_rows.standing(connection, waiting)
    arrivals = []
    for whose, record in waiting.items():
        found = standing.get(whose)
        if run.is_here(record, found):
            run.tally.unchanged += 1
        elif (code := run.obstacle(record, found)) is not None:
            run.refuse(record, code)
        elif run.terms.is_dry_run:
            run.would.add(hash(whose))
            run.tally.take(record, replaces=found is not None)
            run.tally.expect_codes(record, with_codes=run.terms.with_codes)
        else:
            arrivals.append(
                arrival(
                    run.kit, record, replaces=found, with_codes=run.terms.with_codes
                )
            )
    return arrivals


def _written(run: Run, arrivals: list[Arrival]) -> list[Arrival]:
    events = run.kit.events
    with run.kit.database.begin() as connection:
        stand = arriving_rows.put(connection, arrivals)
        told = _events(run, stand)
        for event in told:
            events.record(connection, event)
    for event in told:
        events.tell_of(event)
    return stand


def _events(run: Run, stand: list[Arrival]) -> list[FactorEvent]:
    """Return one event for the batch, and one for each factor that was replaced."""
    if not stand:
        return []
    now = run.kit.clock()
    counts = {
        "source": stand[0].record.source,
        "factors": len(stand),
        "weak": sum(each.record.is_weak for each in stand),
        "recovery_codes": sum(len(each.codes) for each in stand),
    }
    replaced = [
        FactorEvent(
            EventKind.TAKEN_OVER,
            each.factor.account_id,
            now,
            {
                "source": each.record.source,
                "factor_id": each.factor.id,
                "replaces": each.replaces.id,
            },
        )
        for each in stand
        if each.replaces is not None
    ]
    return [FactorEvent(EventKind.TAKEN_OVER, None, now, counts), *replaced]


def _count(run: Run, came: Arrival) -> None:
    run.tally.take(came.record, replaces=came.replaces is not None)
    if run.terms.with_codes:
        run.tally.count_codes(came.record, left_out=came.left_out)
