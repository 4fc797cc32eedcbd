"""
One true number throughout: every account in exactly one state, counted.

Pure: what was counted goes in, text comes out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credguard._text import to_iso
from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.states import AccountState, CampaignState

_OPEN_STATES = (
    AccountState.GATED,
    AccountState.QUEUED,
    AccountState.DEFERRED,
    AccountState.AMBIGUOUS,
    AccountState.TOLD,
    AccountState.REFUSED,
    AccountState.BOUNCED,
    AccountState.SUPPRESSED,
    AccountState.UNREACHABLE,
    AccountState.RESETTING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """
    A campaign's numbers at one instant.

    Attributes:
        campaign_id: The campaign.

        state: Where it stands.

        scope: Who is affected, as text.

        opened_at: The watermark.

        as_at: When this was counted.

        accounts: How many accounts the forum's table has, with those that left.

        counts: How many are in which state; they add up to *accounts*.

        told: How many accounts were told: the other side took a notice to each,
            counted once, however many it took and whether one came back later.

        told_first_at: When the first account was.

        told_last_at: When the last was, by the first notice to it.

        reset_by: How many were reset in which way.

        rate: Notices a second.

        ranges: Key ranges swept, and in all.

        hooks: How far each hook of the host is, and how much it has ended.
    """

    campaign_id: str
    state: CampaignState
    scope: str
    opened_at: datetime
    as_at: datetime
    accounts: int
    counts: Mapping[AccountState, int]
    told: int
    told_first_at: datetime | None
    told_last_at: datetime | None
    rate: float
    ranges: tuple[int, int]
    reset_by: Mapping[str, int] = field(default_factory=dict)
    hooks: tuple[HookProgress, ...] = ()

    @property
    def adds_up(self) -> bool:
        """True if every account is in exactly one of the states."""
        counts = self.counts.values()
        return sum(counts) == self.accounts and min(counts, default=0) >= 0

    @property
    def in_scope(self) -> int:
        """How many accounts the campaign affects or has affected."""
        return self.accounts - self.counts.get(AccountState.OUT_OF_SCOPE, 0)

    @property
    def still_open(self) -> int:
        """How many accounts still need a new password."""
        return sum(self.counts.get(state, 0) for state in _OPEN_STATES)

    @property
    def to_send(self) -> int:
        """How many accounts have a first notice that is left to be sent."""
        queued = self.counts.get(AccountState.QUEUED, 0)
        return queued + self.counts.get(AccountState.DEFERRED, 0)

    @property
    def to_tell(self) -> int:
        """How many accounts have been told, or are left to be."""
        return self.told + self.to_send

    @property
    def telling_takes(self) -> timedelta:
        """How long the notices that are left take at the rate, at the least."""
        return timedelta(seconds=self.to_send / self.rate)


def as_json(status: Status) -> str:
    """Return *status* as JSON, for other programs."""
    content = {
        "campaign": status.campaign_id,
        "state": status.state.value,
        "scope": status.scope,
        "opened_at": to_iso(status.opened_at),
        "as_at": to_iso(status.as_at),
        "accounts": status.accounts,
        "in_scope": status.in_scope,
        "still_open": status.still_open,
        "counts": {state.value: count for state, count in status.counts.items()},
        "adds_up": status.adds_up,
        "told": status.told,
        "told_first_at": _iso(status.told_first_at),
        "told_last_at": _iso(status.told_last_at),
        "reset_by": dict(status.reset_by),
        "ranges_swept": status.ranges[0],
        "ranges": status.ranges[1],
        "hooks": {
            hook.name: {
                "ended": hook.ended,
                "ranges_done": hook.done,
                "ranges": hook.total,
            }
            for hook in status.hooks
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def as_markdown(status: Status) -> str:
    """Return *status* as a report in Markdown, for people."""
    lines = [
        f"# Campaign {status.campaign_id}: {status.state.value}",
        "",
        f"As at {_written(status.as_at)}. Scope: `{status.scope}`.",
        f"In force since {_written(status.opened_at)}.",
        "",
        "| Each account is in one state | accounts | share |",
        "|---|--:|--:|",
    ]
    for state in AccountState:
        count = status.counts.get(state, 0)
        if count:
            share = f"{100 * count / max(1, status.accounts):.1f} %"
            lines.append(f"| {state.value} | {count:,} | {share} |")
    verdict = "adds up" if status.adds_up else "DOES NOT ADD UP"
    lines += [
        f"| **all accounts ({verdict})** | **{status.accounts:,}** | **100.0 %** |",
        "",
        f"In scope: {status.in_scope:,}. Told: {status.told:,}{_telling(status)}.",
        f"Still to choose a new password: {status.still_open:,}.",
    ]
    if status.reset_by:
        ways = [f"{count:,} by {how}" for how, count in sorted(status.reset_by.items())]
        lines.append(f"New passwords: {', '.join(ways)}.")
    if status.hooks:
        lines += ["", "| Hook | ended | ranges |", "|---|--:|--:|"]
    lines += [
        f"| {hook.name} | {hook.ended:,} | {hook.done:,} of {hook.total:,} |"
        for hook in status.hooks
    ]
    return "\n".join(lines) + "\n"


def _telling(status: Status) -> str:
    if status.told_first_at is None or status.told_last_at is None:
        return ""
    first, last = _written(status.told_first_at), _written(status.told_last_at)
    return f", from {first} to {last}"


def _written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else to_iso(instant)
