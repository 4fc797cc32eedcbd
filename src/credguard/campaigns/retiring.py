"""
The sweep: hashes in scope are taken out of use, one key range at a time.

Where our tables live in the forum's database, a range is one transaction over
both. Where they do not, it is three: what will be done is written down first, so
that a crash between them is finished when the range is leased again.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from credguard import sweeps
from credguard.campaigns import leases, members, outbox, records
from credguard.campaigns.accounts import Account, Swap
from credguard.campaigns.letter import is_reachable
from credguard.campaigns.lists import AccountList
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.campaigns.scope import Facts, is_affected
from credguard.campaigns.states import ENDED, UNSWEPT, CampaignState, MemberState
from credguard.campaigns.tally import has_password
from credguard.errors import BusyError, CampaignStateError, LeaseLostError
from credguard.keys import Keyring
from credguard.sessions import raise_epochs
from credguard.storage import audit
from credguard.sweeps import Piece, Progress

RANGE_SIZE = 1000  # accounts; a range of this size is written in well under 1 s
RANGE_LEASE = timedelta(seconds=15)  # how long a run that was killed holds up others

_GLANCE = timedelta(seconds=1)  # how long to wait before looking again


def sweep(
    means: Means,
    campaign_id: str,
    *,
    worker: str,
    on_progress: Callable[[Progress], None],
) -> Record:
    """
    Retire every hash in scope, or go on where another run stopped.

    Args:
        means: What to work with.

        campaign_id: The campaign.

        worker: Who works, for the leases.

        on_progress: Called after each range.

    Returns:
        The campaign, every hash in its scope retired.

    Raises:
        CampaignStateError: The campaign was aborted, before or meanwhile, or one
            that was opened earlier is not swept yet.
        BusyError: The forum's columns are being changed; call again to go on.
        StorageUnavailableError: The database is away, locked or full; what is
            done stands, and a further call goes on.
    """
    record = _laid_out(means, campaign_id)
    work = _Work.of(means, record)
    while record.state in UNSWEPT:
        piece = sweeps.lease(
            means.database,
            record.id,
            worker=leases.owner(worker),
            now=means.clock(),
            lasting=RANGE_LEASE,
        )
        if piece is None:
            _await_others(means, record)
        else:
            # A range that was taken over from a slow worker is done by another.
            with suppress(LeaseLostError):
                work.retire(piece)
        with means.database.read() as connection:
            done = sweeps.progress(connection, record.id)
            record = records.find(connection, campaign_id)
        on_progress(done)
        if done.done == done.total and record.state is CampaignState.SWEEPING:
            record = _swept(means, record, done)
    _refuse_aborted(record.state)
    return record


def _refuse_aborted(state: CampaignState) -> None:
    if state in ENDED:
        message = "the campaign was aborted"
        raise CampaignStateError(message)


def _laid_out(means: Means, campaign_id: str) -> Record:
    with means.database.read() as connection:
        record = records.find(connection, campaign_id)
        _check_turn(connection, record)
    if record.state is not CampaignState.OPEN:
        return record
    with means.accounts.reading() as forum:
        borders = list(means.accounts.borders(forum, size=RANGE_SIZE))
    try:
        with means.database.begin() as connection:
            # The campaign's row first: who loses it must hold no lock on a range.
            now = means.clock()
            then = CampaignState.SWEEPING
            moved = records.move(connection, record, then, now=now)
            sweeps.lay_out(connection, record.id, borders)
            return moved
    except LeaseLostError:
        with means.database.read() as connection:
            return records.find(connection, campaign_id)


def _check_turn(connection: Connection, record: Record) -> None:
    """
    Check that every earlier campaign is swept, so that they can be undone in turn.

    The watermark of the later one is in force all the while.
    """
    for earlier in records.gating(connection):
        if earlier.opened_at < record.opened_at and earlier.state in UNSWEPT:
            message = (
                f"campaign {earlier.id} was opened earlier and is not swept yet; go on "
                f"with it first: credguard campaign run {earlier.id}"
            )
            raise CampaignStateError(message)


def _swept(means: Means, record: Record, done: Progress) -> Record:
    now = means.clock()
    try:
        with means.database.begin() as connection:
            moved = records.move(connection, record, CampaignState.NOTIFYING, now=now)
            detail = {"campaign": record.id, "accounts": done.touched}
            audit.record(
                connection, means.keyring, event="swept", detail=detail, now=now
            )
            return moved
    except LeaseLostError:
        with means.database.read() as connection:
            return records.find(connection, record.id)


def _await_others(means: Means, record: Record) -> None:
    with means.database.read() as connection:
        until = sweeps.leased_until(connection, record.id)
    if until is not None:
        means.pause(min(until - means.clock(), _GLANCE))


@dataclass(slots=True)
class _Decision:
    """
    What is to be done in one range, and what will then have been done to it.

    The counts include what was written down before a crash.
    """

    entered: list[Member] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    touched: int = 0
    retired: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    means: Means
    record: Record
    own: Keyring
    listed: tuple[AccountList, ...]

    @classmethod
    def of(cls, means: Means, record: Record) -> "_Work":
        with means.database.read() as connection:
            listed = records.listed(connection, record.plan.scope.lists())
        own = records.own_keyring(means.keyring, record)
        return cls(means, record, own, listed)

    def retire(self, piece: Piece) -> None:
        """Do one range; whatever stops it, the range can be done again."""
        means, accounts = self.means, self.means.accounts
        if means.is_shared:
            with means.database.begin() as both:
                rows = accounts.between(both, low=piece.low, high=piece.high, lock=True)
                decision = self._write_down(both, rows)
                if accounts.swap(both, decision.swaps) != len(decision.swaps):
                    message = "Password columns are being changed; run it again."
                    raise BusyError(message)
                self._finish(both, piece, decision)
            return
        with accounts.reading() as forum:
            rows = accounts.between(forum, low=piece.low, high=piece.high, lock=False)
        with means.database.begin() as ours:
            decision = self._write_down(ours, rows)
        with accounts.writing() as forum:
            # A column that changed since was changed after the watermark, by the
            # forum's own reset form; the gate deals with it at the next log-in.
            accounts.swap(forum, decision.swaps)
        with means.database.begin() as ours:
            # Not if the campaign went on: then another worker has done this range,
            # and what stands in the columns is right.
            if records.hold_state(ours, self.record.id) in ENDED:
                self._take_back(decision)
            self._finish(ours, piece, decision)

    def _take_back(self, decision: _Decision) -> None:
        """Undo what an abort that came in between could not see."""
        undo = [Swap(each.account_id, each.new, each.old) for each in decision.swaps]
        with self.means.accounts.writing() as forum:
            self.means.accounts.swap(forum, undo)
        _refuse_aborted(CampaignState.ABORTED)

    def _write_down(self, connection: Connection, rows: Sequence[Account]) -> _Decision:
        state = records.hold_state(connection, self.record.id)
        _refuse_aborted(state)
        if state not in UNSWEPT:
            message = "another worker took this range over and has done it"
            raise LeaseLostError(message)
        ids = [account.id for account in rows]
        known = members.known(connection, self.record.id, ids)
        decision = _Decision()
        facts = self.means.facts_of_many(connection, rows, self.listed)
        for account, fact in zip(rows, facts, strict=True):
            if account.id in known:
                self._resume(account, known[account.id], decision)
            else:
                self._decide(account, fact, decision)
        now = self.means.clock()
        entered = [member.account_id for member in decision.entered]
        members.enter(connection, decision.entered, now=now)
        raise_epochs(connection, entered)
        outbox.queue(
            connection,
            self.record.id,
            decision.told,
            key_id=self.means.keyring.current.id,
            now=now,
        )
        return decision

    def _decide(self, account: Account, facts: Facts, decision: _Decision) -> None:
        scope, opened_at = self.record.plan.scope, self.record.opened_at
        if not is_affected(scope, facts, opened_at=opened_at):
            return
        whose = (self.record.id, account.id)
        decision.touched += 1
        password = account.password or ""
        if not has_password(account.password, facts.scheme):
            state = MemberState.NO_PASSWORD
            decision.entered.append(Member(*whose, state, None, None, 0))
            return
        retired = members.seal_retired(self.own, whose, password)
        state = MemberState.MUST_RESET
        decision.entered.append(Member(*whose, state, retired, None, 0))
        decision.retired += 1
        new = members.marker(self.own, *whose)
        decision.swaps.append(Swap(account.id, password, new))
        if is_reachable(account.address):
            decision.told.append(account.id)
            decision.notices += 1

    def _resume(self, account: Account, found: Member, decision: _Decision) -> None:
        """Finish what a crash between two databases left half done."""
        decision.touched += 1
        if found.retired is None:
            return
        decision.retired += 1
        decision.notices += is_reachable(account.address)
        if found.state is not MemberState.MUST_RESET or account.password is None:
            return
        if members.open_retired(self.own, found) == account.password:
            new = members.marker(self.own, found.campaign_id, found.account_id)
            decision.swaps.append(Swap(account.id, account.password, new))

    def _finish(
        self, connection: Connection, piece: Piece, decision: _Decision
    ) -> None:
        sweeps.finish(connection, piece, touched=decision.touched)
        audit.record(
            connection,
            self.means.keyring,
            event="range swept",
            detail={
                "campaign": self.record.id,
                "range": piece.number,
                "retired": decision.retired,
                "notices": decision.notices,
                "accounts": decision.touched,
            },
            now=self.means.clock(),
        )
