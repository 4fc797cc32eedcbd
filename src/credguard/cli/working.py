"""What the campaign commands share: which campaign, who works, the sweep's bar."""

import os
import secrets
import socket

from credguard.campaigns import Campaigns
from credguard.campaigns.states import GATING, CampaignState
from credguard.cli.printing import progress
from credguard.errors import CampaignStateError

_UNDER_WAY = GATING - {CampaignState.FINISHED}


def only_campaign(
    campaigns: Campaigns, campaign_id: str | None, *, over: bool = False
) -> str:
    """Return the campaign that is meant: the one named, or the only one."""
    if campaign_id is not None:
        return campaign_id
    ids = [each.id for each in campaigns.every() if over or each.state in _UNDER_WAY]
    if len(ids) == 1:
        return ids[0]
    problem = "no campaign is open" if not ids else "more than one campaign is there"
    message = f"{problem}; name one, see: credguard campaign list"
    raise CampaignStateError(message)


def sweep(campaigns: Campaigns, campaign_id: str) -> None:
    """Retire what is left to retire, with a progress bar."""
    with progress("Ranges swept") as bar:
        campaigns.sweep(
            campaign_id,
            worker=worker_name(),
            on_progress=lambda now: bar.at(now.done, now.total),
        )


def worker_name() -> str:
    """Name this process as no other is named."""
    return f"{socket.gethostname()[:40]}/{os.getpid()}/{secrets.token_hex(3)}"
