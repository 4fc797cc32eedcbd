"""
PBKDF2 and scrypt as legacy schemes hold them, whatever text they are written in.

Both release the GIL while they compute.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from credguard.errors import BusyError, UnreadableHashError
from credguard.passwords.legacy.digests import DIGEST_BYTES
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

# How many KiB Argon2id (19 MiB, 2 passes, 1 lane) fills in the time of 1,000
# iterations, as measured on x86-64 with OpenSSL 3; good to a factor of two, which
# is what deciding on padding needs.
_KIB_PER_1000_ITERATIONS = {
    "md5": 700,
    "sha1": 570,
    "sha224": 550,
    "sha256": 550,
    "sha384": 1_400,
    "sha512": 1_400,
}
PBKDF2_DIGESTS = frozenset(_KIB_PER_1000_ITERATIONS)
# The same for each KiB that scrypt counts (N·r·p·128 bytes).
_KIB_PER_SCRYPT_KIB = 4
_SCRYPT_UNIT_BYTES = 128  # RFC 7914 section 2: a block is 128·r bytes
_SCRYPT_SPARE_BYTES = 2**20  # room for the blocks that N·r·p·128 does not count


def _as_is(password: bytes) -> bytes:
    return password


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbkdf2Hash:
    """
    A PBKDF2-HMAC hash of the password, or of something made of it.

    Attributes:
        scheme: The name of its format.
        digest_name: The hash function, one of `PBKDF2_DIGESTS`.
        iterations: How many.
        salt: The salt's bytes.
        tag: What the password is compared with.
        blank: The stored text with a tag of zeros.
        recipe: From the password's UTF-8 bytes to what was hashed.
        is_shuckable: Whether the recipe begins with a plain digest of the password.

    Source:
        RFC 8018 section 5.2.
    """

    scheme: str
    digest_name: str
    iterations: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)
    recipe: Callable[[bytes], bytes] = field(default=_as_is, repr=False)
    is_shuckable: bool = False

    @property
    def cost(self) -> str:
        """The iterations."""
        return f"i={self.iterations}"

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return self._rounds * _KIB_PER_1000_ITERATIONS[self.digest_name] // 1000

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    @property
    def _rounds(self) -> int:
        # Each block of a tag that is longer than the digest has iterations of its own.
        blocks = -(-len(self.tag) // DIGEST_BYTES[self.digest_name])
        return self.iterations * blocks

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more iterations than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: There are more.
        """
        refuse_above(ceilings.pbkdf2_iterations, self._rounds, "PBKDF2 iterations")

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return what *password* gives, as long as the tag.

        Raises:
            UnreadableHashError: The machine's OpenSSL refuses the hash function.
        """
        seen = self.recipe(password)
        try:
            made = hashlib.pbkdf2_hmac(
                self.digest_name, seen, self.salt, self.iterations, len(self.tag)
            )
        except ValueError:
            pass  # all numbers were checked: OpenSSL was built without the digest
        else:
            # Nobody chose a password of which nothing was left.
            return made if password and seen else b""
        message = f"This machine's OpenSSL refuses PBKDF2 with {self.digest_name}."
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
        blank: The stored text with a tag of zeros.

    Source:
        RFC 7914 section 6.
    """

    scheme: str
    n: int
    r: int
    p: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)

    @property
    def is_sound(self) -> bool:
        """True if RFC 7914 defines the numbers: N a power of two, below 2^(16·r)."""
        is_power = self.n > 1 and self.n & (self.n - 1) == 0
        return is_power and self.n.bit_length() <= 16 * self.r

    @property
    def cost(self) -> str:
        """Its three numbers, as RFC 7914 calls them."""
        return f"n={self.n},r={self.r},p={self.p}"

    @property
    def is_shuckable(self) -> bool:
        """False: it is salted, and hashes the password itself."""
        return False

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

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return what *password* gives, as long as the tag.

        Raises:
            BusyError: The machine gave no memory.
            UnreadableHashError: The machine's OpenSSL refuses scrypt.
        """
        try:
            made = hashlib.scrypt(
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
            return made if password else b""
        if is_refused:
            message = "This machine's OpenSSL refuses scrypt."
            raise UnreadableHashError(message)
        message = "There is no memory for a password now."
        raise BusyError(message)
