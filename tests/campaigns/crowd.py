"""
Several processes that do things at once, or are killed; run as a program.

A fresh interpreter forks them, so that no connection, lock or thread of the tests
is copied. What to do comes as JSON on the standard input, what came of it goes out
the same way.
"""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from credguard import CredGuard, Keyring
from credguard.campaigns import (
    Delivery,
    Outcome,
    Receipt,
    awaiting,
    pacing,
    retiring,
)
from credguard.delivery import Maildir, Smtp
from credguard.errors import CredguardError
from forums import NEW_PASSWORD, House, open_guard, token_in

MARGIN = timedelta(milliseconds=250)
LONGEST = 60.0  # seconds until a crowd is given up
LATEST_KILL = 0.08  # seconds after a process has come to its work
READY = b"."


@dataclass(frozen=True)
class Order:
    """
    What one process does.

    Attributes:
        verb: sweep, send, redeem, abort or log_in.

        campaign: In which campaign.

        token: Redeemed.

        account_id: Who logs in.

        password: With what.

        stored: What stands in the column when the log-in begins.

        carrier: Where notices go: a file, ``maildir:`` and a folder, or a URL.
    """

    verb: str
    campaign: str
    token: str = ""
    account_id: str = ""
    password: str = ""
    stored: str = ""
    carrier: str = ""


@dataclass(frozen=True)
class Scene:
    """Where it happens, and how often a process is killed before it may finish."""

    ours: str
    forum: str
    keyring: str
    orders: tuple[Order, ...]
    kills: int = 0
    seed: int = 0

    @classmethod
    def at(cls, house: House, *orders: Order, kills: int = 0, seed: int = 0) -> "Scene":
        """Return a scene in *house*."""
        keyring = house.keyring.reveal()
        return cls(house.ours, house.forum.url, keyring, orders, kills, seed)

    def play(self) -> list[str]:
        """Run the scene in a new interpreter; return what came of each order."""
        ended = subprocess.run(
            [sys.executable, "-X", "utf8", "-W", "error", __file__],
            input=json.dumps(asdict(self)),
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=2 * LONGEST,
        )
        assert ended.returncode == 0, ended.stderr
        found: list[str] = json.loads(ended.stdout)
        return found


class Ledger:
    """A delivery that writes down each message that it is given, and forgets none."""

    def __init__(self, path: str) -> None:
        self._path = path

    def send(
        self, message: EmailMessage, *, recipient: str, **_: str | None
    ) -> Receipt:
        """Write a line for *message*."""
        line = json.dumps([recipient, str(message["Message-ID"]), token_in(message)])
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, line.encode() + b"\n")
        os.close(file)
        return Receipt(Outcome.ACCEPTED, "written")

    def close(self) -> None:
        """Do nothing."""


def carried(path: Path) -> list[tuple[str, str, str]]:
    """Return recipient, Message-ID and token of each message in a ledger."""
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()]


def carrier(name: str) -> Delivery:
    """Return what carries the notices."""
    if name.startswith("smtp"):
        return Smtp(name, sender="help@machina.example")
    if name.startswith("maildir:"):
        return Maildir(name.removeprefix("maildir:"))
    return Ledger(name)


def do(order: Order, guard: CredGuard, number: int) -> str:
    """Do what was ordered; return what a test compares."""
    worker = f"worker {number}"
    match order.verb:
        case "sweep":
            guard.campaigns.sweep(order.campaign, worker=worker)
        case "send":
            delivery = carrier(order.carrier)
            guard.campaigns.send(order.campaign, delivery, worker=worker, margin=MARGIN)
            delivery.close()
        case "sweep and send":
            guard.campaigns.sweep(order.campaign, worker=worker)
            delivery = carrier(order.carrier)
            guard.campaigns.send(order.campaign, delivery, worker=worker, margin=MARGIN)
            delivery.close()
        case "redeem":
            guard.redeem(order.token, password=NEW_PASSWORD.format(number))
            return str(number)
        case "abort":
            guard.campaigns.abort(order.campaign, reason="a race")
        case "log_in":
            login = guard.log_in(
                order.password, account_id=order.account_id, stored=order.stored
            )
            guard.check_session(login.session, account_id=order.account_id)
        case _:
            raise ValueError(order.verb)
    return "done"


def outcome(action: Callable[[], str]) -> str:
    """Return what *action* returned, or the name of our error."""
    try:
        return action()
    except CredguardError as error:
        return type(error).__name__


def fork(action: Callable[[int], str]) -> tuple[int, int]:
    """Run *action* in a child; return its process id and where its answer comes."""
    answer, said = os.pipe()
    child = os.fork()
    if child:
        os.close(said)
        return child, answer
    status = 1
    try:
        os.write(said, outcome(partial(action, said)).encode())
        status = 0
    finally:
        os._exit(status)


def await_ready(answer: int) -> None:
    """Wait until a child has opened the door."""
    if os.read(answer, 1) != READY:
        sys.exit("a child did not come to its work")


def answered(child: int, answer: int) -> str:
    """Wait for a child and return its answer; a broken one stops everything."""
    parts = b""
    while part := os.read(answer, 65536):
        parts += part
    os.close(answer)
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit(f"a child ended with {status}")
    return parts.decode()


def at_once(scene: Scene) -> list[str]:
    """Let one process for each order begin at the same instant."""
    begin, curtain = os.pipe()

    def act(number: int, order: Order, said: int) -> str:
        os.close(curtain)
        guard = opened(scene)
        os.write(said, READY)
        os.read(begin, 1)  # ends when the last copy of the curtain is closed
        return do(order, guard, number)

    children = [
        fork(partial(act, number, order)) for number, order in enumerate(scene.orders)
    ]
    for _, answer in children:
        await_ready(answer)
    os.close(curtain)
    return [answered(*child) for child in children]


def killed_again_and_again(scene: Scene) -> list[str]:
    """Kill a process at random moments, then let one finish; tell how often."""
    draw, kills, ends = random.Random(scene.seed), 0, time.monotonic() + LONGEST
    while True:
        child, answer = fork(partial(act_alone, scene, kills))
        await_ready(answer)
        patience = [] if kills == scene.kills else [draw.uniform(0, LATEST_KILL)]
        ended, _, _ = select.select([answer], [], [], *patience)
        if ended or time.monotonic() > ends:
            return [answered(child, answer), str(kills)]
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(answer)
        kills += 1


def act_alone(scene: Scene, number: int, said: int) -> str:
    """Do what was ordered first."""
    guard = opened(scene)
    os.write(said, READY)
    return do(scene.orders[0], guard, number)


def opened(scene: Scene) -> CredGuard:
    """Return the door, as a new process opens it."""
    return open_guard(Keyring.parse(scene.keyring), scene.ours, scene.forum)


def hurry(*, range_size: int) -> None:
    """Let this process do small pieces, and look again soon."""
    # So that a kill finds the work in any state.
    retiring.RANGE_SIZE = range_size
    pacing.BATCH_LASTS = timedelta(milliseconds=100)
    awaiting.GLANCE = retiring._GLANCE = timedelta(milliseconds=50)


def main() -> None:
    """Read a scene, play it, and print what came of it."""
    told = json.load(sys.stdin)
    orders = tuple(Order(**order) for order in told.pop("orders"))
    scene = Scene(orders=orders, **told)
    hurry(range_size=20)
    retiring.RANGE_LEASE = timedelta(milliseconds=250)
    play = killed_again_and_again if scene.kills else at_once
    json.dump(play(scene), sys.stdout)


if __name__ == "__main__":
    main()
