"""
Recovery codes as other systems hash them: read, kept as text, never computed here.

A kept text says how the code was written before it was hashed and by which
algorithm, within bounds that are checked before anything is kept. Pure.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum

from credguard._secret import never_copied
from credguard._text import from_base64url, to_base64url
from credguard.second_factor.takeover.refusals import ReasonCode, unfit

MAX_TEXT_CHARACTERS = 240  # what a column of ours holds beside the dress

# What one attempt may cost at most; each system's own default is below.
MAX_BCRYPT_COST = 14  # devise has 12
MIN_BCRYPT_COST = 4  # no library computes fewer than 2**4 rounds
MAX_ARGON2_KIB = 131_072  # argon2-cffi had 102400 KiB before RFC 9106
MAX_ARGON2_WORK = 1_048_576  # KiB times passes; RFC 9106's second choice is 196608
MAX_ARGON2_LANES = 16
MIN_ARGON2_KIB_PER_LANE = 8  # RFC 9106 section 3.1
MAX_PBKDF2_ITERATIONS = 2_000_000  # Django has 1,500,000 for passwords

_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
_ARGON2 = re.compile(
    r"\$argon2(?:i|d|id)\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})",
    re.ASCII,
)
_DJANGO = re.compile(
    r"pbkdf2_(sha256|sha512|sha1)\$(\d{1,8})\$([^$]{1,128})\$([A-Za-z0-9+/]{27,88}={0,2})",
    re.ASCII,
)
_PBKDF2 = re.compile(
    r"pbkdf2:(sha1|sha256|sha512):(\d{1,8}):([A-Za-z0-9_-]{1,172}):([A-Za-z0-9_-]{27,86})",
    re.ASCII,
)
_DIGEST = re.compile(r"digest:(sha256|sha512):([A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86})")
_DIGEST_BYTES = {"sha1": 20, "sha256": 32, "sha512": 64}


class Dress(StrEnum):
    """How a code was written when it was hashed."""

    AS_TYPED = "typed"
    """As it was shown, white space around it taken off."""

    LOWER = "lower"
    """In small letters, without spaces and hyphens."""

    UPPER = "upper"
    """In capital letters, without spaces and hyphens."""

    def put_on(self, typed: str) -> str:
        """Return what a person typed as it was written when it was hashed."""
        if self is Dress.AS_TYPED:
            return typed.strip()
        bare = typed.translate(_SEPARATORS).strip()
        return bare.lower() if self is Dress.LOWER else bare.upper()


_SEPARATORS = str.maketrans("", "", " -")


@never_copied
@dataclass(frozen=True, slots=True)
class ForeignHash:
    """
    One recovery code, hashed by another system.

    Attributes:
        dress: How the code was written when it was hashed.

        text: The hash, as `read_hash` takes it.
    """

    dress: Dress
    text: str = field(repr=False)

    def to_text(self) -> str:
        """Return it as it is kept; `from_text` reads it back."""
        return f"{self.dress.value} {self.text}"


def from_text(kept: str) -> ForeignHash:
    """
    Read what `ForeignHash.to_text` wrote.

    Raises:
        UnfitRecordError: It is no such text, or asks for more work than allowed.
    """
    dress, _, text = kept.partition(" ")
    if dress not in set(Dress):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    return read_hash(text, dress=Dress(dress))


def read_hash(text: str, *, dress: Dress = Dress.AS_TYPED) -> ForeignHash:
    """
    Read a hash of a recovery code.

    Args:
        text: A bcrypt string, an Argon2 string (PHC), Django's PBKDF2, or what
            `pbkdf2` and `digest` return.

        dress: How the code was written when it was hashed.

    Raises:
        UnfitRecordError: It is none of these, or asks for more work than allowed.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    if found := _DJANGO.fullmatch(text):
        tag = _from_base64(found[4])
        salt = found[3].encode("utf-8", "replace")
        return pbkdf2(tag, found[1], iterations=int(found[2]), salt=salt, dress=dress)
    if not (_is_cheap_enough(text) or _DIGEST.fullmatch(text)):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    return ForeignHash(dress, text)


