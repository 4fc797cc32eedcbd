"""
PBKDF2 and scrypt as legacy schemes hold them, whatever text they are written in.

Both release the GIL while they compute.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from credguard.errors import BusyError, UnreadableHashError
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

# How many KiB Argon2id (19 MiB, 2 passes, 1 lane) fills in the time of 1,000
# iterations, as measured on x86-64 with OpenSSL 3; good to a factor of two, which
# is what deciding on padding needs.
_KIB_PER_1000_ITERATIONS = {
    "md5": 600,
    "sha1": 480,
    "sha224": 480,
    "sha256": 480,
    "sha384": 1_180,
    "sha512": 1_180,
}
PBKDF2_DIGESTS = frozenset(_KIB_PER_1000_ITERATIONS)
# The same for each KiB that scrypt counts (N·r·p·128 bytes).
_KIB_PER_SCRYPT_KIB = 4
_SCRYPT_UNIT_BYTES = 128  # RFC 7914 section 2: a block is 128·r bytes
_SCRYPT_SPARE_BYTES = 2**20  # room for the blocks that N·r·p·128 does not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbkdf2Hash:
    """
    A PBKDF2-HMAC hash.

    Attributes:
        scheme: The name of its format.
        digest: The hash function, one of `PBKDF2_DIGESTS`.
        iterations: How many.
        salt: The salt's bytes.
        tag: What the password is compared with.

    Source:
        RFC 8018 section 5.2.
    """

    scheme: str
    digest: str
    iterations: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return self.iterations * _KIB_PER_1000_ITERATIONS[self.digest] // 1000

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more iterations than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: There are more.
        """
        refuse_above(ceilings.pbkdf2_iterations, self.iterations, "PBKDF2 iterations")

    def matches(self, password: bytes, _permit: Permit) -> bool:
        """
        Return True if *password* is the one that was hashed.

        Raises:
            UnreadableHashError: The machine's OpenSSL refuses the hash function.
        """
        try:
            tag = hashlib.pbkdf2_hmac(
                self.digest, password, self.salt, self.iterations, len(self.tag)
            )
        except ValueError:
            pass  # all numbers were checked: OpenSSL was built without the digest
        else:
            return hmac.compare_digest(tag, self.tag)
        message = f"This machine's OpenSSL refuses PBKDF2 with {self.digest}."
        raise UnreadableHashError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScryptHash:
    """
    A scrypt hash.

    Attributes:
        scheme: The name of its format.
        n: The cost, a power of two.
        r: The block size.
        p: The parallelization.
        salt: The salt's bytes.
        tag: What the password is compared with.

    Source:
        RFC 7914 section 6.
    """

    scheme: str
    n: int
    r: int
    p: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    @property
    def is_sound(self) -> bool:
        """True if RFC 7914 defines the numbers: N a power of two, below 2^(16·r)."""
        is_power = self.n > 1 and self.n & (self.n - 1) == 0
        return is_power and self.n.bit_length() <= 16 * self.r

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return self._bytes * _KIB_PER_SCRYPT_KIB // 1024

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    @property
    def _bytes(self) -> int:
        return self.n * self.r * self.p * _SCRYPT_UNIT_BYTES

    @property
    def _memory_bytes(self) -> int:
        # As OpenSSL counts: N + 2 blocks to work on and p blocks of result.
        return (self.n + self.p + 2) * self.r * _SCRYPT_UNIT_BYTES

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more work and memory than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: N·r·p·128, or the memory, is above its ceiling.
        """
        most = ceilings.scrypt_bytes
        refuse_above(most, self._bytes, "scrypt work (N·r·p·128)")
        # Where N is tiny and r is huge, memory outgrows the product above.
        refuse_above(
            most + _SCRYPT_SPARE_BYTES, self._memory_bytes, "scrypt memory (bytes)"
        )

    def matches(self, password: bytes, _permit: Permit) -> bool:
        """
        Return True if *password* is the one that was hashed.

        Raises:
            BusyError: The machine gave no memory.
            UnreadableHashError: The machine's OpenSSL refuses scrypt.
        """
        try:
            tag = hashlib.scrypt(
                password,
                salt=self.salt,
                n=self.n,
                r=self.r,
                p=self.p,
                maxmem=self._memory_bytes,
                dklen=len(self.tag),
            )
        except ValueError as error:
            is_refused = "unsupported" in str(error)
        else:
            return hmac.compare_digest(tag, self.tag)
        if is_refused:
            message = "This machine's OpenSSL refuses scrypt."
            raise UnreadableHashError(message)
        message = "There is no memory for a password now."
        raise BusyError(message)
