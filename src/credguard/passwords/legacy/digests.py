"""
Plain hash functions, one round or a few, as software stacked them over a salt.

All take microseconds; what such a row costs is padded where it is verified.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from credguard.errors import UnreadableHashError
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor

DIGEST_BYTES = {
    "md4": 16,
    "md5": 16,
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
}
"""The hash functions that rows are made of, and how many bytes each gives."""


def digest(name: str, data: bytes) -> bytes:
    """
    Return the digest of *data*.

    Args:
        name: One of `DIGEST_BYTES`.

        data: Any bytes.

    Raises:
        UnreadableHashError: The machine's OpenSSL refuses the hash function.
    """
    try:
        # usedforsecurity=False: to compare with old rows is all that it is for.
        return hashlib.new(name, data, usedforsecurity=False).digest()
    except ValueError:
        pass
    raise UnreadableHashError(_refusal(name))


def hex_digest(name: str, data: bytes) -> bytes:
    """
    Return the digest of *data* in lower-case hexadecimal, as PHP's functions do.

    Raises:
        UnreadableHashError: The machine's OpenSSL refuses the hash function.
    """
    return digest(name, data).hex().encode()


def keyed_digest(name: str, key: bytes, data: bytes) -> bytes:
    """
    Return the HMAC of *data* under *key*.

    Raises:
        UnreadableHashError: The machine's OpenSSL refuses the hash function.

    Source:
        RFC 2104.
    """
    try:
        return hmac.digest(key, data, name)
    except ValueError:
        pass
    raise UnreadableHashError(_refusal(f"HMAC with {name}"))


def _refusal(what: str) -> str:
    return f"This machine's OpenSSL refuses {what}."


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestHash:
    """
    A hash made by a recipe of plain hash functions.

    Attributes:
        scheme: The name of its format.
        recipe: From the password's UTF-8 bytes to what is compared with `tag`; or
            to nothing, for a password that the software cannot have hashed.
        tag: What the recipe gives of the right password.
        blank: The stored text with a tag of zeros.
        is_shuckable: Whether the recipe begins with a plain digest of the password.
    """

    scheme: str
    recipe: Callable[[bytes], bytes] = field(repr=False)
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)
    is_shuckable: bool = False

    @property
    def cost(self) -> str:
        """Nothing: the rounds are few and fixed."""
        return ""

    @property
    def work(self) -> int:
        """Nothing to speak of."""
        return 0

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """Return at once: a few rounds are below any of *ceilings*."""

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return what the recipe makes of *password*.

        Raises:
            UnreadableHashError: The machine's OpenSSL refuses the hash function.
        """
        # Nobody chose the empty password.
        return self.recipe(password) if password else b""
