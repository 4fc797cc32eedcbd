"""Take-overs that are killed, and several at once, with real processes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authenticators import CHEAP, NOON, Authenticator, prepared
from newcomers import device, devices, keeper
from pytest import MonkeyPatch  # noqa: PT013  # its name alone, for annotations
from sqlalchemy import func, select

from credguard import Keyring, SecondFactors
from credguard.second_factor.takeover import ReasonCode, arriving_rows, read_django_otp
from credguard.second_factor.takeover.arriving import Arrival
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock

MOVER = Path(__file__).with_name("mover.py")
COUNT = 400


@contextmanager
def moving(url: str, keyring: Keyring) -> Iterator[subprocess.Popen[str]]:
    """Start a process that takes accounts over, and see that it ends."""
    process = subprocess.Popen(
        [sys.executable, MOVER, url, keyring.reveal(), str(COUNT)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def count_of(database: Database) -> int:
    """Return how many factors there are."""
    with database.read() as connection:
        query = select(func.count()).select_from(second_factor)
        return int(connection.execute(query).scalar_one())


def test_a_run_that_was_killed_is_begun_again(database_url: str) -> None:
    """After kill -9 whole batches stand, and the next run brings the rest."""
    keyring = Keyring.generate()
    with prepared(database_url) as database:
        with moving(database_url, keyring) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("done 1"):
                    break
            process.kill()
            process.wait()
        stands = count_of(database)
        assert stands % 20 == 0
        factors = keeper(database, keyring, FrozenClock(NOON))
        report = factors.take_over(read_django_otp(devices(COUNT)))
        assert (report.factors, report.unchanged) == (COUNT - stands, stands)
        assert count_of(database) == COUNT
        assert 0 < stands < COUNT


def test_several_at_once_bring_each_in_once(database_url: str) -> None:
    """Two processes with one list count each account once between them."""
    keyring = Keyring.generate()
    with (
        prepared(database_url) as database,
        moving(database_url, keyring) as first,
        moving(database_url, keyring) as second,
    ):
        said = [process.communicate(timeout=120)[0] for process in (first, second)]
        counts = [re.search(r"came (\d+) unchanged (\d+)", text) for text in said]
        found = [tuple(map(int, each.groups())) for each in counts if each]
        assert len(found) == 2
        assert sum(came for came, _ in found) == COUNT
        assert sum(unchanged for _, unchanged in found) == COUNT
        assert count_of(database) == COUNT


def test_who_enrolls_meanwhile_is_not_overwritten(
    sqlite_url: str, monkeypatch: MonkeyPatch
) -> None:
    """A confirmation between the look and the write wins, with its codes."""
    keyring, clock = Keyring.generate(), FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = SecondFactors(
            database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
        )
        phone = Authenticator(factors.enroll("alice"))
        made: list[str] = []
        arrival = Arrival

        def slow(*given: object, **named: object) -> Arrival:
            if not made:
                made.append(phone.code(NOON))
                factors.confirm("alice", made[0])
            return arrival(*given, **named)  # type: ignore[arg-type]  # as it was called

        monkeypatch.setattr("credguard.second_factor.takeover.arriving.Arrival", slow)
        rows = [device("alice"), device("bob")]
        for overwrite, expected in ((False, (1, 0)), (True, (1, 1))):
            report = factors.take_over(read_django_otp(rows), overwrite=overwrite)
            assert (report.factors, report.replaced) == expected
            if not overwrite:
                assert dict(report.refused) == {ReasonCode.ALREADY_ENROLLED: 1}


def test_who_logs_in_meanwhile_is_looked_at_again(
    sqlite_url: str, monkeypatch: MonkeyPatch
) -> None:
    """A log-in between the look and the write is not undone by replacing it."""
    keyring, clock = Keyring.generate(), FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = keeper(database, keyring, clock)
        phone = Authenticator(factors.enroll("alice"))
        factors.confirm("alice", phone.code(NOON))
        put, calls = arriving_rows.put, 0

        def slow(connection: object, arrivals: list[Arrival]) -> list[Arrival]:
            nonlocal calls
            calls += 1
            if calls == 1:
                return []  # as if every row had been changed by others
            return put(connection, arrivals)  # type: ignore[arg-type]  # as above

        monkeypatch.setattr(arriving_rows, "put", slow)
        report = factors.take_over(read_django_otp([device("alice")]), overwrite=True)
        assert (report.factors, report.replaced, calls) == (1, 1, 2)