def pbkdf2(
    tag: bytes,
    algorithm: str,
    *,
    iterations: int,
    salt: bytes,
    dress: Dress = Dress.AS_TYPED,
) -> ForeignHash:
    """
    Return a code that was hashed by PBKDF2 (RFC 8018 section 5.2).

    Args:
        tag: What came out, as long as the hash function's output.

        algorithm: ``sha1``, ``sha256`` or ``sha512``.

        iterations: How often, 1 to 2,000,000.

        salt: The salt, 1 to 128 bytes.

        dress: How the code was written when it was hashed.

    Raises:
        UnfitRecordError: A part is out of its range.
    """
    parts = (algorithm, str(iterations), to_base64url(salt), to_base64url(tag))
    text = "pbkdf2:" + ":".join(parts)
    is_whole = len(tag) == _DIGEST_BYTES.get(algorithm)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    if not is_whole or not _is_cheap_enough(text):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    return ForeignHash(dress, text)


def digest(tag: bytes, algorithm: str, *, dress: Dress = Dress.AS_TYPED) -> ForeignHash:
    """
    Return a code of which only a bare digest was kept.

    Args:
        tag: The digest.

        algorithm: ``sha256`` or ``sha512``.

        dress: How the code was written when it was hashed.

    Raises:
        UnfitRecordError: The digest is not as long as the algorithm's.
    """
    if algorithm == "sha1" or len(tag) != _DIGEST_BYTES.get(algorithm):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    return ForeignHash(dress, f"digest:{algorithm}:{to_base64url(tag)}")


def _is_cheap_enough(text: str) -> bool:
    """
    Return whether *text* is a slow hash whose cost is within bounds.

    Raises:
        UnfitRecordError: It is one, and asks for more work than allowed.
    """
    if found := _BCRYPT.fullmatch(text):
        if int(found[1]) < MIN_BCRYPT_COST:
            raise unfit(ReasonCode.UNKNOWN_HASH)
        costs = [(int(found[1]), MAX_BCRYPT_COST)]
    elif found := _ARGON2.fullmatch(text):
        memory, passes, lanes = (int(part) for part in found.groups()[:3])
        # Argon2 computes none of these, which is told there as if memory were short.
        if memory < MIN_ARGON2_KIB_PER_LANE * lanes or not all(
            _is_base64(part) for part in found.groups()[3:]
        ):
            raise unfit(ReasonCode.UNKNOWN_HASH)
        costs = [
            (memory, MAX_ARGON2_KIB),
            (memory * passes, MAX_ARGON2_WORK),
            (lanes, MAX_ARGON2_LANES),
        ]
    elif found := _PBKDF2.fullmatch(text):
        costs = [(int(found[2]), MAX_PBKDF2_ITERATIONS)]
    else:
        return False
    if any(cost < 1 for cost, _ in costs):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    if any(cost > most for cost, most in costs):
        raise unfit(ReasonCode.TOO_COSTLY)
    return True


def parts_of_pbkdf2(text: str) -> tuple[str, int, bytes, bytes] | None:
    """Return algorithm, iterations, salt and tag of what `pbkdf2` wrote, or None."""
    found = _PBKDF2.fullmatch(text)
    if found is None:
        return None
    salt, tag = from_base64url(found[3]), from_base64url(found[4])
    if salt is None or tag is None:
        return None
    return found[1], int(found[2]), salt, tag


def parts_of_digest(text: str) -> tuple[str, bytes] | None:
    """Return algorithm and tag of what `digest` wrote, or None."""
    found = _DIGEST.fullmatch(text)
    tag = from_base64url(found[2]) if found else None
    return None if found is None or tag is None else (found[1], tag)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_base64(text: str) -> bool:
    """Return True if *text*, without padding, is how base64 writes some bytes."""
    data = _from_base64(text + "=" * (-len(text) % 4))
    return base64.b64encode(data).decode("ascii").rstrip("=") == text
