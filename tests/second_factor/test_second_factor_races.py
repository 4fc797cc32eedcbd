"""Races of real processes for one row, on every database."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from authenticators import CHEAP, NOON, Authenticator, enrolled, prepared
from sqlalchemy import select

from credguard import Keyring, SecondFactors
from credguard.second_factor import rows
from credguard.second_factor.factor import Place
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock

PROCESSES = 8
ROUNDS = 4
RACER = Path(__file__).parent / "racer.py"

Race = Callable[..., Counter[str]]


@pytest.fixture(scope="module")
def racers() -> Iterator[list["subprocess.Popen[str]"]]:
    """Eight processes that wait for something to do."""
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", str(RACER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    yield started
    for racer in started:
        racer.communicate(timeout=60)


@pytest.fixture
def keyring() -> Keyring:
    """A keyring of one key."""
    return Keyring.generate()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Prepared tables, on SQLite, PostgreSQL and MariaDB in turn."""
    with prepared(database_url) as database:
        yield database


@pytest.fixture
def race(
    racers: "list[subprocess.Popen[str]]",
    database: Database,  # noqa: ARG001  # its tables are made first
    database_url: str,
    keyring: Keyring,
) -> Race:
    """Let all processes try their codes at once, and count what came of them."""

    def run(what: str, account_id: str, codes: Sequence[Sequence[str]]) -> Counter[str]:
        task = {
            "url": database_url,
            "keyring": keyring.reveal(),
            "now": NOON.isoformat(),
            "what": what,
            "account_id": account_id,
        }
        for racer, own in zip(racers, codes, strict=True):
            assert racer.stdin
            racer.stdin.write(json.dumps(task | {"codes": list(own)}) + "\n")
            racer.stdin.flush()
        told: Counter[str] = Counter()
        for racer in racers:
            assert racer.stdout
            told.update(json.loads(racer.stdout.readline()))
        return told

    return run


def test_one_code_logs_in_once(
    race: Race, database: Database, keyring: Keyring
) -> None:
    """Eight processes get one right code at once: it is accepted exactly once."""
    for number in range(ROUNDS):
        account_id = f"account {number}"
        phone = enrolled(database, keyring, account_id)
        told = race("verify", account_id, [[phone.code(NOON)]] * PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": PROCESSES - 1}


def test_one_code_confirms_once(
    race: Race, database: Database, keyring: Keyring
) -> None:
    """Eight processes confirm at once, beside a factor in force: one does."""
    clock = FrozenClock(NOON)
    factors = SecondFactors(
        database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    for number in range(ROUNDS):
        account_id = f"account {number}"
        enrolled(database, keyring, account_id)
        proof = factors.vouch(account_id, by="a race")
        phone = Authenticator(factors.enroll(account_id, proof=proof))
        told = race("confirm", account_id, [[phone.code(NOON)]] * PROCESSES)
        assert told == {"Confirmed": 1, "FactorStateError": PROCESSES - 1}
        assert factors.verify(account_id, phone.code(NOON, 1)).factor_id
    with database.read() as connection:
        places = connection.scalars(select(second_factor.c.place)).all()
    assert list(places) == [Place.CURRENT] * ROUNDS


def test_every_guess_counts(race: Race, database: Database, keyring: Keyring) -> None:
    """Of eighty different guesses at once exactly five are looked at."""
    for number in range(ROUNDS):
        account_id = f"account {number}"
        phone = enrolled(database, keyring, account_id)
        codes = [phone.wrong(NOON, index) for index in range(80)]
        told = race(
            "verify", account_id, [codes[at::PROCESSES] for at in range(PROCESSES)]
        )
        assert told == {"CodeMismatchError": 5, "LockedOutError": 75}
        with database.read() as connection:
            found = rows.find(connection, account_id, Place.CURRENT)
        assert found
        assert found.failures == 5


def test_one_recovery_code_logs_in_once(
    race: Race, database: Database, keyring: Keyring
) -> None:
    """Eight processes get one recovery code at once: it is accepted exactly once."""
    for number in range(ROUNDS):
        account_id = f"account {number}"
        phone = enrolled(database, keyring, account_id)
        told = race("verify", account_id, [[phone.recovery[number]]] * PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": PROCESSES - 1}
        with database.read() as connection:
            found = rows.find(connection, account_id, Place.CURRENT)
        assert found
        assert found.recovery_left == 9


def test_every_guess_of_both_kinds_counts(
    race: Race, database: Database, keyring: Keyring
) -> None:
    """Wrong codes and wrong recovery codes at once are looked at five times in all."""
    for number in range(ROUNDS):
        account_id = f"account {number}"
        phone = enrolled(database, keyring, account_id)
        wrong = [
            phone.wrong(NOON, at) if at % 2 else "3-0000-0000-0000-0000"
            for at in range(16)
        ]
        told = race(
            "verify", account_id, [wrong[at::PROCESSES] for at in range(PROCESSES)]
        )
        assert told == {"CodeMismatchError": 5, "LockedOutError": 11}
