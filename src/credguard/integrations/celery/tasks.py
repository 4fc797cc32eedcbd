"""The one task, and who sends it."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from credguard.campaigns import Campaigns, Chunk, ChunkOutcome
from credguard.errors import UnavailableError

TASK_NAME = "credguard.run_chunk"
AGAIN_AFTER = 5.0  # seconds, where a database is away or columns are being changed


class App(Protocol):
    """A Celery application, as far as it is needed here."""

    def task(self, **options: object) -> Callable[[Callable[..., str]], "SentTask"]:
        """Make a task of a function."""


class SentTask(Protocol):
    """A Celery task, as far as it is needed here."""

    def apply_async(self, args: tuple[str, int | None], *, queue: str | None) -> object:
        """Send it to the workers."""


@dataclass(frozen=True)
class ChunkTask:
    """
    The task of one chunk; `register` makes it.

    Attributes:
        campaigns: Makes the campaigns in the process that works.

        task: What Celery made of it, to be rate-limited as any other.

        queue: The queue that its messages go to, None for the application's own.
    """

    campaigns: Callable[[], Campaigns]
    task: SentTask
    queue: str | None = None

    def send(self, campaign_id: str) -> int:
        """
        Hand a campaign's chunks to the workers; again, where some were lost.

        Args:
            campaign_id: What `Campaigns.start` returned.

        Returns:
            How many messages were sent.

        Raises:
            CampaignStateError: There is no such campaign, or it was aborted.
            StorageUnavailableError: The database is away or locked.
        """
        numbers: list[int | None] = [*self.campaigns().chunks(campaign_id)] or [None]
        for number in numbers:
            self.task.apply_async((campaign_id, number), queue=self.queue)
        return len(numbers)


def register(
    app: App, campaigns: Callable[[], Campaigns], *, queue: str | None = None
) -> ChunkTask:
    """
    Make the task ``credguard.run_chunk`` of a Celery application.

    Its messages are acknowledged when their chunk is done, so that a worker that is
    killed loses none; a chunk that is delivered twice is done once.

    Args:
        app: The forum's application.

        campaigns: Returns the campaigns of the process that works; called for each
            chunk, and never at import.

        queue: The queue that its messages go to; None for the application's own.

    Returns:
        What sends it.
    """

    @app.task(
        name=TASK_NAME,
        bind=True,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        max_retries=None,
    )
    def run_chunk(self: "_Bound", campaign_id: str, number: int | None) -> str:
        worker = f"{socket.gethostname()}:{os.getpid()}"
        try:
            done = campaigns().run_chunk(campaign_id, worker=worker, number=number)
        except UnavailableError:
            wait: float | None = AGAIN_AFTER
        else:
            wait = _wait_of(done)
        if wait is not None:
            self.retry(countdown=wait)
        return "done"

    return ChunkTask(campaigns, run_chunk, queue)


class _Bound(Protocol):
    def retry(self, *, countdown: float) -> object:
        """Send the task again, later."""


def _wait_of(done: Chunk) -> float | None:
    """Return how many seconds to wait before the chunk is free, None if it is done."""
    if done.outcome is not ChunkOutcome.HELD or done.retry_at is None:
        return None
    return max(1.0, (done.retry_at - datetime.now(UTC)).total_seconds())
