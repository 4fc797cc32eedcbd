"""`credguard campaign status --follow`: how it goes, until it is over or Ctrl-C."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from credguard.campaigns import Campaigns, Status
from credguard.campaigns.sending_status import Sending
from credguard.campaigns.states import AccountState, CampaignState
from credguard.cli.printing import duration
from credguard.cli.sending import lines_of

_OVER = (CampaignState.WAITING, CampaignState.FINISHED, CampaignState.ABORTED)
# Counting a million accounts takes seconds: it shall not keep the database busy.
_REST_SHARE = 4


@dataclass(frozen=True, slots=True)
class Count:
    """
    What was counted, and how it went since the count before.

    Attributes:
        status: The campaign's numbers.

        sending: How its sending stands.

        before: The numbers of the first count that was made.
    """

    status: Status
    sending: Sending
    before: Status

    @property
    def is_over(self) -> bool:
        """True if nothing goes on by itself any more."""
        return self.status.state in _OVER

    def rate(self) -> float:
        """Return how many ranges, or then notices, were done in a second."""
        now, before = self.status, self.before
        seconds = (now.as_at - before.as_at).total_seconds()
        if seconds <= 0:
            return 0.0
        if now.ranges[0] < now.ranges[1]:
            return max(0, now.ranges[0] - before.ranges[0]) / seconds
        return max(0, now.told - before.told) / seconds

    def left(self) -> int:
        """Return how many ranges, or then notices, are left."""
        done, every = self.status.ranges
        return every - done if done < every else self.status.to_send


def follow_campaign(
    campaigns: Campaigns, campaign_id: str, *, every: timedelta
) -> None:
    """Show how the campaign goes: a picture on a terminal, lines elsewhere."""
    console = Console()
    counted = _counts(campaigns, campaign_id, every)
    with suppress(KeyboardInterrupt):
        if not console.is_terminal:
            last = ""
            for found in counted:
                line = _line(found)
                if line != last:
                    console.print(line, markup=False, highlight=False, soft_wrap=True)
                last = line
            return
        with Live(console=console, auto_refresh=False) as live:
            for found in counted:
                live.update(_picture(found), refresh=True)


def hook_lines(status: Status) -> list[str]:
    """Return how far each hook of the host is, a line each."""
    return [
        f"Hook {hook.name}: {hook.done:,} of {hook.total:,} ranges, "
        f"{hook.ended:,} ended."
        for hook in status.hooks
    ]


def _counts(
    campaigns: Campaigns, campaign_id: str, every: timedelta
) -> Iterator[Count]:
    first: Status | None = None
    while True:
        began = time.monotonic()
        status = campaigns.status(campaign_id)
        first = first or status
        found = Count(status, campaigns.sending(campaign_id), first)
        yield found
        if found.is_over:
            return
        took = time.monotonic() - began
        time.sleep(max(every.total_seconds(), _REST_SHARE * took))


def _line(found: Count) -> str:
    status = found.status
    done = status.counts.get(AccountState.RESET_DONE, 0)
    parts = [
        f"{status.state.value}: {status.ranges[0]:,} of {status.ranges[1]:,} ranges",
        f"{status.told:,} told",
        f"{status.to_send:,} to tell",
        f"{done:,} have a new password",
        f"{status.still_open:,} still to choose one",
    ]
    parts += [
        f"{hook.name}: {hook.ended:,} ended in {hook.done:,} of {hook.total:,} ranges"
        for hook in status.hooks
    ]
    if found.sending.pause.at is not None:
        parts.append("SENDING IS PAUSED")
    return "; ".join(parts)


def _picture(found: Count) -> Group:
    status = found.status
    done = status.counts.get(AccountState.RESET_DONE, 0)
    bars = Table.grid(padding=(0, 2))
    bars.add_column()
    bars.add_column()
    bars.add_column(justify="right")
    for name, part, whole in (
        ("Ranges swept", *status.ranges),
        ("Told", status.told, status.to_tell),
        ("New passwords", done, done + status.still_open),
    ):
        bar = ProgressBar(total=max(1, whole), completed=part, width=40)
        bars.add_row(name, bar, f"{part:,} of {whole:,}")
    lines = [f"As at {status.as_at:%Y-%m-%d %H:%M:%S} UTC{_pace(found)}"]
    lines += hook_lines(status)
    lines += lines_of(found.sending)
    title = Text(f"Campaign {status.campaign_id}: {status.state.value}", style="bold")
    return Group(title, bars, *(Text(line) for line in lines))


def _pace(found: Count) -> str:
    rate = found.rate()
    if not rate or found.is_over:
        return ""
    is_sweep = found.status.ranges[0] < found.status.ranges[1]
    what = "ranges" if is_sweep else "notices"
    takes = timedelta(seconds=found.left() / rate)
    return f"; {rate:,.1f} {what} a second, {duration(takes)} left"
