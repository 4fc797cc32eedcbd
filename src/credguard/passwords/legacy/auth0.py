"""
Auth0's ``custom_password_hash``: a JSON object that says how a hash was made.

The stored text is the object as `auth0_text` writes it. The algorithm scrypt, which
came later, is not read.

Source: "Bulk User Import Database Schema and Examples" in Auth0's documentation.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from credguard._text import has_surrogate
from credguard.passwords.legacy.base64s import from_either_base64
from credguard.passwords.legacy.bcrypt import read_bcrypt
from credguard.passwords.legacy.digests import (
    DIGEST_BYTES,
    DigestHash,
    digest,
    keyed_digest,
)
from credguard.passwords.legacy.enclosed import EnclosedHash
from credguard.passwords.legacy.kratos import KratosPbkdf2
from credguard.passwords.legacy.ldap import read_ldap_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import Recipe, as_is
from credguard.passwords.stored_hash import StoredHash, read_argon2

_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+", re.ASCII)
_FIELDS = {"algorithm", "hash", "salt", "password"}
_PBKDF2 = KratosPbkdf2()


def auth0_text(custom_password_hash: Mapping[str, object]) -> str:
    """
    Return the one text that stands for a ``custom_password_hash``.

    Args:
        custom_password_hash: The object as it stands in the import file.

    Returns:
        JSON with sorted keys and no spaces; store it, and hand it back as
        ``stored=``.
    """
    return json.dumps(custom_password_hash, separators=(",", ":"), sort_keys=True)


def _as_utf_16(password: bytes) -> bytes:
    return password.decode().encode("utf-16-le")


def _as_low_bytes(password: bytes) -> bytes:
    # Node.js keeps the lower byte of what these encodings lack.
    return _as_utf_16(password)[::2]


_ENCODINGS: Mapping[object, Recipe] = {
    "utf8": as_is,
    "utf16le": _as_utf_16,
    "ucs2": _as_utf_16,
    "ascii": _as_low_bytes,
    "latin1": _as_low_bytes,
    "binary": _as_low_bytes,
}


class Auth0Digest:
    """
    A plain digest, with a salt before or after the password or with none.

    Args:
        algorithm: ``md4``, ``md5``, ``sha1``, ``sha256`` or ``sha512``.

    Source:
        ``md*`` or ``sha*`` family of algorithms, ibid.
    """

    def __init__(self, algorithm: str) -> None:
        self.name = f"auth0:{algorithm}"
        self._algorithm = algorithm

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        whole = _parse(stored, self._algorithm)
        if whole is None:
            return None
        part = _fields(whole["hash"], {"value", "encoding"})
        tag = None if part is None else _tag(part, self._algorithm)
        salt = _salt(whole.get("salt"))
        encode = _encoding(whole.get("password"))
        if part is None or tag is None or salt is None or encode is None:
            return None
        before, after = salt
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: digest(
                self._algorithm, before + encode(password) + after
            ),
            tag=tag,
            blank=_blank(whole, part),
            is_shuckable=not before and not after,
        )


class Auth0Hmac:
    """
    An HMAC under a key that stands in the object.

    Source:
        ``hmac``, ibid.
    """

    name = "auth0:hmac"

    _FIELDS: ClassVar = {"value", "encoding", "digest", "key"}

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        whole = _parse(stored, "hmac")
        if whole is None or "salt" in whole:
            return None
        part = _fields(whole["hash"], self._FIELDS)
        name = None if part is None else part.get("digest")
        if part is None or not isinstance(name, str) or name not in DIGEST_BYTES:
            return None
        tag, key = _tag(part, name), _key(part)
        encode = _encoding(whole.get("password"))
        if tag is None or encode is None or not key:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: keyed_digest(name, key, encode(password)),
            tag=tag,
            blank=_blank(whole, part),
        )


class Auth0String:
    """
    An object around a string that says all by itself.

    Args:
        algorithm: ``argon2``, ``bcrypt``, ``ldap`` or ``pbkdf2``.

    Source:
        ``bcrypt|argon2|pbkdf2|ldap``, ibid.
    """

    _READERS: Mapping[str, Callable[[str], StoredHash | None]] = {
        "argon2": read_argon2,
        "bcrypt": partial(read_bcrypt, "", recipe=as_is),
        "ldap": read_ldap_digest,
        "pbkdf2": _PBKDF2.read,
    }

    def __init__(self, algorithm: str) -> None:
        self.name = f"auth0:{algorithm}"
        self._algorithm = algorithm

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE
    ) -> EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        whole = _parse(stored, self._algorithm)
        if whole is None or {"salt", "password"} & set(whole):
            return None
        part = _fields(whole["hash"], {"value", "encoding"})
        if part is None or part.get("encoding", "utf8") != "utf8":
            return None
        text = part.get("value")
        inner = self._READERS[self._algorithm](text) if isinstance(text, str) else None
        if inner is None or not isinstance(text, str):
            return None
        before, _, after = stored.partition(text)
        return EnclosedHash(scheme=self.name, inner=inner, before=before, after=after)


def _parse(stored: str, algorithm: str) -> dict[str, object] | None:
    """Return the object that *stored* is, None if it is none of *algorithm*."""
    if not stored.startswith('{"algorithm":"'):
        return None
    try:
        whole = json.loads(stored)
        # Another spelling would give one hash two texts.
        is_canonical = isinstance(whole, dict) and auth0_text(whole) == stored
    except (ValueError, RecursionError):
        return None
    if not is_canonical or whole["algorithm"] != algorithm:
        return None
    return whole if "hash" in whole and set(whole) <= _FIELDS else None


def _fields(part: object, allowed: set[str]) -> dict[str, object] | None:
    return part if isinstance(part, dict) and set(part) <= allowed else None


def _decoded(part: Mapping[str, object], encoding: object) -> bytes | None:
    """Return the bytes of ``value`` in its encoding, None if it is not in it."""
    value = part.get("value")
    if not isinstance(value, str):
        return None
    if encoding == "hex":
        return bytes.fromhex(value) if _HEX.fullmatch(value) else None
    if encoding == "base64":
        return from_either_base64(value)
    is_text = encoding == "utf8" and not has_surrogate(value)
    return value.encode() if is_text else None


def _tag(part: Mapping[str, object], name: str) -> bytes | None:
    if part.get("encoding") not in {"hex", "base64"}:
        return None
    tag = _decoded(part, part["encoding"])
    return tag if tag is not None and len(tag) == DIGEST_BYTES[name] else None


def _salt(part: object) -> tuple[bytes, bytes] | None:
    """Return what stands before and after the password, None if that is not said."""
    if part is None:
        return b"", b""
    fields = _fields(part, {"value", "encoding", "position"})
    if fields is None:
        return None
    salt = _decoded(fields, fields.get("encoding", "utf8"))
    if not salt or fields.get("position") not in {"prefix", "suffix"}:
        return None
    return (salt, b"") if fields["position"] == "prefix" else (b"", salt)


def _key(part: dict[str, object]) -> bytes | None:
    key = _fields(part.get("key"), {"value", "encoding"})
    return None if key is None else _decoded(key, key.get("encoding", "utf8"))


def _encoding(part: object) -> Recipe | None:
    if part is None:
        return as_is
    fields = _fields(part, {"encoding"})
    encoding = None if fields is None else fields.get("encoding", "utf8")
    return _ENCODINGS.get(encoding) if isinstance(encoding, str) else None


def _blank(whole: Mapping[str, object], part: Mapping[str, object]) -> str:
    value = str(part["value"])
    digits = value.rstrip("=")
    zero = "0" if part["encoding"] == "hex" else "A"
    zeros = zero * len(digits) + value[len(digits) :]
    return auth0_text({**whole, "hash": {**part, "value": zeros}})


AUTH0: tuple[LegacyScheme, ...] = (
    *(Auth0String(algorithm) for algorithm in ("argon2", "bcrypt", "ldap", "pbkdf2")),
    Auth0Hmac(),
    *(Auth0Digest(name) for name in ("md4", "md5", "sha1", "sha256", "sha512")),
)
"""What Auth0 imports, but for scrypt."""
