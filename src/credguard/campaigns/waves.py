"""
Each new notice gets its place in the waves, its group and its language.

It is done before the first message goes out and not in the sweep, which has to shut
the door and needs none of it. Newest log-ins come first: those members are there, so
that a sender who is not known yet begins with few bounces, and most are helped soon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, select, update

from credguard.campaigns import suppression
from credguard.campaigns.accounts import Account
from credguard.campaigns.means import Means
from credguard.campaigns.notice_policy import NoticePolicy, StaffWave
from credguard.campaigns.outbox import FREE
from credguard.campaigns.reachable import is_reachable
from credguard.campaigns.records import Record
from credguard.campaigns.states import NoticeState
from credguard.campaigns.wording import ASKED, language_of
from credguard.storage.tables import notice

PAGE_SIZE = 1000

_BAND = 1 << 40  # more seconds than there are between any two log-ins
ASKED_BAND, RETRY_BAND, FIRST_BAND, NEWEST_BAND, NEVER_BAND, LAST_BAND = range(-3, 3)
_STAFF = {StaffWave.FIRST: FIRST_BAND, StaffWave.LAST: LAST_BAND}

AFTER_ALL = (LAST_BAND + 2) * _BAND
"""A place after every other."""

ASKED_BEFORE = RETRY_BAND * _BAND - _BAND // 2
"""Places before this one are of links that members asked for."""


def place_of(account: Account, policy: NoticePolicy, kind: str) -> int:
    """Return the place of a notice: the smallest goes first."""
    since = account.last_login_at or account.created_at
    seconds = int(since.timestamp()) if since else 0
    band = NEWEST_BAND if account.last_login_at else NEVER_BAND
    if account.is_staff:
        band = _STAFF.get(policy.staff, band)
    if kind.startswith(ASKED):
        band = ASKED_BAND
    return band * _BAND - seconds


def place_of_retry(due_seconds: float) -> int:
    """Return the place of a notice that was put off and is due."""
    return RETRY_BAND * _BAND + int(due_seconds)


@dataclass(frozen=True, slots=True)
class _Sorted:
    placed: list[dict[str, object]]
    dropped: dict[NoticeState, list[str]]


def sort(means: Means, record: Record) -> int:
    """
    Give every new notice its place; several senders may do so at once.

    Returns:
        How many were placed.
    """
    done = 0
    query = (
        select(notice.c.id, notice.c.account_id, notice.c.kind)
        .where(
            notice.c.campaign_id == record.id,
            notice.c.state == NoticeState.QUEUED.value,
            notice.c.lane.is_(None),
        )
        .limit(PAGE_SIZE)
    )
    while True:
        with means.database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return done
        _write(means, _sorted(means, record.plan.notices, rows))
        done += len(rows)


def _sorted(
    means: Means, policy: NoticePolicy, rows: Sequence[Row[*tuple[str, ...]]]
) -> _Sorted:
    ids = [row.account_id for row in rows]
    with means.accounts.reading() as forum:
        accounts = means.accounts.find(forum, ids)
    addresses = _addresses(accounts)
    with means.database.read() as connection:
        bad = suppression.suppressed(connection, set(addresses.values()))
    found = _Sorted([], {NoticeState.NO_ADDRESS: [], NoticeState.SUPPRESSED: []})
    for row in rows:
        # Who has left is found out when the notice is due.
        account = accounts.get(row.account_id, Account(row.account_id))
        address = addresses.get(row.account_id)
        if address in bad:
            found.dropped[NoticeState.SUPPRESSED].append(row.id)
        elif address is None and row.account_id in accounts:
            found.dropped[NoticeState.NO_ADDRESS].append(row.id)
        else:
            lane, group = policy.lanes.of(address or "")
            found.placed.append(
                {
                    "b_id": row.id,
                    "b_lane": lane,
                    "b_group": group,
                    "b_place": place_of(account, policy, row.kind),
                    "b_language": language_of(account.language),
                }
            )
    return found


def _addresses(accounts: Mapping[str, Account]) -> dict[str, str]:
    return {
        account.id: account.address
        for account in accounts.values()
        if account.address is not None and is_reachable(account.address)
    }


_PLACE = (
    update(notice)
    .where(notice.c.id == bindparam("b_id"), notice.c.lane.is_(None))
    .values(
        lane=bindparam("b_lane"),
        mail_group=bindparam("b_group"),
        place=bindparam("b_place"),
        language=bindparam("b_language"),
    )
)


def _write(means: Means, found: _Sorted) -> None:
    with means.database.begin() as connection:
        if found.placed:
            connection.execute(_PLACE, found.placed)
        for state, ids in found.dropped.items():
            if ids:
                connection.execute(
                    update(notice)
                    .where(
                        notice.c.id.in_(ids),
                        notice.c.state == NoticeState.QUEUED.value,
                    )
                    .values(
                        state=state.value, version=notice.c.version + 1, lane="", **FREE
                    )
                )
