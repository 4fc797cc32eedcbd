"""
An end to waiting for a PostgreSQL server that says nothing more.

A connection that stands while nobody answers on it, as behind a proxy that has
stopped, is kept alive by the operating system for ever: libpq has a time limit for
connecting, and none for an answer.
"""

from collections.abc import Callable, Generator, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from sqlalchemy.engine import Dialect

if TYPE_CHECKING:
    from psycopg.abc import PQGen
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_T = TypeVar("_T")
# How often psycopg looks up while it waits, in seconds: no limit is finer than that.
_LOOKS_UP = 0.1


Connects = Callable[
    [Dialect, "ConnectionPoolEntry", Sequence[Any], dict[str, Any]], "DBAPIConnection"
]
"""What SQLAlchemy calls to open a connection: its event ``do_connect``."""


def connecting(seconds: float) -> Connects:
    """
    Return what opens connections that wait for an answer no longer than *seconds*.

    Args:
        seconds: How long the server may be silent while something was asked of it.
    """

    class Bounded(psycopg.Connection[Any]):
        def wait(self, gen: "PQGen[_T]", *_: object, **__: object) -> _T:
            try:
                return super().wait(_heard(gen, seconds), interval=_LOOKS_UP)
            except TimeoutError:
                # In the middle of an answer; nobody may use it again.
                self.pgconn.finish()
            message = "the server did not answer in time"
            raise psycopg.OperationalError(message)

    def connect(
        _dialect: Dialect,
        _entry: "ConnectionPoolEntry",
        arguments: Sequence[Any],
        options: dict[str, Any],
    ) -> "DBAPIConnection":
        return cast("DBAPIConnection", Bounded.connect(*arguments, **options))

    return connect


def _heard(
    gen: "PQGen[_T]", seconds: float, now: Callable[[], float] = monotonic
) -> Generator[Any, Any, _T]:
    """Go through *gen* for as long as something comes every so many seconds."""
    ends = now() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                ends = now() + seconds
            elif now() > ends:
                gen.close()
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as done:
        return cast("_T", done.value)
