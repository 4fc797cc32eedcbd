"""The room's door: plan, start, sweep, send, count, abort, and the gate."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from credguard.campaigns import (
    counting,
    gate,
    planning,
    records,
    redeeming,
    restoring,
    retiring,
)
from credguard.campaigns.gate import Ruling
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.members import Member
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.notices import Notices
from credguard.campaigns.plan import DEFAULT_LINK_LIFETIME, DEFAULT_RATE, Plan
from credguard.campaigns.records import Record
from credguard.campaigns.redeeming import Claim
from credguard.campaigns.scope import Scope
from credguard.campaigns.status import Status
from credguard.sessions import Stamp
from credguard.storage import audit
from credguard.sweeps import Progress


class Campaigns(Notices):
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
            CampaignStateError: *rate* or *link_lifetime* is out of range.
            AccountsTableError: The table or a column does not exist.
            ColumnTooNarrowError: The password column cannot hold our hashes.
            AccountIdError: An id is empty, or stands in the table twice.
            DeliverySetupError: A text of the notices cannot be sent.
        """
        means = self._means
        made = planning.plan(
            means.accounts,
            means.identify,
            scope,
            letter=letter,
            rate=rate,
            link_lifetime=link_lifetime,
            now=means.clock(),
            kept_in=means.database,
        )
        return replace(made, notices=notices or NoticePolicy())

    def start(self, plan: Plan) -> str:
        """
        Open the campaign: from now on everybody in scope is gated.

        Args:
            plan: What `plan` returned, looked at.

        Returns:
            The campaign's id. Call `sweep` with it next.

        Raises:
            CampaignStateError: The number in scope changed, or it was started already.
            ScopeError, AccountsTableError, ColumnTooNarrowError, AccountIdError:
                See `plan`.
        """
        now = self.plan(
            plan.scope,
            letter=plan.letter,
            rate=plan.rate,
            link_lifetime=plan.link_lifetime,
            notices=plan.notices,
        )
        plan.check_still_true(now.tally)
        now, means = replace(now, made_at=plan.made_at), self._means
        with means.database.begin() as connection:
            records.keep_lists(connection, now)
            instant = means.clock()
            record = records.open_campaign(connection, means.keyring, now, now=instant)
            in_scope, scope = now.tally.in_scope, str(plan.scope)
            detail = {"campaign": record.id, "scope": scope, "in_scope": in_scope}
            audit.record(
                connection, means.keyring, event="opened", detail=detail, now=instant
            )
        return record.id

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
            StorageUnavailableError: The database is away, locked or full; call
                again to go on.
        """
        retiring.sweep(self._means, campaign_id, worker=worker, on_progress=on_progress)

    def status(self, campaign_id: str) -> Status:
        """
        Count the campaign: every account in exactly one state.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        return counting.status(self._means, campaign_id)

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

    def every(self) -> Sequence[Record]:
        """Return all campaigns, the newest first."""
        with self._means.database.read() as connection:
            return records.every(connection)

    def rule(self, account_id: str, *, stored: str | None) -> Ruling:
        """
        Say what a log-in meets; `CredGuard.log_in` calls this.

        Raises:
            BusyError: The account is being put in order, or cannot be judged here.
            SealBrokenError, UnknownKeyError: The keyring is not the right one.
        """
        return gate.rule(self._means, account_id, stored)

    def check_session(self, account_id: str, stamp: Stamp) -> None:
        """
        Check that a session is not over; `CredGuard.check_session` calls this.

        Raises:
            SessionRefusedError: It is.
            BusyError: A campaign is being opened and cannot be judged here yet.
        """
        gate.check_session(self._means, account_id, stamp)

    def claim(self, token: str) -> Claim:
        """
        Look a reset token up; this uses nothing up.

        Raises:
            TokenRefusedError: It is unknown, used or expired.
            CampaignStateError: No user table was handed in.
            SealBrokenError, UnknownKeyError: The keyring is not the right one.
        """
        return redeeming.claim(self._means, token)

    def settle(self, claimed: Claim, *, replacement: str) -> None:
        """
        Use the token up and write the new hash into the forum's column.

        Raises:
            TokenRefusedError: It was redeemed by somebody else meanwhile.
            BusyError: The forum changed the column meanwhile.
        """
        redeeming.settle(self._means, claimed, replacement=replacement)

    def settle_by_forum(self, resolved: Sequence[Member]) -> int:
        """
        Keep that the forum's own form set a password that is not the leaked one.

        Returns:
            The account's credential epoch from now on.

        Raises:
            BusyError: The password was reset in another way meanwhile.
        """
        return redeeming.settle_by_forum(self._means, resolved)
