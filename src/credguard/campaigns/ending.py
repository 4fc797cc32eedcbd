"""A campaign is over for its operators, though not for those who never answered."""

from credguard._text import counted
from credguard.campaigns import outbox, records
from credguard.campaigns.means import Means
from credguard.campaigns.states import CampaignState
from credguard.errors import CampaignStateError
from credguard.storage import audit


def finish(means: Means, campaign_id: str) -> None:
    """
    End a campaign in which nothing more is to be done.

    Args:
        means: What to work with.

        campaign_id: A campaign whose members have been told.

    Raises:
        CampaignStateError: It is not swept, it was aborted or is finished already,
            or notices still wait to be sent.
    """
    with means.database.begin() as connection:
        # Before any other row, so that of two that finish it one waits for the other.
        records.hold_state(connection, records.find(connection, campaign_id).id)
        record = records.find(connection, campaign_id)
        left = outbox.waiting(connection, campaign_id).queued
        if left and record.state is CampaignState.WAITING:
            waiting = counted(left, "notice still waits", "notices still wait")
            message = (
                f"{waiting} to be sent; send them first: "
                f"credguard campaign run {campaign_id}"
            )
            raise CampaignStateError(message)
        now = means.clock()
        records.move(connection, record, CampaignState.FINISHED, now=now)
        detail = {"campaign": campaign_id}
        audit.record(
            connection, means.keyring, event="finished", detail=detail, now=now
        )
