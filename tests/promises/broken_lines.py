"""Houses whose databases are reached over a line that breaks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import make_url

from credguard import CredGuard
from credguard.errors import RefusedError, UnavailableError
from credguard.testing import FrozenClock
from forums import Forum, House, close_guard, open_guard
from keepers import NOON
from tcp_proxy import Fault, Plan, TcpProxy, Way

SILENCE_SECONDS = 1
CONNECT_SECONDS = 2  # the least that libpq takes
# A pooled connection that went silent is found so before a new one is made; an
# answer may be silent after that, and its rollback once more.
DEADLINE = 2 * SILENCE_SECONDS + CONNECT_SECONDS + 2.0
FAULTS = tuple(Fault)
MEMBERS = range(1, 16)


def points(up: int, down: int, number: int) -> list[Plan]:
    """Lay *number* faults over a conversation of so many bytes each way."""
    plans = []
    for at in range(number):
        way = Way.UP if at % 2 == 0 else Way.DOWN
        whole = up if way is Way.UP else down
        byte = at * whole // number
        fault = FAULTS[at // 2 % len(FAULTS)]
        plans.append(Plan(fault, way, byte, lasts=at % 3 == 0))
    return plans


class Time(FrozenClock):
    """A clock that goes on where a run waits, and nowhere else."""

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.advance(timedelta(seconds=seconds))


@dataclass
class BrokenHouse:
    """
    A house whose guard goes through a proxy, and a guard with a line of its own.

    Attributes:
        house: With a line of its own.

        guard: Goes through the proxy.

        proxy: The line to be broken.

        clock: What both go by.
    """

    house: House
    guard: CredGuard
    proxy: TcpProxy
    clock: Time
    longest: float = field(default=0.0)

    def tried(self, step: Callable[[], object]) -> object:
        """Return what a step came to: its result, or a declared refusal."""
        began = time.monotonic()
        found: object
        try:
            found = step()
        except (UnavailableError, RefusedError) as error:
            found = error
        self.longest = max(self.longest, time.monotonic() - began)
        if isinstance(found, UnavailableError):
            self.proxy.heal()
        return found

    def reconnected(self) -> None:
        """Let go of all connections, so that opening them is in what follows."""
        self.guard.close()


@contextmanager
def broken_house(url: str) -> Iterator[BrokenHouse]:
    """Open a house of fifteen members at *url*, with a proxy before its database."""
    clock = Time(NOON)
    forum = Forum(url)
    forum.make(MEMBERS)
    house = House(url, forum, clock)
    parsed = make_url(url)
    with TcpProxy(str(parsed.host), int(parsed.port or 0)) as proxy:
        limits = {"silence": SILENCE_SECONDS, "connect_timeout": CONNECT_SECONDS}
        through = parsed.set(host="127.0.0.1", port=proxy.listens_on).update_query_dict(
            {name: str(value) for name, value in limits.items()}
        )
        text = through.render_as_string(hide_password=False)
        guard = open_guard(house.keyring, text, text, clock)
        yield BrokenHouse(house, guard, proxy, clock)
        close_guard(guard)
    house.close()
