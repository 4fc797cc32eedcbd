"""
The formats that Ory Kratos imports; its own Argon2 strings are read as ours.

``{SSHA}`` and its kin, which Kratos reads too, are in the bundle for LDAP.

Source: hash/hash_comparator.go of Kratos and its "Import credentials" guide.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from credguard.passwords.legacy.base64s import from_bare_base64, from_base64, to_base64
from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.crypt import Md5Crypt, Sha256Crypt, Sha512Crypt
from credguard.passwords.legacy.derivations import Pbkdf2Hash, ScryptHash
from credguard.passwords.legacy.digests import (
    DIGEST_BYTES,
    DigestHash,
    digest,
    keyed_digest,
)
from credguard.passwords.legacy.firebase_scrypt import KratosFirebaseScrypt
from credguard.passwords.legacy.libcrypt import CryptHash
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import as_is
from credguard.passwords.phc import COUNT, MIN_TAG_BYTES
from credguard.passwords.stored_hash import blanked

_BASE64 = r"[A-Za-z0-9+/]*={0,2}"
_PLACES = re.compile(rb"\{SALT\}|\{PASSWORD\}")
MAX_TAG_BYTES = 128  # twice what Kratos writes at most


_CRYPT: Mapping[str, tuple[str, Md5Crypt | Sha256Crypt | Sha512Crypt]] = {
    "md5": ("$1$", Md5Crypt()),
    "sha256": ("$5$", Sha256Crypt()),
    "sha512": ("$6$", Sha512Crypt()),
}


class KratosPbkdf2:
    """
    ``$pbkdf2-sha256$i=N,l=32$salt$hash``, base64 without padding.

    Source:
        hash_comparator.go, ``decodePbkdf2Hash``.
    """

    name = "kratos:pbkdf2"

    _SHAPE = re.compile(
        rf"\$pbkdf2-(sha1|sha224|sha256|sha384|sha512)\$i=({COUNT}),l=({COUNT})"
        r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        salt, tag = from_bare_base64(found[4]), from_bare_base64(found[5])
        if salt is None or tag is None or len(tag) != int(found[3]):
            return None
        if not MIN_TAG_BYTES <= len(tag) <= MAX_TAG_BYTES:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name=found[1],
            iterations=int(found[2]),
            salt=salt,
            tag=tag,
            blank=blanked(found, 5, zero="A"),
        )


class KratosScrypt:
    """
    ``$scrypt$ln=16384,r=8,p=1$salt$hash``, where ``ln`` is N itself.

    As in Kratos, the hash says how long it is: 16 bytes or more of a longer one are
    a hash of the same password.

    Source:
        hash_comparator.go, ``decodeScryptHash``.
    """

    name = "kratos:scrypt"

    _SHAPE = re.compile(
        rf"\$scrypt\$ln=({COUNT}),r=({COUNT}),p=({COUNT})\$({_BASE64})\$({_BASE64})",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> ScryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        salt, tag = from_base64(found[4]), from_base64(found[5])
        if not salt or tag is None or not MIN_TAG_BYTES <= len(tag) <= MAX_TAG_BYTES:
            return None
        row = ScryptHash(
            scheme=self.name,
            n=int(found[1]),
            r=int(found[2]),
            p=int(found[3]),
            salt=salt,
            tag=tag,
            blank=blanked(found, 5, zero="A"),
        )
        return row if row.is_sound else None


class KratosBcrypt:
    """
    A bare bcrypt, as Kratos writes and imports it.

    Source:
        hash_comparator.go, ``IsBcryptHash``; Go takes NUL as any other byte.
    """

    name = "kratos:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored, recipe=as_is)


class KratosCrypt:
    """
    ``$md5-crypt$``, ``$sha256-crypt$`` or ``$sha512-crypt$`` instead of ``$1$`` etc.

    Args:
        digest: ``md5``, ``sha256`` or ``sha512``.

    Source:
        hash_comparator.go, ``CompareMD5Crypt`` and its kin.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"kratos:{digest}_crypt"
        self._theirs = f"${digest}-crypt$"
        self._ours, self._format = _CRYPT[digest]

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> CryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._theirs):
            return None
        row = self._format.read(self._ours + stored.removeprefix(self._theirs))
        if row is None:
            return None
        blank = self._theirs + row.blank.removeprefix(self._ours)
        return replace(row, scheme=self.name, blank=blank)


