"""The one task, and who sends it."""

import os
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from credguard.campaigns import Campaigns, Chunk, ChunkOutcome
from credguard.errors import BrokerUnavailableError, UnavailableError

TASK_NAME = "credguard.run_chunk"
AGAIN_AFTER = 5.0  # seconds, where a database is away or columns are being changed
PATIENCE = 10.0  # seconds for one answer of the broker; Celery asks some four times


class App(Protocol):
    """A Celery application, as far as it is needed here."""

    def task(self, **options: object) -> Callable[[Callable[..., str]], "SentTask"]:
        """Make a task of a function."""

    def connection_for_write(self) -> "_Broker":
        """Make a connection for sending, which is not opened yet."""


class SentTask(Protocol):
    """A Celery task, as far as it is needed here."""

    @property
    def app(self) -> App:
        """The application that it is a task of."""

    def apply_async(
        self,
        args: tuple[str, int | None],
        *,
        queue: str | None,
        connection: "_Broker",
    ) -> object:
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
            BrokerUnavailableError: The broker did not take all messages. Send again:
                a chunk that is sent twice is done once.
        """
        numbers: list[int | None] = [*self.campaigns().chunks(campaign_id)] or [None]
        # A line of our own: one of Celery's pool may have died since it was last used.
        broker = self.task.app.connection_for_write()
        try:
            # What the application itself chose is kept.
            wanted = _options(broker.transport.driver_type)
            broker.transport_options |= wanted | broker.transport_options
            refusals = (self._refusal(broker, (campaign_id, each)) for each in numbers)
            kind = next(filter(None, refusals), None)
        finally:
            broker.release()
        if kind is not None:
            # Raised here, so that no library error, which may name hosts and users, is
            # chained to ours.
            raise BrokerUnavailableError(kind)
        return len(numbers)

    def _refusal(self, broker: "_Broker", args: tuple[str, int | None]) -> str | None:
        """Send one message, and return the kind of error where it was not taken."""
        try:
            self.task.apply_async(args, queue=self.queue, connection=broker)
        except Exception as error:
            if not _is_brokers(error, broker):
                raise
            return type(error).__name__
        return None


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


class _Transport(Protocol):
    driver_type: str


class _Broker(Protocol):
    connection_errors: tuple[type[Exception], ...]
    channel_errors: tuple[type[Exception], ...]
    transport_options: dict[str, object]

    @property
    def transport(self) -> _Transport:
        """What it is spoken over."""

    def release(self) -> None:
        """Let go of it."""


def _options(driver_type: str) -> dict[str, object]:
    """Return what makes a transport confirm what it took, and end when it is silent."""
    match driver_type:
        case "amqp":
            # RabbitMQ loses without a word what it is not asked to confirm.
            return {
                "confirm_publish": True,
                "read_timeout": PATIENCE,
                "write_timeout": PATIENCE,
            }
        case "redis":
            return {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        case _:
            return {}


def _is_brokers(error: Exception, broker: "_Broker") -> bool:
    """Return True for what the library of that broker raises."""
    # Imported here so that nobody who sends nothing loads it.
    from kombu.exceptions import KombuError  # noqa: PLC0415

    # Where a line to Redis broke, Kombu tries again with a channel that it has closed.
    if isinstance(error, AttributeError):
        return _raised_in(error).startswith("kombu.")
    raised = {*broker.connection_errors, *broker.channel_errors}
    # Redis names KeyError, which is also what Celery calls a queue that is not there.
    return isinstance(error, (KombuError, *(raised - {KeyError})))


def _raised_in(error: Exception) -> str:
    """Return the name of the module whose code raised *error*."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__"))


class _Bound(Protocol):
    def retry(self, *, countdown: float) -> object:
        """Send the task again, later."""


def _wait_of(done: Chunk) -> float | None:
    """Return how many seconds to wait before the chunk is free, None if it is done."""
    if done.outcome is not ChunkOutcome.HELD or done.retry_at is None:
        return None
    return max(1.0, (done.retry_at - datetime.now(UTC)).total_seconds())
