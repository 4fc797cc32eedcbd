"""Chunks that Celery's workers do, over brokers that really run."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from broker_workers import BROKERS, Workers, broker_url
from celery import Celery
from celery.exceptions import QueueNotFound
from sqlalchemy import func, select

from credguard.campaigns import retiring
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import BrokerUnavailableError
from credguard.integrations.celery import register, tasks
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from forums import MEMBERS, House, house_at
from hooked import Written
from proving import Proof, sized
from tcp_proxy import Fault, TcpProxy, Way
from tcp_proxy import Plan as TcpPlan

# What the sweep of the forum's members comes to, with whomever does it.
EVERYBODY = {
    AccountState.QUEUED: 50,
    AccountState.UNREACHABLE: 6,
    AccountState.NO_PASSWORD: 4,
}
PATIENCE = 90  # seconds for workers to start and do twelve chunks
SILENT_SECONDS = 30  # some tries, and what Celery waits between them
SENT_AGAIN = 5  # seconds after which whoever is not sure sends all chunks again
# How many bytes go each way while three chunks are sent, and while they are worked off
# by a worker that asks for them: RabbitMQ hears of it by short acknowledgements alone.
SENDERS = {
    "redis": {Way.UP: 4_000, Way.DOWN: 700},
    "rabbitmq": {Way.UP: 2_300, Way.DOWN: 600},
}
WORKERS = {
    "redis": {Way.UP: 1_500, Way.DOWN: 1_500},
    "rabbitmq": {Way.UP: 50, Way.DOWN: 1_200},
}


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
    return broker_url(request.param)


@pytest.fixture
def at_work(house: House, broker: str) -> Iterator[Callable[..., Workers]]:
    """Make workers with settings; their queues are removed afterwards."""
    made: list[Workers] = []

    def make(**settings: str) -> Workers:
        made.append(Workers(house, broker, **settings))
        return made[-1]

    yield make
    for workers in made:
        workers.remove_queue()


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


def are_called(house: House, campaign: str) -> bool:
    """Return True if every hook was called for every range."""
    hooks = house.campaigns.hooks(campaign)
    return bool(hooks) and all(hook.is_over for hook in hooks)


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


def test_a_hook_that_fails_is_called_again_by_celery(
    house: House, at_work: Callable[..., Workers], tmp_path: Path
) -> None:
    """Its message comes back after some seconds and ends what is left."""
    hook = Written(tmp_path / "called")
    campaign = house.start()
    workers = at_work(FORUM_HOOK=str(hook.path))
    workers.send(campaign)
    with workers.running():
        wait_until(lambda: is_swept(house, campaign) and are_called(house, campaign))
    assert hook.path.with_suffix(".failed-0").exists()
    assert hook.called_for == [str(number) for number in MEMBERS]
    check_whole(house, campaign)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("number", range(sized(everyday=1, prove=6, nightly=24)))
def test_a_broker_whose_line_breaks_loses_no_chunk(
    house: House,
    at_work: Callable[..., Workers],
    broker: str,
    number: int,
    proof: Proof,
) -> None:
    """Cut, late or cut short, for sender and workers: these do each chunk once."""
    campaign = house.start()
    kind = "redis" if broker.startswith("redis") else "rabbitmq"
    with _line_to(broker) as sender, _line_to(broker) as line:
        workers = at_work(
            FORUM_BROKER=_through(broker, line.listens_on), FORUM_VISIBILITY="2"
        )
        with workers.running():
            wait_until(workers.are_ready)
            line.arm(_plan(number, WORKERS[kind]))
            sender.arm(_plan(number + 1, SENDERS[kind]))
            try:
                workers.send(campaign, by=_through(broker, sender.listens_on))
            except BrokerUnavailableError:
                workers.send(campaign)
            # To RabbitMQ it is sent and not answered: the proxy may still be at it.
            wait_until(lambda: sender.fired)
            sent_at = time.monotonic()

            def is_over() -> bool:
                nonlocal sent_at
                if time.monotonic() > sent_at + SENT_AGAIN:
                    workers.send(campaign)
                    sent_at = time.monotonic()
                return line.fired and is_swept(house, campaign)

            wait_until(is_over)
    check_whole(house, campaign)
    proof.tried()
    proof.injected(2)


@pytest.mark.promise("P13")
def test_a_broker_that_cannot_be_reached_is_said_to_be(
    house: House, at_work: Callable[..., Workers], broker: str, proof: Proof
) -> None:
    """No library's error comes out, no part of the URL is told, and sending helps."""
    campaign = house.start()
    workers = at_work()
    with _line_to(broker) as line:
        url = _through(broker, line.listens_on)
        line.arm(TcpPlan(Fault.CUT, Way.UP, 100, lasts=True))
        with pytest.raises(BrokerUnavailableError, match="send again") as refused:
            workers.send(campaign, by=url)
        assert str(line.listens_on) not in str(refused.value)
        assert refused.value.__context__ is None
        line.heal()
        assert workers.send(campaign, by=url) == len(house.campaigns.chunks(campaign))
    proof.tried()
    proof.injected()


@pytest.mark.promise("P13")
@pytest.mark.parametrize("way", [Way.UP, Way.DOWN])
def test_a_broker_that_falls_silent_is_not_waited_for_without_end(
    house: House,
    at_work: Callable[..., Workers],
    broker: str,
    way: Way,
    proof: Proof,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody closes the line; some tries later it is said."""
    monkeypatch.setattr(tasks, "PATIENCE", 0.5)
    campaign = house.start()
    workers = at_work()
    with _line_to(broker) as line:
        line.arm(TcpPlan(Fault.SILENCE, way, 200, lasts=True))
        begun = time.monotonic()
        with pytest.raises(BrokerUnavailableError, match="send again"):
            workers.send(campaign, by=_through(broker, line.listens_on))
        assert time.monotonic() - begun < SILENT_SECONDS
    proof.tried()
    proof.injected()


@pytest.mark.promise("P13")
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_a_broker_that_lets_nobody_in_is_said_to_be(
    house: House, at_work: Callable[..., Workers], broker: str
) -> None:
    """A wrong password is no error of the library's, and is not told."""
    parts = urlsplit(broker)
    wrong = parts._replace(netloc=f"guest:a-wrong-one@{parts.hostname}:{parts.port}")
    with pytest.raises(BrokerUnavailableError) as refused:
        at_work().send(house.start(), by=wrong.geturl())
    assert "a-wrong-one" not in str(refused.value)
    assert refused.value.__context__ is None


def test_what_is_not_the_brokers_fault_comes_out(house: House, broker: str) -> None:
    """A queue that the application does not have is for who wrote the settings."""
    with Celery("forum", broker=broker) as app:
        app.conf.task_create_missing_queues = False
        made = register(app, lambda: house.another().campaigns, queue="none")
        with pytest.raises(QueueNotFound):
            made.send(house.start())


def _plan(number: int, spans: dict[Way, int]) -> TcpPlan:
    """Return what happens at some byte, the same for each *number*."""
    fault = (Fault.CUT, Fault.TRUNCATE, Fault.DELAY)[number % 3]
    way = Way.DOWN if number % 2 == 0 else Way.UP
    return TcpPlan(fault, way, random.Random(number).randrange(spans[way]))


def _line_to(broker: str) -> TcpProxy:
    """Return a proxy before *broker*."""
    parts = urlsplit(broker)
    return TcpProxy(str(parts.hostname), parts.port or 5672)


def _through(broker: str, port: int) -> str:
    """Return the URL of *broker* by way of a proxy on *port*."""
    parts = urlsplit(broker)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()
