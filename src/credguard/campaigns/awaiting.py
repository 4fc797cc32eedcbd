"""What a run does while nothing may go out: it waits, or finds that it is over."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from credguard.campaigns import outbox, paces, records
from credguard.campaigns.choosing import Hold
from credguard.campaigns.leases import Batch
from credguard.campaigns.means import Means
from credguard.campaigns.pacing import BATCH_LASTS
from credguard.campaigns.records import Record
from credguard.campaigns.states import ENDED, UNSWEPT, CampaignState, MemberState
from credguard.errors import CampaignStateError, LeaseLostError
from credguard.storage.tables import member

GLANCE = timedelta(seconds=1)  # how long to wait before looking again
LOOK_EVERY = timedelta(seconds=5)  # who asked for a link sits there and waits for it

_RATE_GLANCE = timedelta(seconds=10)  # where the rate says how long
_LONG_GLANCE = timedelta(minutes=1)  # where it takes longer
_OPEN = (MemberState.MUST_RESET.value, MemberState.RESETTING.value)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """
    Waits for a run.

    Attributes:
        means: What to work with.

        record: The campaign.

        stop: Asked again and again; True ends the waiting.

        margin: How long a lease outlasts the instant of its last message.

        waits: True to wait until deferred notices are due, and over quiet hours, the
            day's quota and a pause.

        stays: True to wait for what is not queued yet, until the campaign is over.
    """

    means: Means
    record: Record
    stop: Callable[[], bool]
    margin: timedelta
    waits: bool
    stays: bool

    def is_over(self) -> bool:
        """
        Return True if the campaign has ended and the run stayed for that.

        Raises:
            CampaignStateError: It was aborted, or is not swept yet.
        """
        with self.means.database.read() as connection:
            state = records.find(connection, self.record.id).state
        if state not in UNSWEPT | ENDED:
            return False
        if state in ENDED and self.stays:
            return True
        message = f"the campaign is {state.value}; nothing is sent"
        raise CampaignStateError(message)

    def more(self, batch: Batch, *, look_at: datetime) -> bool:
        """
        Wait until there may be more; False when nothing is left for this run.

        Args:
            batch: An empty one, with why it is.

            look_at: When the run looks for reminders again.
        """
        now = self.means.clock()
        match batch.hold:
            case Hold.RATE | None:
                # Slots are given out as long before as a batch lasts.
                next_at = batch.next_at or now + GLANCE + BATCH_LASTS
                self._nap(min(next_at - BATCH_LASTS, now + _RATE_GLANCE))
                return True
            case Hold.NOTHING:
                return self._until_due(now, look_at)
            case Hold.QUOTA | Hold.QUIET | Hold.PAUSED:
                if self.waits:
                    latest = now + _LONG_GLANCE
                    self._nap(min(batch.next_at or latest, latest))
                return self.waits

    def _until_due(self, now: datetime, look_at: datetime) -> bool:
        with self.means.database.read() as connection:
            fresh = outbox.has_fresh(connection, self.record.id)
            resting = paces.resting(connection, now=now) if fresh else []
            left = None if fresh else outbox.waiting(connection, self.record.id)
        if left is None:
            # They rest, or are another run's: it is not over before all were tried.
            latest = now + (_LONG_GLANCE if resting else GLANCE)
            self._nap(min([latest, *(each.until for each in resting)]))
            return True
        if left.queued == 0:
            self._everybody_told()
            if not self.stays or self._nobody_left():
                return False
            self._watch(look_at)
            return True
        held = left.held_until is not None and left.held_until <= now + self.margin * 2
        if held or self.waits:
            latest = now + (GLANCE if held else _LONG_GLANCE)
            self._watch(min(left.next_at or latest, latest))
            return True
        return False

    def _nobody_left(self) -> bool:
        anybody = select(member.c.account_id).where(
            member.c.campaign_id == self.record.id, member.c.state.in_(_OPEN)
        )
        with self.means.database.read() as connection:
            return connection.execute(anybody.limit(1)).first() is None

    def _watch(self, until: datetime) -> None:
        """Wait until *until*, looking out for a new notice and for the end."""
        while not self.stop():
            now = self.means.clock()
            self._nap(min(until, now + LOOK_EVERY))
            with self.means.database.read() as connection:
                state = records.find(connection, self.record.id).state
                fresh = outbox.has_fresh(connection, self.record.id)
            if fresh or state in ENDED or self.means.clock() >= until:
                return

    def _nap(self, until: datetime) -> None:
        """Wait until *until*, at least a moment, looking out for a stop."""
        while True:
            left = until - self.means.clock()
            self.means.pause(min(max(left, GLANCE / 10), GLANCE))
            if left <= GLANCE or self.stop():
                return

    def _everybody_told(self) -> None:
        # Where it is lost, another run found the same, or the campaign was aborted.
        with suppress(LeaseLostError), self.means.database.begin() as connection:
            record = records.find(connection, self.record.id)
            if record.state is CampaignState.NOTIFYING:
                now = self.means.clock()
                records.move(connection, record, CampaignState.WAITING, now=now)
