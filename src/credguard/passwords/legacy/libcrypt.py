"""
The machine's own crypt(3), called so that other threads run meanwhile.

libxcrypt (glibc systems), musl and FreeBSD bring ``crypt_r``; macOS and Windows do
not, and there these formats are unreadable by declaration.

Source: crypt(3) and crypt(5) of libxcrypt.
"""

import ctypes
import errno
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from credguard.errors import BusyError, UnreadableHashError
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

# libxcrypt's two names, and none where the C library itself has it.
_LIBRARIES = ("libcrypt.so.2", "libcrypt.so.1", "libcrypt.so.5", None)
# Enough for glibc's own of old, which was the largest with 131,232 bytes.
_STATE_BYTES = 262_144
_PROBE = b"any password"

CryptR = Callable[[bytes, bytes, object], bytes | None]


def crypt(password: bytes, setting: bytes) -> bytes | None:
    """
    Hash *password* with *setting* as the machine does, with the GIL released.

    Args:
        password: C text: what follows a NUL byte is not looked at.

        setting: A whole hash, or what precedes it; without NUL.

    Returns:
        The whole hash; None if the machine takes the setting and not the password,
        such as one that is too long for it, so that it cannot have made the hash.

    Raises:
        BusyError: The machine gave no memory.
        UnreadableHashError: The machine has no ``crypt_r``, or it refuses the setting.
    """
    crypt_r = _crypt_r()
    if crypt_r is not None:
        made = _call(crypt_r, password, setting)
        if made is not None:
            return made
        # The price of the right refusal is one more computation, which a wrong
        # password would have cost anyhow.
        if _call(crypt_r, _PROBE, setting) is not None:
            return None
    message = "This machine's crypt(3) does not know the format; libxcrypt would."
    raise UnreadableHashError(message)


def _call(crypt_r: CryptR, password: bytes, setting: bytes) -> bytes | None:
    ctypes.set_errno(0)
    made = crypt_r(password, setting, ctypes.create_string_buffer(_STATE_BYTES))
    # "*0" and "*1" are how crypt(3) says no.
    if made is not None and not made.startswith(b"*"):
        return made
    if ctypes.get_errno() == errno.ENOMEM:
        message = "There is no memory for a password now."
        raise BusyError(message)
    return None


@functools.cache
def _crypt_r() -> CryptR | None:
    for name in _LIBRARIES:
        try:
            crypt_r = ctypes.CDLL(name, use_errno=True).crypt_r
        except (OSError, AttributeError, TypeError):
            continue
        crypt_r.restype = ctypes.c_char_p
        crypt_r.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        found: CryptR = crypt_r
        return found
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptHash:
    """
    A hash that the machine's crypt(3) computes anew.

    Attributes:
        scheme: The name of its format.
        tag: The whole hash, settings and all.
        blank: The stored text with a tag of zeros.
        cost: What it costs, in the format's own numbers.
        work: About how many KiB Argon2 fills in the same time.
        rounds: What the text asks for in rounds, 0 where the format fixes them.
        memory_bytes: What the text asks for in memory, 0 where it is little.
        log_rounds: The binary logarithm of bcrypt's rounds, 0 for other formats.
    """

    scheme: str
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)
    cost: str
    work: int
    rounds: int = 0
    memory_bytes: int = 0
    log_rounds: int = 0

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    @property
    def is_shuckable(self) -> bool:
        """False: all of crypt(3) is salted, and hashes the password itself."""
        return False

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more rounds or memory than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: There are more.
        """
        refuse_above(ceilings.crypt_rounds, self.rounds, "crypt(3) rounds")
        refuse_above(ceilings.scrypt_bytes, self.memory_bytes, "yescrypt memory")
        refuse_above(ceilings.bcrypt_cost, self.log_rounds, "a bcrypt cost")

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return what crypt(3) makes of *password*, up to its first NUL byte.

        Raises:
            BusyError: The machine gave no memory.
            UnreadableHashError: The machine's crypt(3) does not know the format.
        """
        made = crypt(password, self.tag)
        # Nobody chose a password of which C code sees nothing.
        return made if made and password and password[0] else b""