class KratosDigest:
    """
    ``$sha1$pf=template$salt$hash``, where the template says how both are joined.

    Args:
        digest: ``md5``, ``sha1``, ``sha256`` or ``sha512``.

    Source:
        hash_comparator.go, ``decodeSHAHash`` and ``decodeMD5Hash``: all three in
        base64, the template with ``{SALT}`` and ``{PASSWORD}``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"kratos:{digest}_pf"
        self._digest = digest
        self._shape = re.compile(
            rf"\${digest}\$pf=({_BASE64})\$({_BASE64})\$({_BASE64})", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        template, salt, tag = (from_base64(text) for text in found.groups())
        if template is None or salt is None or tag is None:
            return None
        # Without a place for it, any password would be right.
        if b"{PASSWORD}" not in template or len(tag) != DIGEST_BYTES[self._digest]:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(self._hashed, template, salt),
            tag=tag,
            blank=blanked(found, 3, zero="A"),
            is_shuckable=template == b"{PASSWORD}",
        )

    def _hashed(self, template: bytes, salt: bytes, password: bytes) -> bytes:
        filled = _PLACES.sub(
            lambda place: salt if place[0] == b"{SALT}" else password, template
        )
        return digest(self._digest, filled)


class KratosMd5:
    """
    ``$md5$`` and the digest in base64, without a salt.

    Source:
        hash_comparator.go, ``decodeMD5Hash`` of three parts.
    """

    name = "kratos:md5"

    _SHAPE = re.compile(r"\$md5\$([A-Za-z0-9+/]{22}==)", re.ASCII)

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        tag = None if found is None else from_base64(found[1])
        if found is None or tag is None:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(digest, "md5"),
            tag=tag,
            blank=blanked(found, 1, zero="A"),
            is_shuckable=True,
        )


class KratosHmac:
    """
    ``$hmac-sha256$hash$key``: base64 of the digits of the HMAC, base64 of the key.

    Args:
        digest: ``md4``, ``md5``, ``sha1``, ``sha224``, ``sha256``, ``sha384`` or
            ``sha512``.

    Source:
        hash_comparator.go, ``decodeHMACHash``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"kratos:hmac_{digest}"
        self._digest = digest
        self._prefix = f"$hmac-{digest}$"
        self._shape = re.compile(
            rf"\$hmac-{digest}\$({_BASE64})\$({_BASE64})", re.ASCII
        )
        self._digits = re.compile(
            rb"[0-9a-f]{%d}" % (2 * DIGEST_BYTES[digest]), re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        tag, key = from_base64(found[1]), from_base64(found[2])
        if tag is None or not key or self._digits.fullmatch(tag) is None:
            return None
        zeros = to_base64(b"0" * len(tag))
        return DigestHash(
            scheme=self.name,
            recipe=partial(self._hashed, key),
            tag=tag,
            blank=f"{self._prefix}{zeros}${found[2]}",
        )

    def _hashed(self, key: bytes, password: bytes) -> bytes:
        return keyed_digest(self._digest, key, password).hex().encode()


KRATOS: tuple[LegacyScheme, ...] = (
    KratosPbkdf2(),
    KratosScrypt(),
    KratosFirebaseScrypt(),
    KratosBcrypt(),
    *(KratosCrypt(digest) for digest in ("sha512", "sha256", "md5")),
    *(KratosDigest(digest) for digest in ("sha512", "sha256", "sha1", "md5")),
    KratosMd5(),
    *(KratosHmac(digest) for digest in DIGEST_BYTES),
)
"""What Kratos imports, but for Argon2 and what the bundle for LDAP has."""
