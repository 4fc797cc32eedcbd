"""From a database's URL to an engine: drivers, and who waits how long."""

import logging
import re
import sqlite3
from datetime import timedelta

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from credguard._text import has_surrogate, is_latin_1
from credguard.errors import MissingExtraError, StorageSetupError

# No statement of ours takes as long; a server that is silent longer is gone.
LONGEST_SILENCE = timedelta(minutes=5)
# Even a busy server's kernel acknowledges; a network that does not is gone.
LONGEST_UNACKNOWLEDGED = timedelta(seconds=30)
SILENCE = "silence"
"""What a URL's query calls the seconds that a server may be silent."""

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}
_OLDEST_SQLITE = (3, 33, 0)  # the first that updates rows from a list of values
_LATIN_1_ONLY = "mariadb+pymysql"
_EXTRAS = {"postgresql": "postgres", "mariadb": "mariadb"}
_IN_MEMORY = {None, "", ":memory:"}
# What SQLAlchemy logs of our engines is logged under this name.
_LOGS_AS = "credguard"
_SECONDS = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


def read_url(url: str) -> URL:
    """
    Return *url* with the driver that we use.

    Raises:
        StorageSetupError: It is not a database URL that is supported.
    """
    try:
        parsed = None if has_surrogate(url) or "\0" in url else make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        message = "a database URL looks like sqlite:///forum.db or postgresql://host/db"
        raise StorageSetupError(message)
    driver = _DRIVERS.get(parsed.get_backend_name())
    _silence_of(parsed)
    if driver is None:
        message = "supported databases are sqlite, postgresql and mariadb"
        raise StorageSetupError(message)
    if driver == _LATIN_1_ONLY and not is_latin_1(parsed.password or ""):
        # PyMySQL would find out, and its error, which is logged, holds the password.
        message = "a password for MariaDB has characters of Latin-1 only"
        raise StorageSetupError(message)
    return parsed.set(drivername=driver)


def sqlite_file(url: URL) -> str | None:
    """Return the path of an SQLite database, None if it is in memory or a server's."""
    if url.get_backend_name() != "sqlite" or url.database in _IN_MEMORY:
        return None
    name = url.database or ""
    return name.removeprefix("file:") if "uri" in url.query else name


def make_engine(url: URL, patience: timedelta, **further: object) -> Engine:
    """
    Return an engine that waits no longer than *patience* for a connection.

    Args:
        url: What `read_url` returned.

        patience: How long to wait.

        further: Options of SQLAlchemy's `create_engine`.

    Raises:
        StorageSetupError: The driver understands the URL otherwise, or Python's
            SQLite is too old.
        MissingExtraError: The driver is not installed.
    """
    backend = url.get_backend_name()
    _check_sqlite(backend)
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGS_AS}").addFilter(_is_no_row)
    silence, url = _silence_of(url), url.difference_update_query([SILENCE])
    options: dict[str, object] = {
        "hide_parameters": True,
        "logging_name": _LOGS_AS,
        **further,
    }
    if backend != "sqlite" or sqlite_file(url):
        options["pool_timeout"] = whole_seconds(patience)
    if backend != "sqlite":
        options |= {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
        options["connect_args"] = {
            name: value
            for name, value in _limits(backend, patience, silence).items()
            if name not in url.query
        }
    is_missing = False
    try:
        engine = create_engine(url, **options)
        if backend == "postgresql":
            # Imported here, because psycopg is an extra.
            from credguard.storage.silence import connecting  # noqa: PLC0415

            connect = connecting(silence.total_seconds())
            event.listen(engine, "do_connect", connect)
    except ImportError:
        is_missing = backend in _EXTRAS
    except (ArgumentError, NoSuchModuleError, TypeError, ValueError):
        pass
    else:
        return engine
    if is_missing:
        raise MissingExtraError(_EXTRAS[backend], needed_for="This database")
    message = "this database URL is not understood"
    raise StorageSetupError(message)


def _check_sqlite(backend: str) -> None:
    if backend == "sqlite" and sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        message = f"SQLite 3.33 is needed; this Python has {sqlite3.sqlite_version}"
        raise StorageSetupError(message)


def _is_no_row(record: logging.LogRecord) -> bool:
    # The engine hides parameters, but not the rows that were read, such as hashes.
    return record.levelno > logging.DEBUG


def _silence_of(url: URL) -> timedelta:
    """Return how long the server at *url* may be silent before it is given up."""
    asked = url.query.get(SILENCE)
    if asked is None:
        return LONGEST_SILENCE
    if isinstance(asked, str) and _SECONDS.fullmatch(asked):
        return timedelta(seconds=int(asked))
    message = f"the {SILENCE} of a database URL is a whole number of seconds above 0"
    raise StorageSetupError(message)


def _limits(backend: str, patience: timedelta, silence: timedelta) -> dict[str, int]:
    """Return settings of the driver that end a wait for a server that is silent."""
    limits = {"connect_timeout": whole_seconds(patience)}
    if backend == "postgresql":
        # Milliseconds for the last, seconds for the others: as libpq has them.
        idle = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
        gone = min(silence, LONGEST_UNACKNOWLEDGED)
        return limits | idle | {"tcp_user_timeout": milliseconds(gone)}
    seconds = whole_seconds(silence)
    return limits | {"read_timeout": seconds, "write_timeout": seconds}


def milliseconds(duration: timedelta) -> int:
    """Return whole milliseconds, one at least: servers read none as for ever."""
    return max(1, int(duration.total_seconds() * 1000))


def whole_seconds(duration: timedelta) -> int:
    """Return whole seconds, one at least."""
    return max(1, int(duration.total_seconds()))
