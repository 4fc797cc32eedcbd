import hashlib
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from faulty_ranges import LISTED, SLOW, SOUND, TIMES, WRONG, Fault, FaultyRangeServer
from faulty_ranges import send as send_answer

from credguard import __version__
from credguard.drill.range_server import RangeServer
from credguard.errors import SetupError
from credguard.screening import (
    Listed,
    NotListed,
    RangeService,
    ReasonCode,
    Unasked,
    UnaskedReason,
)

# Longer than any sound answer takes, so that only what hangs runs into it.
PATIENT = timedelta(seconds=20)
# Shorter than any slow server, with room for a busy machine behind it.
HURRIED = timedelta(milliseconds=300)
HANG = 10.0  # seconds


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time that it was set to."""
        return self.now


@contextmanager
def asking(
    server: RangeServer, *, deadline: timedelta = PATIENT, clock: Clock | None = None
) -> Iterator[RangeService]:
    """Serve, and yield a client of it."""
    service = RangeService(server.url, deadline=deadline, monotonic=clock or Clock())
    with server, closing(service):
        yield service


def sound(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    """Answer as the protocol says."""
    send_answer(request, server.body(request))


def in_turn(*faults: Fault) -> Fault:
    """Return a fault that is another one with every question."""
    left = list(faults)

    def next_one(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        left.pop(0)(server, request)

    return next_one


def digits_of(password: str) -> str:
    """Return the hexadecimal SHA-1 of a password, in upper case."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False)
    return digest.hexdigest().upper()


def wait_for_workers() -> list[threading.Thread]:
    """Return the threads that still ask after a generous wait."""
    workers = [each for each in threading.enumerate() if each.name == "credguard range"]
    for worker in workers:
        worker.join(HANG)
    return [worker for worker in workers if worker.is_alive()]


class TestOutcomes:
    """What a sound service's answer means."""

    def test_a_listed_password_comes_with_its_count(self) -> None:
        """The count is the service's, and the reason says a power of ten of it."""
        with asking(RangeServer({LISTED: TIMES})) as service:
            verdict = service.look_up(LISTED)
        assert isinstance(verdict, Listed)
        assert verdict.times == TIMES
        assert verdict.reason.code == ReasonCode.BREACHED
        assert dict(verdict.reason.arguments) == {"at_least": 10_000}

    def test_a_password_that_nobody_had_is_not_listed(self) -> None:
        """A whole answer without the hash is the one way to be not listed."""
        with asking(RangeServer({LISTED: TIMES})) as service:
            assert service.look_up("nobody had this") == NotListed()

    def test_padding_is_not_listed(self) -> None:
        """A count of zero hides the length of an answer and lists nothing."""
        with asking(RangeServer({LISTED: 0})) as service:
            assert service.look_up(LISTED) == NotListed()

    def test_the_hash_is_that_of_the_utf8_form(self) -> None:
        """Passwords in other alphabets are found."""
        with asking(RangeServer({"пароль с пробелом": 5})) as service:
            assert isinstance(service.look_up("пароль с пробелом"), Listed)

    def test_half_a_character_cannot_be_asked_about(self) -> None:
        """A lone surrogate has no UTF-8 form, and no error comes of it."""
        service = RangeService("http://127.0.0.1:9")
        assert service.look_up("\ud800") == Unasked(UnaskedReason.NOT_TEXT)

    @pytest.mark.parametrize("fault", SOUND.values(), ids=SOUND.keys())
    def test_harmless_differences_are_read(self, fault: Fault) -> None:
        """Line ends, case, a byte order mark and padding do not hide a listing."""
        with asking(FaultyRangeServer(fault)) as service:
            verdict = service.look_up(LISTED)
        assert isinstance(verdict, Listed)
        assert verdict.times == TIMES


class TestFaults:
    """Everything else is could not ask, and never takes longer than the deadline."""

    @pytest.mark.parametrize(("why", "fault"), WRONG.values(), ids=WRONG.keys())
    def test_a_wrong_answer_is_could_not_ask(self, why: str, fault: Fault) -> None:
        """A listed password is never cleared by an answer that is not right."""
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
        """A system that is out of threads leaves the permits as they were."""

        def refuse(_: threading.Thread) -> None:
            message = "can't start new thread"
            raise RuntimeError(message)

        with FaultyRangeServer(sound) as server:
            service = RangeService(server.url, deadline=PATIENT, at_once=1)
            with closing(service):
                with monkeypatch.context() as patch:
                    patch.setattr(threading.Thread, "start", refuse)
                    for _ in range(2):
                        verdict = service.look_up(LISTED)
                        assert verdict == Unasked(UnaskedReason.BUSY)
                assert isinstance(service.look_up(LISTED), Listed)


