"""
What else lets somebody in is ended through the host: cookies, tokens, app passwords.

Each hook goes through the sweep's ranges once they are retired, in a sweep of its
own: one that fails is tried again and holds up neither the gate nor another hook. The
campaign's work is over when they are over too.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from operator import index
from typing import Protocol

from credguard import sweeps
from credguard.campaigns import hook_ranges, leases, members, records
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.errors import HookFailedError, SetupError, StorageUnavailableError
from credguard.storage import audit
from credguard.sweeps import Piece

HOOK_LEASE = timedelta(minutes=2)  # a host may call other services for a range
MAX_NAME_CHARACTERS = 15  # with a campaign's id it fits the column of sweeps

_NAME = re.compile(rf"[a-z][a-z-]{{0,{MAX_NAME_CHARACTERS - 1}}}", re.ASCII)


class Hook(Protocol):
    """What a host ends for accounts whose password was retired."""

    @property
    def name(self) -> str:
        """What it ends, such as ``api-tokens``: a to z and hyphens, 15 at most."""

    def end(self, account_ids: Sequence[str]) -> int:
        """
        End it for these accounts, now; called again after a crash or an error.

        Args:
            account_ids: Up to some thousand ids.

        Returns:
            How many were ended: for the report.

        Raises:
            Exception: It could not; it is called again later.
        """


def check_names(hooks: Sequence[Hook]) -> None:
    """
    Check that every hook has a name of its own.

    Raises:
        SetupError: One has not.
    """
    names = names_of(hooks)
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        message = (
            f"a hook has a name of its own, up to {MAX_NAME_CHARACTERS} of a-z and '-'"
        )
        raise SetupError(message)


def names_of(hooks: Sequence[Hook]) -> list[str]:
    """Return the names of *hooks*."""
    return [hook.name for hook in hooks]


def lay_out_late(means: Means, campaign_id: str) -> None:
    """Write the ranges of hooks that were added after the sweep was laid out."""
    names = names_of(means.hooks)
    if not names:
        return
    with means.database.read() as connection:
        found = hook_ranges.progress(connection, campaign_id, names)
        borders = hook_ranges.borders(connection, campaign_id)
    late = [each.name for each in found if each.name in names and not each.total]
    if late and borders:
        with means.database.begin() as connection:
            hook_ranges.lay_out(connection, campaign_id, late, borders)


def run(means: Means, record: Record, *, worker: str, number: int | None) -> bool:
    """
    Let every hook end what it ends, in the ranges that are retired.

    Args:
        means: What to work with.

        record: The campaign.

        worker: Who works, for the leases.

        number: The range, which is retired; None for all that are left, where all
            are.

    Returns:
        True if a hook was called.

    Raises:
        HookFailedError: A hook raised an error; all others were called.
    """
    failed = None
    called = False
    for hook in means.hooks:
        calls = _Calls(means, record.id, hook)
        try:
            for piece in calls.pieces(leases.owner(worker), number):
                called |= calls.call(piece)
        except HookFailedError as error:
            failed = error
    if failed is not None:
        raise failed
    return called


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls of one hook in one campaign."""

    means: Means
    campaign_id: str
    hook: Hook

    def pieces(self, worker: str, number: int | None) -> Iterator[Piece]:
        """Lease one range after the other, until none is free."""
        while True:
            piece = sweeps.lease(
                self.means.database,
                hook_ranges.sweep_of(self.campaign_id, self.hook.name),
                worker=worker,
                now=self.means.clock(),
                lasting=HOOK_LEASE,
                number=number,
            )
            if piece is None:
                return
            yield piece

    def call(self, piece: Piece) -> bool:
        """
        Call the hook for a range; whatever stops it, the range is free at once.

        Returns:
            False if another had done the range meanwhile.

        Raises:
            HookFailedError: The hook raised an error.
        """
        try:
            ended = self._end(self._retired_in(piece))
        except BaseException:
            with suppress(StorageUnavailableError):
                sweeps.release(self.means.database, piece)
            raise
        return self._finish(piece, ended)

    def _end(self, account_ids: Sequence[str]) -> int:
        try:
            return index(self.hook.end(account_ids))
        except Exception as error:  # noqa: BLE001  # the host's code raises anything
            kind = type(error).__name__
        # Out here, so that what the host's error says is not kept beside ours.
        raise HookFailedError(self.hook.name, kind)

    def _retired_in(self, piece: Piece) -> list[str]:
        """Return the accounts of a range that the campaign affects, in order."""
        accounts = self.means.accounts
        with accounts.reading() as forum:
            rows = accounts.between(forum, low=piece.low, high=piece.high, lock=False)
        ids = [account.id for account in rows]
        with self.means.database.read() as connection:
            known = members.known(connection, self.campaign_id, ids)
        return [account_id for account_id in ids if account_id in known]

    def _finish(self, piece: Piece, ended: int) -> bool:
        """Write down that a range was done, and how much was ended."""
        means = self.means
        detail = {
            "campaign": self.campaign_id,
            "hook": self.hook.name,
            "range": piece.number,
            "ended": ended,
        }
        with means.database.begin() as connection:
            records.hold_state(connection, self.campaign_id)
            if not hook_ranges.settle(connection, piece, ended=ended):
                return False
            now = means.clock()
            audit.record(
                connection,
                means.keyring,
                event=hook_ranges.CALLED,
                detail=detail,
                now=now,
            )
        return True
