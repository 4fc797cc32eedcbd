"""Which notices a sender may hold next, and when each may go out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

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

    def asked(self) -> list[Candidate]:
        """Return notices that members asked for: they wait for no morning."""
        query = self._fresh(OTHERS, self.size, set(), only_asked=True)
        found = self._read(query)
        for lane in self.policy.lanes.names:
            found += self._read(self._fresh(lane, self.size, set(), only_asked=True))
        return found

    def all(self) -> list[Candidate]:
        """Return what may go out, of each lane as many as could all be sent."""
        until = self.now + BATCH_LASTS
        busy = paces.busy(self.connection, now=self.now, until=until)
        found = self._retries(busy)
        for lane in self.policy.lanes.names:
            if lane not in busy:
                found += self._read(self._fresh(lane, self._most(lane), busy))
        most = self.size * (_OTHERS_AT_ONCE if self.policy.other_rate else 1)
        return found + self._read(self._fresh(OTHERS, most, busy))

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

    def _retries(self, busy: set[str]) -> list[Candidate]:
        query = (
            select(notice.c.id, notice.c.mail_group, notice.c.due_at)
            .where(
                notice.c.campaign_id == self.campaign_id,
                notice.c.state == NoticeState.DEFERRED.value,
                notice.c.due_at <= self.now,
                self._is_free,
            )
            .order_by(notice.c.due_at)
            # Half of a batch at the most: those who were not tried yet come as well.
            .limit(max(1, self.size // 2))
        )
        if busy:
            query = query.where(notice.c.mail_group.not_in(sorted(busy)))
        return [
            Candidate(row[0], row[1] or "", waves.place_of_retry(row[2].timestamp()))
            for row in self.connection.execute(query)
        ]

    def _fresh(
        self, lane: str, most: int, busy: set[str], *, only_asked: bool = False
    ) -> Select[*tuple[object, ...]]:
        query = (
            select(notice.c.id, notice.c.mail_group, notice.c.place)
            .where(
                notice.c.campaign_id == self.campaign_id,
                notice.c.state == NoticeState.QUEUED.value,
                notice.c.lane == lane,
                self._is_free,
            )
            .order_by(notice.c.place)
            .limit(most)
        )
        if only_asked:
            query = query.where(notice.c.place < waves.ASKED_BEFORE)
        if lane == OTHERS and busy:
            query = query.where(notice.c.mail_group.not_in(sorted(busy)))
        return query

    @property
    def _is_free(self) -> ColumnElement[bool]:
        until = notice.c.lease_until
        return and_(notice.c.due_at <= self.now, or_(until.is_(None), until < self.now))

    def _read(self, query: Select[*tuple[object, ...]]) -> list[Candidate]:
        return [
            Candidate(str(row[0]), str(row[1] or ""), int(str(row[2])))
            for row in self.connection.execute(query)
        ]
