"""
What else lets somebody in is ended through the host: cookies, tokens, app passwords.

Each hook goes through the sweep's ranges once they are retired, in a sweep of its
own: one that fails is tried again and holds up neither the gate nor another hook.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import Connection

from credguard import sweeps
from credguard.campaigns import leases, members, records
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.campaigns.states import ENDED
from credguard.errors import HookFailedError, SetupError
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
        End it for these accounts, now; called again after a crash.

        Args:
            account_ids: Up to some thousand ids.

        Returns:
            How many were ended: for the report.

        Raises:
            Exception: It could not; it is called again later.
        """


@dataclass(frozen=True, slots=True)
class HookProgress:
    """
    How far a hook is.

    Attributes:
        name: Its name.

        done: Ranges done.

        total: Ranges in all.

        ended: How many it says it ended.
    """

    name: str
    done: int
    total: int
    ended: int


def check_names(hooks: Sequence[Hook]) -> None:
    """
    Check that every hook has a name of its own.

    Raises:
        SetupError: One has not.
    """
    names = [hook.name for hook in hooks]
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        message = (
            f"a hook has a name of its own, up to {MAX_NAME_CHARACTERS} of a-z and '-'"
        )
        raise SetupError(message)


def lay_out(
    means: Means, connection: Connection, campaign_id: str, borders: Sequence[str]
) -> None:
    """Write the ranges of every hook, in the transaction that lays the sweep out."""
    for hook in means.hooks:
        sweeps.lay_out(connection, _sweep_of(campaign_id, hook.name), borders)


def run(means: Means, record: Record, *, worker: str, number: int | None) -> None:
    """
    Let every hook end what it ends, in the ranges that are retired.

    Args:
        means: What to work with.

        record: The campaign.

        worker: Who works, for the leases.

        number: The range; None for all that are left.

    Raises:
        HookFailedError: A hook raised an error; all others were called.
    """
    failed = None
    for hook in means.hooks if record.state not in ENDED else ():
        calls = _Calls(means, record.id, hook)
        for piece in calls.pieces(leases.owner(worker), number):
            try:
                ended = hook.end(calls.retired_in(piece))
            except Exception as error:  # noqa: BLE001  # the host's code raises anything
                failed = HookFailedError(hook.name, type(error).__name__)
                break  # its lease runs out, and it is tried again
            calls.finish(piece, ended)
    if failed is not None:
        raise failed


def progress(means: Means, campaign_id: str) -> list[HookProgress]:
    """Return how far each hook is."""
    with means.database.read() as connection:
        return [
            HookProgress(hook.name, found.done, found.total, found.touched)
            for hook in means.hooks
            for found in [
                sweeps.progress(connection, _sweep_of(campaign_id, hook.name))
            ]
        ]


def _sweep_of(campaign_id: str, name: str) -> str:
    return f"{campaign_id}:{name}"


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
                _sweep_of(self.campaign_id, self.hook.name),
                worker=worker,
                now=self.means.clock(),
                lasting=HOOK_LEASE,
                number=number,
            )
            if piece is None:
                return
            yield piece

    def retired_in(self, piece: Piece) -> list[str]:
        """Return the accounts of a range that the campaign affects, in order."""
        accounts = self.means.accounts
        with accounts.reading() as forum:
            rows = accounts.between(forum, low=piece.low, high=piece.high, lock=False)
        ids = [account.id for account in rows]
        with self.means.database.read() as connection:
            known = members.known(connection, self.campaign_id, ids)
        return [account_id for account_id in ids if account_id in known]

    def finish(self, piece: Piece, ended: int) -> None:
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
            sweeps.finish(connection, piece, touched=ended)
            now = means.clock()
            audit.record(
                connection, means.keyring, event="hook called", detail=detail, now=now
            )
