"""The sweep after a leak: killed, shared, and raced by log-ins."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from authenticators import NOON, PERIOD, keeper
from populations import populate
from sqlalchemy import func, select, update

from credguard import Keyring
from credguard.errors import CodeMismatchError, FactorSuspendedError
from credguard.second_factor.leaks import sweeping
from credguard.second_factor.leaks.deciding import Leaked
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.scanning import Found, Paths, paths_of
from credguard.second_factor.leaks.sweeping import Sweeping
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.tables import factor_renewal, second_factor, sweep_range
from credguard.testing import FrozenClock
from proving import Proof

SWEEPER = Path(__file__).parent / "leak_sweeper.py"
STEP = step_at(int(NOON.timestamp()))
REACHED = Paths(with_address=lambda ids: ids)


def begin(url: str, keyring: Keyring, worker: str) -> "subprocess.Popen[str]":
    """Start a process that sweeps."""
    return subprocess.Popen(
        [sys.executable, str(SWEEPER), url, keyring.reveal(), worker],
        stdout=subprocess.PIPE,
        text=True,
    )


def counted(database: Database) -> tuple[dict[str, int], dict[str, int], int]:
    """Return factors by state, members by state, and the ranges that are open."""
    with database.read() as connection:
        factors = Counter(connection.scalars(select(second_factor.c.state)))
        members = Counter(connection.scalars(select(factor_renewal.c.state)))
        still = select(func.count()).where(sweep_range.c.state == "open")
        return dict(factors), dict(members), connection.scalars(still).one()


@pytest.mark.promise("P2")
def test_a_killed_sweep_is_gone_on_with(
    database_url: str, any_database: Database, keyring: Keyring, proof: Proof
) -> None:
    """Killed at random moments: a suspended factor has its row, and the rest comes."""
    populate(any_database, keyring, 400)
    chance = random.Random(11)
    for number in range(3):
        running = begin(database_url, keyring, f"killed {number}")
        assert running.stdout
        running.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.2))
        running.kill()
        running.communicate()
        proof.tried()
        proof.injected()
        factors, members, _ = counted(any_database)
        assert factors.get("suspended", 0) == members.get("to_renew", 0)
    # Nobody waits for the dead: their leases run out.
    with any_database.begin() as connection:
        connection.execute(update(sweep_range).values(lease_until=NOON - PERIOD))
    last = begin(database_url, keyring, "last")
    out, _ = last.communicate(timeout=120)
    assert last.returncode == 0, out
    assert counted(any_database) == ({"suspended": 400}, {"to_renew": 400}, 0)


@pytest.mark.promise("P3")
def test_two_workers_share_the_sweep_while_people_log_in(
    database_url: str, any_database: Database, keyring: Keyring
) -> None:
    """Each account is swept once; a log-in comes before it, or is told why not."""
    seeds = populate(any_database, keyring, 160)
    running = [begin(database_url, keyring, f"worker {at}") for at in range(2)]
    factors = keeper(any_database, keyring, clock=FrozenClock(NOON))
    came: Counter[str] = Counter()
    for name, seed in seeds.items():
        try:
            factors.verify(name, code_at(seed, STEP))
        except FactorSuspendedError:
            came["suspended"] += 1
        else:
            came["accepted"] += 1
    swept = 0
    for each in running:
        out, _ = each.communicate(timeout=120)
        assert each.returncode == 0
        swept += int(out.split()[-1])
    assert (swept, came.total()) == (160, 160)
    assert counted(any_database) == ({"suspended": 160}, {"to_renew": 160}, 0)
    with any_database.read() as connection:
        logged_in = select(func.count()).where(second_factor.c.last_step == STEP)
        assert connection.scalars(logged_in).one() == came["accepted"]


def test_a_log_in_in_between_wins_and_is_swept_after(
    any_database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong code between reading and writing stays counted."""
    populate(any_database, keyring, 9)
    factors = keeper(
        any_database, keyring, clock=FrozenClock(NOON + timedelta(seconds=1))
    )
    guessed: list[str] = []

    def paths_and_a_guess(
        ruled: object, page: list[Found], paths: Paths
    ) -> dict[str, object]:
        if not guessed:
            guessed.append(page[2].account_id)
            with pytest.raises(CodeMismatchError):
                factors.verify(guessed[0], "x")
        return paths_of(ruled, page, paths)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(sweeping, "paths_of", paths_and_a_guess)
    measure = Measure("2026-11", Leaked.PLAIN_SEEDS, NOON + timedelta(days=14))
    done = factors.leaks.start(measure, worker="one", paths=REACHED)
    assert (done.accounts, done.suspended) == (9, 9)
    with any_database.read() as connection:
        failed = dict(
            connection.execute(
                select(second_factor.c.account_id, second_factor.c.failures).where(
                    second_factor.c.failures > 0
                )
            ).all()
        )
    assert failed == {guessed[0]: 1}


def test_a_row_that_keeps_changing_stops_nothing(
    database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing spins for ever at an account that somebody hammers."""
    populate(database, keyring, 3)
    monkeypatch.setattr(Sweeping, "_changed", lambda *_, **__: False)
    factors = keeper(database, keyring, clock=FrozenClock(NOON + timedelta(seconds=1)))
    measure = Measure("2026-11", Leaked.PLAIN_SEEDS, NOON + timedelta(days=14))
    assert factors.leaks.start(measure, worker="one", paths=REACHED).accounts == 0
