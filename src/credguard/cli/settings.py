"""
Settings: from a TOML file, from the environment, and from options.

The only place, with the integrations' settings, that reads the environment. A
database URL with a password in it is not taken from the command line, where other
users of the machine can read it.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import Delivery, LetterTemplate, NoticePolicy, notice_file
from credguard.campaigns.approval_policy import NO_APPROVAL, ApprovalPolicy
from credguard.campaigns.forecast import Assumptions
from credguard.cli.campaign_settings import read_approval, read_forecast, read_hooks
from credguard.cli.hosting import hosted
from credguard.cli.sections import (
    CARRIERS,
    LETTER,
    SECTIONS,
    column_options,
    refuse_password,
    section,
)
from credguard.delivery import Maildir, Smtp
from credguard.errors import (
    AccountsTableError,
    DeliverySetupError,
    KeyringError,
    SetupError,
)
from credguard.guard import CredGuard
from credguard.keys import Keyring

DEFAULT_FILE = Path("credguard.toml")
DEFAULT_DEADLINE = timedelta(seconds=20)

_KEYRING = "CREDGUARD_KEYRING"
_FORUM_DATABASE = "CREDGUARD_FORUM_DATABASE"
_DATABASE = "CREDGUARD_DATABASE"
_SMTP_PASSWORD = "CREDGUARD_SMTP_PASSWORD"  # noqa: S105  # a variable's name


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What was set, before any of it is used.

    Attributes:
        forum_database: URL of the forum's database.

        table: The forum's user table.

        columns: Its columns, by what they mean.

        database: URL for credguard's own tables; the forum's if not set.

        notices: Where notices come from and how they are carried.

        policy: How they go out, as it was written.

        approval: Who must approve a plan.

        forecast: What a forecast takes for granted.

        hooks: Where the host's hooks are, such as ``forum.resets:HOOKS``.

        keyring: The keys, if a host has handed them in.
    """

    forum_database: str | None
    table: str | None
    columns: Mapping[str, str]
    database: str | None
    notices: Mapping[str, str]
    policy: Mapping[str, object] = field(default_factory=dict)
    approval: ApprovalPolicy = NO_APPROVAL
    forecast: Assumptions = field(default_factory=Assumptions)
    hooks: str | None = None
    keyring: Keyring | None = field(default=None, repr=False)

    def accounts(self) -> SqlAccounts:
        """
        Return the forum's user table.

        Raises:
            AccountsTableError: No database or table was named, or a column's
                meaning is not known.
        """
        if not self.forum_database or not self.table:
            message = (
                "name the forum's database and user table: in credguard.toml under "
                "[forum], or with --database and --table"
            )
            raise AccountsTableError(message)
        known = {each.name for each in fields(Columns)}
        for meaning in self.columns:
            if meaning not in known:
                message = (
                    f"a column means one of {', '.join(sorted(known))}; "
                    f"'{meaning}' is not one of them"
                )
                raise AccountsTableError(message)
        columns = Columns(**self.columns)
        return SqlAccounts(self.forum_database, table=self.table, columns=columns)

    @property
    def own_database(self) -> str:
        """The URL for credguard's own tables."""
        return self.database or self.forum_database or ""

    def guard(self, keyring: Keyring) -> CredGuard:
        """Return the door, with the forum's user table handed in."""
        return CredGuard(
            keyring=keyring,
            database=self.own_database,
            accounts=self.accounts(),
            approval=self.approval,
            hooks=read_hooks(self.hooks),
        )

    def letter(self, reason: str) -> LetterTemplate:
        """
        Return the notice that members get.

        Raises:
            DeliverySetupError: Something is missing or cannot be sent.
        """
        needed = ("site", "sender_address")
        missing = [name for name in needed if not self.notices.get(name)]
        if missing:
            message = f"set {', '.join(missing)} in credguard.toml under [notices]"
            raise DeliverySetupError(message)
        given = {
            name: text for name, text in self.notices.items() if name not in CARRIERS
        }
        given.setdefault("sender_name", given["site"])
        return LetterTemplate(reason=reason, **given)

    def notice_policy(self) -> NoticePolicy:
        """
        Return how notices go out.

        Raises:
            DeliverySetupError: A value is of the wrong kind or cannot work.
        """
        return notice_file.from_table(self.policy)

    def delivery(self, deadline: timedelta = DEFAULT_DEADLINE) -> Delivery:
        """
        Return what carries the notices.

        Raises:
            DeliverySetupError: Neither or both of a mail server and a folder are
                set.
        """
        smtp, maildir = self.notices.get("smtp"), self.notices.get("maildir")
        if bool(smtp) == bool(maildir):
            message = (
                "set one of smtp and maildir: in credguard.toml under [notices], or "
                "with --smtp or --maildir"
            )
            raise DeliverySetupError(message)
        if maildir:
            return Maildir(maildir)
        return Smtp(
            str(smtp),
            sender=self.notices.get("sender_address", ""),
            password=os.environ.get(_SMTP_PASSWORD),
            timeout=min(deadline, timedelta(seconds=10)),
            deadline=deadline,
        )


