"""The same campaign ends in the same state, whichever engine hands out its chunks."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dramatiq
import procrastinate
import pytest
from broker_workers import Workers, broker_url
from dramatiq.brokers.redis import RedisBroker
from end_states import EndState, end_state
from sqlalchemy import make_url

from credguard.campaigns import Campaigns, ChunkOutcome, retiring
from credguard.campaigns.states import CampaignState
from credguard.errors import HookFailedError
from forums import MEMBERS, House, hash_of, house_at
from hooked import Written, guard_with

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "many-workers.md"
PATIENCE = 90  # seconds, with Procrastinate's 15 after the hook that fails

Databases = Callable[[str, str], str]


def documented(heading: str, mark: str) -> str:
    """Return the block of the how-to's section which has *mark* in it."""
    text = PAGE.read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    section = section or text
    (block,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
        if mark in block
    ]
    return str(block)


class Task:
    """What an engine made of the documented function: it can be sent."""

    def send(self, campaign_id: str, number: int) -> None:
        """Send it: Dramatiq."""

    def defer(self, *, campaign_id: str, number: int) -> None:
        """Send it: Procrastinate."""


class Guard:
    """What the how-to calls guard, with a hook that fails when it is called first."""

    def __init__(self, house: House, hook: Written) -> None:
        self._door = guard_with(house, hook, clock=house.clock)
        self.campaigns: Campaigns = self._door.campaigns

    def wrapper(self, heading: str, mark: str, name: str, **names: object) -> Task:
        """Execute a documented wrapper as it stands, and return what it defines."""
        namespace: dict[str, object] = {
            "guard": self,
            "ChunkOutcome": ChunkOutcome,
            "dramatiq": dramatiq,
            **names,
        }
        exec(documented("", "def worker_name").partition("\n\n\nnumbers")[0], namespace)  # noqa: S102  # the documentation's own code
        exec(documented(heading, mark), namespace)  # noqa: S102  # as above
        made: Task = namespace[name]  # type: ignore[assignment]  # what was executed
        return made


def is_over(house: House, campaign: str) -> bool:
    """Return True if all is retired and the hook was called for everybody."""
    (record,) = house.campaigns.every()
    called = house.campaigns.hooks(campaign)
    is_swept = record.state is CampaignState.NOTIFYING
    return is_swept and bool(called) and all(hook.is_over for hook in called)


def wait_until_over(house: House, campaign: str) -> None:
    """Wait until the engine has done all; fail after a minute and a half."""
    ends = time.monotonic() + PATIENCE
    while not is_over(house, campaign):
        assert time.monotonic() < ends, "it was not over in time"
        time.sleep(0.05)


def by_sweep(house: House, campaign: str, hook: Written) -> None:
    """Do it without any engine, again after the hook has failed."""
    campaigns = Guard(house, hook).campaigns
    with pytest.raises(HookFailedError):
        campaigns.sweep(campaign, worker="sweeper")
    campaigns.sweep(campaign, worker="sweeper")


def by_celery(broker: str) -> Callable[[House, str, Written], None]:
    """Return what lets Celery's own workers do it over a broker."""

    def work(house: House, campaign: str, hook: Written) -> None:
        workers = Workers(house, broker_url(broker), FORUM_HOOK=str(hook.path))
        try:
            assert workers.send(campaign) == 3
            with workers.running():
                wait_until_over(house, campaign)
        finally:
            workers.remove_queue()

    return work


def by_dramatiq(house: House, campaign: str, hook: Written) -> None:
    """Let a worker of Dramatiq's do it, over Redis."""
    guard = Guard(house, hook)
    namespace = f"credguard-test-{secrets.token_hex(6)}"
    url = broker_url("redis")
    broker = RedisBroker(url=url, namespace=namespace)  # type: ignore[no-untyped-call]  # as it is
    dramatiq.set_broker(broker)
    task = guard.wrapper("Dramatiq", "@dramatiq.actor", "run_chunk")
    worker = dramatiq.Worker(broker, worker_timeout=100, worker_threads=2)
    worker.start()
    try:
        for number in guard.campaigns.chunks(campaign):
            task.send(campaign, number)
        wait_until_over(house, campaign)
    finally:
        worker.stop()
        broker.flush_all()
        broker.close()
        for key in broker.client.scan_iter(f"{namespace}*"):
            broker.client.delete(key)
        broker.client.close()


