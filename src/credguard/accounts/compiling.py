"""A scope as SQL over a forum's user table, for the three databases."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    and_,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from credguard.accounts.bounds import ALWAYS, NEVER, OPEN, Bounds
from credguard.accounts.instants import (
    NO_INSTANTS,
    UNREAD,
    Instants,
    own_instants,
    read_instants,
)
from credguard.accounts.membership import id_as_text, in_domain, listed
from credguard.accounts.reflection import Reflected
from credguard.campaigns import atoms
from credguard.campaigns.expressions import And, Not, Or, Scope
from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.means import is_active_factor
from credguard.storage.tables import credential, second_factor

_NEEDS: dict[type[Scope], frozenset[str]] = {
    atoms.CredentialSetBefore: frozenset({"set_at", "created_at"}),
    atoms.CreatedBefore: frozenset({"created_at"}),
    atoms.LoggedInBetween: frozenset({"last_login_at"}),
    atoms.HasSecondFactor: frozenset({"second_factor"}),
    atoms.Staff: frozenset({"is_staff"}),
}


class Where(Enum):
    """Where our own rows about accounts are, seen from the forum's table."""

    NOWHERE = "nowhere"
    """There are none."""

    BESIDE = "beside"
    """In the same database: SQL can look at both."""

    APART = "apart"
    """In another database: only Python can look at both."""


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Where our credentials and second factors are."""

    credentials: Where = Where.NOWHERE
    factors: Where = Where.NOWHERE


class Compiler:
    """
    Turns scopes into conditions over one table.

    Args:
        reflected: The table.

        dialect: sqlite, postgresql or mariadb.

        own: Where our own rows are.
    """

    def __init__(self, reflected: Reflected, dialect: str, own: OwnRows) -> None:
        self._reflected = reflected
        self._dialect = dialect
        self._own = own

    def bounds(self, scope: Scope) -> Bounds:
        """Return the condition for *scope*."""
        match scope:
            case And(left, right):
                return self.bounds(left) & self.bounds(right)
            case Or(left, right):
                return self.bounds(left) | self.bounds(right)
            case Not(inner):
                return ~self.bounds(inner)
            case atoms.Everyone():
                return ALWAYS
            case atoms.HasSecondFactor():
                return self.factor()
            case atoms.Staff():
                return self.truth("is_staff", unknown=False)
            case _:
                return self._by_value(scope)

    def _by_value(self, scope: Scope) -> Bounds:
        match scope:
            case atoms.CredentialSetBefore(instant):
                return self._credential_set_before(instant)
            case atoms.CreatedBefore(instant):
                return _set_before(instant, self.instants("created_at"))
            case atoms.LoggedInBetween(start, end):
                last = self.instants("last_login_at")
                outside = or_(last.unknown, last.before(start), last.since(end))
                inside = and_(last.since(start), last.before(end))
                return Bounds(inside, not_(outside), last.is_decided, last.readable)
            case atoms.InList(entries):
                return self._listed(entries)
            case atoms.MailDomain():
                address = self._reflected.column("address")
                kind = self._reflected.kind("address")
                return in_domain(address, kind, self._dialect, scope)
            case _:
                return OPEN  # what a hash is, only its reader knows

    def factor(self) -> Bounds:
        """Return whether the account has a second factor, the forum's or ours."""
        return self.truth("second_factor", unknown=False) | self._own_factor()

    def instants(self, meaning: str) -> Instants:
        """Return what SQL knows of a column of instants."""
        if not self._reflected.is_named(meaning):
            return NO_INSTANTS
        column = self._reflected.column(meaning)
        return read_instants(column, self._reflected.kind(meaning), self._dialect)

    def truth(self, meaning: str, *, unknown: bool) -> Bounds:
        """Return what SQL knows of a column of truth values; *unknown* for NULL."""
        if not self._reflected.is_named(meaning):
            return ALWAYS if unknown else NEVER
        column, kind = self._reflected.column(meaning), self._reflected.kind(meaning)
        default = true() if unknown else false()
        if self._dialect == "sqlite":
            is_readable = func.typeof(column).in_(["integer", "null"])
            is_true = func.coalesce(column != 0, default)
            return Bounds.exactly(is_true, {column.name: is_readable})
        if isinstance(kind, Integer):
            return Bounds.exactly(func.coalesce(column != 0, default))
        if isinstance(kind, Boolean):
            truth = column.is_not(false()) if unknown else column.is_(true())
            return Bounds.exactly(truth)
        return OPEN

    def _kept_set_at(self) -> Instants:
        if self._own.credentials is Where.NOWHERE:
            return NO_INSTANTS
        id_text = self._id_text()
        if self._own.credentials is Where.APART or id_text is None:
            return UNREAD
        kept = select(credential.c.set_at).where(credential.c.account_id == id_text)
        return own_instants(cast(kept.scalar_subquery(), BigInteger))

    def _credential_set_before(self, instant: datetime) -> Bounds:
        """Compare the later of what we and the forum kept, else the account's age."""
        kept, named = self._kept_set_at(), self.instants("set_at")
        made = self.instants("created_at")
        if kept is NO_INSTANTS or named is NO_INSTANTS:
            return _set_before(instant, kept, named, made)
        rest = _set_before(instant, named, made)
        named_before = or_(named.before(instant), named.unknown)
        # The forum's own column first: ours is looked up.
        sure = or_(
            and_(named_before, kept.before(instant)), and_(kept.unknown, rest.yes)
        )
        maybe = and_(
            not_(named.since(instant)),
            not_(kept.since(instant)),
            or_(not_(kept.unknown), rest.maybe),
        )
        is_decided = kept.is_decided and rest.is_decided
        return Bounds(sure, maybe, is_decided, rest.readable)

    def _own_factor(self) -> Bounds:
        if self._own.factors is Where.NOWHERE:
            return NEVER
        id_text = self._id_text()
        if self._own.factors is Where.APART or id_text is None:
            return OPEN
        is_theirs = second_factor.c.account_id == id_text
        return Bounds.exactly(exists().where(is_theirs, is_active_factor()))

    def _id_text(self) -> ColumnElement[str] | None:
        reflected = self._reflected
        return id_as_text(reflected.id, reflected.id_kind, self._dialect)

    def _listed(self, entries: AccountList) -> Bounds:
        if entries.ids is None:
            return OPEN
        if entries.kind is ListKind.ADDRESSES:
            return Bounds.at_most(self._reflected.column("address").is_not(None))
        reflected = self._reflected
        return listed(reflected.id, reflected.id_kind, self._dialect, entries.ids)


def needs_of(scope: Scope) -> frozenset[str]:
    """Return which columns but the usual ones the predicate looks at."""
    inner = [needs_of(part) for part in scope.parts()]
    return _NEEDS.get(type(scope), frozenset()).union(*inner)


def _set_before(instant: datetime, *known: Instants) -> Bounds:
    """Return whether the first of *known* that is known is before *instant*."""
    sure: ColumnElement[bool] = true()  # of which nothing is known may be old
    younger: ColumnElement[bool] = false()
    for each in reversed(known):
        sure = or_(each.before(instant), and_(each.unknown, sure))
        younger = or_(each.since(instant), and_(each.unknown, younger))
    readable = {name: cond for each in known for name, cond in each.readable.items()}
    is_decided = all(each.is_decided for each in known)
    return Bounds(sure, not_(younger), is_decided, readable)
