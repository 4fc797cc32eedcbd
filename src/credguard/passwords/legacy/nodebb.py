"""
The formats of NodeBB: bcrypt, and since 1.15 bcrypt over SHA-512.

Both look alike; the row's field ``password:shaWrapped`` says which it is, so that
the caller hands in the one or the other bundle.

Source: src/password.js of NodeBB.
"""

from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.digests import hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import as_is


def _wrapped(password: bytes) -> bytes:
    # 128 digits, of which bcrypt sees 72.
    return hex_digest("sha512", password)


class NodeBbBcrypt:
    """
    A bcrypt of the password, or of its SHA-512 in hexadecimal.

    Args:
        is_wrapped: Whether ``password:shaWrapped`` is 1.

    Source:
        src/password.js, ``exports.hash``.
    """

    def __init__(self, *, is_wrapped: bool) -> None:
        self.name = "nodebb:bcrypt_sha512" if is_wrapped else "nodebb:bcrypt"
        self._is_wrapped = is_wrapped

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(
            self.name,
            stored,
            # bcryptjs, which NodeBB uses, takes NUL as a character like any other.
            recipe=_wrapped if self._is_wrapped else as_is,
            is_shuckable=self._is_wrapped,
        )


NODEBB: tuple[LegacyScheme, ...] = (NodeBbBcrypt(is_wrapped=True),)
"""What NodeBB writes since 1.15."""

NODEBB_UNWRAPPED: tuple[LegacyScheme, ...] = (NodeBbBcrypt(is_wrapped=False),)
"""What NodeBB wrote before; not to be added to the other one."""
