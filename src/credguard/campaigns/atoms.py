"""The questions that a scope is made of, and how each is answered. Pure."""

from dataclasses import dataclass
from datetime import datetime

from credguard._text import to_iso
from credguard.campaigns.expressions import Facts, Scope
from credguard.campaigns.lists import AccountList, ListKind, address_hash

BELOW = "*."  # before a domain: it and every domain below it

_CAPITALS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
)  # a domain's letters (RFC 4343); what other alphabets do is not a domain's matter


@dataclass(frozen=True, slots=True)
class Everyone(Scope):
    """Every account."""

    def includes(self, facts: Facts) -> bool:  # noqa: ARG002  # everyone is in
        """Return True."""
        return True

    def __str__(self) -> str:
        return "everyone"


@dataclass(frozen=True, slots=True)
class CredentialSetBefore(Scope):
    """Accounts whose password may be older than an instant."""

    instant: datetime

    def includes(self, facts: Facts) -> bool:
        """Return True unless the password is known to be younger."""
        known = facts.set_at or facts.created_at
        # A password is at least as young as its account; where neither was kept,
        # it may be the leaked one.
        return known is None or known < self.instant

    def __str__(self) -> str:
        return f"credential_set_before('{to_iso(self.instant)}')"


@dataclass(frozen=True, slots=True)
class CreatedBefore(Scope):
    """Accounts that may be older than an instant."""

    instant: datetime

    def includes(self, facts: Facts) -> bool:
        """Return True unless the account is known to be younger."""
        return facts.created_at is None or facts.created_at < self.instant

    def __str__(self) -> str:
        return f"created_before('{to_iso(self.instant)}')"


@dataclass(frozen=True, slots=True)
class LoggedInBetween(Scope):
    """Accounts whose last log-in lies in a window."""

    start: datetime
    end: datetime

    def includes(self, facts: Facts) -> bool:
        """Return True if the last log-in is known and lies in the window."""
        last = facts.last_login_at
        return last is not None and self.start <= last < self.end

    def __str__(self) -> str:
        return f"logged_in_between('{to_iso(self.start)}', '{to_iso(self.end)}')"


@dataclass(frozen=True, slots=True)
class Scheme(Scope):
    """Accounts whose hash is of one scheme."""

    name: str

    def includes(self, facts: Facts) -> bool:
        """Return True if the scheme has exactly that name."""
        return facts.scheme == self.name

    def __str__(self) -> str:
        return f"scheme('{self.name}')"


@dataclass(frozen=True, slots=True)
class CostBelow(Scope):
    """Accounts whose hash is quicker to guess at than a policy wants."""

    policy: str
    work: int

    def includes(self, facts: Facts) -> bool:
        """Return True if there is a hash, and it costs less or nobody can read it."""
        return facts.work is not None and facts.work < self.work

    def __str__(self) -> str:
        return f"cost_below('{self.policy}')"


@dataclass(frozen=True, slots=True)
class InList(Scope):
    """Accounts that stand on a list."""

    entries: AccountList

    def includes(self, facts: Facts) -> bool:
        """Return True if its id, or its address, stands on the list."""
        if self.entries.kind is ListKind.ADDRESSES:
            return self._has_address(facts)
        if self.entries.ids is not None:
            return facts.account_id in self.entries.ids
        return self.entries.digest in facts.lists

    def _has_address(self, facts: Facts) -> bool:
        if self.entries.ids is None:
            return self.entries.digest in facts.address_lists
        address = facts.address
        return address is not None and address_hash(address) in self.entries.ids

    def lists(self) -> tuple[AccountList, ...]:
        """Return the list."""
        return (self.entries,)

    def __str__(self) -> str:
        kind = self.entries.kind
        named = "" if kind is ListKind.IDS else f", '{kind.value}'"
        return f"in_list('{self.entries.digest}'{named})"


@dataclass(frozen=True, slots=True)
class MailDomain(Scope):
    """Accounts whose address is in a domain."""

    written: str

    @property
    def domain(self) -> str:
        """The domain itself, without what says that others below it are meant too."""
        return self.written.removeprefix(BELOW)

    @property
    def reaches_below(self) -> bool:
        """True if every domain below it is meant too."""
        return self.written.startswith(BELOW)

    def includes(self, facts: Facts) -> bool:
        """Return True if what follows the address's first ``@`` is in the domain."""
        found = domain_of(facts.address or "")
        below = f".{self.domain}"
        return found == self.domain or (self.reaches_below and found.endswith(below))

    def __str__(self) -> str:
        return f"mail_domain('{self.written}')"


@dataclass(frozen=True, slots=True)
class HasSecondFactor(Scope):
    """Accounts that have a second factor."""

    def includes(self, facts: Facts) -> bool:
        """Return True if it is known to have one."""
        return facts.has_second_factor

    def __str__(self) -> str:
        return "has_second_factor"


@dataclass(frozen=True, slots=True)
class Staff(Scope):
    """The forum's own people."""

    def includes(self, facts: Facts) -> bool:
        """Return True if it is known to be one of them."""
        return facts.is_staff

    def __str__(self) -> str:
        return "staff"


def domain_of(address: str) -> str:
    """Return what follows the first ``@``, its ASCII letters in lower case."""
    return to_lower_ascii(address.partition("@")[2])


def to_lower_ascii(text: str) -> str:
    """Return *text* with A to Z in lower case, and nothing else changed."""
    return text.translate(_CAPITALS)
