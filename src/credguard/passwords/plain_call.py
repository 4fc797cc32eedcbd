"""
Argon2 by the plain call, for where it does not take memory of ours.

That may be so on a hardened system that allows no callbacks, or with a release of
argon2-cffi whose low-level parts are no longer what they were.
"""

import logging

from argon2.exceptions import HashingError
from argon2.low_level import hash_secret_raw

from credguard.passwords.buffers import TYPES, Inputs, passes_self_test
from credguard.passwords.phc import Variety
from credguard.passwords.work_factor import WorkFactor

_log = logging.getLogger("credguard.passwords")


def takes_buffers() -> bool | None:
    """
    Return True if Argon2 takes memory of ours; where not, a log line says so.

    Returns:
        None if it could not be tried out, for lack of memory.
    """
    try:
        passed = passes_self_test()
    except Exception as error:  # noqa: BLE001  # whatever it is, the plain call remains
        reason = type(error).__name__
    else:
        if passed is not False:
            return passed
        reason = "a test vector of RFC 9106 did not come out"
    _log.warning(
        "Argon2 does not work in memory of ours here (%s): passwords are hashed by the "
        "plain call, which is slower and takes more memory.",
        reason,
    )
    return False


def compute_plainly(
    inputs: Inputs, work_factor: WorkFactor, variety: Variety, tag_bytes: int
) -> bytes | None:
    """
    Return the tag, computed in whatever memory the library finds for itself.

    Args:
        inputs: What to hash; secret and associated data are not looked at.

        work_factor: What it may cost.

        variety: Which Argon2.

        tag_bytes: The tag's length in bytes.

    Returns:
        None if the machine was short of memory or threads.
    """
    try:
        return hash_secret_raw(
            inputs.password,
            inputs.salt,
            time_cost=work_factor.passes,
            memory_cost=work_factor.memory_kib,
            parallelism=work_factor.lanes,
            hash_len=tag_bytes,
            type=TYPES[variety],
        )
    except (HashingError, MemoryError):
        return None
