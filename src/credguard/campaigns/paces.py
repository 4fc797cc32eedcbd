"""
The rates, kept by the database so that they hold for all senders together.

One row is the whole; a group of mail exchangers has one once it has a rate or gave
trouble. Whoever leases a batch locks the whole's row first. Rates, rests and the
day's quota are over all campaigns: to a provider they are one sender.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from credguard._clock import FARTHEST
from credguard.campaigns.pacing import (
    DEFERRALS_TO_REST,
    LONGEST_REST,
    SLOW_SHARE,
    Track,
    next_rest,
)
from credguard.storage.database import insert_new
from credguard.storage.tables import pace, sent_hour

WHOLE = "*"
"""The name of the row of all senders; no domain and no group is named so."""

QUOTA_HOURS = 24
_HOUR = timedelta(hours=1)
# An hour counts until its last message is a day old.
_COUNTS_FOR = _HOUR * (QUOTA_HOURS + 1)
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rest:
    """
    A group that is left alone for a while.

    Attributes:
        group: Its name.

        until: Until when.
    """

    group: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """
    What is left of the day's quota.

    Attributes:
        left: How many messages may go out now, None for no limit.

        next_at: When there is room again.
    """

    left: int | None
    next_at: datetime | None = None


def lock_whole(connection: Connection, step: timedelta, now: datetime) -> Track:
    """Return the slots of all senders, locked until the transaction ends."""
    query = select(pace.c.next_slot_at).where(pace.c.name == WHOLE).with_for_update()
    free_at = connection.execute(query).scalar()
    if free_at is None:
        insert_new(connection, pace, [_row(WHOLE, now)])
        free_at = connection.execute(query).scalar_one()
    if free_at > now + FARTHEST:
        _set_back(connection, now)
        free_at = now
    return Track(free_at, step)


def _set_back(connection: Connection, now: datetime) -> None:
    """Free the slots and the rests that a clock gave out which was far ahead."""
    late = pace.c.next_slot_at > now + FARTHEST
    connection.execute(update(pace).where(late).values(next_slot_at=now))
    rests = pace.c.rests_until > now + FARTHEST
    connection.execute(update(pace).where(rests).values(rests_until=None))


def busy(connection: Connection, *, now: datetime, until: datetime) -> set[str]:
    """Return the groups that rest now, or whose next slot is not before *until*."""
    query = select(pace.c.name).where(
        pace.c.name != WHOLE,
        or_(pace.c.rests_until > now, pace.c.next_slot_at >= until),
    )
    return set(connection.execute(query).scalars())


def resting(connection: Connection, *, now: datetime) -> list[Rest]:
    """Return the groups that rest now, the one that rests longest last."""
    query = (
        select(pace.c.name, pace.c.rests_until)
        .where(pace.c.rests_until > now)
        .order_by(pace.c.rests_until)
    )
    return [Rest(row.name, row.rests_until) for row in connection.execute(query)]


def next_slots(connection: Connection, names: Collection[str]) -> dict[str, datetime]:
    """Return the next slot of those of *names* that have a row."""
    found: dict[str, datetime] = {}
    ordered = sorted(names)
    for start in range(0, len(ordered), _MOST_AT_ONCE):
        query = select(pace.c.name, pace.c.next_slot_at).where(
            pace.c.name.in_(ordered[start : start + _MOST_AT_ONCE])
        )
        found |= {row.name: row.next_slot_at for row in connection.execute(query)}
    return found


def keep(connection: Connection, tracks: Mapping[str, Track]) -> None:
    """Write where the slots of *tracks* go on."""
    insert_new(
        connection, pace, [_row(name, each.free_at) for name, each in tracks.items()]
    )
    for name, track in tracks.items():
        connection.execute(
            update(pace)
            .where(pace.c.name == name, pace.c.next_slot_at < track.free_at)
            .values(next_slot_at=track.free_at)
        )


def room(connection: Connection, quota: int | None, now: datetime) -> Room:
    """Return what is left of *quota* for the last 24 hours, counted by the hour."""
    if quota is None:
        return Room(None)
    connection.execute(delete(sent_hour).where(sent_hour.c.hour <= now - _COUNTS_FOR))
    query = select(func.sum(sent_hour.c.sent), func.min(sent_hour.c.hour)).where(
        sent_hour.c.sent > 0
    )
    sent, oldest = connection.execute(query).one()
    left = max(0, quota - int(sent or 0))
    return Room(left, oldest + _COUNTS_FOR if oldest and not left else None)


def count_sent(connection: Connection, at: Mapping[datetime, int]) -> None:
    """Add to what went out in each hour; a negative number takes back."""
    insert_new(connection, sent_hour, [{"hour": hour, "sent": 0} for hour in at])
    for hour, number in at.items():
        connection.execute(
            update(sent_hour)
            .where(sent_hour.c.hour == hour)
            .values(sent=sent_hour.c.sent + number)
        )


def hour_of(instant: datetime) -> datetime:
    """Return the beginning of the hour in which *instant* lies."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def was_put_off(
    connection: Connection,
    group: str,
    *,
    now: datetime,
    at_once: bool,
) -> datetime | None:
    """
    Keep that a message to *group* was put off; it rests where that was too often.

    Args:
        connection: A transaction that writes.

        group: The group of mail exchangers.

        now: The present instant.

        at_once: True where the server said that it takes nothing more now (421).

    Returns:
        Until when the group rests, None if it does not.
    """
    insert_new(connection, pace, [_row(group, now)])
    connection.execute(
        update(pace)
        .where(pace.c.name == group)
        .values(deferrals=pace.c.deferrals + 1, version=pace.c.version + 1)
    )
    row = connection.execute(select(pace).where(pace.c.name == group)).one()
    if row.rests_until is not None and row.rests_until > now:
        # Another sender's message was put off first.
        until: datetime = row.rests_until
        return until
    if not at_once and row.deferrals < DEFERRALS_TO_REST:
        return None
    rest = next_rest(timedelta(seconds=row.rest_seconds))
    connection.execute(
        update(pace)
        .where(pace.c.name == group)
        .values(
            rests_until=now + rest,
            rest_seconds=int(rest.total_seconds()),
            deferrals=0,
        )
    )
    return now + rest


def was_slow(
    connection: Connection, group: str, took: timedelta, *, now: datetime
) -> None:
    """Let a group rest whose server took long, so that it does not hold up others."""
    insert_new(connection, pace, [_row(group, now)])
    until = now + min(took * SLOW_SHARE, LONGEST_REST)
    shorter = or_(pace.c.rests_until.is_(None), pace.c.rests_until < until)
    connection.execute(
        update(pace).where(pace.c.name == group, shorter).values(rests_until=until)
    )


def was_taken(connection: Connection, group: str) -> None:
    """Keep that *group* takes messages again: its next rest is a short one."""
    trouble = or_(pace.c.deferrals > 0, pace.c.rest_seconds > 0)
    connection.execute(
        update(pace)
        .where(and_(pace.c.name == group, trouble))
        .values(deferrals=0, rest_seconds=0)
    )


def _row(name: str, free_at: datetime) -> dict[str, object]:
    return {
        "name": name,
        "next_slot_at": free_at,
        "rests_until": None,
        "rest_seconds": 0,
        "deferrals": 0,
        "version": 0,
    }