def seen_by_a_server() -> BaseHTTPRequestHandler:
    """Return a request as a server saw it."""
    seen: list[BaseHTTPRequestHandler] = []

    def note(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        seen.append(request)
        sound(server, request)

    with asking(FaultyRangeServer(note)) as service:
        service.look_up(LISTED)
    (request,) = seen
    return request


class TestRequest:
    """What leaves this process."""

    def test_five_digits_of_the_hash_are_sent(self) -> None:
        """The path is the prefix, and the rest of the hash is nowhere."""
        request = seen_by_a_server()
        digits = digits_of(LISTED)
        assert request.path == f"/range/{digits[:5]}"
        assert digits[5:10] not in f"{request.requestline}{request.headers}".upper()

    def test_the_headers_are_ours(self) -> None:
        """Padding is asked for, compression is not, and the sender says who it is."""
        request = seen_by_a_server()
        assert request.headers["Add-Padding"] == "true"
        assert request.headers["Accept-Encoding"] == "identity"
        assert request.headers["User-Agent"] == f"credguard/{__version__}"
        assert request.headers["Cookie"] is None

    def test_connections_are_used_again(self) -> None:
        """Questions one after another share one connection."""
        ports = set()

        class Noting(RangeServer):
            def answer(self, request: BaseHTTPRequestHandler) -> None:
                ports.add(request.client_address[1])
                super().answer(request)

        with asking(Noting({})) as service:
            for number in range(5):
                assert service.look_up(f"password {number}") == NotListed()
        assert len(ports) == 1

    def test_threads_get_their_own_answers(self) -> None:
        """Of many passwords asked about at once, the listed ones are listed."""
        listed = {f"listed {number}": number + 1 for number in range(40)}
        with (
            asking(RangeServer(listed)) as service,
            ThreadPoolExecutor(8) as pool,
        ):
            asked = [*listed, *(f"free {number}" for number in range(40))]
            verdicts = dict(zip(asked, pool.map(service.look_up, asked), strict=True))
        for password, verdict in verdicts.items():
            if password in listed:
                assert isinstance(verdict, Listed)
                assert verdict.times == listed[password]
            else:
                assert verdict == NotListed()

    @pytest.mark.parametrize("fault", [sound, WRONG["500"][1], WRONG["hangs up"][1]])
    def test_nothing_that_is_logged_holds_the_prefix(
        self, fault: Fault, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Not even the HTTP library's own debug log."""
        with (
            caplog.at_level(logging.DEBUG),
            asking(FaultyRangeServer(fault)) as service,
        ):
            service.look_up(LISTED)
        digits = digits_of(LISTED)
        assert caplog.records  # the library does log
        assert digits[:5] not in caplog.text.upper()
        assert LISTED not in caplog.text


class TestCache:
    """Answers that are used again."""

    def test_an_answer_is_used_again_within_its_lifetime(self) -> None:
        """The same five digits are asked for once, until the answer is too old."""
        clock, server = Clock(), FaultyRangeServer(sound)
        with asking(server, clock=clock) as service:
            service.look_up(LISTED)
            clock.now += 599
            assert isinstance(service.look_up(LISTED), Listed)
            assert server.asked == 1
            clock.now += 2
            assert isinstance(service.look_up(LISTED), Listed)
            assert server.asked == 2

    def test_only_so_many_answers_are_kept(self) -> None:
        """The answer that was used longest ago makes room."""
        server = FaultyRangeServer(sound)
        with server, closing(RangeService(server.url, ranges=2)) as service:
            for password in ("one", "two", "one", "three", "one", "two"):
                service.look_up(password)
        assert server.asked == 4

    def test_a_failure_is_not_kept(self) -> None:
        """What could not be asked is asked again."""
        server = FaultyRangeServer(WRONG["500"][1])
        with asking(server) as service:
            service.look_up(LISTED)
            service.look_up(LISTED)
        assert server.asked == 2

    def test_closing_forgets(self) -> None:
        """A closed service can be used again and starts anew."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            service.close()
            assert isinstance(service.look_up(LISTED), Listed)
        assert server.asked == 2

    def test_another_process_starts_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A connection is never shared over a fork, where answers would cross."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            of_parent = service._state
            with monkeypatch.context() as patch:
                patch.setattr("credguard.screening.range_service.os.getpid", lambda: -1)
                assert isinstance(service.look_up(LISTED), Listed)
                service.close()
            service._state = of_parent
        assert server.asked == 2

    def test_closing_in_another_process_leaves_the_connection_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A child that closes what it took over does not close its parent's."""
        server = FaultyRangeServer(sound)
        with asking(server) as service:
            service.look_up(LISTED)
            of_parent = service._state
            assert of_parent is not None
            with monkeypatch.context() as patch:
                patch.setattr(of_parent.transport, "close", pytest.fail)
                patch.setattr("credguard.screening.range_service.os.getpid", lambda: -1)
                service.close()
            service._state = of_parent


class TestCircuit:
    """A failing service is left alone for a while."""

    def test_five_failures_in_a_row_give_it_a_rest(self) -> None:
        """A service that fails is left alone, and asked again after half a minute."""
        clock, server = Clock(), FaultyRangeServer(WRONG["500"][1])
        with asking(server, clock=clock) as service:
            for _ in range(5):
                assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
            assert service.look_up(LISTED) == Unasked(UnaskedReason.RESTING)
            assert server.asked == 5
            clock.now += 31
            assert service.look_up(LISTED) == Unasked(UnaskedReason.BAD_STATUS)
            assert service.look_up(LISTED) == Unasked(UnaskedReason.RESTING)
            assert server.asked == 6

    def test_an_answer_ends_the_rest(self) -> None:
        """After a probe that went well everything is asked again."""
        clock = Clock()
        faults = in_turn(*[WRONG["500"][1]] * 5, sound, sound)
        server = FaultyRangeServer(faults)
        with asking(server, clock=clock) as service:
            for _ in range(5):
                service.look_up(LISTED)
            clock.now += 31
            assert isinstance(service.look_up(LISTED), Listed)
            assert service.look_up("another") == NotListed()

    def test_a_kept_answer_needs_no_service(self) -> None:
        """While the service rests, what it said lately still counts."""
        clock = Clock()
        faults = in_turn(sound, *[WRONG["500"][1]] * 5)
        server = FaultyRangeServer(faults)
        with asking(server, clock=clock) as service:
            service.look_up(LISTED)
            for number in range(5):
                service.look_up(f"another {number}")
            assert service.look_up("one more") == Unasked(UnaskedReason.RESTING)
            assert isinstance(service.look_up(LISTED), Listed)


class TestSetup:
    """What a service can be made with."""

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "api.pwnedpasswords.com",
            "ftp://ranges.example",
            "file:///etc/passwd",
            "https://",
            "https://user:secret@ranges.example",
            "https://ranges.example/?mode=ntlm",
            "https://ranges.example:port",
            "http://[",
        ],
    )
    def test_an_address_that_cannot_work_is_refused(self, url: str) -> None:
        """The error says what an address looks like and does not repeat this one."""
        with pytest.raises(SetupError) as caught:
            RangeService(url)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: RangeService(deadline=timedelta(0)),
            lambda: RangeService(ranges=0),
            lambda: RangeService(fewest_lines=0),
            lambda: RangeService(at_once=0),
        ],
    )
    def test_numbers_are_above_zero(self, make: Callable[[], RangeService]) -> None:
        """A service that could never answer is not made."""
        with pytest.raises(SetupError):
            make()

    def test_a_path_in_front_is_kept(self) -> None:
        """A service may live below a path."""
        paths = []

        def note(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
            paths.append(request.path)
            sound(server, request)

        with FaultyRangeServer(note) as server:
            service = RangeService(f"{server.url}/pwned/", deadline=PATIENT)
            with closing(service):
                assert isinstance(service.look_up(LISTED), Listed)
        assert paths[0].startswith("/pwned/range/")

    def test_a_lower_floor_takes_a_small_corpus(self) -> None:
        """A service with few hashes says so with *fewest_lines*."""
        digits = digits_of(LISTED)

        def one_line(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
            send_answer(request, f"{digits[5:]}:3".encode())

        with FaultyRangeServer(one_line) as server:
            service = RangeService(server.url, fewest_lines=1, deadline=PATIENT)
            with closing(service):
                assert isinstance(service.look_up(LISTED), Listed)

    def test_making_one_loads_no_http_library(self) -> None:
        """The library is loaded with the first question."""
        loaded = "credguard.screening.transport" in sys.modules
        RangeService()
        assert ("credguard.screening.transport" in sys.modules) == loaded
