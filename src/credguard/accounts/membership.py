"""Lists and mail domains as conditions, for the three databases."""

import json
import re
import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    String,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.mysql import CHAR as MARIADB_CHAR
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from credguard.accounts.bounds import NEVER, OPEN, Bounds
from credguard.accounts.columns import from_account_id
from credguard.campaigns.atoms import MailDomain

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OURS = "utf8mb4_nopad_bin"  # the collation of our tables on MariaDB

Key = int | str | uuid.UUID


def id_as_text(
    column: ColumnElement[object], kind: TypeEngine[object], dialect: str
) -> ColumnElement[str] | None:
    """Return the id as our tables have it, None where SQL would say it otherwise."""
    if not isinstance(kind, Integer | String):
        return None
    if dialect == "mariadb":
        return _as_ours(column)
    if isinstance(kind, CHAR) and dialect == "postgresql":
        return None  # the blanks that fill it would be cut off
    text = cast(column, Text)
    return collate(text, "default") if dialect == "postgresql" else text


def listed(
    column: ColumnElement[Any],
    kind: TypeEngine[object],
    dialect: str,
    ids: Collection[str],
) -> Bounds:
    """
    Return the condition that an account's id is one of *ids*.

    Args:
        column: The column of the ids.

        kind: Its type, as it was declared.

        dialect: sqlite, postgresql or mariadb.

        ids: The ids as text, however many.
    """
    if isinstance(kind, Uuid) or (isinstance(kind, CHAR) and dialect == "postgresql"):
        return OPEN
    found = {each: from_account_id(each, kind) for each in ids}
    # "-0" is a number, but no row's id is written like that.
    keys = [key for text, key in found.items() if key is not None and str(key) == text]
    if not keys:
        return NEVER
    if dialect == "mariadb" and isinstance(kind, String):
        # In its own character set, a column cannot even be asked for some texts.
        column = _as_ours(column)
    condition = func.coalesce(_is_one_of(column, keys, kind, dialect), false())
    if isinstance(kind, Integer):
        return Bounds.exactly(condition)
    # Texts that are equal are equal in every collation, but not the other way round.
    return Bounds.at_most(condition)


def in_domain(
    column: Column[object],
    kind: TypeEngine[object],
    dialect: str,
    scope: MailDomain,
) -> Bounds:
    """
    Return the condition that an account's address is in a domain.

    Args:
        column: The column of the addresses.

        kind: Its type, as it was declared.

        dialect: sqlite, postgresql or mariadb.

        scope: The domain.
    """
    if dialect == "sqlite":
        return _in_domain_on_sqlite(column, scope)
    is_plain = isinstance(kind, String) and not isinstance(kind, CHAR)
    if dialect == "postgresql" and is_plain:
        text = collate(cast(column, Text), "C")
        domain = func.substr(text, func.strpos(text, "@") + 1)
        lower = func.translate(domain, _CAPITALS, _CAPITALS.lower())
        fits = and_(func.strpos(text, "@") > 0, _fits(collate(lower, "C"), scope))
        return Bounds.exactly(func.coalesce(fits, false()))
    if dialect == "mariadb" and isinstance(kind, String):
        # Its collations differ too much: those that are alike are Python's to judge.
        before = "[@.]" if scope.reaches_below else "@"
        pattern = rf"(?i){before}{re.escape(scope.domain)}\z"
        alike = column.op("REGEXP")(literal(pattern))
        return Bounds.at_most(func.coalesce(alike, false()))
    return Bounds.at_most(column.is_not(None))


def _as_ours(column: ColumnElement[object]) -> ColumnElement[str]:
    return collate(cast(column, MARIADB_CHAR(charset="utf8mb4")), _OURS)


def _is_one_of(
    column: ColumnElement[Any],
    keys: list[Key],
    kind: TypeEngine[object],
    dialect: str,
) -> ColumnElement[bool]:
    # One parameter for a list of any length, where the database has such a thing.
    if dialect == "sqlite":
        values = func.json_each(json.dumps(keys)).table_valued("value")
        return column.in_(select(values.c.value))
    if dialect == "postgresql":
        array = ARRAY(BigInteger() if isinstance(kind, Integer) else Text())
        return column == any_(literal(keys, array))
    return column.in_(keys)


def _in_domain_on_sqlite(column: Column[object], scope: MailDomain) -> Bounds:
    kind = func.typeof(column)
    # Its functions end a text at a NUL.
    is_odd = or_(kind == "blob", func.instr(column, func.char(0)) > 0)
    place = func.instr(column, "@")
    domain = func.lower(func.substr(column, place + 1))  # lower() knows A to Z alone
    fits = and_(kind == "text", place > 0, _fits(domain, scope))
    odd = func.coalesce(is_odd, false())
    return Bounds.exactly(func.coalesce(fits, false()), {column.name: not_(odd)})


def _fits(domain: ColumnElement[str], scope: MailDomain) -> ColumnElement[bool]:
    if not scope.reaches_below:
        return domain == scope.domain
    below = f".{scope.domain}"
    end = func.substr(domain, func.length(domain) - len(below) + 1)
    return or_(
        domain == scope.domain,
        and_(func.length(domain) >= len(below), end == below),
    )
