"""The run: notices are sent at the rates, and each is acknowledged on its own."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credguard.campaigns import (
    acks,
    awaiting,
    filling,
    leases,
    outbox,
    paces,
    reminding,
    told_records,
    waves,
)
from credguard.campaigns.acks import Look
from credguard.campaigns.awaiting import Awaiting
from credguard.campaigns.choosing import Hold
from credguard.campaigns.delivering import Delivery
from credguard.campaigns.handing import Handing, Tellings
from credguard.campaigns.held import Held
from credguard.campaigns.means import Means
from credguard.campaigns.notice_policy import Ambiguous
from credguard.campaigns.outbox import Notice, Waiting
from credguard.campaigns.pacing import LATEST, SLOW, batch_size
from credguard.campaigns.records import Record
from credguard.errors import LeaseLostError

DELIVERY_MARGIN = timedelta(seconds=90)  # more than one delivery may take
REMIND_EVERY = timedelta(hours=1)  # how often a run looks who is to be reminded
RECORD_EVERY = timedelta(seconds=10)  # how often the audit log is told who was told
_NO_TIME = timedelta(0)
_WEIGHT = 0.2  # of the last message in how long messages take


@dataclass(slots=True)
class Run:
    """
    One run over a campaign's outbox; several may run at once.

    Attributes:
        means: What to work with.

        record: The campaign, swept.

        delivery: Carries the messages.

        worker: Who works, for the leases.

        stop: Asked before each message; True ends the run in good order.

        on_progress: Called after each message, and while the run waits.

        margin: How long a lease outlasts the instant of its last message.

        waits: True to stay until deferred notices are due as well, and over quiet
            hours, the day's quota and a pause.

        stays: True to stay until the campaign is over, for links and reminders.
    """

    means: Means
    record: Record
    delivery: Delivery
    worker: str
    stop: Callable[[], bool]
    on_progress: Callable[[Tellings], None]
    margin: timedelta = DELIVERY_MARGIN
    waits: bool = False
    stays: bool = False
    _took: timedelta | None = field(default=None, init=False)
    _reminded_at: datetime | None = field(default=None, init=False)
    _recorded_at: datetime | None = field(default=None, init=False)

    def go(self) -> Waiting:
        """
        Send what is due until nothing is, or until asked to stop.

        One that stays goes on until nobody must reset any more.

        Returns:
            What is left in the outbox.

        Raises:
            DeliveryUnavailableError: The mail server or folder takes nothing;
                the notices stay queued.
            CampaignStateError: The campaign was aborted, or is not swept yet.
            StorageUnavailableError: The database is away, locked or full.
            UnknownKeyError: The key of a notice's token is not on the ring.
        """
        try:
            self._go()
        finally:
            told_records.record_told(self.means, self.record.id)
        with self.means.database.read() as connection:
            return outbox.waiting(connection, self.record.id)

    def _go(self) -> None:
        tellings, idle = Tellings(), self._awaiting()
        while not self.stop() and not idle.is_over():
            self._record_told()
            looked_at = self._fill()
            batch = leases.lease(
                self.means.database,
                self.record,
                worker=self.worker,
                now=self.means.clock(),
                margin=self.margin,
                size=batch_size(self.record.plan.rate, self._took),
            )
            tellings.waits_for = "" if batch.hold is None else batch.hold.value
            if batch.notices:
                self._send_all(batch.notices, tellings)
            else:
                if batch.hold is not Hold.NOTHING or self.stays:
                    self.on_progress(tellings)
                told_records.record_told(self.means, self.record.id)
                if not idle.more(batch, look_at=looked_at + REMIND_EVERY):
                    break

    def _awaiting(self) -> Awaiting:
        return Awaiting(
            self.means,
            self.record,
            self.stop,
            margin=self.margin,
            waits=self.waits or self.stays,
            stays=self.stays,
        )

    def _record_told(self) -> None:
        now = self.means.clock()
        if self._recorded_at is None or now - self._recorded_at >= RECORD_EVERY:
            told_records.record_told(self.means, self.record.id)
            self._recorded_at = now

    def _fill(self) -> datetime:
        """
        Put what is due into the outbox, and all that is new in order.

        Returns:
            When it was last looked who is to be reminded.
        """
        now = self.means.clock()
        if self._reminded_at is None or now - self._reminded_at >= REMIND_EVERY:
            # Who is in the campaign is settled when it is swept: once would do.
            filling.fill(self.means, self.record)
            reminding.queue_due(self.means, self.record)
            self._reminded_at = now
        waves.sort(self.means, self.record)
        return self._reminded_at

    def _send_all(self, batch: list[Notice], tellings: Tellings) -> None:
        handing = Handing.of(self.means, self.record, self.delivery, batch)
        held = Held(deque(batch))
        try:
            while held.untried and self._is_time(held):
                if not self._send_next(handing, held, tellings):
                    break
                self.on_progress(tellings)
        finally:
            counts = self.record.plan.notices.day_quota is not None
            owner = leases.owner(self.worker)
            acks.release(self.means.database, held.rest, owner=owner, counts=counts)

    def _is_time(self, held: Held) -> bool:
        """
        Wait for the instant that the rate gives; False if it is over.

        The first of a batch goes out however late it is, or nothing would where
        the database takes longer than a slot can be used.
        """
        at = held.untried[0].send_at
        left = at - self.means.clock()
        while left > _NO_TIME and not self.stop():
            held.seen = None
            self.means.pause(min(left, awaiting.GLANCE))
            left = at - self.means.clock()
        return not self.stop() and (-left <= LATEST or held.is_first)

    def _send_next(self, handing: Handing, held: Held, tellings: Tellings) -> bool:
        """Send the first notice that is held; False if the batch is over."""
        one, seen = held.untried[0], held.seen
        held.seen = None
        if one.group in held.resting:
            held.back.append(held.untried.popleft())
            return True
        if seen is None:
            with self.means.database.read() as connection:
                seen = acks.look(connection, one)
        if seen.is_paused:
            return False
        if seen.rests_until is not None and seen.rests_until > self.means.clock():
            held.resting.add(one.group)
        elif not seen.is_ours:
            held.untried.popleft()
        else:
            held.is_first, began = False, self.means.clock()
            # Where it is lost, whoever has the notice now tells the member.
            with suppress(LeaseLostError):
                self._send_one(handing, held, seen, tellings)
            held.untried.popleft()
            self._learn(self.means.clock() - began)
        return True

    def _send_one(
        self, handing: Handing, held: Held, seen: Look, tellings: Tellings
    ) -> None:
        one = held.untried[0]
        if not handing.is_simple(one):
            with self.means.database.begin() as connection:
                is_sent = handing.is_sent(connection, one)
            if not is_sent:
                return
        held.untried[0] = one = self._still_held(one)
        began = self.means.clock()
        receipt = handing.deliver(one)
        took = self.means.clock() - began
        with self.means.database.begin() as connection:
            if took >= SLOW:
                held.resting.add(one.group)
                paces.was_slow(connection, one.group, took, now=self.means.clock())
            if handing.keep(connection, one, receipt, seen=seen, tellings=tellings):
                held.resting.add(one.group)
            if len(held.untried) > 1:
                held.seen = acks.look(connection, held.untried[1])

    def _still_held(self, one: Notice) -> Notice:
        now = self.means.clock()
        holds = self.record.plan.notices.ambiguous is Ambiguous.HOLD
        if now + self.margin <= one.lease_until and not holds:
            return one
        with self.means.database.begin() as connection:
            return acks.renew(
                connection,
                one,
                until=now + self.margin * 2,
                reply=leases.GOING_OUT if holds else None,
            )

    def _learn(self, took: timedelta) -> None:
        # One that hangs says little about the next: its group rests now.
        took = min(max(took, _NO_TIME), SLOW)
        before = self._took or took
        self._took = before + (took - before) * _WEIGHT
