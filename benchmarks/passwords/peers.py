"""The libraries that are compared, each set to the same work factor."""

# ruff: noqa: PLC0415  # a process loads only the library that it measures

from collections.abc import Callable

PASSWORD = "correct horse battery staple"
PERMITS = 2
OURS = "credguard"
PLAIN = "credguard, plain call"
REFERENCE = "argon2-cffi"

Cost = tuple[int, int, int]
"""Memory in KiB, passes, lanes."""

Verify = Callable[[str, str], object]
"""Verifies a password against a stored text; anything but truth is a failure."""

OWASP: Cost = (19_456, 2, 1)
RFC_9106: Cost = (65_536, 3, 4)
CHEAPEST: Cost = (8, 1, 1)


def spelled(cost: Cost) -> str:
    memory_kib, passes, lanes = cost
    memory = f"{memory_kib // 1024} MiB" if memory_kib >= 1024 else f"{memory_kib} KiB"
    return f"m={memory} t={passes} p={lanes}"


def credguard(cost: Cost) -> Verify:
    from datetime import timedelta

    from credguard.passwords import PasswordHasher, WorkFactor

    memory_kib, passes, lanes = cost
    hasher = PasswordHasher(
        work_factor=WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes),
        permits=PERMITS,
        patience=timedelta(minutes=10),
    )
    return lambda password, stored: hasher.verify(password, stored=stored)


def credguard_plain(cost: Cost) -> Verify:
    """Return ours as it is where the self-test does not pass: permits, no buffers."""
    from credguard.passwords import plain_call

    plain_call.passes_self_test = lambda: False
    return credguard(cost)


def argon2_cffi(cost: Cost) -> Verify:
    from argon2 import PasswordHasher

    memory_kib, passes, lanes = cost
    hasher = PasswordHasher(passes, memory_kib, lanes)
    return lambda password, stored: hasher.verify(stored, password)


def pwdlib(cost: Cost) -> Verify:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    memory_kib, passes, lanes = cost
    one = Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
    return PasswordHash((one,)).verify


def libpass(cost: Cost) -> Verify:
    from passlib.context import CryptContext

    memory_kib, passes, lanes = cost
    context = CryptContext(
        schemes=["argon2"],
        argon2__time_cost=passes,
        argon2__memory_cost=memory_kib,
        argon2__parallelism=lanes,
    )
    return context.verify


def django(cost: Cost) -> Verify:
    from django.conf import settings
    from django.contrib.auth.hashers import Argon2PasswordHasher, check_password

    class DjangoHasher(Argon2PasswordHasher):
        memory_cost, time_cost, parallelism = cost

    # Django finds a hasher by its path.
    globals()["DjangoHasher"] = DjangoHasher
    if not settings.configured:
        settings.configure(PASSWORD_HASHERS=[f"{__name__}.DjangoHasher"])
    return lambda password, stored: check_password(password, "argon2" + stored)


PEERS: dict[str, Callable[[Cost], Verify]] = {
    OURS: credguard,
    PLAIN: credguard_plain,
    REFERENCE: argon2_cffi,
    "pwdlib": pwdlib,
    "libpass": libpass,
    "Django": django,
}


def stored_hash(cost: Cost) -> str:
    """Return a hash of the password that each library can read."""
    from argon2 import PasswordHasher

    memory_kib, passes, lanes = cost
    return PasswordHasher(passes, memory_kib, lanes).hash(PASSWORD)