def read_settings(
    file: Path | None,
    *,
    forum_database: str | None = None,
    table: str | None = None,
    columns: tuple[str, ...] = (),
    notices: Mapping[str, str | None] | None = None,
) -> Settings:
    """
    Read the settings file and the environment, or a host's, then what options said.

    Raises:
        SetupError: The file is missing, is not TOML, or names what is not known;
            or a URL on the command line holds a password.
    """
    host = hosted(Settings) if file is None else None
    settings = host or _from_environment(_from_file(file))
    if forum_database is not None:
        place = f"credguard.toml or into the environment as {_FORUM_DATABASE}"
        refuse_password(forum_database, place=place)
        settings = replace(settings, forum_database=forum_database)
    given = {name: text for name, text in (notices or {}).items() if text}
    if given.keys() & CARRIERS:
        kept = settings.notices.items()
        settings = replace(
            settings,
            notices={k: v for k, v in kept if k not in CARRIERS},
        )
    return replace(
        settings,
        table=table or settings.table,
        columns={**settings.columns, **column_options(columns)},
        notices={**settings.notices, **given},
    )


def has_keyring(file: Path | None) -> bool:
    """Return True if a keyring is named: by *file*, a host or the environment."""
    return bool(file or _handed_in() or os.environ.get(_KEYRING))


def read_keyring(file: Path | None) -> Keyring:
    """
    Read the keyring from *file*, from a host, or from the environment.

    Raises:
        KeyringError: There is none, or it is not one.
    """
    if file is not None:
        try:
            return Keyring.parse(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            message = f"the keyring file {file} cannot be read"
        raise KeyringError(message)
    handed_in = _handed_in()
    if handed_in is not None:
        return handed_in
    line = os.environ.get(_KEYRING)
    if not line:
        message = (
            f"no keyring: set {_KEYRING}, or name a file with --keyring-file; "
            "make one with: credguard keygen"
        )
        raise KeyringError(message)
    return Keyring.parse(line)


def _handed_in() -> Keyring | None:
    host = hosted(Settings)
    return None if host is None else host.keyring


def _from_environment(settings: Settings) -> Settings:
    return replace(
        settings,
        forum_database=os.environ.get(_FORUM_DATABASE) or settings.forum_database,
        database=os.environ.get(_DATABASE) or settings.database,
    )


def _from_file(file: Path | None) -> Settings:
    if file is None and not DEFAULT_FILE.exists():
        return Settings(None, None, {}, None, {})
    path = file or DEFAULT_FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"the settings file {path} cannot be read: {error.strerror}"
    except (tomllib.TOMLDecodeError, ValueError):
        message = f"the settings file {path} is not TOML"
    else:
        return _from_toml(content, path)
    raise SetupError(message)


def _from_toml(content: Mapping[str, object], path: Path) -> Settings:
    forum = section(content, "forum", path)
    own = section(content, "credguard", path)
    notices = section(content, "notices", path)
    unknown = sorted(content.keys() - SECTIONS.keys())
    if unknown:
        message = f"{path} has a section [{unknown[0]}] that is not known"
        raise SetupError(message)
    columns = forum.pop("columns", {})
    if not isinstance(columns, dict):
        message = f"{path}: [forum.columns] is a section, such as address = 'email'"
        raise SetupError(message)
    forum_database, table = forum.get("database"), forum.get("table")
    return Settings(
        str(forum_database) if forum_database else None,
        str(table) if table else None,
        {str(meaning): str(name) for meaning, name in columns.items()},
        str(own["database"]) if own.get("database") else None,
        {name: str(notices[name]) for name in notices.keys() & (LETTER | CARRIERS)},
        notices,
        read_approval(section(content, "approval", path), path),
        read_forecast(section(content, "forecast", path), path),
        str(forum["hooks"]) if forum.get("hooks") else None,
    )
