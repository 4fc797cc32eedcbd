"""How long the rest of the notices takes at the least. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from credguard.campaigns.notice_policy import NoticePolicy

_DAY = timedelta(days=1)


def lower_bound(
    waiting: Mapping[str, int],
    policy: NoticePolicy,
    *,
    rate: float,
    most_in_one: int = 0,
) -> timedelta:
    """
    Return how long *waiting* messages take if nothing goes wrong.

    Args:
        waiting: How many are left, by named group, and all others under the empty
            name.

        policy: How they go out.

        rate: Messages a second over all groups.

        most_in_one: How many are left for that other domain that has most.
    """
    total = sum(waiting.values())
    seconds = [total / rate]
    for lane, count in waiting.items():
        limit = policy.rate_of(lane)
        if limit is not None:
            seconds.append((count if lane else most_in_one) / limit)
    bound = timedelta(seconds=max(seconds))
    if policy.day_quota is None or not total:
        return bound
    return max(bound, _DAY * ((total - 1) // policy.day_quota))
