"""An aborted campaign puts back what it took, byte for byte, where it still can."""

from collections.abc import Callable

from sqlalchemy import Connection

from credguard.campaigns import (
    marking,
    members,
    outbox,
    records,
    retired,
    told_records,
)
from credguard.campaigns.accounts import Swap
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.campaigns.states import CampaignState, MemberState
from credguard.errors import CampaignStateError
from credguard.keys import Keyring
from credguard.storage import audit

PAGE_SIZE = 500


def abort(
    means: Means,
    campaign_id: str,
    *,
    reason: str,
    on_progress: Callable[[int], None],
) -> Record:
    """
    Put retired hashes back for everybody who has not reset, or go on doing so.

    Members who have a new password keep it. Sessions that were ended stay ended.

    Args:
        means: What to work with.

        campaign_id: The campaign.

        reason: Why, for the audit log.

        on_progress: Called with the number of hashes put back so far.

    Returns:
        The campaign, aborted.

    Raises:
        CampaignStateError: It is aborted already, or by another run meanwhile, its
            key was destroyed, or a later campaign retired some of the same accounts
            and must be aborted first.
        StorageUnavailableError: The database is away, locked or full; what is
            done stands, and a further call goes on.
    """
    record = _aborting(means, campaign_id, reason)
    told_records.record_told(means, campaign_id)
    own = records.own_keyring(means.keyring, record)
    restored, after = 0, ""
    while True:
        done, last = _restore_page(means, record, own, after)
        if last is None:
            break
        restored, after = restored + done, last
        on_progress(restored)
    return _aborted(means, record)


def _aborting(means: Means, campaign_id: str, reason: str) -> Record:
    with means.database.begin() as connection:
        record = records.find(connection, campaign_id)
        if record.state is not CampaignState.ABORTED:
            records.own_keyring(means.keyring, record)  # without it nothing opens
            _check_turn(connection, record)
        if record.state is CampaignState.ABORTING:
            return record
        now = means.clock()
        moved = records.move(connection, record, CampaignState.ABORTING, now=now)
        outbox.cancel_all(connection, record.id)
        audit.record(
            connection,
            means.keyring,
            event="abort",
            detail={"campaign": record.id, "reason": reason[:500]},
            now=now,
        )
        return moved


def _check_turn(connection: Connection, record: Record) -> None:
    """Check that no later campaign stands on what this one retired."""
    for later in records.every(connection):
        is_over = later.state is CampaignState.ABORTED
        if later.opened_at > record.opened_at and not is_over:
            raise _out_of_turn(later.id)


def _out_of_turn(later: str) -> CampaignStateError:
    return CampaignStateError(
        f"campaign {later} was opened later and may have retired the same accounts; "
        "abort that one first"
    )


def _aborted(means: Means, record: Record) -> Record:
    with means.database.begin() as connection:
        now = means.clock()
        state = MemberState.RESTORED
        restored = members.count(connection, record.id, state)
        moved = records.move(connection, record, CampaignState.ABORTED, now=now)
        detail = {"campaign": record.id, "restored": restored}
        audit.record(connection, means.keyring, event="aborted", detail=detail, now=now)
        return moved


def _restore_page(
    means: Means, record: Record, own: Keyring, after: str
) -> tuple[int, str | None]:
    """Restore one page; return how many, and its last account (None: no more)."""
    with means.database.begin() as ours:
        states = {MemberState.MUST_RESET}
        page = members.page(
            ours, record.id, states, after=after, size=PAGE_SIZE, lock=True
        )
        if not page:
            return 0, None
        if means.is_shared:
            done = _restore(means, own, page, ours=ours, forum=ours)
            _note(means, ours, record, done)
            return len(done), page[-1].account_id
        # Two databases: the forum's commits first. A crash before ours commits
        # finds the old hash in place when the page is done again.
        with means.accounts.writing() as forum:
            done = _restore(means, own, page, ours=ours, forum=forum)
        _note(means, ours, record, done)
        return len(done), page[-1].account_id


def _note(means: Means, ours: Connection, record: Record, ids: list[str]) -> None:
    if not ids:
        return
    detail = {"campaign": record.id, "accounts": len(ids)}
    audit.record(
        ours,
        means.keyring,
        event="hashes put back",
        detail=detail,
        now=means.clock(),
        accounts=ids,
    )


def _restore(
    means: Means,
    own: Keyring,
    page: list[Member],
    *,
    ours: Connection,
    forum: Connection,
) -> list[str]:
    """Restore those of a page who have not reset; return their ids."""
    accounts = means.accounts.find(forum, [found.account_id for found in page])
    hashes = retired.hashes_of(ours, own, page)
    now = means.clock()
    restored: list[str] = []
    for found in page:
        account = accounts.get(found.account_id)
        if account is None:
            members.settle(ours, found, MemberState.LEFT, now=now)
            continue
        old, marker = hashes[found.account_id], marking.marker(own, found)
        swap = Swap(found.account_id, old=marker, new=old)
        if account.password == old or means.accounts.swap(forum, [swap]):
            members.settle(ours, found, MemberState.RESTORED, now=now)
            restored.append(found.account_id)
        elif marking.is_marker(account.password) and account.password != marker:
            # Opened while this abort was under way; only that one can undo it.
            raise _out_of_turn(marking.campaign_of(str(account.password)))
        else:
            then = MemberState.RESET_DONE
            members.settle(ours, found, then, now=now, how="forum")
    return restored
