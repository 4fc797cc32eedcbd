"""Which notices a sender may hold next, and when each may go out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, bindparam, or_, select

from credguard._clock import FARTHEST
from credguard.campaigns import breaking, paces, waves
from credguard.campaigns.mail_groups import OTHERS
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.pacing import (
    BATCH_LASTS,
    Candidate,
    Track,
    assign,
    step_of,
)
from credguard.campaigns.states import NoticeState
from credguard.storage.tables import notice

_OTHERS_AT_ONCE = 3  # times a batch, where each of the other domains has a rate


class Hold(StrEnum):
    """Why nothing may go out now."""

    NOTHING = "nothing is due"
    RATE = "the rate"
    QUOTA = "the day's quota"
    QUIET = "quiet hours"
    PAUSED = "sending is paused"


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What may go out.

    Attributes:
        given: Ids of notices and the instant of each, in order.

        hold: Why there are none, None if there are some.

        next_at: When there may be some again, None if it is not known.
    """

    given: list[tuple[str, datetime]]
    hold: Hold | None = None
    next_at: datetime | None = None


def choose(
    connection: Connection,
    campaign_id: str,
    policy: NoticePolicy,
    *,
    rate: float,
    size: int,
    now: datetime,
) -> Choice:
    """
    Choose up to *size* notices and take their slots.

    Args:
        connection: A transaction that writes; the slots are taken if it commits.

        campaign_id: The campaign.

        policy: How its notices go out.

        rate: Messages a second over all senders.

        size: How many to choose at the most.

        now: The present instant.
    """
    whole = paces.lock_whole(connection, step_of(rate), now)
    if breaking.pause_of(connection, campaign_id).at is not None:
        return Choice([], Hold.PAUSED)
    if whole.free_at >= now + BATCH_LASTS:
        return Choice([], Hold.RATE, whole.free_at)
    room = paces.room(connection, policy.day_quota, now)
    if room.left == 0:
        return Choice([], Hold.QUOTA, room.next_at)
    size = size if room.left is None else min(size, room.left)
    search = _Search(connection, campaign_id, policy, size, now)
    quiet_until = policy.quiet_until(now)
    candidates = search.asked() if quiet_until else search.all()
    if not candidates:
        held = Hold.QUIET if quiet_until else Hold.NOTHING
        return Choice([], held, quiet_until)
    tracks = search.tracks(candidates)
    slots = assign(candidates, whole=whole, groups=tracks, now=now, most=size)
    if not slots.given:
        return Choice([], Hold.RATE, slots.next_at)
    used = {name: each for name, each in tracks.items() if each.free_at > now}
    paces.keep(connection, {paces.WHOLE: whole, **used})
    if policy.day_quota is not None:
        paces.count_sent(connection, by_hour([at for _, at in slots.given]))
    return Choice(slots.given)


def by_hour(instants: list[datetime]) -> dict[datetime, int]:
    """Count *instants* by the hour in which they lie."""
    hours: dict[datetime, int] = {}
    for instant in instants:
        hour = paces.hour_of(instant)
        hours[hour] = hours.get(hour, 0) + 1
    return hours


@dataclass(slots=True)
class _Search:
    connection: Connection
    campaign_id: str
    policy: NoticePolicy
    size: int
    now: datetime
    busy: set[str] = field(default_factory=set)

    def asked(self) -> list[Candidate]:
        """Return notices that members asked for: they wait for no morning."""
        found: list[Candidate] = []
        for lane in (OTHERS, *self.policy.lanes.names):
            found += self._fresh(lane, self.size, before=waves.ASKED_BEFORE)
        return found

    def all(self) -> list[Candidate]:
        """Return what may go out, of each lane as many as could all be sent."""
        until = self.now + BATCH_LASTS
        self.busy = paces.busy(self.connection, now=self.now, until=until)
        found = self._retries()
        for lane in self.policy.lanes.names:
            if lane not in self.busy:
                found += self._fresh(lane, self._most(lane))
        most = self.size * (_OTHERS_AT_ONCE if self.policy.other_rate else 1)
        return found + self._fresh(OTHERS, most)

    def tracks(self, candidates: list[Candidate]) -> dict[str, Track]:
        """Return the slots of the candidates' groups, of those that have a rate."""
        named = self.policy.lanes.names
        rates = {
            each.group: self.policy.rate_of(
                each.group if each.group in named else OTHERS
            )
            for each in candidates
        }
        limited = {name: rate for name, rate in rates.items() if rate is not None}
        known = paces.next_slots(self.connection, limited)
        return {
            name: Track(known.get(name, self.now), step_of(rate))
            for name, rate in limited.items()
        }

    def _most(self, lane: str) -> int:
        rate = self.policy.rate_of(lane)
        if rate is None:
            return self.size
        return min(self.size, int(rate * BATCH_LASTS.total_seconds()) + 1)

    def _retries(self) -> list[Candidate]:
        # Half of a batch at the most: those who were not tried yet come as well.
        rows = self._read(_RETRIES, "", max(1, self.size // 2))
        return [
            Candidate(row[0], row[1] or "", waves.place_of_retry(row[2].timestamp()))
            for row in rows
        ]

    def _fresh(
        self, lane: str, most: int, *, before: int = waves.AFTER_ALL
    ) -> list[Candidate]:
        rows = self._read(_FRESH, lane, most, b_before=before)
        return [Candidate(row[0], row[1] or "", row[2]) for row in rows]

    def _read(
        self, query: Executable, lane: str, most: int, **more: int
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        values = {
            "b_campaign": self.campaign_id,
            "b_lane": lane,
            "b_now": self.now,
            "b_farthest": self.now + FARTHEST,
            "b_most": most,
            # A named group that is busy is not asked for.
            "b_busy": [] if lane else sorted(self.busy),
        }
        return self.connection.execute(query, {**values, **more}).all()


# Made once: building these costs more than running them.
_DUE = and_(
    notice.c.campaign_id == bindparam("b_campaign"),
    notice.c.due_at <= bindparam("b_now"),
    or_(
        notice.c.lease_until.is_(None),
        notice.c.lease_until < bindparam("b_now"),
        notice.c.lease_until > bindparam("b_farthest"),
    ),
    notice.c.mail_group.not_in(bindparam("b_busy", expanding=True)),
)
_FRESH = (
    select(notice.c.id, notice.c.mail_group, notice.c.place)
    .where(
        _DUE,
        notice.c.state == NoticeState.QUEUED.value,
        notice.c.lane == bindparam("b_lane"),
        notice.c.place < bindparam("b_before"),
    )
    .order_by(notice.c.place)
    .limit(bindparam("b_most"))
)
_RETRIES = (
    select(notice.c.id, notice.c.mail_group, notice.c.due_at)
    .where(_DUE, notice.c.state == NoticeState.DEFERRED.value)
    .order_by(notice.c.due_at)
    .limit(bindparam("b_most"))
)
