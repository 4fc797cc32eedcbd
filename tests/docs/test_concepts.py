"""The page of concepts names what there is."""

import re
from pathlib import Path

from credguard.campaigns.states import CampaignState
from credguard.storage.tables import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "concepts.md").read_text("utf-8")


def test_each_table_is_named_there() -> None:
    """Once, and no table that does not exist."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(f"credguard_{name}" for name in named) == sorted(metadata.tables)


def test_each_state_of_a_campaign_is_drawn_there() -> None:
    """As the command prints it."""
    drawn = PAGE[PAGE.index("## How a campaign goes") :]
    for state in CampaignState:
        assert state.value in drawn
