"""
A plan becomes a campaign: looked at once more, then opened by one row.

The count is the slow part, and the row the one that counts: a plan that was made or
approved a moment ago is opened without counting again.
"""

from credguard.campaigns import approvals, confirming, plan_file, records
from credguard.campaigns.means import Means
from credguard.campaigns.plan import Plan
from credguard.storage import audit

MOST_REASON_CHARACTERS = 500


def start(means: Means, plan: Plan, *, break_glass: str | None) -> str:
    """
    Open the campaign: from now on everybody in scope is gated.

    Args:
        means: What to work with.

        plan: What was looked at.

        break_glass: Why it is started without the approvals that it needs; None
            to ask for them. It stands in the audit log for ever.

    Returns:
        The campaign's id.

    Raises:
        ApprovalError: Too few people approved it, or the reason is empty.
        CampaignStateError: The number in scope changed, it was started already, or
            a clock is wrong.
        ScopeError, AccountsTableError, ColumnTooNarrowError, AccountIdError: See
            `planning.plan`.
        DeliverySetupError: The plan was edited, and is too long now.
    """
    plan_file.check_fits(plan)
    with means.database.read() as connection:
        found = approvals.approvals_of(means, connection, plan)
    reason = approvals.check(means, found, break_glass=break_glass)
    confirming.confirm(means, plan, found)
    if plan.scope.lists():
        with means.database.begin() as connection:
            records.keep_lists(connection, plan)
    with means.database.begin() as connection:
        now = means.clock()
        detail: dict[str, object] = {
            "campaign": records.name_of(plan),
            "scope": str(plan.scope),
            "in_scope": plan.tally.in_scope,
            "plan": plan_file.digest(plan),
            "approved_by": [each.approver for each in found],
        }
        if reason is not None:
            detail["break_glass"] = reason[:MOST_REASON_CHARACTERS]
        # First, because it lets in one process at a time: of two campaigns that are
        # opened at once, the later one sees the earlier.
        audit.record(connection, means.keyring, event="opened", detail=detail, now=now)
        return records.open_campaign(connection, means.keyring, plan, now=now).id
