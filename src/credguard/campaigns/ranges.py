"""
One range of a sweep: what is done to each account in it, and how it is written.

Where our tables live in the forum's database, a range is one transaction over
both. Where they do not, it is three: what will be done is written down first, so
that a crash between them is finished when the range is leased again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from credguard import sweeps
from credguard.campaigns import atoms, members, records, retired
from credguard.campaigns.accounts import Account, Swap, TakesBySet, Taking
from credguard.campaigns.decision import Decision, Earlier
from credguard.campaigns.lists import AccountList
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.campaigns.scope import is_affected
from credguard.campaigns.states import ENDED, UNSWEPT, CampaignState
from credguard.errors import BusyError, CampaignStateError, LeaseLostError
from credguard.keys import Keyring
from credguard.storage import audit
from credguard.storage.audit import Crowd
from credguard.sweeps import Piece

_PAGE = 500  # accounts that are read, and decided on, at a time
_CHANGING = "Password columns are being changed; run it again."


def refuse_aborted(state: CampaignState) -> None:
    """
    Check that the campaign goes on.

    Raises:
        CampaignStateError: It was aborted.
    """
    if state in ENDED:
        message = "the campaign was aborted"
        raise CampaignStateError(message)


@dataclass(frozen=True, slots=True)
class RangeWork:
    """
    Does the ranges of one campaign.

    Attributes:
        means: What to work with.

        record: The campaign.

        own: Its own keyring.

        listed: The lists that its scope names.
    """

    means: Means
    record: Record
    own: Keyring
    listed: tuple[AccountList, ...]

    @classmethod
    def of(cls, means: Means, record: Record) -> "RangeWork":
        """Return the work of a campaign that is swept."""
        with means.database.read() as connection:
            listed = records.listed(connection, record.plan.scope.lists())
        return cls(means, record, records.own_keyring(means.keyring, record), listed)

    def retire(self, piece: Piece) -> None:
        """
        Do one range; whatever stops it, the range can be done again.

        Raises:
            CampaignStateError: The campaign was aborted.
            LeaseLostError: Another worker took the range over.
            BusyError: The forum's columns are being changed.
            StorageUnavailableError: A database is away, locked or full.
        """
        if not self.means.is_shared:
            self._apart(piece)
            return
        try:
            self._as_read(piece)
        except BusyError:
            self._locked(piece)

    def _as_read(self, piece: Piece) -> None:
        """Decide on what was read without a lock, and write only if it still stands."""
        means = self.means
        decision = self._begun()
        with means.database.read() as both:
            for page in self._takings(both, both, piece, lock=False):
                decision.take(page, Earlier())
        # Before the transaction that writes, so that on SQLite two workers share this.
        decision.seal(retired.first_page(piece.number))
        crowd = audit.crowd(means.keyring, decision.affected)
        with means.database.begin() as both:
            self._hold(both)
            # First, so that who lost the range waits here and not among our rows.
            sweeps.finish(both, piece, touched=decision.touched)
            try:
                self._write_down(both, decision)
            except IntegrityError:
                raise BusyError(_CHANGING) from None
            self._swap(both, decision)
            self._note(both, piece, decision, crowd)

    def _locked(self, piece: Piece) -> None:
        """Decide and write in one transaction, among log-ins that change rows."""
        means = self.means
        with means.database.begin() as both:
            self._hold(both)
            takings = self._takings(both, both, piece, lock=True)
            decision = self._resumed(both, piece, takings)
            sweeps.finish(both, piece, touched=decision.touched)
            self._write_down(both, decision)
            self._swap(both, decision)
            self._note(both, piece, decision)

    def _apart(self, piece: Piece) -> None:
        means, accounts = self.means, self.means.accounts
        with means.database.read() as ours, accounts.reading() as forum:
            takings = list(self._takings(forum, ours, piece, lock=False))
        with means.database.begin() as ours:
            self._hold(ours)
            decision = self._resumed(ours, piece, takings)
            self._write_down(ours, decision)
        with accounts.writing() as forum:
            # A column that changed since was changed after the watermark, by the
            # forum's own reset form; the gate deals with it at the next log-in.
            for page in decision.swaps():
                accounts.swap(forum, page)
        with means.database.begin() as ours:
            # Not if the campaign went on: then another worker has done this range,
            # and what stands in the columns is right.
            if records.hold_state(ours, self.record.id) in ENDED:
                self._take_back(decision)
            sweeps.finish(ours, piece, touched=decision.touched)
            self._note(ours, piece, decision)

    def _swap(self, both: Connection, decision: Decision) -> None:
        swap = self.means.accounts.swap
        if sum(swap(both, page) for page in decision.swaps()) != decision.swapped:
            raise BusyError(_CHANGING)

    def _take_back(self, decision: Decision) -> None:
        """Undo what an abort that came in between could not see."""
        with self.means.accounts.writing() as forum:
            for page in decision.swaps():
                undo = [Swap(each.account_id, each.new, each.old) for each in page]
                self.means.accounts.swap(forum, undo)
        refuse_aborted(CampaignState.ABORTED)

    def _hold(self, connection: Connection) -> None:
        """Check that the range is still to be done, and keep it so until the end."""
        state = records.hold_state(connection, self.record.id)
        refuse_aborted(state)
        if state not in UNSWEPT:
            message = "another worker took this range over and has done it"
            raise LeaseLostError(message)

    def _takings(
        self, forum: Connection, ours: Connection, piece: Piece, *, lock: bool
    ) -> Iterator[list[Taking]]:
        """Read the accounts of the range that are affected, in pages."""
        means, opened_at = self.means, self.record.opened_at
        accounts = means.accounts
        if isinstance(accounts, TakesBySet):
            # What `is_affected` says of the watermark, as a scope.
            scope = self.record.plan.scope & atoms.CredentialSetBefore(opened_at)
            between = (piece.low, piece.high)
            pages = accounts.takings(
                forum,
                scope,
                kept_in=means.database,
                between=between,
                size=_PAGE,
                lock=lock,
            )
        else:
            rows = accounts.between(forum, low=piece.low, high=piece.high, lock=lock)
            pages = iter([[_asking(account) for account in rows]])
        for page in pages:
            yield self._affected(ours, page)

    def _affected(self, ours: Connection, page: list[Taking]) -> list[Taking]:
        """Return those of a page who are in scope, where the database cannot tell."""
        asked = [taking.asks for taking in page if taking.asks is not None]
        if not asked:
            return page
        scope, opened_at = self.record.plan.scope, self.record.opened_at
        out = {
            each.account_id
            for each in self.means.facts_of_many(ours, asked, self.listed)
            if not is_affected(scope, each, opened_at=opened_at)
        }
        return [taking for taking in page if taking.account_id not in out]

    def _begun(self) -> Decision:
        return Decision(self.record.id, self.own, self.means.identify)

    def _resumed(
        self, ours: Connection, piece: Piece, takings: Iterable[list[Taking]]
    ) -> Decision:
        """Decide on a range of which a part may have been written before a crash."""
        decision = self._begun()
        for page in takings:
            ids = [taking.account_id for taking in page]
            known = members.known(ours, self.record.id, ids)
            hashes = retired.hashes_of(ours, self.own, known.values())
            decision.take(page, Earlier(known, hashes))
        decision.seal(retired.next_page(ours, self.record.id, piece.number))
        return decision

    def _write_down(self, connection: Connection, decision: Decision) -> None:
        now = self.means.clock()
        retired.write(connection, self.record.id, decision.pages)
        for entry in decision.entered:
            members.enter(connection, self.record.id, entry, now=now)

    def _note(
        self,
        connection: Connection,
        piece: Piece,
        decision: Decision,
        crowd: Crowd | None = None,
    ) -> None:
        detail = {
            "campaign": self.record.id,
            "range": piece.number,
            "retired": decision.retired,
            "reachable": decision.reachable,
            "accounts": decision.touched,
        }
        audit.record(
            connection,
            self.means.keyring,
            event="range swept",
            detail=detail,
            now=self.means.clock(),
            accounts=crowd or decision.affected,
        )


def _asking(account: Account) -> Taking:
    return Taking(
        account.id,
        account.password,
        account.address,
        account.salt,
        account.username,
        account,
    )
