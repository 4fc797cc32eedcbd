"""The run: notices are sent at the rate, and each is acknowledged on its own."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from credguard.campaigns import leases, members, outbox, records, tokens
from credguard.campaigns.accounts import Account
from credguard.campaigns.delivering import Delivery, Outcome, Receipt
from credguard.campaigns.letter import compose, is_reachable, message_id
from credguard.campaigns.means import Means
from credguard.campaigns.outbox import Notice, Waiting
from credguard.campaigns.records import Record
from credguard.campaigns.states import CampaignState, MemberState
from credguard.errors import CampaignStateError, LeaseLostError
from credguard.sessions import Credential, credentials_of

DELIVERY_MARGIN = timedelta(seconds=90)  # more than one delivery may take
GIVE_UP_AFTER = 8  # attempts; RFC 5321 section 4.5.4.1 asks for days, not minutes
_BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440))
_GLANCE = timedelta(seconds=1)  # how long to wait before looking again


@dataclass(slots=True)
class Tellings:
    """
    What a run did so far.

    Attributes:
        told: Messages that the other side took.

        deferred: Messages that were put off.

        refused: Messages that will never be taken.
    """

    told: int = 0
    deferred: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """
    One run over a campaign's outbox; several may run at once.

    Attributes:
        means: What to work with.

        record: The campaign, swept.

        delivery: Carries the messages.

        worker: Who works, for the leases.

        stop: Asked before each message; True ends the run in good order.

        on_progress: Called after each message.

        margin: How long a lease outlasts the instant of its last message.

        waits: True to stay until deferred notices are due as well.
    """

    means: Means
    record: Record
    delivery: Delivery
    worker: str
    stop: Callable[[], bool]
    on_progress: Callable[[Tellings], None]
    margin: timedelta = DELIVERY_MARGIN
    waits: bool = False

    def go(self) -> Waiting:
        """
        Send what is due until nothing is, or until asked to stop.

        Returns:
            What is left in the outbox.

        Raises:
            DeliveryUnavailableError: The mail server or folder takes nothing;
                the notices stay queued.
            CampaignStateError: The campaign was aborted, or is not swept yet.
            StorageUnavailableError: The database is away, locked or full.
            UnknownKeyError: The key of a notice's token is not on the ring.
        """
        tellings = Tellings()
        while not self.stop():
            self._check_state()
            batch = leases.lease(
                self.means.database,
                self.record.id,
                worker=self.worker,
                now=self.means.clock(),
                margin=self.margin,
                link_lifetime=self.record.plan.link_lifetime,
            )
            if batch:
                self._send_all(batch, tellings)
            elif not self._await_more():
                break
        return self._left()

    def _check_state(self) -> None:
        with self.means.database.read() as connection:
            state = records.find(connection, self.record.id).state
        if state not in {CampaignState.NOTIFYING, CampaignState.WAITING}:
            message = f"the campaign is {state.value}; nothing is sent"
            raise CampaignStateError(message)

    def _left(self) -> Waiting:
        with self.means.database.read() as connection:
            return outbox.waiting(connection, self.record.id)

    def _await_more(self) -> bool:
        """Wait for other runs' leases; False when nothing is left for this one."""
        left = self._left()
        now = self.means.clock()
        if left.queued == 0:
            self._everybody_told()
            return False
        held = left.held_until is not None and left.held_until <= now + self.margin * 2
        if held or self.waits:
            self.means.pause(_GLANCE)
            return True
        return False

    def _everybody_told(self) -> None:
        # Where it is lost, another run found the same, or the campaign was aborted.
        with suppress(LeaseLostError), self.means.database.begin() as connection:
            record = records.find(connection, self.record.id)
            if record.state is CampaignState.NOTIFYING:
                now = self.means.clock()
                records.move(connection, record, CampaignState.WAITING, now=now)

    def _send_all(self, batch: list[Notice], tellings: Tellings) -> None:
        ids = [held.account_id for held in batch]
        with self.means.accounts.reading() as forum:
            accounts = self.means.accounts.find(forum, ids)
        with self.means.database.read() as connection:
            kept = credentials_of(connection, ids)
        untried = list(batch)
        try:
            while untried and self._is_time(untried[0]):
                # Where it is lost, whoever has the notice now tells the member.
                with suppress(LeaseLostError):
                    untried[0] = self._still_held(untried[0])
                    self._send_one(untried[0], accounts, kept, tellings)
                untried.pop(0)
                self.on_progress(tellings)
        finally:
            leases.release(self.means.database, untried)

    def _is_time(self, held: Notice) -> bool:
        """Wait for the instant that the rate gives; False if asked to stop."""
        left = held.send_at - self.means.clock()
        while left > timedelta(0) and not self.stop():
            self.means.pause(min(left, _GLANCE))
            left -= _GLANCE
        return not self.stop()

    def _send_one(
        self,
        held: Notice,
        accounts: Mapping[str, Account],
        kept: Mapping[str, Credential],
        tellings: Tellings,
    ) -> None:
        account = accounts.get(held.account_id)
        if account is None:
            self._member_left(held)
        elif not is_reachable(account.address):
            leases.refused(self.means.database, held, reply="no address")
            tellings.refused += 1
        else:
            receipt = self._deliver(held, account, kept.get(held.account_id))
            self._keep(held, receipt, tellings)

    def _still_held(self, held: Notice) -> Notice:
        now = self.means.clock()
        if now + self.margin <= held.lease_until:
            leases.check(self.means.database, held)
            return held
        return leases.renew(self.means.database, held, now=now, margin=self.margin * 2)

    def _deliver(
        self, held: Notice, account: Account, credential: Credential | None
    ) -> Receipt:
        letter, address = self.record.plan.letter, account.address or ""
        epoch = (credential or Credential()).epoch
        bearer = tokens.Bearer(
            campaign_id=self.record.id,
            notice_id=held.id,
            account_id=held.account_id,
            address=address,
            epoch=epoch,
        )
        message = compose(
            letter,
            recipient=address,
            token=tokens.issue(self.means.keyring, bearer, key_id=held.key_id),
            until=held.expires_at,
            queued_at=held.written_at,
            message_id=message_id(held.id, letter.domain),
        )
        return self.delivery.send(message, recipient=address)

    def _keep(self, held: Notice, receipt: Receipt, tellings: Tellings) -> None:
        now, database = self.means.clock(), self.means.database
        if receipt.outcome is Outcome.ACCEPTED:
            leases.told(database, held, reply=receipt.reply, now=now)
            tellings.told += 1
        elif receipt.outcome is Outcome.REFUSED or held.attempts + 1 >= GIVE_UP_AFTER:
            leases.refused(database, held, reply=receipt.reply)
            tellings.refused += 1
        else:
            # After an unknown outcome too: in a breach a second copy of the same
            # message does less harm than none.
            pause = _BACK_OFF[min(held.attempts, len(_BACK_OFF) - 1)]
            leases.defer(database, held, reply=receipt.reply, until=now + pause)
            tellings.deferred += 1

    def _member_left(self, held: Notice) -> None:
        now = self.means.clock()
        with self.means.database.begin() as connection:
            found = members.known(connection, self.record.id, [held.account_id])
            for each in found.values():
                members.settle(connection, each, MemberState.LEFT, now=now)
            outbox.cancel(connection, held.account_id)
