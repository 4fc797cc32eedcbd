"""
Who is affected: one expression over what is known of an account.

A scope is judged without a clock, a database or a network. What is not known about an
account counts against the attacker: a password whose age nobody kept is old.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from credguard._text import to_iso
from credguard.errors import ScopeError


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known about an account when a scope is judged.

    Attributes:
        account_id: The forum's id.

        scheme: The scheme of its password hash.

        created_at: When the account was made, None if the forum does not say.

        last_login_at: When the member last logged in, None for never or unknown.

        set_at: When the password was set, None if nobody kept it.

        lists: Digests of the lists on which the account stands.
    """

    account_id: str
    scheme: str
    created_at: datetime | None = None
    last_login_at: datetime | None = None
    set_at: datetime | None = None
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccountList:
    """
    A list of account ids, named by its digest.

    Attributes:
        digest: SHA-256 over the sorted ids, 64 hexadecimal digits.

        ids: The ids; None where only the digest was kept.
    """

    digest: str
    ids: frozenset[str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, ids: Iterable[str]) -> "AccountList":
        """Make a list of *ids*; order and repetition do not matter."""
        distinct = frozenset(ids)
        text = "\n".join(sorted(distinct)).encode("utf-8", "surrogatepass")
        return cls(hashlib.sha256(text).hexdigest(), distinct)


class Scope(ABC):
    """An expression that includes an account or not. Combine with ``& | ~``."""

    @abstractmethod
    def includes(self, facts: Facts) -> bool:
        """Return True if the account is in scope."""

    @abstractmethod
    def __str__(self) -> str: ...

    def parts(self) -> tuple["Scope", ...]:
        """Return the expressions that this one is made of."""
        return ()

    def lists(self) -> tuple[AccountList, ...]:
        """Return every list that the expression names."""
        return tuple(found for part in self.parts() for found in part.lists())

    def __and__(self, other: "Scope") -> "Scope":
        return _And(self, other)

    def __or__(self, other: "Scope") -> "Scope":
        return _Or(self, other)

    def __invert__(self) -> "Scope":
        return _Not(self)


def is_affected(scope: Scope, facts: Facts, *, opened_at: datetime) -> bool:
    """
    Return True if a campaign opened at *opened_at* affects the account.

    A password that was set after the watermark, or for an account that was made
    after it, cannot be one that leaked before.
    """
    born = facts.set_at or facts.created_at
    return (born is None or born < opened_at) and scope.includes(facts)


@dataclass(frozen=True, slots=True)
class _And(Scope):
    left: Scope
    right: Scope

    def includes(self, facts: Facts) -> bool:
        return self.left.includes(facts) and self.right.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} & {self.right})"


@dataclass(frozen=True, slots=True)
class _Or(Scope):
    left: Scope
    right: Scope

    def includes(self, facts: Facts) -> bool:
        return self.left.includes(facts) or self.right.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} | {self.right})"


@dataclass(frozen=True, slots=True)
class _Not(Scope):
    inner: Scope

    def includes(self, facts: Facts) -> bool:
        return not self.inner.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        return (self.inner,)

    def __str__(self) -> str:
        return f"~{self.inner}"


@dataclass(frozen=True, slots=True)
class _Everyone(Scope):
    def includes(self, facts: Facts) -> bool:  # noqa: ARG002  # everyone is in
        return True

    def __str__(self) -> str:
        return "everyone"


everyone: Scope = _Everyone()


@dataclass(frozen=True, slots=True)
class _CredentialSetBefore(Scope):
    instant: datetime

    def includes(self, facts: Facts) -> bool:
        known = facts.set_at or facts.created_at
        # A password is at least as young as its account; where neither was kept,
        # it may be the leaked one.
        return known is None or known < self.instant

    def __str__(self) -> str:
        return f"credential_set_before('{to_iso(self.instant)}')"


@dataclass(frozen=True, slots=True)
class _LoggedInBetween(Scope):
    start: datetime
    end: datetime

    def includes(self, facts: Facts) -> bool:
        last = facts.last_login_at
        return last is not None and self.start <= last < self.end

    def __str__(self) -> str:
        return f"logged_in_between('{to_iso(self.start)}', '{to_iso(self.end)}')"


@dataclass(frozen=True, slots=True)
class _Scheme(Scope):
    name: str

    def includes(self, facts: Facts) -> bool:
        return facts.scheme == self.name

    def __str__(self) -> str:
        return f"scheme('{self.name}')"


@dataclass(frozen=True, slots=True)
class _InList(Scope):
    entries: AccountList

    def includes(self, facts: Facts) -> bool:
        if self.entries.ids is not None:
            return facts.account_id in self.entries.ids
        return self.entries.digest in facts.lists

    def lists(self) -> tuple[AccountList, ...]:
        return (self.entries,)

    def __str__(self) -> str:
        return f"in_list('{self.entries.digest}')"


def credential_set_before(instant: datetime) -> Scope:
    """Return the scope of passwords that may be older than *instant* (aware)."""
    return _CredentialSetBefore(instant)


def logged_in_between(start: datetime, end: datetime) -> Scope:
    """
    Return the scope of accounts whose last log-in lies in start <= t < end.

    Raises:
        ScopeError: *end* is not after *start*.
    """
    if end <= start:
        message = "logged_in_between: the second instant must be after the first"
        raise ScopeError(message)
    return _LoggedInBetween(start, end)


def scheme(name: str) -> Scope:
    """
    Return the scope of accounts whose hash is of scheme *name*.

    Raises:
        ScopeError: *name* is not the name of a scheme.
    """
    if not re.fullmatch(r"[a-z0-9_:$./-]{1,64}", name, re.ASCII):
        message = "scheme: a name such as 'argon2id' or 'django:pbkdf2_sha256'"
        raise ScopeError(message)
    return _Scheme(name)


def in_list(ids: Iterable[str] | AccountList) -> Scope:
    """
    Return the scope of the accounts with *ids*.

    Raises:
        ScopeError: The list is empty or holds an empty id.
    """
    entries = ids if isinstance(ids, AccountList) else AccountList.of(ids)
    if entries.ids is not None and (not entries.ids or "" in entries.ids):
        message = "in_list: the list is empty or holds an empty id"
        raise ScopeError(message)
    return _InList(entries)
