"""One notice is handed over, and what came of it is kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from credguard.campaigns import (
    acks,
    breaking,
    members,
    outbox,
    paces,
    suppression,
    tokens,
    verp,
)
from credguard.campaigns.accounts import Account
from credguard.campaigns.acks import Look
from credguard.campaigns.bounce_codes import is_bad_address, is_permanent
from credguard.campaigns.delivering import Delivery, Outcome, Receipt
from credguard.campaigns.letter import compose, is_reachable, message_id
from credguard.campaigns.means import Means
from credguard.campaigns.notice_policy import Ambiguous
from credguard.campaigns.outbox import Notice
from credguard.campaigns.records import Record
from credguard.campaigns.states import MemberState, NoticeState
from credguard.campaigns.wording import Wording
from credguard.sessions import Credential, credentials_of

GIVE_UP_AFTER = 8  # attempts; RFC 5321 section 4.5.4.1 asks for days, not minutes
BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440))
_CLOSES = "421"  # RFC 5321 section 4.2.3: the service closes the line
_NOBODY = Credential()


@dataclass(slots=True)
class Tellings:
    """
    What a run did so far.

    Attributes:
        told: Messages that the other side took.

        deferred: Messages that were put off.

        refused: Messages that will never be taken.

        held: Messages that may be out or not, kept for the operator.

        waits_for: What the run waits for, empty while it sends.

        by_group: Messages that were taken, by group of mail exchangers.
    """

    told: int = 0
    deferred: int = 0
    refused: int = 0
    held: int = 0
    waits_for: str = ""
    by_group: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Handing:
    """
    What is needed to hand over the notices of a batch.

    Attributes:
        means: What to work with.

        record: The campaign.

        delivery: Carries the messages.

        wording: The campaign's letters.

        accounts: The batch's accounts, of those that exist.

        kept: Their credentials.

        bad: Those of their addresses that are not written to.
    """

    means: Means
    record: Record
    delivery: Delivery
    wording: Wording
    accounts: Mapping[str, Account]
    kept: Mapping[str, Credential]
    bad: frozenset[str]

    @classmethod
    def of(
        cls, means: Means, record: Record, delivery: Delivery, batch: list[Notice]
    ) -> "Handing":
        """Read what a batch needs."""
        ids = [held.account_id for held in batch]
        with means.accounts.reading() as forum:
            accounts = means.accounts.find(forum, ids)
        addresses = {each.address for each in accounts.values() if each.address}
        with means.database.read() as connection:
            kept = credentials_of(connection, ids)
            bad = suppression.suppressed(connection, addresses)
        wording = record.plan.notices.wording(record.plan.letter)
        return cls(means, record, delivery, wording, accounts, kept, bad=frozenset(bad))

    def is_simple(self, held: Notice) -> bool:
        """Return True if there is nothing that speaks against sending it."""
        account = self.accounts.get(held.account_id)
        address = (account.address if account else None) or ""
        is_good = is_reachable(address) and address not in self.bad
        lanes = self.record.plan.notices.lanes
        return is_good and lanes.of(address)[1] == held.group

    def is_sent(self, connection: Connection, held: Notice) -> bool:
        """
        Return True if the notice is to be handed over; if not, keep why.

        Raises:
            LeaseLostError: Another sender holds the notice, or it was taken back.
        """
        account = self.accounts.get(held.account_id)
        if account is None:
            self._member_left(connection, held)
            return False
        address = account.address or ""
        if not is_reachable(address):
            acks.settle(connection, held, NoticeState.NO_ADDRESS, reply="no address")
            return False
        if address in self.bad:
            acks.settle(connection, held, NoticeState.SUPPRESSED, reply="suppressed")
            return False
        lane, group = self.record.plan.notices.lanes.of(address)
        if group != held.group:
            acks.move(connection, held, lane=lane, group=group)
            return False
        return True

    def deliver(self, held: Notice) -> Receipt:
        """
        Compose the message and hand it over.

        Raises:
            DeliveryUnavailableError: Nothing can be carried to anybody now.
            UnknownKeyError: The key of the token is not on the ring.
        """
        address = self.accounts[held.account_id].address or ""
        letter = self.wording.letter(held.language, held.kind)
        token = self._token(held, address) if letter.link else ""
        named = message_id(held.id, letter.domain)
        message = compose(
            letter,
            recipient=address,
            token=token,
            until=held.expires_at,
            queued_at=held.written_at,
            message_id=named,
        )
        bounces_to = self.record.plan.notices.bounce_address
        return self.delivery.send(
            message,
            recipient=address,
            return_path=verp.address(
                self.means.keyring, bounces_to, held.id, key_id=held.key_id
            )
            if bounces_to
            else None,
            idempotency_key=named[1:-1].partition(".")[0],
        )

    def keep(
        self,
        connection: Connection,
        held: Notice,
        receipt: Receipt,
        *,
        seen: Look,
        tellings: Tellings,
    ) -> bool:
        """
        Keep what came of a notice.

        Returns:
            True if its group rests from now on.

        Raises:
            LeaseLostError: Another sender holds the notice, or it was taken back.
        """
        now, reply = self.means.clock(), receipt.reply
        match receipt.outcome:
            case Outcome.ACCEPTED:
                address = self.accounts[held.account_id].address or ""
                digest = suppression.digest_of(address)
                acks.told(connection, held, reply=reply, sent_to=digest, now=now)
                if seen.is_troubled:
                    paces.was_taken(connection, held.group)
                tellings.told += 1
                tellings.by_group[held.group] += 1
            case Outcome.REFUSED:
                tellings.refused += 1
                self._refused(connection, held, reply)
            case Outcome.UNKNOWN if self._holds:
                tellings.held += 1
                acks.settle(connection, held, NoticeState.HELD, reply=reply)
            case _:
                return self._put_off(connection, held, receipt, tellings)
        return False

    @property
    def _holds(self) -> bool:
        return self.record.plan.notices.ambiguous is Ambiguous.HOLD

    def _token(self, held: Notice, address: str) -> str:
        bearer = tokens.Bearer(
            campaign_id=self.record.id,
            notice_id=held.id,
            account_id=held.account_id,
            address=address,
            epoch=self.kept.get(held.account_id, _NOBODY).epoch,
        )
        return tokens.issue(self.means.keyring, bearer, key_id=held.key_id)

    def _refused(self, connection: Connection, held: Notice, reply: str) -> None:
        now, policy = self.means.clock(), self.record.plan.notices
        acks.settle(connection, held, NoticeState.REFUSED, reply=reply, now=now)
        if is_bad_address(reply):
            address = self.accounts[held.account_id].address or ""
            digest, reason = suppression.digest_of(address), suppression.Reason.BOUNCED
            suppression.suppress(connection, digest, reason, now=now)
        if is_permanent(reply):
            breaking.check(
                connection, self.means.keyring, self.record.id, policy, now=now
            )

    def _put_off(
        self,
        connection: Connection,
        held: Notice,
        receipt: Receipt,
        tellings: Tellings,
    ) -> bool:
        now, reply = self.means.clock(), receipt.reply
        if held.attempts + 1 >= GIVE_UP_AFTER:
            acks.settle(connection, held, NoticeState.GIVEN_UP, reply=reply, now=now)
            tellings.refused += 1
        else:
            pause = BACK_OFF[min(held.attempts, len(BACK_OFF) - 1)]
            acks.defer(connection, held, reply=reply, until=now + pause)
            tellings.deferred += 1
        if receipt.outcome is not Outcome.DEFERRED:
            return False
        at_once = reply == _CLOSES
        rests = paces.was_put_off(connection, held.group, now=now, at_once=at_once)
        return rests is not None

    def _member_left(self, connection: Connection, held: Notice) -> None:
        now = self.means.clock()
        found = members.known(connection, self.record.id, [held.account_id])
        for each in found.values():
            members.settle(connection, each, MemberState.LEFT, now=now)
        outbox.cancel(connection, held.account_id)
