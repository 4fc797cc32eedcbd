"""All seeds under a new key, while people log in and processes are killed."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import authenticators
import pytest
from authenticators import CHEAP, NOON, PERIOD, enrolled
from populations import populate
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard._sealed import key_id_of
from credguard.errors import SealBrokenError, SetupError, UnknownKeyError
from credguard.second_factor import EventKind, FactorEvent, resealing, rows
from credguard.second_factor.factor import Place
from credguard.second_factor.kit import Kit
from credguard.second_factor.resealing import Resealing
from credguard.second_factor.seeds import open_seed
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.tables import second_factor, sweep_range
from credguard.sweeps import Progress
from credguard.testing import FrozenClock
from proving import Proof, sized

RESEALER = Path(__file__).parent / "resealer.py"
COUNT = 130
MANY = sized(everyday=600, prove=5_000, nightly=100_000)
KILLS = sized(everyday=3, prove=10, nightly=100)


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small table have several ranges."""
    monkeypatch.setattr(resealing, "RANGE_SIZE", 50)


@pytest.fixture
def seeds(any_database: Database, keyring: Keyring) -> dict[str, bytes]:
    """The seeds of many accounts, under the first key."""
    return dict(populate(any_database, keyring, COUNT))


def keeper(database: Database, keyring: Keyring) -> SecondFactors:
    """Return the keeper, with the clock at noon."""
    return authenticators.keeper(database, keyring, clock=FrozenClock(NOON))


def read_back(database: Database, keyring: Keyring) -> dict[str, bytes]:
    """Return the seeds as they stand in the table now."""
    found = {}
    with database.read() as connection:
        names = connection.scalars(select(second_factor.c.account_id)).all()
        for name in names:
            factor = rows.find(connection, name, Place.CURRENT)
            assert factor
            found[name] = open_seed(keyring, factor)
    return found


@pytest.mark.promise("P23")
def test_all_seeds_go_under_the_current_key(
    any_database: Database, keyring: Keyring, seeds: dict[str, bytes]
) -> None:
    """Every seed is the same as before, and the old key is needed no more."""
    rotated = keyring.rotate()
    factors = keeper(any_database, rotated)
    assert factors.key_counts() == {keyring.current.id: COUNT}
    progress: list[Progress] = []
    done = factors.reseal(worker="one", batch=20, on_progress=progress.append)
    assert (done.changed, done.overtaken, done.unreadable) == (COUNT, 0, {})
    assert factors.key_counts() == {rotated.current.id: COUNT}
    assert [each.done for each in progress] == [1, 2, 3]
    alone = Keyring(current=rotated.current)
    assert read_back(any_database, alone) == seeds


def test_a_second_run_finds_nothing_to_do(
    any_database: Database, keyring: Keyring, seeds: dict[str, bytes]
) -> None:
    """What is done is not done again, and the row is not written."""
    rotated = keyring.rotate()
    factors = keeper(any_database, rotated)
    assert factors.reseal(worker="one").changed == len(seeds)
    assert factors.reseal(worker="one").changed == 0


def test_an_empty_table_is_done_at_once(factors: SecondFactors) -> None:
    """Where nobody has a factor there is nothing to lay out."""
    assert factors.reseal(worker="one").changed == 0
    assert factors.key_counts() == {}


def test_pending_factors_are_resealed_too(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """An enrollment that was begun under the old key can be confirmed after."""
    enrolled(database, keyring, "17")
    first = keeper(database, keyring)
    first.enroll("17", proof=first.vouch("17", by="a test"))
    rotated = keyring.rotate()
    factors = keeper(database, rotated)
    assert factors.reseal(worker="one", batch=2).changed == 2
    assert factors.key_counts() == {rotated.current.id: 2}
    assert clock() == NOON


def test_what_does_not_open_is_named_and_left(
    any_database: Database, keyring: Keyring, seeds: dict[str, bytes]
) -> None:
    """A damaged seal and an unknown key hold nobody else up."""
    damaged, foreign = sorted(seeds)[:2]
    strange = Keyring.generate().seal(b"x", purpose="totp seed", owner="x", part="y")
    for name, sealed in (
        (damaged, f"cgs2.{keyring.current.id}.AAAA"),
        (foreign, strange),
    ):
        with any_database.begin() as connection:
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id == name)
                .values(sealed=sealed, key_id=key_id_of(sealed))
            )
    rotated = keyring.rotate()
    factors = keeper(any_database, rotated)
    done = factors.reseal(worker="one", batch=20)
    assert done.changed == COUNT - 2
    assert {name: type(error) for name, error in done.unreadable.items()} == {
        damaged: SealBrokenError,
        foreign: UnknownKeyError,
    }
    assert factors.key_counts() == {
        rotated.current.id: COUNT - 2,
        keyring.current.id: 1,
        str(key_id_of(strange)): 1,
    }


