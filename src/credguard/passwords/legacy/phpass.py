"""
The portable hashes of phpass: thousands of rounds of a plain hash function.

No library with a C core offers them, so that the rounds run in Python. They hold the
GIL like any Python code, and hand it over about every three milliseconds.

Source: Solar Designer's phpass 0.3 (www.openwall.com/phpass), PasswordHash.php; the
variant with SHA-512 is includes/password.inc of Drupal 7.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from credguard.errors import UnreadableHashError
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import blanked
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

PHPASS_DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The 64 digits that crypt(3) writes numbers with, the lowest first."""

MIN_LOG_ROUNDS = 7  # phpass takes no fewer rounds than 2^7 and no more than 2^30
MAX_LOG_ROUNDS = 30
_LOGS = PHPASS_DIGITS[MIN_LOG_ROUNDS : MAX_LOG_ROUNDS + 1]

PHPASS_LOG = rf"[{_LOGS}]"
PHPASS_SALT = r"[./0-9A-Za-z]{8}"
# MD5's 16 bytes leave 2 bits for the last digit: others are misspelt.
PHPASS_MD5_TAG = r"[./0-9A-Za-z]{21}[./01]"

# A round costs about as much as 64 bytes do, and so many bytes take three milliseconds.
# Handing over more often would tell the format: on a busy machine the system takes its
# time until the thread runs again.
_BYTES_PER_ROUND, _BYTES_PER_TURN = 64, 300_000
# How many KiB Argon2id (19 MiB, 2 passes, 1 lane) fills in the time of 1,000 rounds
# over a usual password, as measured on x86-64; good to a factor of two.
_KIB_PER_1000_ROUNDS = {"md5": 1_200, "sha512": 1_500}


def phpass_number(digits: str) -> int:
    """Return the number from 0 to 63 that one digit of phpass stands for."""
    return PHPASS_DIGITS.index(digits)


def phpass_base64(data: bytes) -> str:
    """Return *data* in phpass's base64: its own digits, the lowest bits first."""
    digits = []
    for start in range(0, len(data), 3):
        group = data[start : start + 3]
        value = int.from_bytes(group, "little")
        # n bytes need n + 1 digits.
        digits += [PHPASS_DIGITS[value >> 6 * i & 63] for i in range(len(group) + 1)]
    return "".join(digits)


def phpass_rounds(digest: str, rounds: int, *, salt: bytes, seen: bytes) -> bytes:
    """
    Hash salt and password, and then *rounds* times the result and the password.

    Args:
        digest: ``md5`` or ``sha512``.

        rounds: How many rounds follow the first; check them against a ceiling first.

        salt: Its eight characters.

        seen: The password as it was hashed; what a round takes grows with it.

    Returns:
        The bytes that `phpass_base64` writes.

    Raises:
        UnreadableHashError: The machine's OpenSSL refuses the hash function.
    """
    make = getattr(hashlib, digest)
    try:
        # usedforsecurity=False: to compare with old rows is all that it is for.
        made: bytes = make(salt + seen, usedforsecurity=False).digest()
    except ValueError:
        made = b""
    if not made:
        message = f"This machine's OpenSSL refuses {digest}."
        raise UnreadableHashError(message)
    turn = max(1, _BYTES_PER_TURN // (_BYTES_PER_ROUND + len(seen)))
    for done in range(0, rounds, turn):
        if done:
            time.sleep(0)  # let another thread have the GIL
        for _ in range(min(turn, rounds - done)):
            made = make(made + seen, usedforsecurity=False).digest()
    return made


def _as_is(password: bytes) -> bytes:
    return password


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpassHash:
    """
    A portable hash of the password, or of something made of it.

    Attributes:
        scheme: The name of its format.
        digest_name: ``md5`` or ``sha512``.
        log_rounds: The binary logarithm of the rounds, 7 to 30.
        salt: Eight characters.
        tag: What the password is compared with, in `phpass_base64` as stored; one
            that is shorter than the whole is compared with as much of it.
        blank: The stored text with a tag of zeros.
        recipe: From the password's UTF-8 bytes to what was hashed.
        is_shuckable: Whether the recipe begins with a plain digest of the password.
    """

    scheme: str
    digest_name: str
    log_rounds: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)
    recipe: Callable[[bytes], bytes] = field(default=_as_is, repr=False)
    is_shuckable: bool = False

    @property
    def cost(self) -> str:
        """The binary logarithm of the rounds."""
        return f"c={self.log_rounds}"

    @property
    def rounds(self) -> int:
        """How many rounds follow the first."""
        return 1 << self.log_rounds

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return _KIB_PER_1000_ROUNDS[self.digest_name] * self.rounds // 1000

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more rounds than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: There are more.
        """
        refuse_above(ceilings.phpass_rounds, self.rounds, "phpass rounds")

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return what *password* gives, as long as the stored tag.

        Raises:
            UnreadableHashError: The machine's OpenSSL refuses the hash function.
        """
        seen = self.recipe(password)
        # Nobody chose a password of which nothing was left.
        return self.checksum(seen) if seen else b""

    def checksum(self, seen: bytes) -> bytes:
        """
        Return what the rounds make of *seen*, as long as the stored tag.

        Args:
            seen: What the recipe made.

        Raises:
            UnreadableHashError: The machine's OpenSSL refuses the hash function.
        """
        made = phpass_rounds(self.digest_name, self.rounds, salt=self.salt, seen=seen)
        return phpass_base64(made)[: len(self.tag)].encode()


_SHAPE = re.compile(
    rf"\$([HP])\$({PHPASS_LOG})({PHPASS_SALT})({PHPASS_MD5_TAG})", re.ASCII
)


def read_phpass(
    scheme: str,
    text: str,
    *,
    letter: str,
    recipe: Callable[[bytes], bytes] = _as_is,
    is_shuckable: bool = False,
) -> PhpassHash | None:
    """
    Read a portable hash of MD5 in its canonical spelling.

    Args:
        scheme: The name of the format that it is the whole or a part of.

        text: The string; any text may be given.

        letter: ``P`` as phpass itself writes it, or ``H`` as phpBB does.

        recipe: From the password to what was hashed; the password by default.

        is_shuckable: Whether the recipe begins with a plain digest of the password.

    Returns:
        The hash, or None if *text* is not such a string.
    """
    found = _SHAPE.fullmatch(text)
    if found is None or found[1] != letter:
        return None
    return PhpassHash(
        scheme=scheme,
        digest_name="md5",
        log_rounds=phpass_number(found[2]),
        salt=found[3].encode(),
        tag=found[4].encode(),
        blank=blanked(found, 4, zero=PHPASS_DIGITS[0]),
        recipe=recipe,
        is_shuckable=is_shuckable,
    )
