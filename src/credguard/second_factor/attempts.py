"""
One attempt: judged by the row as it stands, and told when its write has won.

Whoever loses the compare-and-set is judged again, by the row that won. A code from
an app is settled by one read and one write. What is rare stands in the audit log
in the same transaction as its change.
"""

from dataclasses import replace
from datetime import datetime

from credguard.errors import BusyError, FactorStateError, StoredDataError
from credguard.second_factor import recovery_rows, rows
from credguard.second_factor.comparing import Comparison
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import ENROLLED_HERE, Factor, FactorState, Place
from credguard.second_factor.judging import (
    Ruling,
    Verdict,
    judge,
    judge_recovery,
)
from credguard.second_factor.kit import BUSY, MOST_TRIES, Kit
from credguard.second_factor.recovery import (
    LOW_WATER,
    TypedCode,
    is_like_a_code,
    read_recovery_code,
)
from credguard.second_factor.seeds import open_seed, under_current_key

_OUTCOMES = {
    Verdict.ACCEPTED: EventKind.VERIFIED,
    Verdict.MISMATCH: EventKind.FAILED,
    Verdict.REPLAYED: EventKind.REPLAYED,
    Verdict.CLOCK: EventKind.CLOCK_BEHIND,
    Verdict.TOO_EARLY: EventKind.DELAYED,
}


class Attempts:
    """
    Judges codes and settles what came of them.

    Args:
        kit: What it works with.
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def by_code(self, account_id: str, typed: object, *, missing: str) -> Ruling:
        """
        Judge a code of the factor in force until the judgment stands.

        Raises:
            FactorStateError: There is no factor; *missing* says so.
            StoredDataError: The seed does not open.
            BusyError: Others won too often; nothing was decided.
        """
        for _ in range(MOST_TRIES):
            now = self._kit.clock()
            factor, ruling, won = self._quickly(account_id, typed, now, missing)
            if ruling is None:
                read = read_recovery_code(typed)
                return self.by_recovery_code(account_id, read, missing=missing)
            # What ends a factor stands in the audit log: not so quickly.
            if not won and ruling.factor.state is FactorState.LOCKED:
                won = self._settled(factor, ruling, now)
            if won:
                self._tell(ruling, now)
                return ruling
        raise BusyError(BUSY)

    def _quickly(
        self, account_id: str, typed: object, now: datetime, missing: str
    ) -> tuple[Factor, Ruling | None, bool]:
        """
        Judge and settle with one read and one write.

        Returns:
            The factor as it was read; the ruling, None for a recovery code of
            another system; and whether the ruling stands.
        """
        with self._kit.database.quick() as quick:
            factor = rows.find_quickly(quick, account_id, Place.CURRENT)
            if factor is None:
                raise FactorStateError(missing)
            if factor.source != ENROLLED_HERE and _is_another_systems(factor, typed):
                return factor, None, False
            ruling = self.judged(factor, typed, now)
            then = ruling.factor
            won = then is factor or (
                then.state is not FactorState.LOCKED
                and rows.settle_quickly(quick, factor, then)
            )
        return factor, ruling, won

    def by_recovery_code(
        self, account_id: str, typed: TypedCode | None, *, missing: str
    ) -> Ruling:
        """
        Judge a recovery code of the factor in force until the judgment stands.

        One attempt computes one hash, whether there is such a code or not; and one
        for each hash that is left of another system.

        Args:
            account_id: The account.

            typed: What was typed, None for what can be no code: it counts.

            missing: What to say where there is no factor.

        Raises:
            FactorStateError: There is no factor.
            StoredDataError: The seed does not open, or the hash is unreadable.
            BusyError: No permit, or others won too often; nothing was decided.
        """
        kit, comparison = self._kit, Comparison(self._kit, typed)
        for _ in range(MOST_TRIES):
            now = kit.clock()
            with kit.database.read() as connection:
                factor = rows.find(connection, account_id, Place.CURRENT)
                if factor is None:
                    raise FactorStateError(missing)
                candidates = comparison.look_up(connection, factor, now)
            code, fits = comparison.choose(candidates)
            ruling = judge_recovery(factor, code, fits=fits, now=now, limits=kit.limits)
            if ruling.factor is factor or self._settled(factor, ruling, now):
                self._tell(ruling, now)
                return ruling
        raise BusyError(BUSY)

    def judged(self, factor: Factor, typed: object, now: datetime) -> Ruling:
        """
        Judge a code that was typed for *factor*; nothing is written.

        A seed that is accepted under an older key goes under the current one with
        the same write.

        Raises:
            StoredDataError: The seed does not open.
        """
        kit = self._kit
        try:
            ruling = judge(
                factor,
                typed,
                open_seed=lambda each: open_seed(kit.keyring, each),
                now=now,
                window=kit.window,
                limits=kit.limits,
            )
        except StoredDataError:
            kit.events.tell(
                EventKind.UNREADABLE, factor.account_id, now, factor_id=factor.id
            )
            raise
        if ruling.verdict is not Verdict.ACCEPTED:
            return ruling
        fresh = under_current_key(kit.keyring, ruling.factor)
        return ruling if fresh is ruling.factor else replace(ruling, factor=fresh)

    def _settled(self, found: Factor, ruling: Ruling, now: datetime) -> bool:
        """Write the ruling, and what stands in the audit log; True if it won."""
        then = ruling.factor
        if ruling.used is not None:
            then = under_current_key(self._kit.keyring, then)
        with self._kit.database.begin() as connection:
            if not rows.settle(connection, found, then):
                return False
            if ruling.used is not None:
                recovery_rows.use_code(connection, then, ruling.used)
                self._kit.events.record(connection, _used(ruling, now))
            elif then.state is FactorState.LOCKED:
                self._kit.events.record(connection, _locked(then, now))
        return True

    def _tell(self, ruling: Ruling, now: datetime) -> None:
        events, factor = self._kit.events, ruling.factor
        if ruling.used is not None:
            events.tell_of(_used(ruling, now))
            if factor.recovery_left <= LOW_WATER:
                events.tell(
                    EventKind.RECOVERY_LOW,
                    factor.account_id,
                    now,
                    left=factor.recovery_left,
                )
        elif ruling.verdict in _OUTCOMES:
            events.tell(
                _OUTCOMES[ruling.verdict],
                factor.account_id,
                now,
                factor_id=factor.id,
                failures=factor.failures,
            )
        if ruling.verdict is Verdict.MISMATCH and factor.state is FactorState.LOCKED:
            events.tell_of(_locked(factor, now))


def _used(ruling: Ruling, now: datetime) -> FactorEvent:
    factor, code = ruling.factor, ruling.used
    return FactorEvent(
        EventKind.RECOVERY_USED,
        factor.account_id,
        now,
        {
            "factor_id": factor.id,
            "slot": code.slot if code else "",
            "left": factor.recovery_left,
        },
    )


def _locked(factor: Factor, now: datetime) -> FactorEvent:
    return FactorEvent(
        EventKind.LOCKED,
        factor.account_id,
        now,
        {"factor_id": factor.id, "failures": factor.failures},
    )


def _is_another_systems(factor: Factor, typed: object) -> bool:
    """Return True if *typed* may be a recovery code that was taken over."""
    read = read_recovery_code(typed)
    return read is not None and not is_like_a_code(read, factor.parameters)
