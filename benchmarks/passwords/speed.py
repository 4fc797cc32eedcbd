"""CPU time of a verify at equal work factors, in a server of one and eight threads."""

from argon2.low_level import Type, hash_secret_raw
from benchmarks.passwords.peers import (
    OURS,
    OWASP,
    PASSWORD,
    PLAIN,
    RFC_9106,
    Cost,
    spelled,
)
from benchmarks.passwords.trials import medians

from credguard.passwords import WorkFactor
from credguard.passwords.pool import Argon2Pool

RUNS = 5
TARGETS = {RFC_9106: 1.4, OWASP: 1.1}
EACH = {RFC_9106: {1: 8, 8: 2}, OWASP: {1: 30, 8: 8}}


def run() -> None:
    """Print CPU and wall-clock time a verify, and the speed beside argon2-cffi."""
    for cost, target in TARGETS.items():
        check_identical(cost)
        for threads, each in EACH[cost].items():
            print(
                f"\nVerify, threads: {threads}, {spelled(cost)}"
                f" (medians of {RUNS} processes, in turns)"
            )
            print(f"  {'':<24}{'CPU ms':>8}{'wall ms':>9}{'CPU speed':>11}")
            middle = medians("steady", cost, threads, each, runs=RUNS, without=PLAIN)
            for name, of in middle.items():
                speed = f"x{of['speed']:.2f}"
                print(
                    f"  {name:<24}{of['cpu'] * 1e3:>8.1f}{of['wall'] * 1e3:>9.1f}"
                    f"{speed:>11}" + (f"   target: x{target}" if name == OURS else "")
                )


def check_identical(cost: Cost) -> None:
    """Stop unless ours gives argon2-cffi's bytes, for passwords of all kinds."""
    memory_kib, passes, lanes = cost
    factor = WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes)
    pool = Argon2Pool(permits=1)
    salt = bytes(range(16))
    for password in (b"", b"\x00", PASSWORD.encode(), b"\xff" * 4096):
        theirs = hash_secret_raw(
            password, salt, passes, memory_kib, lanes, hash_len=32, type=Type.ID
        )
        with pool.permit() as permit:
            assert permit.compute(password, salt=salt, work_factor=factor) == theirs
    print(f"\nIdentical output at {spelled(cost)}: 4 passwords of 0 to 4,096 bytes")
