"""
Who is affected: how a scope is made.

A scope is judged without a clock, a database or a network.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from credguard.campaigns.atoms import (
    BELOW,
    CostBelow,
    CreatedBefore,
    CredentialSetBefore,
    Everyone,
    HasSecondFactor,
    InList,
    LoggedInBetween,
    MailDomain,
    Scheme,
    Staff,
    to_lower_ascii,
)
from credguard.campaigns.expressions import Facts, Scope, is_affected
from credguard.campaigns.lists import AccountList
from credguard.campaigns.reachable import is_domain
from credguard.errors import ScopeError

__all__ = [
    "AccountList",
    "Facts",
    "Scope",
    "cost_below",
    "created_before",
    "credential_set_before",
    "everyone",
    "has_second_factor",
    "in_list",
    "is_affected",
    "logged_in_between",
    "mail_domain",
    "scheme",
    "staff",
]

POLICIES = {
    # KiB times passes. The least of OWASP's five settings for Argon2id, which it
    # holds to be equally strong: 7 MiB and 5 passes.
    "owasp": 7_168 * 5,
    # RFC 9106 section 4, the second recommended option: 64 MiB and 3 passes.
    "rfc9106": 65_536 * 3,
}
MAX_WORK = 2**40  # KiB: an hour of a fast machine

_NUMBERS = re.compile(r"m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,3})", re.ASCII)

everyone: Scope = Everyone()
has_second_factor: Scope = HasSecondFactor()
staff: Scope = Staff()


def credential_set_before(instant: datetime) -> Scope:
    """Return the scope of passwords that may be older than *instant* (aware)."""
    return CredentialSetBefore(instant)


def created_before(instant: datetime) -> Scope:
    """Return the scope of accounts that may be older than *instant* (aware)."""
    return CreatedBefore(instant)


def logged_in_between(start: datetime, end: datetime) -> Scope:
    """
    Return the scope of accounts whose last log-in lies in start <= t < end.

    Raises:
        ScopeError: *end* is not after *start*.
    """
    if end <= start:
        message = "logged_in_between: the second instant must be after the first"
        raise ScopeError(message)
    return LoggedInBetween(start, end)


def scheme(name: str) -> Scope:
    """
    Return the scope of accounts whose hash is of scheme *name*.

    Raises:
        ScopeError: *name* is not the name of a scheme.
    """
    if not re.fullmatch(r"[a-z0-9_:$./-]{1,64}", name, re.ASCII):
        message = "scheme: a name such as 'argon2id' or 'django:pbkdf2_sha256'"
        raise ScopeError(message)
    return Scheme(name)


def cost_below(policy: str) -> Scope:
    """
    Return the scope of accounts whose hash costs less than *policy* wants.

    Schemes are compared by the time that one guess takes. A hash that nobody can
    read counts as free; an account without a hash is not in scope.

    Args:
        policy: ``owasp``, ``rfc9106``, or a work factor such as ``m=19456,t=2``
            (KiB and passes of Argon2id).

    Raises:
        ScopeError: *policy* is none of these.

    Source:
        OWASP Password Storage Cheat Sheet; RFC 9106 section 4.
    """
    found = _NUMBERS.fullmatch(policy)
    work = POLICIES.get(policy) or (int(found[1]) * int(found[2]) if found else 0)
    if not 0 < work <= MAX_WORK:
        known = ", ".join(f"'{name}'" for name in POLICIES)
        message = f"cost_below: one of {known}, or a work factor such as 'm=19456,t=2'"
        raise ScopeError(message)
    return CostBelow(policy, work)


def in_list(ids: Iterable[str] | AccountList) -> Scope:
    """
    Return the scope of the accounts with *ids*, or of those on a list.

    Raises:
        ScopeError: The list is empty or holds an empty id.
    """
    entries = ids if isinstance(ids, AccountList) else AccountList.of(ids)
    if entries.ids is not None and (not entries.ids or "" in entries.ids):
        message = "in_list: the list is empty or holds an empty id"
        raise ScopeError(message)
    return InList(entries)


def mail_domain(domain: str) -> Scope:
    """
    Return the scope of accounts whose mail address is in *domain*.

    Args:
        domain: ``example.org`` for that domain alone; ``*.example.org`` for it and
            every domain below it.

    Raises:
        ScopeError: *domain* is not a domain.
    """
    written = to_lower_ascii(domain)
    if not is_domain(written.removeprefix(BELOW)):
        message = "mail_domain: a domain such as 'example.org' or '*.example.org'"
        raise ScopeError(message)
    return MailDomain(written)
