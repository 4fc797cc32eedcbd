"""One batch of recovery codes for factors that came in before them."""

from collections.abc import Mapping

from credguard.errors import BusyError
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import ENROLLED_HERE, Factor
from credguard.second_factor.kit import BUSY, MOST_TRIES
from credguard.second_factor.takeover import arriving_rows
from credguard.second_factor.takeover.arriving import CodesArrival, codes_arrival
from credguard.second_factor.takeover.records import Imported
from credguard.second_factor.takeover.refusals import ReasonCode
from credguard.second_factor.takeover.terms import Run


def put_codes(run: Run, batch: Mapping[str, Imported]) -> None:
    """
    Put the recovery codes of *batch* beside factors that were taken over.

    Raises:
        SealBrokenError, UnknownKeyError: A factor's seed does not open.
        BusyError: No permit or memory to hash one, or others changed an account
            too often.
    """
    waiting = dict(batch)
    for _ in range(MOST_TRIES):
        arrivals = _arrivals(run, waiting)
        if not arrivals:
            return
        stand = _written(run, arrivals)
        for each in stand:
            run.tally.count_codes(each.record, left_out=each.left_out)
            del waiting[each.record.account_id]
        # Whoever changed an account meanwhile is looked at once more.
        waiting = {
            each.record.account_id: each.record
            for each in arrivals
            if each.record.account_id in waiting
        }
    raise BusyError(BUSY)


def _arrivals(run: Run, waiting: Mapping[str, Imported]) -> list[CodesArrival]:
    """Return what comes in; what does not is counted."""
    with run.kit.database.read() as connection:
        standing = arriving_rows.standing(connection, waiting)
        having = arriving_rows.accounts_with_codes(connection, waiting)
    arrivals = []
    for whose, record in waiting.items():
        found = standing.get(whose)
        if run.terms.is_dry_run and hash(whose) in run.would:
            run.tally.expect_codes(record, with_codes=True)
        elif (code := _obstacle(found)) is not None or found is None:
            run.refuse(record, code or ReasonCode.NO_FACTOR)
        elif whose in having:
            run.tally.unchanged += 1
        elif run.terms.is_dry_run:
            run.tally.expect_codes(record, with_codes=True)
        else:
            arrivals.append(codes_arrival(run.kit, record, found))
    return arrivals


def _obstacle(found: Factor | None) -> ReasonCode | None:
    if found is None or found.sealed is None:
        return ReasonCode.NO_FACTOR  # or locked, or disabled since
    # Codes of a factor that is gone are no codes of the one enrolled since.
    if found.source == ENROLLED_HERE:
        return ReasonCode.ALREADY_ENROLLED
    return None


def _written(run: Run, arrivals: list[CodesArrival]) -> list[CodesArrival]:
    kit, event = run.kit, None
    with kit.database.begin() as connection:
        stand = arriving_rows.put_codes(connection, arrivals)
        if stand:
            counts = {
                "source": stand[0].record.source,
                "factors": 0,
                "recovery_codes": sum(len(each.codes) for each in stand),
            }
            event = FactorEvent(EventKind.TAKEN_OVER, None, kit.clock(), counts)
            kit.events.record(connection, event)
    if event is not None:
        kit.events.tell_of(event)
    return stand
