"""What a verify costs beside Argon2 itself: microseconds over the bare C call."""

from functools import partial
from statistics import median

from _argon2_cffi_bindings import ffi, lib
from argon2.low_level import Type
from benchmarks.passwords.interleaved import interleaved
from benchmarks.passwords.peers import (
    CHEAPEST,
    OURS,
    PASSWORD,
    PEERS,
    PLAIN,
    spelled,
    stored_hash,
)

ROUNDS = 3000
TARGET = 20  # microseconds
BARE = "the C call"


def run() -> None:
    """Print the medians, and how far they are above the C call."""
    print(f"\nVerify at {spelled(CHEAPEST)}: microseconds, and over the C call")
    stored = stored_hash(CHEAPEST)
    text = ffi.new("char[]", stored.encode())
    password = ffi.new("uint8_t[]", PASSWORD.encode())
    works = {
        BARE: partial(lib.argon2_verify, text, password, len(PASSWORD), Type.ID.value)
    }
    for name in PEERS.keys() - {PLAIN}:
        try:
            works[name] = partial(PEERS[name](CHEAPEST), PASSWORD, stored)
        except ImportError:
            print(f"  ({name} is not installed)")
    taken = interleaved(works, rounds=ROUNDS)
    bare = median(taken[BARE])
    for name in (BARE, *(name for name in PEERS if name in taken)):
        middle = median(taken[name])
        print(
            f"  {name:<24}{middle * 1e6:8.1f}{(middle - bare) * 1e6:+8.1f}"
            + (f"   target: +{TARGET} at most" if name == OURS else "")
        )
