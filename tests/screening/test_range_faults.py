import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler

import pytest
from asking_ranges import (
    HANG,
    HURRIED,
    PATIENT,
    asking,
    sound,
    wait_for_workers,
)
from faulty_ranges import LISTED, SLOW, TIMES, Fault, FaultyRangeServer
from faulty_ranges import send as send_answer
from lying_http import EVERY_LIE

from credguard.drill.range_server import RangeServer
from credguard.screening import (
    Listed,
    RangeService,
    Unasked,
    UnaskedReason,
)
from proving import Proof

pytestmark = pytest.mark.promise("P5")

# Prints by how many KiB a process grows by wrong answers, and why each is no answer.
# Not `ru_maxrss`, which begins at the peak of the process that started it.
GROWTH = """
import sys
from datetime import timedelta
from pathlib import Path
from credguard.screening import MemoryCache, RangeService
def peak():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])
def asked(url):
    cache = MemoryCache(lifetime=timedelta(0))
    service = RangeService(url, deadline=timedelta(seconds=30), cache=cache)
    verdict = service.look_up(password)
    service.close()
    return verdict
password, first, *urls = sys.argv[1:]
asked(first).times
before = peak()
reasons = [asked(url).why for url in urls]
print(peak() - before, *reasons)
"""


class TestFaults:
    """Everything else is could not ask, and never takes longer than the deadline."""

    @pytest.mark.parametrize(("why", "fault"), EVERY_LIE.values(), ids=EVERY_LIE.keys())
    def test_a_wrong_answer_is_could_not_ask(
        self, why: str, fault: Fault, proof: Proof
    ) -> None:
        """A listed password is never cleared by an answer that is not right."""
        proof.injected()
        with asking(FaultyRangeServer(fault)) as service:
            assert service.look_up(LISTED) == Unasked(UnaskedReason(why))

    @pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW.keys())
    def test_the_deadline_is_for_the_whole_answer(self, fault: Fault) -> None:
        """Bytes that keep coming do not keep the caller, nor the thread behind it."""
        with asking(FaultyRangeServer(fault), deadline=HURRIED) as service:
            started = time.monotonic()
            verdict = service.look_up(LISTED)
            assert verdict == Unasked(UnaskedReason.TOO_SLOW)
            assert time.monotonic() - started < HANG
            assert wait_for_workers() == []

    def test_a_resolver_that_hangs_does_not_keep_the_caller(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The deadline holds for name resolution, which has no timeout of its own."""
        released = threading.Event()

        def hang(*_: object, **__: object) -> list[object]:
            released.wait(HANG)
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        service = RangeService("http://ranges.example", deadline=HURRIED)
        try:
            assert service.look_up(LISTED) == Unasked(UnaskedReason.TOO_SLOW)
        finally:
            released.set()
        assert wait_for_workers() == []
        service.close()

    def test_nobody_who_answers_a_connection_is_too_slow(self) -> None:
        """Packets that vanish are waited for until the deadline."""
        with (
            socket.create_server(("127.0.0.1", 0), backlog=0) as server,
            ExitStack() as full,
        ):
            # A listener whose queue is full answers no more connections.
            for _ in range(4):
                waiting = full.enter_context(socket.socket())
                waiting.settimeout(0)
                waiting.connect_ex(server.getsockname())
            port = server.getsockname()[1]
            service = RangeService(f"http://127.0.0.1:{port}", deadline=HURRIED)
            with closing(service):
                assert service.look_up(LISTED) == Unasked(UnaskedReason.TOO_SLOW)
            assert wait_for_workers() == []

    def test_memory_is_bounded(self, proof: Proof) -> None:
        """However much is sent or comes of it, a process grows by 16 MB at most."""
        with ExitStack() as servers:
            urls = {
                name: servers.enter_context(FaultyRangeServer(fault)).url
                for name, (_, fault) in EVERY_LIE.items()
            }
            first = servers.enter_context(FaultyRangeServer(sound)).url
            asked = subprocess.run(
                [sys.executable, "-c", GROWTH, LISTED, first, *urls.values()],
                capture_output=True,
                text=True,
                check=True,
                timeout=120,
            )
        growth, *reasons = asked.stdout.split()
        assert reasons == [why for why, _ in EVERY_LIE.values()]
        assert int(growth) < 16 * 1024
        proof.injected(len(urls))

    def test_a_closed_port_is_unreachable(self) -> None:
        """Nobody there is could not ask."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with closing(RangeService(f"http://127.0.0.1:{port}")) as service:
            assert service.look_up(LISTED) == Unasked(UnaskedReason.UNREACHABLE)

    def test_a_server_without_tls_is_unreachable_by_https(self) -> None:
        """A failed handshake is could not ask."""
        with RangeServer({LISTED: TIMES}) as server:
            url = server.url.replace("http:", "https:")
            with closing(RangeService(url, deadline=PATIENT)) as service:
                assert service.look_up(LISTED) == Unasked(UnaskedReason.UNREACHABLE)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, status: int) -> None:
        """Another host is neither asked nor believed."""
        other = FaultyRangeServer(sound)

        def redirect(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
            location = f"Location: {other.url}{request.path}"
            send_answer(request, b"", location, status=f"{status} Elsewhere")

        with other, asking(FaultyRangeServer(redirect)) as service:
            assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
        assert other.asked == 0

    def test_a_proxy_in_the_environment_is_not_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the environment says does not decide who sees the prefix."""
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with asking(RangeServer({LISTED: TIMES})) as service:
            assert isinstance(service.look_up(LISTED), Listed)

    def test_more_questions_than_allowed_are_not_queued_for_good(self) -> None:
        """A question that finds no permit before its deadline could not be asked."""
        with FaultyRangeServer(SLOW["silence"]) as server:
            service = RangeService(server.url, deadline=HURRIED, at_once=1)
            with closing(service), ThreadPoolExecutor(4) as pool:
                verdicts = list(pool.map(service.look_up, [LISTED] * 4))
        assert all(isinstance(verdict, Unasked) for verdict in verdicts)

    def test_no_thread_to_be_had_is_could_not_ask(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That is no failure of the service's, and the permits are as they were."""

        def refuse(_: threading.Thread) -> None:
            message = "can't start new thread"
            raise RuntimeError(message)

        with FaultyRangeServer(sound) as server:
            service = RangeService(server.url, deadline=PATIENT, at_once=1)
            with closing(service):
                with monkeypatch.context() as patch:
                    patch.setattr(threading.Thread, "start", refuse)
                    for _ in range(6):
                        verdict = service.look_up(LISTED)
                        assert verdict == Unasked(UnaskedReason.BUSY)
                assert isinstance(service.look_up(LISTED), Listed)
