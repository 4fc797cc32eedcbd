"""A campaign's own key is destroyed: what it retired can never be put back."""

from sqlalchemy import update

from credguard.campaigns import members, records
from credguard.campaigns.means import Means
from credguard.campaigns.states import UNSWEPT, CampaignState, MemberState
from credguard.errors import CampaignStateError
from credguard.storage import audit
from credguard.storage.tables import campaign


def destroy_key(means: Means, campaign_id: str) -> None:
    """
    Destroy the key under which the campaign's retired hashes are sealed.

    Nobody can read those hashes from then on, the campaign cannot be aborted, and
    the password that leaked is no longer recognized at log-in or at a reset.

    Args:
        means: What to work with.

        campaign_id: The campaign, swept or aborted.

    Raises:
        CampaignStateError: It is not swept, an abort or a reset is under way, or
            the key is destroyed already.
    """
    with means.database.begin() as connection:
        state = records.hold_state(connection, records.find(connection, campaign_id).id)
        if state in UNSWEPT or state is CampaignState.ABORTING:
            message = f"the campaign is {state.value}; its key is still needed"
            raise CampaignStateError(message)
        if members.count(connection, campaign_id, MemberState.RESETTING):
            message = "a reset is being written; destroy the key in a moment"
            raise CampaignStateError(message)
        changed = connection.execute(
            update(campaign)
            .where(campaign.c.id == campaign_id, campaign.c.sealed_key.is_not(None))
            .values(sealed_key=None, version=campaign.c.version + 1)
        )
        if changed.rowcount != 1:
            message = "the campaign's key was destroyed before"
            raise CampaignStateError(message)
        detail = {"campaign": campaign_id}
        audit.record(
            connection,
            means.keyring,
            event="campaign key destroyed",
            detail=detail,
            now=means.clock(),
        )
