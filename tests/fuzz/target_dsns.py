"""Addresses of databases, mail servers, range services and proxies, as typed."""

import warnings
from datetime import timedelta

from sqlalchemy.exc import SAWarning
from trying import only_declared_errors, text_of

from credguard.cli.sections import refuse_password
from credguard.delivery import Smtp
from credguard.delivery._server import Server
from credguard.integrations.flask.settings import Settings
from credguard.screening import RangeService
from credguard.storage.engines import make_engine, read_url

PATIENCE = timedelta(seconds=1)
MOST_PORT = 65_535


def one_input(data: bytes) -> None:
    """Read the data as each, up to where somebody would be called."""
    text = text_of(data)
    _database(text)
    with only_declared_errors():
        refuse_password(text, place="a file")
    with only_declared_errors():
        read_url(Settings({"SQLALCHEMY_DATABASE_URI": text}, "/instance").users)
    _mail_server(text)
    for url, proxy in ((text, None), ("http://ranges.example", text)):
        with only_declared_errors():
            service = RangeService(url, proxy=proxy)
            service._present()  # all but the connection
            service.close()


def _database(text: str) -> None:
    with only_declared_errors():
        url = read_url(text)
        written = url.render_as_string(hide_password=False)
        if read_url(written).render_as_string(hide_password=False) != written:
            raise AssertionError
        with warnings.catch_warnings():
            # Of options that SQLite has not, and that are not passed on.
            warnings.simplefilter("ignore", SAWarning)
            make_engine(url, PATIENCE).dispose()


def _mail_server(text: str) -> None:
    with only_declared_errors():
        server = Server.parse(text)
        if not (server.host and 0 < server.port <= MOST_PORT):
            raise AssertionError
    with only_declared_errors():
        Smtp(text, sender="help@machina.example", password="a password").close()
