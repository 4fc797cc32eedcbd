"""
The sweep after a leak: each account once, whoever is killed on the way.

An account's factor is changed over the row that was read and over nothing else, in
one transaction with its member row: a log-in that came between wins, and the account
is looked at again. What has a member row is not looked at again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import sleep

from sqlalchemy import Connection, and_, delete, or_, select, update

from credguard import sweeps
from credguard.errors import LeaseLostError
from credguard.second_factor.factor import FactorState, Place
from credguard.second_factor.kit import Kit
from credguard.second_factor.leaks import members
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.members import Member, MemberState
from credguard.second_factor.leaks.scanning import Found, Paths, paths_of, selected
from credguard.storage.tables import recovery_code, second_factor, trusted_device
from credguard.sweeps import Piece, Progress

LEASE = timedelta(seconds=60)
STRANDED = "left without a path while the sweep ran"

_MOST_OWNER_CHARACTERS = 64
_MOST_TRIES = 20  # at rows that log-ins keep changing
_GLANCE = 0.2  # seconds to wait for other workers before looking again
_C = second_factor.c


@dataclass(slots=True)
class Swept:
    """
    What one run did.

    Attributes:
        accounts: How many it came to.

        suspended: How many factors' codes do not count any more.

        codes: How many unused recovery codes were voided.

        devices: How many devices are not trusted any more.

        stranded: How many lost their last path while the sweep ran: support has to
            see to them.
    """

    accounts: int = 0
    suspended: int = 0
    codes: int = 0
    devices: int = 0
    stranded: int = 0


class Sweeping:
    """
    Goes through the accounts that a started measure selects.

    Args:
        kit: What it works with.

        measure: The measure, with the instant of its selection.

        started_at: When it was started.

        paths: What the host knows of people's ways back.
    """

    def __init__(
        self, kit: Kit, measure: Measure, *, started_at: datetime, paths: Paths
    ) -> None:
        self._kit = kit
        self._measure = measure
        self._ruled = measure.ruled
        self._started_at = started_at
        self._paths = paths
        self._which = measure.selection.condition()
        if self._ruled.suspends:
            # Who changed a factor meanwhile, with a proof of the one that leaked.
            self._which = or_(
                self._which,
                and_(
                    _C.made_at >= started_at,
                    _C.replaces.is_not(None),
                    ~_C.replaces.startswith("!", autoescape=True),
                ),
            )

    def run(self, *, worker: str, on_progress: Callable[[Progress], None]) -> Swept:
        """
        Go through all that is left, beside other workers.

        Raises:
            StorageUnavailableError: The database is away, locked or full; what is
                done stands, and a further call goes on.
        """
        kit, done = self._kit, Swept()
        name = sweep_name(self._measure.leak_id)
        while True:
            with kit.database.read() as connection:
                now = sweeps.progress(connection, name)
            on_progress(now)
            if now.done == now.total:
                return done
            piece = sweeps.lease(
                kit.database,
                name,
                worker=worker[:_MOST_OWNER_CHARACTERS],
                now=kit.clock(),
                lasting=LEASE,
            )
            if piece is None:
                sleep(_GLANCE)
                continue
            # A range that was taken over from a slow worker is done by another.
            with suppress(LeaseLostError):
                self._sweep(piece, done)

    def _sweep(self, piece: Piece, done: Swept) -> None:
        low, tries, touched = piece.low or "", 0, 0
        leak_id = self._measure.leak_id
        while page := selected(
            self._kit.database, leak_id, self._which, bounds=(low, piece.high)
        ):
            won = self._write(page, done)
            touched += won
            tries = 0 if won == len(page) else tries + 1
            if tries in {0, _MOST_TRIES}:
                low, tries = page[-1].account_id, 0
        with self._kit.database.begin() as connection:
            sweeps.finish(connection, piece, touched=touched)

    def _write(self, page: Sequence[Found], done: Swept) -> int:
        """Change the accounts of *page*, and return how many still stood as read."""
        ways = paths_of(self._ruled, page, self._paths)
        kit, now = self._kit, self._kit.clock()
        tally = Swept()
        with kit.database.begin() as connection:
            fresh = self._with_new_codes(connection, page)
            won: list[str] = []
            for found in page:
                keeps = found.account_id in fresh
                member = self._member(found, ways[found.account_id], now, keeps=keeps)
                if not self._changed(connection, found, member, keeps=keeps):
                    continue
                is_new = found.decided is None
                members.put(connection, self._measure.leak_id, member, is_new=is_new)
                tally.accounts += 1
                if member.state is not MemberState.EXEMPT:
                    won.append(found.account_id)
                    tally.suspended += self._ruled.suspends
                    tally.stranded += member.reason == STRANDED
            self._void(connection, won, tally, now)
        for name in ("accounts", "suspended", "codes", "devices", "stranded"):
            setattr(done, name, getattr(done, name) + getattr(tally, name))
        return tally.accounts

    def _member(
        self,
        found: Found,
        way: object,
        now: datetime,
        *,
        keeps: bool,
    ) -> Member:
        """Return the row that says what the account has to do."""
        state, reason = MemberState.TO_RENEW, None
        if not self._ruled.asks_people or (keeps and not self._ruled.suspends):
            state = MemberState.RENEWED
        elif way is None:
            state, reason = MemberState.SUPPORT, STRANDED
        member = Member(found.account_id, state, found.id, reason, now)
        if found.decided is None:
            return member
        return replace(member, state=MemberState(found.decided), reason=found.reason)

    def _changed(
        self, connection: Connection, found: Found, member: Member, *, keeps: bool
    ) -> bool:
        """Change the factor if its row still stands as *found*."""
        values: dict[str, object] = {"version": found.version + 1}
        if member.state is not MemberState.EXEMPT:
            if self._ruled.suspends:
                values["state"] = FactorState.SUSPENDED.value
                values["changed_at"] = member.changed_at
            if self._ruled.voids_recovery_codes and not keeps:
                values["recovery_left"] = 0
        changed = connection.execute(
            update(second_factor)
            .where(
                _C.account_id == found.account_id,
                _C.place == Place.CURRENT.value,
                _C.id == found.id,
                _C.version == found.version,
            )
            .values(**values)
        )
        return changed.rowcount == 1

    def _with_new_codes(
        self, connection: Connection, page: Sequence[Found]
    ) -> set[str]:
        """Return the accounts whose recovery codes were made since the start."""
        query = select(recovery_code.c.account_id).where(
            recovery_code.c.account_id.in_([each.account_id for each in page]),
            recovery_code.c.made_at > self._started_at,
        )
        return set(connection.scalars(query))

    def _void(
        self, connection: Connection, ids: Sequence[str], tally: Swept, now: datetime
    ) -> None:
        if not ids:
            return
        if self._ruled.voids_recovery_codes:
            tally.codes = connection.execute(
                update(recovery_code)
                .where(
                    recovery_code.c.account_id.in_(ids),
                    recovery_code.c.used_at.is_(None),
                    recovery_code.c.made_at <= self._started_at,
                )
                .values(used_at=now)
            ).rowcount
        if self._ruled.revokes_trust:
            tally.devices = connection.execute(
                delete(trusted_device).where(trusted_device.c.account_id.in_(ids))
            ).rowcount


def sweep_name(leak_id: str) -> str:
    """Return the name of the leak's sweep."""
    return f"leak-{leak_id}"
