"""The ranges of hooks: those of the campaign's sweep once more, for each hook."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, func, select, update

from credguard import sweeps
from credguard.campaigns.hook_progress import HookProgress
from credguard.storage.tables import sweep_range
from credguard.sweeps import Piece

CALLED = "hook called"
"""What the audit log calls it."""


def sweep_of(campaign_id: str, name: str) -> str:
    """Return the name of a hook's own sweep."""
    return f"{campaign_id}:{name}"


def lay_out(
    connection: Connection,
    campaign_id: str,
    names: Sequence[str],
    borders: Sequence[str],
) -> None:
    """
    Write the ranges of hooks; those that stand there already stay as they are.

    Args:
        connection: A transaction that writes.

        campaign_id: The campaign.

        names: The hooks.

        borders: The last id of each range, as the campaign's sweep has them.
    """
    for name in names:
        sweeps.lay_out(connection, sweep_of(campaign_id, name), borders)


def borders(connection: Connection, campaign_id: str) -> list[str]:
    """Return the last id of each range of the campaign's sweep."""
    query = (
        select(sweep_range.c.high)
        .where(sweep_range.c.sweep == campaign_id)
        .order_by(sweep_range.c.number)
    )
    return list(connection.scalars(query))


def progress(
    connection: Connection, campaign_id: str, names: Sequence[str]
) -> tuple[HookProgress, ...]:
    """Return how far each hook is: *names*, and all others that have ranges."""
    prefix = sweep_of(campaign_id, "")
    is_done = case((sweep_range.c.state == sweeps.DONE, 1), else_=0)
    counts = func.sum(is_done), func.count(), func.sum(sweep_range.c.touched)
    query = (
        select(sweep_range.c.sweep, *counts)
        .where(sweep_range.c.sweep.startswith(prefix, autoescape=True))
        .group_by(sweep_range.c.sweep)
    )
    found = {
        sweep.removeprefix(prefix): tuple(map(int, numbers))
        for sweep, *numbers in connection.execute(query)
    }
    every = [*names, *sorted(found.keys() - set(names))]
    return tuple(HookProgress(name, *found.get(name, (0, 0, 0))) for name in every)


def open_until(
    connection: Connection,
    campaign_id: str,
    names: Sequence[str],
    *,
    number: int | None,
    soon: datetime,
) -> datetime | None:
    """
    Return when to ask again for what others hold; None if nothing is left.

    Args:
        connection: A transaction.

        campaign_id: The campaign.

        names: The hooks that are asked about.

        number: The range; None for all.

        soon: The earliest.
    """
    until = [
        sweeps.leased_until(connection, sweep, number) or soon
        for sweep in (sweep_of(campaign_id, name) for name in names)
        if sweeps.is_open(connection, sweep, number)
    ]
    return max(min(until), soon) if until else None


def settle(connection: Connection, piece: Piece, *, ended: int) -> bool:
    """
    Mark a range done for which a hook was called to the end, whoever holds it now.

    A call that took longer than its lease counts all the same: else two workers would
    take the range from each other for ever.

    Returns:
        False if it was done already.
    """
    changed = connection.execute(
        update(sweep_range)
        .where(
            sweep_range.c.sweep == piece.sweep,
            sweep_range.c.number == piece.number,
            sweep_range.c.state == sweeps.OPEN,
        )
        .values(
            state=sweeps.DONE,
            owner=None,
            lease_until=None,
            touched=ended,
            version=sweep_range.c.version + 1,
        )
    )
    return changed.rowcount == 1
