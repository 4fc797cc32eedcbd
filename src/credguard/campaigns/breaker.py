"""
When sending stops by itself: too many bounces or complaints among the last. Pure.

A share counts against a whole window, also while less than a window was sent: 50 bad
ones of the first 60 stop a campaign as 50 of the last 1,000 do.

Source:
    Amazon SES, Reputation metrics (review from 5 % of bounces and 0.1 % of
    complaints, pause from 10 % and 0.5 %); Google, Email sender guidelines (spam
    rates below 0.1 %). Others keep their marks to themselves.
"""

from dataclasses import dataclass

REVIEW_BOUNCES = 0.05
"""Share of bounces at which a provider looks at a sender; we stop there."""

PAUSE_BOUNCES = 0.10
"""Share of bounces at which a provider stops a sender; no limit may be above."""

REVIEW_COMPLAINTS = 0.001
"""Share of complaints at which a provider looks at a sender; we stop there."""

PAUSE_COMPLAINTS = 0.005
"""Share of complaints at which a provider stops a sender; no limit may be above."""

BOUNCE_WINDOW = 1_000
"""Messages over which bounces are counted."""

COMPLAINT_WINDOW = 10_000
"""Messages over which complaints are counted: one in a thousand is few."""


@dataclass(frozen=True, slots=True)
class Recent:
    """
    What became of the last messages.

    Attributes:
        sent: How many were decided, at most a window.

        bounced: How many of the last `BOUNCE_WINDOW` were refused or came back.

        complained: How many of the last `COMPLAINT_WINDOW` somebody complained of.
    """

    sent: int
    bounced: int
    complained: int


def why_pause(
    recent: Recent, *, max_bounces: float, max_complaints: float
) -> str | None:
    """
    Return why sending must stop, None if it may go on.

    Args:
        recent: What became of the last messages.

        max_bounces: The share of bounces at which it stops.

        max_complaints: The share of complaints at which it stops.
    """
    if recent.bounced >= max(1, round(max_bounces * BOUNCE_WINDOW)):
        return (
            f"{recent.bounced} of the last {min(recent.sent, BOUNCE_WINDOW)} messages "
            f"bounced: the limit is {max_bounces:.1%} of {BOUNCE_WINDOW:,}"
        )
    if recent.complained >= max(1, round(max_complaints * COMPLAINT_WINDOW)):
        return (
            f"{recent.complained} of the last {recent.sent} messages were complained "
            f"of: the limit is {max_complaints:.2%} of {COMPLAINT_WINDOW:,}"
        )
    return None
