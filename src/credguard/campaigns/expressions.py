"""
What a scope is: an expression over what is known of an account. Pure.

What is not known about an account counts against the attacker: a password whose
age nobody kept is old.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from credguard.campaigns.lists import AccountList


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

        lists: Digests of the lists of ids on which the account stands.

        work: About how many KiB Argon2 fills in the time that a guess at its hash
            takes; 0 for a hash that nobody can read, None where there is no hash.

        address: The mail address, as stored.

        address_lists: Digests of the lists of addresses on which its address stands.

        has_second_factor: True if a second factor is asked for at log-in.

        is_staff: True for the forum's own people.
    """

    account_id: str
    scheme: str
    created_at: datetime | None = None
    last_login_at: datetime | None = None
    set_at: datetime | None = None
    lists: frozenset[str] = frozenset()
    work: int | None = None
    address: str | None = field(default=None, repr=False)
    address_lists: frozenset[str] = frozenset()
    has_second_factor: bool = False
    is_staff: bool = False


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
        return And(self, other)

    def __or__(self, other: "Scope") -> "Scope":
        return Or(self, other)

    def __invert__(self) -> "Scope":
        return Not(self)


def is_affected(scope: Scope, facts: Facts, *, opened_at: datetime) -> bool:
    """
    Return True if a campaign opened at *opened_at* affects the account.

    A password that was set after the watermark, or for an account that was made
    after it, cannot be one that leaked before.
    """
    born = facts.set_at or facts.created_at
    return (born is None or born < opened_at) and scope.includes(facts)


@dataclass(frozen=True, slots=True)
class And(Scope):
    """Both."""

    left: Scope
    right: Scope

    def includes(self, facts: Facts) -> bool:
        """Return True if both include it."""
        return self.left.includes(facts) and self.right.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        """Return both."""
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} & {self.right})"


@dataclass(frozen=True, slots=True)
class Or(Scope):
    """Either."""

    left: Scope
    right: Scope

    def includes(self, facts: Facts) -> bool:
        """Return True if one includes it."""
        return self.left.includes(facts) or self.right.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        """Return both."""
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} | {self.right})"


@dataclass(frozen=True, slots=True)
class Not(Scope):
    """All others."""

    inner: Scope

    def includes(self, facts: Facts) -> bool:
        """Return True if the inner one does not include it."""
        return not self.inner.includes(facts)

    def parts(self) -> tuple[Scope, ...]:
        """Return the inner one."""
        return (self.inner,)

    def __str__(self) -> str:
        return f"~{self.inner}"
