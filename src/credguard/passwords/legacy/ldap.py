"""
The values of ``userPassword`` in LDAP directories: a scheme in braces, then a hash.

Source: RFC 2307 section 5.3 for {MD5}, {SHA} and {CRYPT}; slappasswd(8) of OpenLDAP
for the salted ones and its contributed pw-sha2, pw-pbkdf2 and pw-argon2; pbkdf2_pwd.c
of 389 Directory Server for {PBKDF2_SHA256}.
"""

import re
from dataclasses import replace
from typing import ClassVar

from credguard.passwords.legacy.base64s import (
    from_adapted_base64,
    from_base64,
    to_base64,
)
from credguard.passwords.legacy.bcrypt import BcryptHash
from credguard.passwords.legacy.crypt import read_crypt
from credguard.passwords.legacy.derivations import Pbkdf2Hash
from credguard.passwords.legacy.digests import DIGEST_BYTES, DigestHash, digest
from credguard.passwords.legacy.libcrypt import CryptHash
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.phc import COUNT, read_phc
from credguard.passwords.stored_hash import Argon2Hash, blanked

MAX_SALT_BYTES = 64  # directories write 4 to 16


class LdapDigest:
    """
    ``{SHA256}`` and base64 of the digest, or ``{SSHA256}`` and of digest and salt.

    Args:
        digest: ``md5``, ``sha1``, ``sha256``, ``sha384`` or ``sha512``.

        is_salted: Whether the scheme's name begins with one more S.

    Source:
        RFC 2307 section 5.3; slappasswd(8).
    """

    def __init__(self, digest: str, *, is_salted: bool) -> None:
        mark = digest.upper().replace("SHA1", "SHA")
        mark = f"S{mark}" if is_salted else mark
        self.name = f"ldap:{mark.lower()}"
        self._prefix = f"{{{mark}}}"
        self._digest = digest
        self._is_salted = is_salted

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._prefix):
            return None
        data = from_base64(stored.removeprefix(self._prefix))
        if data is None:
            return None
        name, size = self._digest, DIGEST_BYTES[self._digest]
        salt = data[size:]
        most = MAX_SALT_BYTES if self._is_salted else 0
        if not int(self._is_salted) <= len(salt) <= most or len(data) < size:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: digest(name, password + salt),
            tag=data[:size],
            blank=self._prefix + to_base64(bytes(size) + salt),
            is_shuckable=not self._is_salted,
        )


class LdapCrypt:
    """
    ``{CRYPT}``, or ``{crypt}`` as the RFC has it, and what crypt(3) wrote.

    Source:
        RFC 2307 section 5.3; the formats are those of `crypt`.
    """

    name = "ldap:crypt"

    _SHAPE = re.compile(r"(\{(?:CRYPT|crypt)\})(.*)", re.ASCII)

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE
    ) -> CryptHash | BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        row = None if found is None else read_crypt(found[2])
        if found is None or row is None:
            return None
        return replace(row, scheme=self.name, blank=found[1] + row.blank)


class LdapPbkdf2:
    """
    ``{PBKDF2-SHA256}iterations$salt$hash``, and ``{PBKDF2}`` for SHA-1.

    Args:
        digest: ``sha1``, ``sha256`` or ``sha512``.

    Source:
        pw-pbkdf2.c among OpenLDAP's contributed modules; 389 Directory Server
        writes the same.
    """

    def __init__(self, digest: str) -> None:
        mark = "PBKDF2" if digest == "sha1" else f"PBKDF2-{digest.upper()}"
        self.name = f"ldap:pbkdf2_{digest}"
        self._digest = digest
        self._shape = re.compile(
            rf"\{{{mark}\}}({COUNT})\$([./A-Za-z0-9]+)\$([./A-Za-z0-9]+)", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        salt, tag = from_adapted_base64(found[2]), from_adapted_base64(found[3])
        if salt is None or tag is None or len(tag) != DIGEST_BYTES[self._digest]:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name=self._digest,
            iterations=int(found[1]),
            salt=salt,
            tag=tag,
            blank=blanked(found, 3, zero="A"),
        )


class LdapPbkdf2Block:
    """
    ``{PBKDF2_SHA256}`` and base64 of iterations, 64 bytes of salt, 256 of hash.

    Source:
        pbkdf2_pwd.c of 389 Directory Server 1.3.
    """

    name = "ldap:389ds_pbkdf2_sha256"

    _PREFIX = "{PBKDF2_SHA256}"
    _COUNT_BYTES: ClassVar = 4
    _SALT_BYTES: ClassVar = 64
    _TAG_BYTES: ClassVar = 256

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._PREFIX):
            return None
        data = from_base64(stored.removeprefix(self._PREFIX))
        head = self._COUNT_BYTES + self._SALT_BYTES
        if data is None or len(data) != head + self._TAG_BYTES:
            return None
        iterations = int.from_bytes(data[: self._COUNT_BYTES])
        if not iterations:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name="sha256",
            iterations=iterations,
            salt=data[self._COUNT_BYTES : head],
            tag=data[head:],
            blank=self._PREFIX + to_base64(data[:head] + bytes(self._TAG_BYTES)),
        )


class LdapArgon2:
    """
    ``{ARGON2}`` and a PHC string.

    Source:
        pw-argon2.c among OpenLDAP's contributed modules.
    """

    name = "ldap:argon2"

    _PREFIX = "{ARGON2}"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Argon2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._PREFIX):
            return None
        phc = read_phc(stored.removeprefix(self._PREFIX))
        return None if phc is None else Argon2Hash(self.name, phc, self._PREFIX)


_DIGESTS = tuple(
    LdapDigest(digest, is_salted=is_salted)
    for is_salted in (True, False)
    for digest in ("sha512", "sha384", "sha256", "sha1", "md5")
)
LDAP: tuple[LegacyScheme, ...] = (
    LdapArgon2(),
    *(LdapPbkdf2(digest) for digest in ("sha512", "sha256", "sha1")),
    LdapPbkdf2Block(),
    *_DIGESTS,
    LdapCrypt(),
)
"""What OpenLDAP and 389 Directory Server write."""


def read_ldap_digest(stored: str) -> DigestHash | None:
    """Return the plain digest that *stored* is, with a salt or without."""
    rows = (scheme.read(stored) for scheme in _DIGESTS)
    return next((row for row in rows if row is not None), None)
