"""The room's door: plan, start, sweep, send, count, abort, and the gate."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from credguard._exact import exact_arguments
from credguard.campaigns import (
    approvals,
    confirming,
    counting,
    destroying,
    hook_ranges,
    hooks,
    opening,
    planning,
    records,
    restoring,
    retiring,
)
from credguard.campaigns.answers import Answers
from credguard.campaigns.approvals import Approval
from credguard.campaigns.approver_keys import ApproverKey
from credguard.campaigns.expressions import Scope
from credguard.campaigns.forecast import Pace
from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.notices import Notices
from credguard.campaigns.plan import DEFAULT_LINK_LIFETIME, DEFAULT_RATE, Plan
from credguard.campaigns.records import Record
from credguard.campaigns.retiring import Chunk
from credguard.campaigns.status import Status
from credguard.campaigns.timeline import Timeline
from credguard.campaigns.timeline_rows import read_timeline
from credguard.sweeps import Progress


@exact_arguments("token")
class Campaigns(Answers, Notices):
    """
    Forced resets of many accounts.

    Args:
        means: The database, the keyring, the forum's user table and the clock.
            `CredGuard` makes them.
    """

    def plan(
        self,
        scope: Scope,
        *,
        letter: LetterTemplate,
        rate: float = DEFAULT_RATE,
        link_lifetime: timedelta = DEFAULT_LINK_LIFETIME,
        notices: NoticePolicy | None = None,
    ) -> Plan:
        """
        Count what a campaign would do; this writes nothing.

        Args:
            scope: Who is affected.

            letter: What members are told.

            rate: Notices a second over all runs together, at least one an hour.

            link_lifetime: How long a link works, from 5 minutes to 366 days.

            notices: How the notices go out, None for the defaults.

        Returns:
            The plan. Look at it, then hand it to `start`.

        Raises:
            ScopeError: The scope selects nobody, is too long, or names ids that no
                account has.
            CampaignStateError: A rate or *link_lifetime* is out of range.
            AccountsTableError: The table or a column does not exist.
            ColumnTooNarrowError: The password column cannot hold our hashes.
            AccountIdError: An id is empty, or stands in the table twice.
            DeliverySetupError: A text of the notices cannot be sent, or the plan is
                too long.
        """
        means = self._means
        inputs = planning.Inputs(
            accounts=means.accounts,
            identify=means.identify,
            now=means.clock(),
            kept_in=means.database,
        )
        pace = Pace(rate=rate, notices=notices or NoticePolicy())
        return planning.plan(
            inputs, scope, letter=letter, pace=pace, link_lifetime=link_lifetime
        )

    def approve(
        self, plan: Plan, *, approver: str, key: ApproverKey | None = None
    ) -> Sequence[Approval]:
        """
        Approve a plan, after counting once more; the approval is for its digest.

        Args:
            plan: What `plan` returned, looked at.

            approver: Who approves; a name of the `ApprovalPolicy`.

            key: The approver's own key, if the policy has its public half.

        Returns:
            All approvals that the plan has now, the oldest first.

        Raises:
            ApprovalError: Nobody of that name approves here, or the key is not
                theirs.
            CampaignStateError: The number in scope changed.
        """
        confirming.recount(self._means, plan)
        return approvals.approve(self._means, plan, approver=approver, key=key)

    def start(self, plan: Plan, *, break_glass: str | None = None) -> str:
        """
        Open the campaign: from now on everybody in scope is gated.

        A plan that was made or approved within ten minutes is opened at once; an
        older one is counted again first.

        Args:
            plan: What `plan` returned, looked at.

            break_glass: Why it cannot wait for the approvals that it needs; the
                audit log keeps it.

        Returns:
            The campaign's id. Call `sweep` with it next.

        Raises:
            ApprovalError: Too few people approved it.
            CampaignStateError: The number in scope changed, it was started already,
                or a clock is wrong.
            ScopeError, AccountsTableError, ColumnTooNarrowError, AccountIdError,
                DeliverySetupError: See `plan`.
        """
        return opening.start(self._means, plan, break_glass=break_glass)

    def sweep(
        self,
        campaign_id: str,
        *,
        worker: str,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """
        Retire every hash in scope and queue the notices, or go on doing so.

        Args:
            campaign_id: What `start` returned.

            worker: Who works: a name that no other process has.

            on_progress: Called after each range.

        Raises:
            CampaignStateError: There is no such campaign, or it was aborted.
            BusyError: The forum's columns are being changed; call again to go on.
            HookFailedError: A hook of the host failed; all passwords are retired.
                Call again when it is mended: that calls it for what is left.
            StorageUnavailableError: The database is away, locked or full; call
                again to go on.
        """
        retiring.sweep(self._means, campaign_id, worker=worker, on_progress=on_progress)

    def chunks(self, campaign_id: str) -> range:
        """
        Lay the sweep out in chunks, for a host that hands work to its own workers.

        Args:
            campaign_id: What `start` returned.

        Returns:
            The chunks' numbers: hand each to `run_chunk` in any order, as often as
            you like. What was laid out once stays as it is.

        Raises:
            CampaignStateError: There is no such campaign, it was aborted, or one
                that was opened earlier is not swept yet.
        """
        return retiring.hand_out(self._means, campaign_id)

    def run_chunk(
        self, campaign_id: str, *, worker: str, number: int | None = None
    ) -> Chunk:
        """
        Do one chunk of the sweep, once, however often and wherever it is called.

        Whoever does the last one ends the sweep. A call that is killed leaves its
        chunk to the next caller after 15 seconds, or 2 minutes if it was in a hook.

        Args:
            campaign_id: The campaign.

            worker: Who works: a name that no other process has.

            number: Which chunk; None for the first that is free, and once all are
                done, for all calls of hooks that are left.

        Returns:
            What came of it. Where it is held, call again at `retry_at`. Where
            `is_over`, all passwords are retired and all hooks called.

        Raises:
            CampaignStateError: There is no such campaign, or it was aborted.
            BusyError: The forum's columns are being changed; call again.
            HookFailedError: A hook of the host failed; call again, at once or later.
            StorageUnavailableError: The database is away, locked or full; call
                again.
        """
        return retiring.chunk(self._means, campaign_id, worker=worker, number=number)

    def status(self, campaign_id: str) -> Status:
        """
        Count the campaign: every account in exactly one state.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        return counting.status(self._means, campaign_id)

    def timeline(self, campaign_id: str) -> Timeline:
        """
        Count the campaign over time, from its opening until now.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        with self._means.database.read() as connection:
            record = records.find(connection, campaign_id)
            return read_timeline(connection, record, now=self._means.clock())

    def abort(
        self,
        campaign_id: str,
        *,
        reason: str,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Put retired hashes back for everybody who has not reset.

        Args:
            campaign_id: The campaign.

            reason: Why, for the audit log.

            on_progress: Called with the number of hashes put back so far.

        Raises:
            CampaignStateError: It is aborted already, or a later one is not.
            StorageUnavailableError: The database is away, locked or full; call
                again to go on.
        """
        restoring.abort(
            self._means, campaign_id, reason=reason, on_progress=on_progress
        )

    def hooks(self, campaign_id: str) -> Sequence[HookProgress]:
        """Return how far each hook of the host is, and how much it has ended."""
        with self._means.database.read() as connection:
            names = hooks.names_of(self._means.hooks)
            return hook_ranges.progress(connection, campaign_id, names)

    def destroy_key(self, campaign_id: str) -> None:
        """
        Destroy the key of the campaign's retired hashes: for good, and for everybody.

        Do it when an abort is out of the question. Copies in backups stay readable
        to who has a backup and the keyring.

        Args:
            campaign_id: The campaign, swept or aborted.

        Raises:
            CampaignStateError: It is not swept, something is under way, or it was
                done before.
        """
        destroying.destroy_key(self._means, campaign_id)

    def every(self) -> Sequence[Record]:
        """Return all campaigns, the newest first."""
        with self._means.database.read() as connection:
            return records.every(connection)
