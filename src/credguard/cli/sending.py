"""How a campaign's sending stands, printed."""

from collections.abc import Iterator

from credguard._text import counted
from credguard.campaigns.breaker import BOUNCE_WINDOW
from credguard.campaigns.handing import Tellings
from credguard.campaigns.sending_status import Sending
from credguard.cli.printing import duration, print_counts, say

_OTHERS = "other domains"
_SHOWN = 3  # groups beside the bar


def print_sending(found: Sending) -> None:
    """Print what is left for which group, what holds it up, and how long it takes."""
    if found.waiting:
        shown = {
            name or "other domains": count for name, count in found.waiting.items()
        }
        print_counts("Notices left, by group of mail exchangers", shown)
    for line in lines_of(found):
        say(line)


def note_of(now: Tellings) -> str:
    """Return what stands beside the bar: what was put off, who is told, who waits."""
    parts = [f"{now.deferred} deferred, {now.refused} refused"]
    parts += [f"{name} {count:,}" for name, count in now.by_group.most_common(_SHOWN)]
    if now.waits_for:
        parts.append(f"waiting: {now.waits_for}")
    return "; ".join(parts)


def lines_of(found: Sending) -> Iterator[str]:
    """Return what holds the sending up and how long it takes, a line each."""
    if found.pause.at is not None:
        yield (
            f"SENDING IS PAUSED since {found.pause.at:%Y-%m-%d %H:%M} UTC: "
            f"{found.pause.why}. Log-ins stay gated. Look at the bounces, then go on "
            "with: credguard campaign resume-sending"
        )
    elif found.recent.sent:
        few = min(found.recent.sent, BOUNCE_WINDOW)
        yield f"Breaker closed: {found.recent.bounced} of the last {few:,} bounced."
    if found.quiet_until is not None:
        yield f"Quiet hours until {found.quiet_until:%Y-%m-%d %H:%M} UTC."
    for rest in found.resting:
        yield f"{rest.group} rests until {rest.until:%H:%M:%S} UTC."
    if found.held:
        yield (
            f"{counted(found.held, 'message', 'messages')} may be out or not; decide "
            "with: "
            "credguard campaign settle-held"
        )
    if found.waiting:
        yield f"The rest takes at least {duration(found.takes)}."
