"""Time spent for nobody, so that a wrong password costs the same on every row."""

import time
from datetime import timedelta

from credguard.errors import SetupError
from credguard.passwords.phc import SALT_BYTES
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import MIN_MEMORY_KIB_PER_LANE, WorkFactor

MAX_FLOOR = timedelta(seconds=30)  # beyond, a proxy has given up on the log-in
# Computed on where there is nothing to compare with; their values mean nothing.
_NO_SALT = bytes(SALT_BYTES)
_NO_PASSWORD = b"no password"
# Below this part of a hash, calling Argon2 would cost more than what is left.
_LEAST_PART = 1 / 64


def spend(permit: Permit, work: int, *, like: WorkFactor) -> None:
    """
    Compute for nobody for as long as Argon2 takes to fill *work*.

    Args:
        permit: The right to compute.

        work: How many KiB to fill; nothing is done for none or next to none.

        like: The work factor of new hashes, whose memory is not exceeded.

    Raises:
        BusyError: The machine gave no memory or no thread.
    """
    if work <= like.work * _LEAST_PART:
        return
    passes = -(-work // like.memory_kib)
    least = MIN_MEMORY_KIB_PER_LANE * like.lanes
    cost = WorkFactor(
        memory_kib=max(least, work // passes), passes=passes, lanes=like.lanes
    )
    permit.compute(_NO_PASSWORD, salt=_NO_SALT, work_factor=cost)


def check_floor(floor: timedelta | None) -> float:
    """
    Return a floor in seconds, zero for none.

    Raises:
        SetupError: It is negative or longer than 30 seconds.
    """
    if floor is None:
        return 0.0
    if not timedelta(0) <= floor <= MAX_FLOOR:
        message = f"floor is from zero to {MAX_FLOOR.total_seconds():.0f} seconds"
        raise SetupError(message)
    return floor.total_seconds()


def wait_until(instant: float) -> None:
    """Sleep until *instant* of `time.monotonic`, if that is still to come."""
    left = instant - time.monotonic()
    if left > 0:
        time.sleep(left)
