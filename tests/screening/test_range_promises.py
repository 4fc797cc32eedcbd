"""P5: whatever a range service does, the answer is there in time, and costs little."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from statistics import median

import pytest
from asking_ranges import HURRIED, PATIENT, asking, sound, wait_for_workers
from faulty_ranges import (
    LISTED,
    SLOW,
    WRONG,
    Fault,
    FaultyRangeServer,
    raw,
)
from lying_http import EVERY_LIE

from credguard.screening import (
    Listed,
    MemoryCache,
    RangeService,
    Unasked,
    UnaskedReason,
)
from proving import Proof, sized

pytestmark = pytest.mark.promise("P5")

DEADLINE = HURRIED.total_seconds()
MARGIN = 0.05  # seconds above the deadline
THREADS = 50
FAULTS = {name: fault for name, (_, fault) in EVERY_LIE.items()} | SLOW
# Everyday a tenth of them; the slow ones are always there.
SOME = [
    name
    for at, name in enumerate(FAULTS)
    if name in SLOW or at % sized(everyday=10, prove=1) == 0
]
REPEATS = sized(everyday=1, prove=1, nightly=20)


class Lateness:
    """How late this machine wakes a thread that waits as long as a look-up does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self.worst = 0.0

    def watch(self) -> None:
        """Wait again and again, each time in a thread of its own as a look-up does."""
        while not self._over.is_set():
            began = time.monotonic()
            threading.Thread(target=self._over.wait, args=(self._seconds,)).start()
            threading.Event().wait(self._seconds)
            self.worst = max(self.worst, time.monotonic() - began - self._seconds)

    def end(self) -> None:
        """Stop watching."""
        self._over.set()


@contextmanager
def watching(seconds: float) -> Iterator[Lateness]:
    """Measure beside what is done how late the machine itself is."""
    lateness = Lateness(seconds)
    watcher = threading.Thread(target=lateness.watch)
    watcher.start()
    try:
        yield lateness
    finally:
        lateness.end()
        watcher.join()


def timed(step: Callable[[], object]) -> tuple[object, float]:
    """Return what a step returned, and the seconds that it took."""
    began = time.monotonic()
    return step(), time.monotonic() - began


@pytest.mark.parametrize("threads", [1, THREADS])
@pytest.mark.parametrize("name", SOME)
def test_the_answer_is_there_by_the_deadline(
    name: str, threads: int, proof: Proof
) -> None:
    """Alone or fifty at once: could not ask, and at most 50 ms after the deadline."""
    for _ in range(REPEATS):
        server = FaultyRangeServer(FAULTS[name])
        with server, watching(DEADLINE) as lateness:
            found = asked_at_once(server, threads)
        assert all(isinstance(verdict, Unasked) for verdict, _ in found)
        slowest = max(seconds for _, seconds in found)
        # Threads of one interpreter take turns, each for up to a switch interval.
        turns = threads * sys.getswitchinterval()
        assert slowest <= DEADLINE + MARGIN + turns + lateness.worst
        proof.tried(threads)
        proof.injected(server.asked)
    assert wait_for_workers() == []


def asked_at_once(
    server: FaultyRangeServer, threads: int
) -> list[tuple[object, float]]:
    """Ask in so many threads at once; return each answer and its seconds."""
    service = RangeService(server.url, deadline=HURRIED)
    with closing(service), ThreadPoolExecutor(threads) as pool:
        waiting = [
            pool.submit(timed, lambda: service.look_up(LISTED)) for _ in range(threads)
        ]
        return [each.result() for each in waiting]


FIRST = """
import sys, time
from datetime import timedelta
from credguard.screening import RangeService
service = RangeService(sys.argv[1], deadline=timedelta(seconds=float(sys.argv[2])))
assert "requests" not in sys.modules
began = time.monotonic()
verdict = service.look_up("the first of a process")
print(verdict.why, time.monotonic() - began)
"""


def test_the_first_question_keeps_the_deadline_too() -> None:
    """What is loaded for it counts: no more than that comes on top."""
    with FaultyRangeServer(SLOW["silence"]) as server:
        ended = subprocess.run(
            [sys.executable, "-c", FIRST, server.url, "3"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    why, seconds = ended.stdout.split()
    assert why == "too_slow"
    assert float(seconds) < 3 + 5 * MARGIN


def test_what_rests_costs_nothing(proof: Proof) -> None:
    """After five failures nobody is asked, and being told so takes no millisecond."""
    with asking(FaultyRangeServer(WRONG["500"][1])) as service:
        for _ in range(5):
            assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
        costs = []
        for _ in range(1_000):
            verdict, seconds = timed(lambda: service.look_up(LISTED))
            assert verdict == Unasked(UnaskedReason.RESTING)
            costs.append(seconds)
    assert median(costs) < 0.001
    proof.tried(len(costs))
    proof.injected(5)


def test_no_netrc_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person keeps there for another program is not sent to the service."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    heads: list[str | None] = []

    def note(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        heads.append(request.headers.get("Authorization"))
        sound(server, request)

    with asking(FaultyRangeServer(note)) as service:
        assert isinstance(service.look_up(LISTED), Listed)
    assert heads == [None]


def _poisoned(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    """Answer, and put an answer behind it that nobody asked for."""
    request.close_connection = False
    body = server.body(request)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
    other = b"\r\n".join(
        b"%X" % digit + b"0" * 34 + b":1" for digit in range(16) for _ in range(30)
    )
    raw(request, answer % (len(body), body) + answer % (len(other), other))


def test_an_answer_behind_an_answer_is_nobodys(proof: Proof) -> None:
    """What lies on a kept connection is not taken for the next question's answer."""
    server = FaultyRangeServer(_poisoned)
    service = RangeService(
        server.url, deadline=PATIENT, cache=MemoryCache(lifetime=timedelta(0))
    )
    with server, closing(service):
        for _ in range(10):
            assert isinstance(service.look_up(LISTED), Listed)
            proof.tried()
            proof.injected()
            time.sleep(0.01)  # the poison has come by now


def test_each_fault_is_one_of_a_kind() -> None:
    """The list is as long as is promised."""
    faults: list[Fault] = list(FAULTS.values())
    assert len(faults) >= 60