@pytest.mark.promise("P23")
def test_a_log_in_in_between_wins(
    any_database: Database,
    keyring: Keyring,
    seeds: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that changed since it was read is looked at again; no log-in is undone."""
    rotated = keyring.rotate()
    # A process that still has the old keyring counts a wrong code.
    older = keeper(any_database, keyring)
    texts = Resealing._texts
    guessed: list[str] = []

    def texts_and_a_guess(
        self: Resealing, page: Sequence[Sequence[str]], done: resealing.Resealed
    ) -> Iterator[dict[str, object]]:
        made = list(texts(self, page, done))
        if not guessed:
            guessed.append(page[3][0])
            with pytest.raises(Exception, match="not right"):
                older.verify(guessed[0], "x")
        return iter(made)

    monkeypatch.setattr(Resealing, "_texts", texts_and_a_guess)
    factors = keeper(any_database, rotated)
    done = factors.reseal(worker="one", batch=20)
    assert done.overtaken == 1
    assert factors.key_counts() == {rotated.current.id: COUNT}
    with any_database.read() as connection:
        factor = rows.find(connection, guessed[0], Place.CURRENT)
    assert factor
    assert factor.failures == 1
    assert read_back(any_database, rotated) == seeds


def test_a_row_that_keeps_changing_is_left_for_later(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing spins for ever at an account that somebody hammers."""
    populate(database, keyring, 10)
    texts = Resealing._texts

    def stale(
        self: Resealing, page: Sequence[Sequence[str]], done: resealing.Resealed
    ) -> Iterator[dict[str, object]]:
        made = list(texts(self, page, done))
        return iter([each | {"found_version": -1} for each in made])

    monkeypatch.setattr(Resealing, "_texts", stale)
    done = keeper(database, keyring.rotate()).reseal(worker="one", batch=20)
    assert done.changed == 0
    assert done.overtaken == 10 * 20


def test_a_rate_is_kept(
    database: Database, keyring: Keyring, factors: SecondFactors
) -> None:
    """With a rate the work is spread: a page, then the time that it may take."""
    populate(database, keyring, 40)
    paused: list[float] = []
    kit: Kit = keeper(database, keyring.rotate())._kit
    work = Resealing(kit, batch=20, rate=100, pause=paused.append)
    assert work.run(worker="one", on_progress=lambda _: None).changed == 40
    assert sum(paused) == pytest.approx(0.4, rel=0.2)
    assert factors.key_counts()


@pytest.mark.parametrize("numbers", [{"batch": 1}, {"batch": 10_001}, {"rate": 0}])
def test_numbers_have_ranges(factors: SecondFactors, numbers: dict[str, int]) -> None:
    """A batch holds both rows of an account, and a rate is above nothing."""
    with pytest.raises(SetupError):
        factors.reseal(worker="one", **numbers)  # type: ignore[arg-type]  # on purpose


def test_it_is_told_and_written_down(database: Database, keyring: Keyring) -> None:
    """The audit log and the host learn how many, and under which key."""
    populate(database, keyring, 3)
    rotated, told = keyring.rotate(), list[FactorEvent]()
    factors = SecondFactors(
        database,
        rotated,
        issuer="Forum",
        hasher=CHEAP,
        events=told.append,
        clock=FrozenClock(NOON),
    )
    factors.reseal(worker="one")
    (event,) = told
    assert event.kind is EventKind.RESEALED
    assert event.detail == {
        "key_id": rotated.current.id,
        "changed": 3,
        "unreadable": 0,
    }


def begin(url: str, keyring: Keyring, worker: str) -> "subprocess.Popen[str]":
    """Start a process that re-seals."""
    return subprocess.Popen(
        [sys.executable, str(RESEALER), url, keyring.reveal(), worker, "25"],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.promise("P23")
def test_a_killed_run_is_gone_on_with(
    database_url: str,
    any_database: Database,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
    proof: Proof,
) -> None:
    """Killed at random moments, it loses nothing, and the next run ends the work."""
    monkeypatch.setattr(resealing, "RANGE_SIZE", 25)
    seeds = dict(populate(any_database, keyring, MANY))
    proof.tried(MANY)
    rotated = keyring.rotate()
    chance = random.Random(5)
    for number in range(KILLS):
        running = begin(database_url, rotated, f"killed {number}")
        assert running.stdout
        running.stdout.readline()
        time.sleep(chance.uniform(0.01, 0.1))
        running.kill()
        running.communicate()
        proof.injected()
    # Nobody waits for the dead: their leases run out.
    with any_database.begin() as connection:
        connection.execute(update(sweep_range).values(lease_until=NOON - PERIOD))
    factors = SecondFactors(any_database, rotated, issuer="Forum", hasher=CHEAP)
    factors.reseal(worker="last")
    assert factors.key_counts() == {rotated.current.id: MANY}
    assert read_back(any_database, Keyring(current=rotated.current)) == seeds


@pytest.mark.promise("P23")
def test_several_workers_share_the_work_while_people_log_in(
    database_url: str, any_database: Database, keyring: Keyring
) -> None:
    """Two processes re-seal, people log in, and nobody is refused or lost."""
    seeds = dict(populate(any_database, keyring, 300))
    rotated = keyring.rotate()
    running = [begin(database_url, rotated, f"worker {at}") for at in range(2)]
    factors = keeper(any_database, rotated)
    step = step_at(int(NOON.timestamp()))
    for name, seed in seeds.items():
        assert factors.verify(name, code_at(seed, step)).factor_id
    changed = []
    for each in running:
        out, _ = each.communicate(timeout=60)
        assert each.returncode == 0
        changed.append(int(out.split()[-1]))
    assert sum(changed) <= 300
    assert factors.key_counts() == {rotated.current.id: 300}
    assert read_back(any_database, rotated) == seeds


def test_a_worker_waits_for_another(database: Database, keyring: Keyring) -> None:
    """Where every range is somebody's, a worker looks again until one is free."""
    populate(database, keyring, 10)
    clock = FrozenClock(NOON)
    kit = SecondFactors(
        database, keyring.rotate(), issuer="Forum", hasher=CHEAP, clock=clock
    )._kit
    first: Callable[[], str] = Resealing(kit)._begun
    name = first()
    with database.begin() as connection:
        connection.execute(
            update(sweep_range)
            .where(sweep_range.c.sweep == name)
            .values(lease_until=NOON + timedelta(seconds=3), owner="dead")
        )
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(timedelta(seconds=seconds, microseconds=1))

    work = Resealing(kit, pause=pause)
    assert work.run(worker="one", on_progress=lambda _: None).changed == 10
    assert len(waited) == 3
