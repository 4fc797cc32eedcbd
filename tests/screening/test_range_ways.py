"""Ways of asking: NTLM, through a proxy, after a fork, from a coroutine."""

import asyncio
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from asking_ranges import HANG, HURRIED, PATIENT, sound, wait_for_workers
from faulty_ranges import LISTED, SLOW, TIMES, FaultyRangeServer, send

from credguard.drill.range_server import RangeServer
from credguard.errors import SetupError
from credguard.screening import (
    Kind,
    Listed,
    NotListed,
    RangeService,
    Unasked,
    UnaskedReason,
)
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.hash_kind import digits_of
from credguard.screening.transport import Answer


class TestNtlm:
    """The other hash that the protocol knows."""

    def test_a_listed_password_is_found_by_its_ntlm_hash(self) -> None:
        """The mode is sent as it must be written, behind five digits of the hash."""
        paths = []

        class Noting(RangeServer):
            def answer(self, request: BaseHTTPRequestHandler) -> None:
                paths.append(request.path)
                super().answer(request)

        with Noting({LISTED: TIMES}) as server:
            service = RangeService(server.url, kind=Kind.NTLM, deadline=PATIENT)
            with closing(service):
                verdict = service.look_up(LISTED)
                assert service.look_up("nobody had this") == NotListed()
        assert isinstance(verdict, Listed)
        assert verdict.times == TIMES
        assert paths[0] == f"/range/{digits_of(LISTED, Kind.NTLM)[:5]}?mode=ntlm"

    def test_a_service_that_ignores_the_mode_is_not_believed(self) -> None:
        """SHA-1 lines would clear every password; they have another length."""
        with FaultyRangeServer(sound) as server:
            service = RangeService(server.url, kind=Kind.NTLM, deadline=PATIENT)
            with closing(service):
                expected = Unasked(UnaskedReason.MALFORMED)
                assert service.look_up(LISTED) == expected

    def test_kinds_do_not_share_answers(self) -> None:
        """Both kinds of the same range may be kept side by side."""
        with RangeServer({LISTED: TIMES}) as server:
            for kind in Kind:
                service = RangeService(server.url, kind=kind, deadline=PATIENT)
                with closing(service):
                    assert isinstance(service.look_up(LISTED), Listed)


class _Proxy(BaseHTTPRequestHandler):
    """Answers what it is asked to forward itself, and notes it."""

    protocol_version = "HTTP/1.1"
    seen: "list[tuple[str, str | None]]"
    server_to_ask: RangeServer

    def do_GET(self) -> None:
        type(self).seen.append((self.path, self.headers["Proxy-Authorization"]))
        self.path = urlsplit(self.path).path
        self.server_to_ask.answer(self)

    def do_CONNECT(self) -> None:
        type(self).seen.append((self.path, self.headers["Proxy-Authorization"]))
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def proxy(server: RangeServer) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Yield the address of a proxy, and what it was asked."""

    class Noting(_Proxy):
        seen: list[tuple[str, str | None]] = []  # noqa: RUF012  # one per proxy
        server_to_ask = server

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
    thread.start()
    with server:
        try:
            yield f"127.0.0.1:{listening.server_port}", Noting.seen
        finally:
            listening.shutdown()
            thread.join()
            listening.server_close()


class TestProxy:
    """A proxy is used where it is named, and nowhere else."""

    @pytest.mark.promise("P4")
    def test_a_named_proxy_is_asked(self, caplog: pytest.LogCaptureFixture) -> None:
        """It sees the whole address; no log does, nor the proxy's credentials."""
        caplog.set_level(logging.DEBUG)
        digits = digits_of(LISTED, Kind.SHA1)
        with proxy(RangeServer({LISTED: TIMES})) as (address, seen):
            service = RangeService(
                "http://ranges.example/below",
                proxy=f"http://alice:secret@{address}",
                deadline=PATIENT,
            )
            with closing(service):
                verdict = service.look_up(LISTED)
        # The stand-in answers only below its own root.
        assert verdict == Unasked(UnaskedReason.BAD_STATUS)
        assert [path for path, _ in seen] == [
            f"http://ranges.example/below/range/{digits[:5]}"
        ]
        assert seen[0][1] is not None
        assert caplog.records
        assert digits[:5] not in caplog.text.upper()
        assert "secret" not in caplog.text

    def test_an_answer_through_a_proxy_counts(self) -> None:
        """It is read as strictly as any other."""
        with proxy(RangeServer({LISTED: TIMES})) as (address, _):
            service = RangeService(
                "http://ranges.example", proxy=f"http://{address}", deadline=PATIENT
            )
            with closing(service):
                assert isinstance(service.look_up(LISTED), Listed)

    def test_a_proxy_is_fetched_through_as_well(self) -> None:
        """For news and syncs, with its credentials."""
        with proxy(RangeServer({})) as (address, seen):
            service = Service(
                "http://ranges.example", proxy=f"http://alice:secret@{address}"
            )
            fetcher = Fetcher(service)
            with closing(fetcher):
                assert isinstance(fetcher.fetch(0xABCDE), Answer)
        assert seen[0][0] == "http://ranges.example/range/ABCDE"
        assert (seen[0][1] or "").startswith("Basic ")

    def test_a_proxy_that_builds_no_tunnel_is_could_not_ask(self) -> None:
        """TLS goes through a tunnel, in which the proxy sees no prefix."""
        with proxy(RangeServer({})) as (address, seen):
            service = RangeService(
                "https://ranges.example", proxy=f"http://{address}", deadline=PATIENT
            )
            with closing(service):
                expected = Unasked(UnaskedReason.UNREACHABLE)
                assert service.look_up(LISTED) == expected
        assert [path for path, _ in seen] == ["ranges.example:443"]

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "proxy.example:3128",
            "socks5://p",
            "http://",
            "http://alice:hunter2@proxy.exampl%:3128",
            "http://alice:hunter2@pr\u00f6xy_.example",
            "http://alice:hunter2\\x@proxy.example:3128",
            "http://alice:hunter2@[::1]8:3128",
            "http://alice:hunter2@proxy.example\udc8a",
            "http://alice:hunter2@proxy.example\n",
        ],
    )
    def test_an_address_that_is_no_proxys_is_refused(self, url: str) -> None:
        """The error says what an address looks like, and not what was given."""
        with pytest.raises(SetupError, match=r"proxy\.example:3128, in A") as caught:
            RangeService(proxy=url)
        assert "hunter" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_it_goes_on_after_a_fork() -> None:
    """A child asks on connections of its own, while its parent's threads ask on."""
    with RangeServer({LISTED: TIMES}) as server:
        service = RangeService(server.url, deadline=PATIENT)
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                service.look_up(f"password {time.monotonic()}")

        with closing(service):
            assert isinstance(service.look_up(LISTED), Listed)
            threads = [threading.Thread(target=ask) for _ in range(3)]
            for thread in threads:
                thread.start()
            context = multiprocessing.get_context("fork")
            children = [
                context.Process(target=ask_once, args=(service, n)) for n in range(5)
            ]
            for child in children:
                child.start()
            for child in children:
                child.join(HANG)
            stop.set()
            for thread in threads:
                thread.join()
            assert [child.exitcode for child in children] == [0] * 5


