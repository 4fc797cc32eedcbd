"""
A herd of log-ins in a process of its own: run as a program.

It prints what came of them, and how much memory and how many files they took.
"""

import json
import resource
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.errors import CredguardError
from credguard.passwords import CHEAPEST, RFC_9106_LOW_MEMORY, WorkFactor

MEBIBYTE = 2**20
STACK_BYTES = 2**18  # of a thread, so that hundreds fit below the ceiling


def peak_bytes() -> int:
    """Return the most memory that the process has ever had."""
    # Not getrusage(2): its peak is that of whoever started the process, if higher.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def now_bytes() -> int:
    """Return the memory that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def reserved_bytes() -> int:
    """Return the address space that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def door(folder: str, hasher: PasswordHasher) -> CredGuard:
    """Return a door with tables of its own."""
    database = f"sqlite:///{folder}/herd.db"
    return CredGuard(keyring=Keyring.generate(), database=database, passwords=hasher)


def flood(folder: str, *, callers: int, permits: int, patience: float) -> object:
    """Let so many log in at once, half of them with a wrong password."""
    cost = RFC_9106_LOW_MEMORY
    hasher = PasswordHasher(
        work_factor=cost, permits=permits, patience=timedelta(seconds=patience)
    )
    guard = door(folder, hasher)
    stored = hasher.hash("right")
    threading.stack_size(STACK_BYTES)
    allowed = permits * cost.memory_kib * 1024 + 64 * MEBIBYTE
    stacks = callers * (STACK_BYTES + 2 * resource.getpagesize())
    # What a first computation took is there to be used again.
    ceiling = reserved_bytes() + allowed + stacks
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    before = now_bytes()
    came: Counter[str] = Counter()
    waits: list[float] = []
    start = threading.Barrier(callers, timeout=60)

    def log_in(number: int) -> None:
        password = "right" if number % 2 else "wrong"
        start.wait()
        begun = time.monotonic()
        try:
            guard.log_in(password, account_id=f"{number}", stored=stored)
            word = "in"
        except CredguardError as error:
            word = type(error).__name__
        if word == "BusyError":
            waits.append(time.monotonic() - begun)
        came[f"{password}: {word}"] += 1

    threads = [
        threading.Thread(target=log_in, args=(at,), daemon=True)
        for at in range(callers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = peak_bytes() - before
    return {"came": came, "took": took, "allowed": allowed, "waits": waits}


def soak(folder: str, *, log_ins: int) -> object:
    """Log in again and again; tell memory and open files ten times."""
    guard = door(folder, PasswordHasher(work_factor=CHEAPEST, permits=2))
    weaker = PasswordHasher(work_factor=WorkFactor(memory_kib=8, passes=1, lanes=1))
    stored = weaker.hash("right")
    seen: list[tuple[int, int]] = []
    for at in range(log_ins):
        account_id = str(at % 97)
        try:
            guard.log_in(
                "right" if at % 3 else "wrong", account_id=account_id, stored=stored
            )
        except CredguardError:
            pass
        else:
            stamp = guard.open_session(account_id)
            guard.check_session(stamp, account_id=account_id)
        if at % (log_ins // 10) == 0:
            seen.append((now_bytes(), len(list(Path("/proc/self/fd").iterdir()))))
    return seen


def main() -> None:
    """Do what the arguments say, and print what came of it."""
    kind, folder, *numbers = sys.argv[1:]
    if kind == "soak":
        told = soak(folder, log_ins=int(numbers[0]))
    else:
        callers, permits, patience = numbers
        told = flood(
            folder,
            callers=int(callers),
            permits=int(permits),
            patience=float(patience),
        )
    print(json.dumps(told))


if __name__ == "__main__":
    main()
