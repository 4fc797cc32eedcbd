import threading
from datetime import timedelta

import pytest

from credguard.errors import BusyError
from credguard.passwords import CHEAPEST, calibration, measuring
from credguard.passwords.buffers import Buffer
from credguard.passwords.calibration import Candidate
from credguard.passwords.measuring import measure


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the least that can be proposed cost next to nothing."""
    monkeypatch.setitem(calibration.NAMED, "OWASP_7_MIB", CHEAPEST)


class Ticks:
    """A clock on which a second passes each time it is looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0

    def __call__(self) -> float:
        """Return the next second."""
        with self._lock:
            self._now += 1
            return float(self._now)


def test_one_permit_is_measured_alone_and_under_load() -> None:
    """By a clock that ticks once a run, each takes a second in both cases."""
    found = measure(
        Candidate(name="OWASP_7_MIB", permits=1),
        long_enough=timedelta(seconds=10),
        clock=Ticks(),
    )
    assert found.at_rest == found.under_load == timedelta(seconds=1)
    # Ten runs, and two more looks at the clock: before and after.
    assert found.logins_per_second == pytest.approx(10 / 12)


def test_at_least_three_runs_are_made() -> None:
    """However slow the machine, a median is taken of three."""
    found = measure(
        Candidate(name="OWASP_7_MIB", permits=1),
        long_enough=timedelta(0),
        clock=Ticks(),
    )
    assert found.logins_per_second == pytest.approx(3 / 5)


def test_all_permits_are_in_use_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load as many computations run together as there are permits."""
    together = threading.Barrier(3)
    alone: list[bool] = []
    true_compute = Buffer.compute

    def watched(buffer: Buffer, *args: object, **rest: object) -> object:
        if threading.current_thread() is threading.main_thread():
            alone.append(True)
        elif rest["work_factor"] is CHEAPEST:
            together.wait(60)
        return true_compute(buffer, *args, **rest)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(measuring, "MIN_RUNS", 1)
    monkeypatch.setattr(Buffer, "compute", watched)
    found = measure(
        Candidate(name="OWASP_7_MIB", permits=3),
        long_enough=timedelta(0),
        clock=Ticks(),
    )
    assert alone == [True]
    # Each of three threads looks at the clock twice, and once it is looked at after.
    assert found.logins_per_second == pytest.approx(3 / 7)


def test_a_machine_without_memory_is_said_to_be_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is proposed on measurements that failed."""
    monkeypatch.setattr(Buffer, "compute", lambda *_args, **_kwargs: None)
    with pytest.raises(BusyError):
        measure(Candidate(name="OWASP_7_MIB", permits=2))