def ask_once(service: RangeService, number: int) -> None:
    """Exit with 0 if a listed and another password are answered."""
    right = isinstance(service.look_up(LISTED), Listed)
    os._exit(0 if right and service.look_up(f"free {number}") == NotListed() else 1)


class TestCoroutines:
    """From a coroutine a look-up runs in a thread."""

    def test_many_tasks_share_a_service(self) -> None:
        """Each gets its own answer, and the loop goes on meanwhile."""

        async def ask(service: RangeService) -> list[object]:
            asked = [LISTED, *(f"free {number}" for number in range(20))]
            looked_up = (asyncio.to_thread(service.look_up, each) for each in asked)
            return list(await asyncio.gather(*looked_up))

        with RangeServer({LISTED: TIMES}) as server:
            service = RangeService(server.url, deadline=PATIENT)
            with closing(service):
                first, *others = asyncio.run(ask(service))
        assert isinstance(first, Listed)
        assert others == [NotListed()] * 20

    def test_a_canceled_task_keeps_no_thread_beyond_the_deadline(self) -> None:
        """The task ends at once, the thread behind it at the deadline."""

        async def give_up(service: RangeService) -> float:
            started = time.monotonic()
            task = asyncio.create_task(asyncio.to_thread(service.look_up, LISTED))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return time.monotonic() - started

        with FaultyRangeServer(SLOW["drips its body"]) as server:
            service = RangeService(server.url, deadline=HURRIED)
            with closing(service):
                # Running a loop ends with waiting for its threads.
                started = time.monotonic()
                assert asyncio.run(give_up(service)) < HANG
                assert time.monotonic() - started < HANG
            assert wait_for_workers() == []


def test_a_resting_service_costs_next_to_nothing() -> None:
    """What is not asked takes less than a millisecond; the median says so."""

    def refuse(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        send(request, b"", status="503 Service Unavailable")

    with FaultyRangeServer(refuse) as server:
        service = RangeService(server.url, deadline=timedelta(seconds=20))
        with closing(service):
            for _ in range(5):
                service.look_up(LISTED)
            times = []
            for _ in range(101):
                started = time.perf_counter()
                assert service.look_up(LISTED) == Unasked(UnaskedReason.RESTING)
                times.append(time.perf_counter() - started)
    assert server.asked == 5
    assert sorted(times)[50] < 0.001
