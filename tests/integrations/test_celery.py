"""Chunks that Celery's workers do, over brokers that really run."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import Celery
from sqlalchemy import func, select

from credguard.campaigns import Campaigns, Chunk, ChunkOutcome, retiring
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import CampaignStateError, StorageUnavailableError
from credguard.integrations.celery import register
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.sweeps import Progress
from forums import House, house_at
from proving import Proof, sized
from tcp_proxy import Fault, TcpProxy, Way
from tcp_proxy import Plan as TcpPlan

BROKERS = {"redis": "CREDGUARD_TEST_REDIS", "rabbitmq": "CREDGUARD_TEST_RABBITMQ"}
FOLDER = Path(__file__).parent
# What the sweep of the forum's members comes to, with whomever does it.
EVERYBODY = {
    AccountState.QUEUED: 50,
    AccountState.UNREACHABLE: 6,
    AccountState.NO_PASSWORD: 4,
}
PATIENCE = 90  # seconds for workers to start and do twelve chunks


@pytest.fixture
def house(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A forum on SQLite with credguard's tables in its database."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", 20)
    with house_at(sqlite_url, tmp_path, "together") as house:
        yield house


@pytest.fixture(params=list(BROKERS))
def broker(request: pytest.FixtureRequest) -> str:
    """The URL of a broker: Redis and RabbitMQ in turn."""
    variable = BROKERS[request.param]
    url = os.environ.get(variable)
    if url is None and "CREDGUARD_REQUIRE_SERVICES" in os.environ:
        pytest.fail(f"{variable} names no broker, and services are required")
    if url is None:
        pytest.skip(f"{variable} names no {request.param} broker")
    parts = urlsplit(url)
    socket.create_connection((parts.hostname, parts.port or 5672), timeout=5).close()
    return url


@pytest.fixture
def at_work(house: House, broker: str) -> Iterator[Callable[..., "Workers"]]:
    """Make workers with settings; their queues are removed afterwards."""
    made: list[Workers] = []

    def make(**settings: str) -> Workers:
        made.append(Workers(house, broker, **settings))
        return made[-1]

    yield make
    for workers in made:
        workers.remove_queue()


class Workers:
    """Celery's own command, and the messages that it works off."""

    def __init__(self, house: House, broker: str, **settings: str) -> None:
        self._queue = f"credguard-test-{secrets.token_hex(6)}"
        self._broker = broker
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(FOLDER), str(FOLDER.parent)]),
            "FORUM_BROKER": broker,
            "FORUM_QUEUE": self._queue,
            "FORUM_KEYRING": house.keyring.reveal(),
            "FORUM_OURS": house.ours,
            "FORUM_TABLE": house.forum.url,
            **settings,
        }
        self._house = house

    def send(self, campaign: str) -> int:
        """Hand the campaign's chunks to the queue."""
        app = Celery("forum", broker=self._broker)
        app.conf.task_default_queue = self._queue
        sent = register(app, lambda: self._house.another().campaigns).send(campaign)
        app.close()
        return sent

    def remove_queue(self) -> None:
        """Leave nothing in the broker."""
        with Celery("forum", broker=self._broker).connection() as connection:
            connection.default_channel.queue_delete(self._queue)

    @contextmanager
    def running(self, processes: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """Run Celery's worker command."""
        command = [sys.executable, "-m", "celery", "-A", "celery_worker", "worker"]
        command += ["--concurrency", str(processes), "--loglevel", "WARNING"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        worker = subprocess.Popen(
            command,
            env=self._environment,
            cwd=FOLDER,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield worker
        finally:
            kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the command and its children at once."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait until something happened; fail after a minute and a half."""
    ends = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < ends, "nothing happened in time"
        time.sleep(0.05)


def is_swept(house: House, campaign: str) -> bool:
    """Return True if nothing is left of the sweep."""
    (record,) = [each for each in house.campaigns.every() if each.id == campaign]
    return record.state is CampaignState.NOTIFYING


def check_whole(house: House, campaign: str) -> None:
    """Check that every account was dealt with once, and that the log is whole."""
    status = house.counted(campaign)
    assert status.ranges[0] == status.ranges[1]
    assert status.counts == EVERYBODY
    database = house.another()._database
    with database.read() as connection:
        swept = connection.execute(
            select(func.count()).where(audit_table.c.event == "range swept")
        ).scalar_one()
    assert swept == status.ranges[1]
    audit.verify(database, house.keyring)


def test_celerys_workers_do_all_chunks(
    house: House, at_work: Callable[..., Workers]
) -> None:
    """Two workers sweep the whole table, each chunk once."""
    campaign = house.start()
    workers = at_work()
    assert workers.send(campaign) == len(house.campaigns.chunks(campaign)) > 2
    with workers.running():
        wait_until(lambda: is_swept(house, campaign))
    check_whole(house, campaign)


def test_messages_that_are_sent_twice_do_no_harm(
    house: House, at_work: Callable[..., Workers]
) -> None:
    """Whoever is not sure sends all chunks again."""
    campaign = house.start()
    workers = at_work()
    workers.send(campaign)
    workers.send(campaign)
    with workers.running():
        wait_until(lambda: is_swept(house, campaign))
    check_whole(house, campaign)


def test_workers_that_are_killed_lose_nothing(
    house: House, at_work: Callable[..., Workers]
) -> None:
    """What a killed worker held is done by those that come after it."""
    campaign = house.start()
    workers = at_work(FORUM_SLOW="0.3", FORUM_VISIBILITY="2")
    workers.send(campaign)
    with workers.running():
        wait_until(lambda: house.counted(campaign).ranges[0] > 0)
    assert not is_swept(house, campaign)
    workers.send(campaign)
    with workers.running():
        wait_until(lambda: is_swept(house, campaign))
    check_whole(house, campaign)


def test_a_broker_with_less_patience_than_a_chunk(
    house: House, at_work: Callable[..., Workers]
) -> None:
    """A chunk that is delivered again while it is done, is done once."""
    campaign = house.start()
    workers = at_work(FORUM_SLOW="1.0", FORUM_VISIBILITY="0.4")
    workers.send(campaign)
    with workers.running(processes=3):
        wait_until(lambda: is_swept(house, campaign))
    check_whole(house, campaign)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("number", range(sized(everyday=1, prove=4, nightly=20)))
def test_a_broker_whose_line_breaks_loses_no_chunk(
    house: House,
    at_work: Callable[..., Workers],
    broker: str,
    number: int,
    proof: Proof,
) -> None:
    """Cut, late or cut short at byte k: each chunk is done once, here or by a run."""
    parts = urlsplit(broker)
    fault = (Fault.CUT, Fault.TRUNCATE, Fault.DELAY)[number % 3]
    way = Way.DOWN if number % 2 == 0 else Way.UP
    # Past the greeting: a worker that cannot even begin gives up by itself.
    plan = TcpPlan(fault, way, 1_500 + 250 * number)
    campaign = house.start()
    with TcpProxy(str(parts.hostname), parts.port or 5672) as proxy:
        proxy.arm(plan)
        workers = at_work(FORUM_BROKER=_through(broker, proxy.listens_on))
        workers.send(campaign)
        with workers.running():
            wait_until(lambda: is_swept(house, campaign) or proxy.fired)
    house.campaigns.sweep(campaign, worker="another")
    check_whole(house, campaign)
    proof.tried()
    proof.injected(proxy.fired)


def _through(broker: str, port: int) -> str:
    """Return the URL of *broker* by way of a proxy on *port*."""
    parts = urlsplit(broker)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()


class _Retried(Exception):  # noqa: N818  # as Celery calls it
    def __init__(self, countdown: float) -> None:
        super().__init__()
        self.countdown = countdown


class _App:
    """Makes tasks of functions as Celery does, and runs them at once."""

    def __init__(self) -> None:
        self.options: dict[str, object] = {}

    def task(self, **options: object) -> Callable[[Callable[..., str]], "_App"]:
        self.options = options

        def made(function: Callable[..., str]) -> "_App":
            self.function = function
            return self

        return made

    def apply_async(self, args: tuple[str, int | None], *, queue: str | None) -> object:
        assert queue == "resets"
        return self.function(self, *args)

    def retry(self, *, countdown: float) -> object:
        raise _Retried(countdown)


class _Campaigns:
    def __init__(self, chunk: Chunk | Exception) -> None:
        self._chunk = chunk

    def run_chunk(self, *_: object, **__: object) -> Chunk:
        if isinstance(self._chunk, Exception):
            raise self._chunk
        return self._chunk


@pytest.mark.parametrize(
    "met",
    [
        StorageUnavailableError("away"),
        Chunk(ChunkOutcome.HELD, Progress(1, 2, 3), None),
    ],
)
def test_what_is_away_or_held_is_tried_again(met: Chunk | Exception) -> None:
    """The task is put back for later; only what is done is acknowledged."""
    app = _App()
    made = register(app, lambda: _Campaigns(met), queue="resets")  # type: ignore[arg-type, return-value]  # doubles
    assert app.options["acks_late"] is True
    if isinstance(met, Chunk):
        assert (
            made.task.apply_async(("c", 1), queue="resets") == "done"
        )  # no instant: nobody holds it
        return
    with pytest.raises(_Retried) as retried:
        made.task.apply_async(("c", 1), queue=made.queue)
    assert retried.value.countdown > 0


def test_chunks_are_done_once_wherever_they_are_called(house: House) -> None:
    """In any order and twice: the first call does it, the second finds it done."""
    campaigns: Campaigns = house.campaigns
    campaign = house.start()
    numbers = list(campaigns.chunks(campaign))
    for number in reversed(numbers):
        did = campaigns.run_chunk(campaign, worker="one", number=number)
        assert did.outcome is ChunkOutcome.DONE
        again = campaigns.run_chunk(campaign, worker="two", number=number)
        assert again.outcome is ChunkOutcome.ALREADY
    assert is_swept(house, campaign)
    late = campaigns.run_chunk(campaign, worker="three")
    assert (late.outcome, late.is_over) == (ChunkOutcome.ALREADY, True)


def test_a_chunk_that_is_held_says_until_when(house: House) -> None:
    """Somebody who works on it keeps others away until the lease runs out."""
    campaign = house.start()
    number = house.campaigns.chunks(campaign)[1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("credguard.campaigns.retiring.RangeWork.of", _killed)
        with pytest.raises(SystemExit):
            house.campaigns.run_chunk(campaign, worker="killed", number=number)
    held = house.campaigns.run_chunk(campaign, worker="next", number=number)
    assert held.outcome is ChunkOutcome.HELD
    assert held.retry_at is not None


def _killed(*_: object) -> None:
    raise SystemExit


def test_chunks_of_an_aborted_campaign_are_refused(house: House) -> None:
    """A message that comes late finds that the campaign is over."""
    campaign = house.start()
    house.campaigns.chunks(campaign)
    house.campaigns.abort(campaign, reason="a mistake")
    with pytest.raises(CampaignStateError):
        house.campaigns.run_chunk(campaign, worker="late", number=0)
    with pytest.raises(CampaignStateError):
        house.campaigns.chunks(campaign)
