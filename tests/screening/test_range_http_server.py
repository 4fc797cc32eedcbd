import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyhibp
import pyhibp.pwnedpasswords
import pytest
import requests
from asking_ranges import PATIENT
from range_corpora import full_range, lines_of, of_passwords, serving, write

from credguard.screening import Listed, NotListed, RangeService
from credguard.screening.corpus import server as range_server
from credguard.screening.corpus.fetching import Service
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.serving import RangeAnswers
from credguard.screening.corpus.syncing import sync

PASSWORDS = {f"password number {number}": number + 1 for number in range(300)}
COUNTS = of_passwords(PASSWORDS) | full_range("ABCDE", lines=2000)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve a small corpus for all tests of this module."""
    path = write(tmp_path_factory.mktemp("served") / "corpus", COUNTS)
    with serving(RangeAnswers(path)) as port:
        yield port


def say(port: int, *parts: bytes, wait: float = 0.0) -> bytes:
    """Send bytes, and return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(wait)
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


LAST = b"GET /range/ABCDE HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class TestClients:
    """Clients of the protocol, ours and others'."""

    @pytest.mark.parametrize("padding", [False, True])
    def test_an_independent_client_gets_the_texts_answers(
        self, port: int, monkeypatch: pytest.MonkeyPatch, *, padding: bool
    ) -> None:
        """What it says of each password is what the corpus was made of."""
        address = f"http://127.0.0.1:{port}/"
        monkeypatch.setattr(
            pyhibp.pwnedpasswords, "PWNED_PASSWORDS_API_BASE_URI", address
        )
        pyhibp.set_user_agent(ua="a test of a range server")
        ask = pyhibp.pwnedpasswords.is_password_breached
        asked = {**dict(list(PASSWORDS.items())[:8]), "nobody had this": 0}
        found = {each: ask(each, add_padding=padding) for each in asked}
        assert found == asked
        lines = pyhibp.pwnedpasswords.suffix_search("ABCDE", add_padding=padding)
        assert [x for x in lines if not x.endswith(":0")] == lines_of(COUNTS, "ABCDE")

    def test_our_own_client_gets_them_as_well(self, port: int) -> None:
        """Strict as it is, with padding and compression."""
        url = f"http://127.0.0.1:{port}"
        service = RangeService(url, fewest_lines=0, deadline=PATIENT)
        with closing(service):
            for password, times in list(PASSWORDS.items())[:50]:
                verdict = service.look_up(password)
                assert isinstance(verdict, Listed)
                assert verdict.times == times
            assert service.look_up("nobody had this") == NotListed()

    def test_a_corpus_can_be_synced_from_it(self, port: int, tmp_path: Path) -> None:
        """One machine fetches from the public service, the others from that one."""
        service = Service(f"http://127.0.0.1:{port}", at_once=4)
        plan = SyncPlan(service, fewest_lines=0, ranges=100)
        assert sync(plan, tmp_path / "copy").fetched == 100
        assert sync(plan, tmp_path / "copy").unchanged == 100


