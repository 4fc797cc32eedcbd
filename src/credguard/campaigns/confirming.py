"""Whether the user table is still the one that a plan was made for."""

from collections.abc import Sequence
from datetime import timedelta

from credguard.campaigns import planning
from credguard.campaigns.approvals import Approval
from credguard.campaigns.means import Means
from credguard.campaigns.plan import Plan
from credguard.errors import CampaignStateError

FRESH = timedelta(minutes=10)  # for so long after a count nothing new is expected
SKEW = timedelta(minutes=5)  # by which clocks of machines may differ


def confirm(means: Means, plan: Plan, found: Sequence[Approval]) -> None:
    """
    Check that the table is still the one that was planned for.

    Args:
        means: What to work with.

        plan: The plan.

        found: Its approvals, each of which came with a count.

    Raises:
        CampaignStateError: The number in scope changed, or a clock is wrong.
    """
    now = means.clock()
    counted = [plan.made_at, *(each.at for each in found)]
    if max(counted) - now > SKEW:
        message = (
            "the plan was made or approved in the future: a machine's clock is wrong, "
            "and a campaign's cut-off is what the clock says; mend it first"
        )
        raise CampaignStateError(message)
    if now - max(counted) > FRESH:
        recount(means, plan)


def recount(means: Means, plan: Plan) -> None:
    """
    Count again who is in scope.

    Raises:
        CampaignStateError: It is another number than the plan's.
    """
    means.accounts.check(widest=planning.WIDEST_HASH)
    inputs = planning.Inputs(
        accounts=means.accounts,
        identify=means.identify,
        now=means.clock(),
        kept_in=means.database,
    )
    plan.check_still_true(planning.count_in_scope(inputs, plan.scope))
