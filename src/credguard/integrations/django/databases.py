"""Django's database settings, as the URLs that SQLAlchemy reads."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from sqlalchemy import URL

from credguard._secret import keeps_no_locals
from credguard.errors import SetupError

_BACKENDS = {"sqlite3": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}
_SOCKETS = {"postgresql": "host", "mariadb": "unix_socket"}
# What means the same to the drivers that Django and SQLAlchemy call.
_PASSED_ON = {"sslmode", "sslrootcert", "sslcert", "sslkey", "service", "options"}
_PORT = re.compile(r"[0-9]{0,5}", re.ASCII)


@keeps_no_locals
def url_of(alias: str) -> str:
    """
    Return the URL of a database in ``DATABASES``, its password in it.

    Raises:
        SetupError: There is none, or it is of a kind that is not supported.
    """
    database = settings.DATABASES.get(alias)
    if not database:
        message = "CREDGUARD names a database that is not in DATABASES"
        raise SetupError(message)
    kind = _BACKENDS.get(str(database["ENGINE"]).rpartition(".")[2])
    if kind is None:
        message = (
            "supported databases are SQLite, PostgreSQL and MariaDB; for another "
            "engine on one of them, set CREDGUARD['DATABASE'] to a URL"
        )
        raise SetupError(message)
    url = _file(database) if kind == "sqlite" else _server(kind, database)
    return url.render_as_string(hide_password=False)


def _file(database: Mapping[str, Any]) -> URL:
    name = str(database["NAME"])
    if name == ":memory:" or name.startswith("file:"):
        message = (
            "an SQLite database in memory cannot be shared; set CREDGUARD['DATABASE'] "
            "to a file, such as sqlite:///credguard.db"
        )
        raise SetupError(message)
    return URL.create("sqlite", database=name)


def _server(kind: str, database: Mapping[str, Any]) -> URL:
    host, port = (str(database.get(name) or "") for name in ("HOST", "PORT"))
    if not _PORT.fullmatch(port):
        message = "the PORT of a database in DATABASES is a number, or empty"
        raise SetupError(message)
    options = database.get("OPTIONS") or {}
    query = {
        name: str(text)
        for name, text in options.items()
        if name in _PASSED_ON and isinstance(text, str)
    }
    if host.startswith("/"):
        query[_SOCKETS[kind]] = host
    return URL.create(
        kind,
        username=database.get("USER") or None,
        password=database.get("PASSWORD") or None,
        host=None if host.startswith("/") else host or None,
        port=int(port) if port else None,
        database=str(database.get("NAME") or "") or None,
        query=query,
    )
