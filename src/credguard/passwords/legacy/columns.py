"""
Hashes that are a bare digest in one column, with a salt or a name in another.

By shape alone they are all alike: which software wrote them, the bundle says.
"""

import re
from collections.abc import Callable
from functools import partial

from credguard._text import has_surrogate
from credguard.passwords.legacy.digests import DIGEST_BYTES, DigestHash
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.spelling import Recipe

# Longer than any column that software kept a salt or a name in.
MAX_BESIDE_CHARACTERS = 255
# Generators draw printable ASCII; a space at the end would be lost in a CHAR column.
SALT_SHAPE = rf"[!-~]{{1,{MAX_BESIDE_CHARACTERS}}}"
_SALT = re.compile(SALT_SHAPE, re.ASCII)
_HEX = {
    2 * size: re.compile(rf"[0-9a-f]{{{2 * size}}}", re.ASCII)
    for size in set(DIGEST_BYTES.values())
}

Salted = Callable[[bytes, bytes], bytes]
"""From a salt and a password, as they were hashed, to what was stored."""


def salt_of(beside: Beside) -> bytes | None:
    """Return the salt's column as bytes, None if it is missing, empty or no salt."""
    if beside.salt is None or _SALT.fullmatch(beside.salt) is None:
        return None
    return beside.salt.encode()


def username_of(beside: Beside) -> str | None:
    """Return the account's name, None if it is missing, empty or can be no name."""
    name = beside.username
    if not name or len(name) > MAX_BESIDE_CHARACTERS:
        return None
    return None if has_surrogate(name) or "\x00" in name else name


def is_hex_digest(name: str, text: str) -> bool:
    """Return True if *text* has the shape of the digest *name* in lower-case hex."""
    return _HEX[2 * DIGEST_BYTES[name]].fullmatch(text) is not None


def has_no_salt(beside: Beside) -> bool:
    """Return True if there is no salt's column, or if it is empty."""
    return not beside.salt


def read_salted(
    scheme: str,
    stored: str,
    salt: bytes | None,
    *,
    digest: str,
    recipe: Salted,
    is_shuckable: bool,
) -> DigestHash | None:
    """
    Read a digest whose salt was found elsewhere.

    Args:
        scheme: The name of the format.

        stored: The column with the digest; any text may be given.

        salt: The salt's bytes, such as `salt_of` gives; None if there are none.

        digest: Whose shape *stored* must have.

        recipe: From the salt's bytes and the password's UTF-8 bytes to the digest
            in hexadecimal, or to nothing.

        is_shuckable: Whether the recipe begins with a plain digest of the password.

    Returns:
        The hash, or None if the digest or the salt is not there.
    """
    if salt is None or not is_hex_digest(digest, stored):
        return None
    return DigestHash(
        scheme=scheme,
        recipe=partial(recipe, salt),
        tag=stored.encode(),
        blank="0" * len(stored),
        is_shuckable=is_shuckable,
    )


def read_unsalted(
    scheme: str, stored: str, *, digest: str, recipe: Recipe
) -> DigestHash | None:
    """
    Read a digest that was made without a salt.

    Args:
        scheme: The name of the format.

        stored: The column with the digest; any text may be given.

        digest: Whose shape *stored* must have.

        recipe: From the password's UTF-8 bytes to the digest in hexadecimal, or to
            nothing.

    Returns:
        The hash, or None if *stored* is no such digest.
    """
    if not is_hex_digest(digest, stored):
        return None
    return DigestHash(
        scheme=scheme,
        recipe=recipe,
        tag=stored.encode(),
        blank="0" * len(stored),
        is_shuckable=True,
    )
