"""From a database's URL to an engine: drivers, and who waits how long."""

import logging
from datetime import timedelta

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from credguard._text import has_surrogate, is_latin_1
from credguard.errors import MissingExtraError, StorageSetupError

# No statement of ours takes as long; a server that is silent longer is gone.
LONGEST_SILENCE = timedelta(minutes=5)

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}
_LATIN_1_ONLY = "mariadb+pymysql"
_EXTRAS = {"postgresql": "postgres", "mariadb": "mariadb"}
_IN_MEMORY = {None, "", ":memory:"}
# What SQLAlchemy logs of our engines is logged under this name.
_LOGS_AS = "credguard"


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
        StorageSetupError: The driver understands the URL otherwise.
        MissingExtraError: The driver is not installed.
    """
    backend = url.get_backend_name()
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGS_AS}").addFilter(_is_no_row)
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
            for name, value in _limits(backend, patience).items()
            if name not in url.query
        }
    is_missing = False
    try:
        return create_engine(url, **options)
    except ImportError:
        is_missing = backend in _EXTRAS
    except (ArgumentError, NoSuchModuleError, TypeError, ValueError):
        pass
    if is_missing:
        raise MissingExtraError(_EXTRAS[backend], needed_for="This database")
    message = "this database URL is not understood"
    raise StorageSetupError(message)


def _is_no_row(record: logging.LogRecord) -> bool:
    # The engine hides parameters, but not the rows that were read, such as hashes.
    return record.levelno > logging.DEBUG


def _limits(backend: str, patience: timedelta) -> dict[str, int]:
    """Return settings of the driver that end a wait for a server that is silent."""
    limits = {"connect_timeout": whole_seconds(patience)}
    if backend == "postgresql":
        # Milliseconds for the last, seconds for the others: as libpq has them.
        idle = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
        return limits | idle | {"tcp_user_timeout": milliseconds(LONGEST_SILENCE)}
    silence = whole_seconds(LONGEST_SILENCE)
    return limits | {"read_timeout": silence, "write_timeout": silence}


def milliseconds(duration: timedelta) -> int:
    """Return whole milliseconds, one at least: servers read none as for ever."""
    return max(1, int(duration.total_seconds() * 1000))


def whole_seconds(duration: timedelta) -> int:
    """Return whole seconds, one at least."""
    return max(1, int(duration.total_seconds()))
