import hashlib
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from asking_ranges import (
    PATIENT,
    asking,
    sound,
)
from faulty_ranges import LISTED, SOUND, TIMES, WRONG, Fault, FaultyRangeServer
from faulty_ranges import send as send_answer

from credguard import __version__
from credguard.drill.range_server import RangeServer
from credguard.errors import SetupError
from credguard.screening import (
    Listed,
    MemoryCache,
    NotListed,
    RangeService,
    ReasonCode,
    Unasked,
    UnaskedReason,
)


def digits_of(password: str) -> str:
    """Return the hexadecimal SHA-1 of a password, in upper case."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False)
    return digest.hexdigest().upper()


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
        """Padding and one compression are asked for, and the sender says who it is."""
        request = seen_by_a_server()
        assert request.headers["Add-Padding"] == "true"
        assert request.headers["Accept-Encoding"] == "gzip"
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
    @pytest.mark.promise("P4")
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
            "https://secret\udc8a.example",
            "https://ranges.example/a secret",
            "https://ranges.example\\secret",
            "https://secret\u00e4.example",
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
            lambda: RangeService(cache=MemoryCache(ranges=0)),
            lambda: RangeService(fewest_lines=-1),
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
