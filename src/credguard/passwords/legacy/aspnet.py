"""
ASP.NET membership, and so YAF.NET, Community Server, DotNetNuke and Episerver.

Source: SqlMembershipProvider.EncodePassword of .NET Framework 2.0 and 4.0; the salt
is the column ``PasswordSalt`` in base64.
"""

from functools import partial

from credguard.passwords.legacy.base64s import from_base64, to_base64
from credguard.passwords.legacy.columns import salt_of
from credguard.passwords.legacy.digests import DIGEST_BYTES, DigestHash, digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme


class AspNetMembership:
    """
    Base64 of the digest of the salt's bytes and the password in UTF-16.

    Args:
        digest: ``sha1`` of .NET 2.0, or ``sha256`` of .NET 4.0.

    Source:
        SqlMembershipProvider.EncodePassword, password format "Hashed".
    """

    def __init__(self, digest: str) -> None:
        self.name = f"aspnet:{digest}"
        self._digest = digest

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        column, tag = salt_of(beside), from_base64(stored)
        salt = None if column is None else from_base64(column.decode())
        size = DIGEST_BYTES[self._digest]
        if not salt or tag is None or len(tag) != size:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(self._hashed, salt),
            tag=tag,
            blank=to_base64(bytes(size)),
        )

    def _hashed(self, salt: bytes, password: bytes) -> bytes:
        return digest(self._digest, salt + password.decode().encode("utf-16-le"))


ASPNET: tuple[LegacyScheme, ...] = (
    AspNetMembership("sha1"),
    AspNetMembership("sha256"),
)
"""What ASP.NET's SQL membership writes by default."""
