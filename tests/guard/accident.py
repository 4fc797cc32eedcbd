"""
The accident of 2019, played: a forum whose responses get into each other's way.

    python tests/guard/accident.py --log-ins 4000 --sessions 100000

A threaded web application keeps its response in a place that all threads share, for a
moment, as the faulty upgrade did: of two members who log in at the same instant, one
gets the other's session. Beside it, ordinary sessions: two tabs, lost cookies, sign-out
and sign-in, a shared computer, a new password in another window.
"""

import argparse
import random
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

sys.path.insert(0, str(Path(__file__).parent.parent))

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.errors import RefusedError, SessionRefusedError, SessionSwappedError
from credguard.sessions import JournalPolicy
from credguard.testing import CHEAPEST

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PASSWORD = "a quiet harbour at noon"
THREADS = 8


def opened(url: str) -> CredGuard:
    """Return a door that keeps a journal."""
    return CredGuard(
        keyring=Keyring.generate(),
        database=url,
        passwords=PasswordHasher(work_factor=CHEAPEST),
        journal=JournalPolicy(),
    )


@dataclass
class FaultyForum:
    """
    A web application whose log-ins share a response where two are planted.

    Every member has one hash: what a password costs does not matter here.
    """

    guard: CredGuard
    stored: str
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    meetings: dict[str, threading.Barrier] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)

    def __call__(
        self, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request: a log-in, or a page for who is logged in."""
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        browser = cookies["before"].value if "before" in cookies else ""
        path = environ["PATH_INFO"]
        if path.startswith("/log-in/"):
            session = self._log_in(path.rpartition("/")[2], browser)
            start("200 OK", [("Set-Cookie", f"session={session}; HttpOnly")])
            return [b"welcome"]
        session = cookies["session"].value if "session" in cookies else ""
        account_id, stamp = self.sessions.get(session, ("nobody", ""))
        try:
            self.guard.check_session(stamp, account_id=account_id, browser=browser)
        except SessionSwappedError:
            self.sessions.pop(session, None)
            start("403 Forbidden", [])
            return [b"swapped"]
        except SessionRefusedError:
            start("401 Unauthorized", [])
            return [b"over"]
        start("200 OK", [])
        return [account_id.encode()]

    def _log_in(self, account_id: str, browser: str) -> str:
        login = self.guard.log_in(
            PASSWORD, account_id=account_id, stored=self.stored, browser=browser
        )
        session = secrets.token_hex(8)
        self.sessions[session] = (account_id, login.session)
        meeting = self.meetings.get(account_id)
        if meeting is None:
            return session
        # The fault: the response stands where another thread writes its own.
        place = id(meeting)
        self.shared.append(f"{place} {session}")
        meeting.wait(timeout=30)
        mine = [each for each in list(self.shared) if each.startswith(f"{place} ")]
        return mine[-1].partition(" ")[2]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Played:
    """
    What came of an accident.

    Attributes:
        planted: Pairs of members, as they were crossed.

        found: Owner and other of each swap that was recorded.

        strangers: Pages of another account that a browser got to see.
    """

    planted: set[frozenset[str]]
    found: list[tuple[str | None, str | None]]
    strangers: int


def play(url: str, *, log_ins: int, pairs: int, seed: int = 1) -> Played:
    """Let so many members log in over HTTP, of whom so many pairs are crossed."""
    guard = opened(url)
    # Not bound to an account, so that all members may have it.
    stored = PasswordHasher(work_factor=CHEAPEST).hash(PASSWORD)
    forum = FaultyForum(guard, stored)
    draw = random.Random(seed)
    numbers = [str(number) for number in range(1, log_ins + 1)]
    crossed = draw.sample(numbers, 2 * pairs)
    planted = set()
    for one, other in zip(crossed[::2], crossed[1::2], strict=True):
        meeting = threading.Barrier(2)
        forum.meetings[one] = forum.meetings[other] = meeting
        planted.add(frozenset((one, other)))
    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(forum)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    waves = _waves(numbers, planted)
    with ThreadPoolExecutor(THREADS) as pool:
        members = partial_visit(server.server_port)
        strangers = sum(pool.map(members, waves))
    server.shutdown()
    server.server_close()
    found = guard.swaps.every(_LONG_AGO, guard._clock())
    guard._database.close()
    return Played(
        planted, [(each.owner_id, each.other_id) for each in found], strangers
    )


def partial_visit(port: int) -> Callable[[tuple[str, ...]], int]:
    """Return what lets one or two members log in at once and look at a page."""

    def visit(who: tuple[str, ...]) -> int:
        if len(who) == 1:
            return _visit(port, who[0])
        with ThreadPoolExecutor(len(who)) as pair:
            return sum(pair.map(lambda each: _visit(port, each), who))

    return visit


def _visit(port: int, account_id: str) -> int:
    """Log in and look at a page twice; return how often it was somebody else's."""
    before = secrets.token_hex(8)
    head = {"Cookie": f"before={before}"}
    _, cookie = _asked(port, f"/log-in/{account_id}", head)
    head = {"Cookie": f"before={before}; {cookie.partition(';')[0]}"}
    strange = 0
    for _ in range(2):
        page, _ = _asked(port, "/page", head)
        strange += page not in {account_id.encode(), b"swapped", b"over"}
    return strange


def _asked(port: int, path: str, head: dict[str, str]) -> tuple[bytes, str]:
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", path, headers=head)
    answer = line.getresponse()
    body, cookie = answer.read(), answer.getheader("Set-Cookie", "")
    line.close()
    return body, cookie


def _waves(numbers: list[str], planted: set[frozenset[str]]) -> list[tuple[str, ...]]:
    """Return who comes alone and who comes at the same instant as another."""
    crossed = {each for pair in planted for each in pair}
    alone: list[tuple[str, ...]] = [(each,) for each in numbers if each not in crossed]
    return alone + [tuple(sorted(pair)) for pair in planted]


@dataclass
class Ordinary:
    """Sessions as forums have them every day, and what came of their requests."""

    guard: CredGuard
    stored: str
    draw: random.Random
    browsers: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(
        default_factory=lambda: {"good": 0, "refused": 0, "swapped": 0}
    )

    def pass_by(self) -> None:
        """Let somebody log in, look at a page, and do what people do."""
        account_id = str(self.draw.randrange(1, 2_000))
        browser = self.browsers.setdefault(account_id, secrets.token_hex(8))
        stamp = self.guard.log_in(
            PASSWORD, account_id=account_id, stored=self.stored, browser=browser
        ).session
        self._ask(stamp, account_id, browser)
        match self.draw.randrange(8):
            case 0:  # two tabs
                self._ask(stamp, account_id, browser)
            case 1:  # the cookie from before log-in is lost, and a new one set
                self._ask(stamp, account_id, "")
                self.browsers[account_id] = secrets.token_hex(8)
            case 2:  # signed out everywhere; another tab is still open
                self.guard.sign_out_everywhere(account_id)
                self._ask(stamp, account_id, browser)
            case 3:  # somebody else logs in on the same computer
                self.browsers[str(self.draw.randrange(1, 2_000))] = browser
            case 4:  # the session record is gone
                self._ask("", account_id, browser)

    def _ask(self, stamp: str, account_id: str, browser: str) -> None:
        try:
            self.guard.check_session(stamp, account_id=account_id, browser=browser)
            self.counts["good"] += 1
        except SessionSwappedError:
            self.counts["swapped"] += 1
        except RefusedError:
            self.counts["refused"] += 1


def ordinary(url: str, *, sessions: int, seed: int = 1) -> dict[str, int]:
    """Let so many ordinary sessions pass; return how often what came of a request."""
    stored = PasswordHasher(work_factor=CHEAPEST).hash(PASSWORD)
    forum = Ordinary(opened(url), stored, random.Random(seed))
    for _ in range(sessions):
        forum.pass_by()
    assert forum.guard.swaps.every(_LONG_AGO, forum.guard._clock()) == []
    forum.guard._database.close()
    return forum.counts


def main() -> None:
    """Play both with the numbers of the real accident, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log-ins", type=int, default=4_000)
    parser.add_argument("--pairs", type=int, default=46)
    parser.add_argument("--sessions", type=int, default=100_000)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/accident.db"
        played = play(url, log_ins=asked.log_ins, pairs=asked.pairs)
    right = sum(frozenset(each) in played.planted for each in played.found)
    print(f"{asked.log_ins:,} log-ins over HTTP, {len(played.planted)} crossed")
    print(f"  swaps found {len(played.found)}, with both accounts right {right}")
    print(f"  pages of a stranger that were shown {played.strangers}")
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        counts = ordinary(f"sqlite:///{folder}/ordinary.db", sessions=asked.sessions)
    print(f"{asked.sessions:,} ordinary sessions: {counts}")
    print(f"{time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
