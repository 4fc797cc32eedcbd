"""What ``app.config`` says, with what it need not say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url

from credguard._secret import keeps_no_locals, never_copied
from credguard.accounts import Columns, SqlAccounts
from credguard.errors import SetupError
from credguard.guard import CredGuard
from credguard.integrations.browsers import BROWSER_COOKIE
from credguard.integrations.keyrings import keyring_of
from credguard.keys import Keyring
from credguard.storage.engines import read_url


@never_copied
class Settings:
    """
    The settings of one application.

    Args:
        config: ``app.config``: ``CREDGUARD_KEYRING`` (else of the environment),
            ``CREDGUARD_DATABASE`` (else ``SQLALCHEMY_DATABASE_URI``),
            ``CREDGUARD_TABLE``, ``CREDGUARD_COLUMNS``, ``CREDGUARD_OPTIONS``,
            ``CREDGUARD_NOTICES``, ``CREDGUARD_BROWSER_COOKIE``.

        folder: ``app.instance_path``: from there Flask-SQLAlchemy takes the path of an
            SQLite file that is relative.
    """

    def __init__(self, config: Mapping[str, Any], folder: str) -> None:
        # Not by itself: it shows what it holds, the keyring's text among it.
        self._found = config.get
        self._folder = folder

    def keyring(self) -> Keyring:
        """
        Return the keys.

        Raises:
            KeyringError: There are none, or they are none.
        """
        setting = "CREDGUARD_KEYRING in the configuration"
        return keyring_of(self._found("CREDGUARD_KEYRING"), setting=setting)

    @property
    @keeps_no_locals
    def users(self) -> str:
        """
        The URL of the database with the user table.

        Raises:
            SetupError: There is none, or none that is supported.
        """
        given = self._found("SQLALCHEMY_DATABASE_URI")
        if given:
            return _absolute(_read(given), self._folder)
        if not self._found("CREDGUARD_DATABASE"):
            message = "set SQLALCHEMY_DATABASE_URI, or CREDGUARD_DATABASE to a URL"
            raise SetupError(message)
        return str(self._found("CREDGUARD_DATABASE"))

    @property
    def database(self) -> str:
        """The URL of the database with the credguard_* tables."""
        return str(self._found("CREDGUARD_DATABASE") or self.users)

    @property
    def notices(self) -> Mapping[str, object]:
        """What stands under ``[notices]`` in a settings file."""
        return dict(self._found("CREDGUARD_NOTICES") or {})

    @property
    def browser_cookie(self) -> str:
        """The cookie that tells browsers apart."""
        return str(self._found("CREDGUARD_BROWSER_COOKIE") or BROWSER_COOKIE)

    def accounts(self) -> SqlAccounts:
        """Return the user table."""
        columns = Columns(**(self._found("CREDGUARD_COLUMNS") or {}))
        table = str(self._found("CREDGUARD_TABLE") or "user")
        return SqlAccounts(self.users, table=table, columns=columns)

    def guard(self) -> CredGuard:
        """Return a door."""
        return CredGuard(
            keyring=self.keyring(),
            database=self.database,
            accounts=self.accounts(),
            **dict(self._found("CREDGUARD_OPTIONS") or {}),
        )


def _read(given: object) -> URL:
    # Flask-SQLAlchemy takes a URL that was put together as well.
    text = _text(given) if isinstance(given, URL) else str(given)
    read_url(text)  # raises what is declared
    return make_url(text)


def _absolute(url: URL, folder: str) -> str:
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            message = (
                "an SQLite database in memory cannot be shared; set "
                "SQLALCHEMY_DATABASE_URI to a file, such as sqlite:///forum.db"
            )
            raise SetupError(message)
        url = url.set(database=str(Path(folder) / url.database))
    return _text(url)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