class TestHttp:
    """As much of HTTP as is spoken, and what comes of anything else."""

    def test_a_connection_stays_open(self, port: int) -> None:
        """Several requests use one, one after the other."""
        url = f"http://127.0.0.1:{port}/range/ABCDE"
        with requests.Session() as session:
            for _ in range(3):
                answer = session.get(url, timeout=20)
                assert answer.text.split("\r\n") == lines_of(COUNTS, "ABCDE")
            assert len(session.get_adapter(url).poolmanager.pools) == 1  # type: ignore[attr-defined]

    def test_requests_may_come_in_any_pieces(self, port: int) -> None:
        """Byte by byte, or several at once."""
        alone = say(port, LAST)
        assert say(port, *[LAST[at : at + 1] for at in range(len(LAST))]) == alone
        first = LAST.replace(b"Connection: close\r\n", b"")
        both = say(port, first + LAST)
        assert both.count(b"HTTP/1.1 200 OK\r\n") == 2

    @pytest.mark.parametrize(
        "request_head",
        [
            b"GET /range/ABCDE HTTP/1.0\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\nConnection: keep-alive, close\r\n\r\n",
        ],
    )
    def test_a_connection_is_closed_where_that_is_meant(
        self, port: int, request_head: bytes
    ) -> None:
        """By an old client, or by one that says so."""
        assert say(port, request_head).startswith(b"HTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize(
        "nonsense",
        [
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET /range/ABCDE\r\n\r\n",
            b"GET  /range/ABCDE HTTP/1.1\r\n\r\n",
            b"GET /range/ABCDE HTTP/2.0\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\nSpace : before\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\n: no name\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            b"GET /range/ABCDE HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET /range/ABCDE HTTP/1.1\r\n" + b"A: b\r\n" * 2000 + b"\r\n",
        ],
    )
    def test_what_is_no_request_is_refused(self, port: int, nonsense: bytes) -> None:
        """And the connection with it, so that nothing is read as the next one."""
        answer = say(port, nonsense)
        assert re.match(rb"HTTP/1.1 (400|431) ", answer)
        assert answer.count(b"HTTP/1.1") == 1

    def test_a_head_without_end_is_refused(self, port: int) -> None:
        """After eight kilobytes."""
        endless = b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 20_000
        assert say(port, endless).startswith(b"HTTP/1.1 431 ")

    def test_who_asks_and_does_not_read_fills_no_memory(self, port: int) -> None:
        """The server stops reading where it cannot write; others are answered."""
        ask = LAST.replace(b"Connection: close\r\n", b"")
        with socket.create_connection(("127.0.0.1", port), timeout=2) as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with pytest.raises(TimeoutError):
                greedy.sendall(ask * 3_000_000)
            assert say(port, LAST).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_silent_connection_is_closed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Half a request holds nothing for good."""
        monkeypatch.setattr(range_server, "SILENCE", 0.2)
        monkeypatch.setattr(range_server, "_SWEEP", 0.05)
        with serving(RangeAnswers(write(tmp_path / "corpus", COUNTS))) as port:
            started = time.monotonic()
            assert say(port, b"GET /range/") == b""
            assert time.monotonic() - started < 10

    def test_only_so_many_connections_are_held(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One more is told so."""
        monkeypatch.setattr(range_server, "MAX_CONNECTIONS", 2)
        with serving(RangeAnswers(write(tmp_path / "corpus", COUNTS))) as port:
            held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
            try:
                time.sleep(0.2)
                assert say(port).startswith(b"HTTP/1.1 503 ")
            finally:
                for connection in held:
                    connection.close()

    def test_nothing_is_logged(
        self, port: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A request holds a prefix."""
        caplog.set_level(logging.DEBUG)
        say(port, LAST)
        say(port, b"GET /range/ABCDX HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert "ABCD" not in caplog.text


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """It says where, answers, prints no request, and ends well."""
    write(tmp_path / "corpus", COUNTS)
    command = [sys.executable, "-m", "credguard", "corpus", "serve", "corpus"]
    with subprocess.Popen(
        [*command, "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        found = re.search(r"Serving sha1 ranges at (http://127\.0\.0\.1:\d+);", said)
        assert found is not None
        answer = requests.get(f"{found[1]}/range/ABCDE", timeout=20)
        assert answer.text.split("\r\n") == lines_of(COUNTS, "ABCDE")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_a_port_in_use_is_told(tmp_path: Path, port: int) -> None:
    """In one line, as a setting to mend."""
    write(tmp_path / "corpus", COUNTS)
    command = [sys.executable, "-m", "credguard", "corpus", "serve", "corpus"]
    done = subprocess.run(
        [*command, "--port", str(port)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 78
    assert re.fullmatch(r"credguard: .* cannot be listened at: .*\n", done.stderr)
