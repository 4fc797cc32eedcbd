"""How long notices take at the least, and which limit says so. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from credguard.campaigns.notice_policy import NoticePolicy

_DAY = 86_400  # seconds
_LONGEST = 8e13  # seconds, as much as a timedelta holds; two million years


def limits(
    waiting: Mapping[str, int],
    policy: NoticePolicy,
    *,
    rate: float,
    most_in_one: int = 0,
) -> dict[str, timedelta]:
    """
    Return how long each limit makes *waiting* messages take if nothing goes wrong.

    Args:
        waiting: How many are left, by named group, and all others under the empty
            name.

        policy: How they go out.

        rate: Messages a second over all groups.

        most_in_one: How many are left for that other domain that has most.

    Returns:
        Times by what the limit is called; no sender that keeps to it is faster.
    """
    total = sum(waiting.values())
    seconds = {f"{rate:g} a second": total / rate}
    for lane, count in waiting.items():
        limit = policy.rate_of(lane)
        if limit is not None:
            whom = lane or "each other domain"
            named = f"{limit:g} a second to {whom}"
            seconds[named] = (count if lane else most_in_one) / limit
    quota = policy.day_quota
    if quota is not None and total:
        # The first day's messages need no time; the last day's need no whole one.
        seconds[f"{quota:,} a day"] = _DAY * ((total - 1) // quota)
    return {
        name: timedelta(seconds=min(each, _LONGEST)) for name, each in seconds.items()
    }


def lower_bound(
    waiting: Mapping[str, int],
    policy: NoticePolicy,
    *,
    rate: float,
    most_in_one: int = 0,
) -> timedelta:
    """Return the longest of the `limits`."""
    found = limits(waiting, policy, rate=rate, most_in_one=most_in_one)
    return max(found.values())
