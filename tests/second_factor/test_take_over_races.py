"""Take-overs that are killed, and several at once, with real processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from authenticators import (
    NOON,
    PERIOD,
    Authenticator,
    enrolled,
    prepared,
)
from newcomers import device, devices, shown
from sqlalchemy import func, select

from credguard import Keyring
from credguard.errors import BusyError, CodeReplayedError
from credguard.second_factor.takeover import (
    ReasonCode,
    arriving_rows,
    read_django_otp,
    read_django_otp_codes,
)
from credguard.second_factor.takeover.arriving import Arrival, CodesArrival
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock
from keepers import keeper

MOVER = Path(__file__).with_name("mover.py")
COUNT = 400


@contextmanager
def moving(url: str, keyring: Keyring) -> Iterator[subprocess.Popen[str]]:
    """Start a process that takes accounts over, and see that it ends."""
    process = subprocess.Popen(
        [sys.executable, MOVER, url, keyring.reveal(), str(COUNT)],
        env={**os.environ, "PYTHONPATH": str(MOVER.parents[1])},
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
        factors = keeper(database, keyring, clock=FrozenClock(NOON))
        report = factors.take_over(read_django_otp(devices(COUNT)))
        assert (report.factors, report.unchanged) == (COUNT - stands, stands)
        assert count_of(database) == COUNT
        assert 0 < stands < COUNT


@pytest.mark.promise("P3")
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
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmation between the look and the write wins, with its codes."""
    keyring, clock = Keyring.generate(), FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = keeper(database, keyring, clock=clock)
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


@pytest.mark.promise("P3")
def test_who_logs_in_meanwhile_is_looked_at_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-in between the look and the write is not lost, and then replaced."""
    keyring, clock = Keyring.generate(), FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = keeper(database, keyring, clock=clock)
        phone = enrolled(database, keyring, "alice")
        logged_in: list[int] = []

        def slow(*given: object, **named: object) -> Arrival:
            if not logged_in:
                verified = factors.verify("alice", phone.code(NOON))
                logged_in.append(verified.recovery_left)
            return Arrival(*given, **named)  # type: ignore[arg-type]  # as it was called

        monkeypatch.setattr("credguard.second_factor.takeover.arriving.Arrival", slow)
        report = factors.take_over(read_django_otp([device("alice")]), overwrite=True)
        assert logged_in == [10]
        assert (report.factors, report.replaced) == (1, 1)
        assert count_of(database) == 1


def test_codes_wait_for_a_log_in(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-in between the look and the write keeps its step and gets the codes."""
    keyring, clock = Keyring.generate(), FrozenClock(NOON)
    with prepared(sqlite_url) as database:
        factors = keeper(database, keyring, clock=clock)
        factors.take_over(read_django_otp([device("alice", used=3 * PERIOD)]))
        logged_in: list[str] = []

        def slow(*given: object, **named: object) -> CodesArrival:
            if not logged_in:
                logged_in.append(factors.verify("alice", shown("alice", clock)).proof)
            return CodesArrival(*given, **named)  # type: ignore[arg-type]  # as above

        place = "credguard.second_factor.takeover.arriving.CodesArrival"
        monkeypatch.setattr(place, slow)
        tokens = [{"user_id": "alice", "confirmed": 1, "token": "abcdefgh"}]
        report = factors.take_over(read_django_otp_codes(tokens))
        assert (len(logged_in), report.codes) == (1, 1)
        with pytest.raises(CodeReplayedError):
            factors.verify("alice", shown("alice", clock))
        assert factors.verify("alice", "abcdefgh").recovery_left == 0


@pytest.mark.parametrize("name", ["put", "put_codes"])
def test_an_account_that_never_rests_is_busy(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whoever loses every time is told to try again, and nothing was written."""
    with prepared(sqlite_url) as database:
        factors = keeper(database, Keyring.generate(), clock=FrozenClock(NOON))
        if name == "put_codes":
            factors.take_over(read_django_otp([device("alice")]))
        monkeypatch.setattr(arriving_rows, name, lambda *_: [])
        tokens = [{"user_id": "alice", "confirmed": 1, "token": "abcdefgh"}]
        with pytest.raises(BusyError):
            factors.take_over(
                [*read_django_otp([device("alice")]), *read_django_otp_codes(tokens)]
            )
        assert count_of(database) == (name == "put_codes")
