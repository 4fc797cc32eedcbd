"""Which releases were kept, and what each wrote."""

import json
from pathlib import Path
from typing import Any

from credguard.campaigns import AccountList, Plan, plan_file
from credguard.campaigns.lists import ListKind

HERE = Path(__file__).parent
LISTS = (["60", "59"], ["58"])
RELEASES = sorted(path.parent for path in HERE.glob("*/formats.json"))


def content_of(release: Path) -> dict[str, Any]:
    """Return what a release wrote."""
    found: dict[str, Any] = json.loads((release / "formats.json").read_text("utf-8"))
    return found


# Releases before 0.1.0 kept neither corpora of each shape nor what comes with those.
COMPLETE = [path for path in RELEASES if "wrapped" in content_of(path)]


def plan_of(text: str) -> Plan:
    """Return the plan that is kept as *text*, with its lists."""

    def opened(digest: str, _file: str | None, kind: ListKind) -> AccountList:
        lists = [AccountList.of(each) for each in LISTS]
        assert kind is ListKind.IDS
        return next(each for each in lists if each.digest == digest)

    return plan_file.read(text, open_list=opened)