def by_procrastinate(queue: str) -> Callable[[House, str, Written], None]:
    """Return what lets a worker of Procrastinate's do it, queued in PostgreSQL."""

    def work(house: House, campaign: str, hook: Written) -> None:
        guard = Guard(house, hook)
        url = make_url(queue).set(drivername="postgresql")
        where = url.render_as_string(hide_password=False)
        tasks = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=where)
        )
        task = guard.wrapper(
            "Procrastinate", "@tasks.task", "run_numbered", tasks=tasks
        )
        with tasks.open():
            tasks.schema_manager.apply_schema()
            for number in guard.campaigns.chunks(campaign):
                task.defer(campaign_id=campaign, number=number)
        asyncio.run(_work_off(tasks, house, campaign))

    return work


async def _work_off(tasks: procrastinate.App, house: House, campaign: str) -> None:
    async with tasks.open_async():
        worker = asyncio.create_task(
            tasks.run_worker_async(concurrency=2, install_signal_handlers=False)
        )
        await asyncio.to_thread(wait_until_over, house, campaign)
        worker.cancel()
        await asyncio.wait([worker])


@contextmanager
def campaign_at(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, str, Written]]:
    """Make a forum with a campaign that is open, in three chunks."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", 20)
    with house_at(url, folder, "together") as house:
        yield house, house.start(), Written(folder / "called", fails=1)


@pytest.fixture
def swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EndState:
    """The state in which the campaign ends without any engine, on SQLite."""
    folder = tmp_path / "swept"
    folder.mkdir()
    url = f"sqlite:///{folder / 'forum.db'}"
    with campaign_at(url, folder, monkeypatch) as (house, campaign, hook):
        by_sweep(house, campaign, hook)
        return end_state(house, campaign, hook.called_for)


ENGINES = {
    "celery-redis": "postgresql",
    "celery-rabbitmq": "mariadb",
    "dramatiq": "mariadb",
    "procrastinate": "postgresql",
}


@pytest.fixture
def database_of(request: pytest.FixtureRequest) -> Databases:
    """Return the URL of an empty database, by its dialect and what it is for."""
    made: Databases = request.getfixturevalue("_kept_databases")
    return made


def engine(name: str, database_of: Databases) -> Callable[[House, str, Written], None]:
    """Return what lets an engine do a campaign."""
    if name == "dramatiq":
        return by_dramatiq
    if name == "procrastinate":
        return by_procrastinate(database_of("postgresql", "procrastinate-queue"))
    return by_celery(name.removeprefix("celery-"))


@pytest.mark.parametrize("name", list(ENGINES))
def test_each_engine_comes_to_the_same_end(
    name: str,
    swept: EndState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database_of: Databases,
) -> None:
    """As documented, over several chunks, with a hook that fails at first."""
    work = engine(name, database_of)
    url = database_of(ENGINES[name], f"forum-{name}")
    with campaign_at(url, tmp_path, monkeypatch) as (house, campaign, hook):
        work(house, campaign, hook)
        assert hook.path.with_suffix(".failed-0").exists()
        found = end_state(house, campaign, hook.called_for)
    assert found == swept


def test_the_end_is_what_was_asked_for(swept: EndState) -> None:
    """That with which the engines are compared: all retired, told, and called for."""
    assert swept.ended == [str(number) for number in MEMBERS]
    assert swept.restored == {str(each): hash_of(each) for each in MEMBERS}
    assert len(swept.mails) == len(swept.notices) == 50
    assert [row[-2:] for row in swept.ranges] == _done([(20, 20)] * 3)


def _done(counts: Sequence[tuple[int, int]]) -> list[tuple[object, ...]]:
    return [("done", touched) for pair in counts for touched in pair]
