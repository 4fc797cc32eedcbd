"""Which sections the settings have, and what may stand in each."""

from collections.abc import Mapping
from pathlib import Path

from credguard.campaigns import notice_file
from credguard.errors import AccountsTableError, SetupError
from credguard.storage.engines import read_url

LETTER = {"site", "sender_name", "sender_address", "link", "subject", "body"}
CARRIERS = {"smtp", "maildir"}
SECTIONS = {
    "forum": {"database", "table", "columns", "hooks"},
    "credguard": {"database"},
    "notices": {
        *LETTER,
        *CARRIERS,
        *notice_file.SCALARS,
        *notice_file.SECTIONS,
    },
    "approval": {"needed", "approvers", "keys"},
    "forecast": {"bounces", "support", "hash_seconds"},
}
# What the drivers take a secret from, beside a URL's own place for it: libpq 18
# ("Parameter Key Words") and PyMySQL's `connect`.
_SECRET_OPTIONS = {
    "password",
    "passwd",
    "sslpassword",
    "ssl_key_password",
    "oauth_client_secret",
}


def section(content: Mapping[str, object], name: str, path: Path) -> dict[str, object]:
    """
    Return a section of the settings, empty if it is not there.

    Raises:
        SetupError: It is no section, or holds what is not known.
    """
    found = content.get(name, {})
    known = SECTIONS[name]
    if not isinstance(found, dict) or found.keys() - known:
        message = f"{path}: [{name}] holds {', '.join(sorted(known))} and no more"
        raise SetupError(message)
    return dict(found)


def column_options(columns: tuple[str, ...]) -> dict[str, str]:
    """
    Return column names by what they mean, as options give them.

    Raises:
        AccountsTableError: One is not written as MEANING=NAME.
    """
    pairs = [column.partition("=") for column in columns]
    for meaning, _, name in pairs:
        if not meaning or not name:
            message = "write a column as MEANING=NAME, such as address=email"
            raise AccountsTableError(message)
    return {meaning: name for meaning, _, name in pairs}


def refuse_password(url: str, *, place: str) -> None:
    """
    Refuse a database URL with a password in it, before the host or in the query.

    Args:
        url: What stood on the command line.

        place: Where it may stand.

    Raises:
        SetupError: It has one.
        StorageSetupError: It is no database URL that is supported.
    """
    # Read as it will be used: other readers find other parts in the same text.
    found = read_url(url)
    if found.password or _SECRET_OPTIONS & {name.lower() for name in found.query}:
        raise SetupError(seen_by_others("the URL", place=place))


def seen_by_others(what: str, *, place: str) -> str:
    """Return what to say of a password on the command line: where it may stand."""
    return (
        f"a password on the command line can be read by others; put {what} into {place}"
    )
