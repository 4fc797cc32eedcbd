"""
The formats of Django's password hashers, and so of Misago and django-machina.

Source: django/contrib/auth/hashers.py of Django 1.4 to 5.2.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from credguard.errors import MissingExtraError
from credguard.passwords.legacy.derivations import Pbkdf2Hash, ScryptHash
from credguard.passwords.phc import COUNT, read_phc
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import Argon2Hash
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

# Django writes letters and digits; people who import hashes bring other ASCII.
_SALT = r"[!-#%-~]"
BCRYPT_BYTES = 72  # bcrypt looks at no more of a password (Provos, Mazières 1999)
# How many KiB Argon2id fills in the time of one of bcrypt's 2^cost rounds,
# as measured on x86-64; good to a factor of two.
_KIB_PER_BCRYPT_ROUND = 110


def _base64_shape(size: int) -> str:
    """Return a pattern for padded base64 of *size* bytes."""
    characters = -(-size * 8 // 6)
    return rf"[A-Za-z0-9+/]{{{characters}}}={{{-characters % 4}}}"


def _from_base64(text: str) -> bytes | None:
    """Return the bytes of well-shaped base64 *text*, None if it is not canonical."""
    data = base64.b64decode(text)
    # Spare bits in the last character would give one hash a second spelling.
    return data if base64.b64encode(data).decode() == text else None


class DjangoPbkdf2:
    """
    ``pbkdf2_<digest>$iterations$salt$base64``, Django's default since 1.4.

    Args:
        digest: ``sha256`` or ``sha1``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"django:pbkdf2_{digest}"
        self._digest = digest
        size = hashlib.new(digest, usedforsecurity=False).digest_size
        self._shape = re.compile(
            rf"pbkdf2_{digest}\$({COUNT})\$({_SALT}+)\$({_base64_shape(size)})",
            re.ASCII,
        )

    def read(self, stored: str) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        tag = None if found is None else _from_base64(found[3])
        if found is None or tag is None:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest=self._digest,
            iterations=int(found[1]),
            salt=found[2].encode(),
            tag=tag,
        )


class DjangoArgon2:
    """``argon2`` and a PHC string; Argon2i before Django 3.2, then Argon2id."""

    name = "django:argon2"

    def read(self, stored: str) -> Argon2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith("argon2$"):
            return None
        phc = read_phc(stored.removeprefix("argon2"))
        return None if phc is None else Argon2Hash(self.name, phc)


class DjangoScrypt:
    """``scrypt$N$salt$r$p$base64``, since Django 4.0."""

    name = "django:scrypt"

    _SHAPE = re.compile(
        rf"scrypt\$({COUNT})\$({_SALT}+)\$({COUNT})\$({COUNT})"
        rf"\$({_base64_shape(64)})",
        re.ASCII,
    )

    def read(self, stored: str) -> ScryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        tag = None if found is None else _from_base64(found[5])
        if found is None or tag is None:
            return None
        row = ScryptHash(
            scheme=self.name,
            n=int(found[1]),
            r=int(found[3]),
            p=int(found[4]),
            salt=found[2].encode(),
            tag=tag,
        )
        return row if row.is_sound else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BcryptHash:
    """
    A bcrypt hash of the password, or of its SHA-256 in hexadecimal.

    Attributes:
        scheme: The name of its format.
        cost: The binary logarithm of the rounds, 4 to 31.
        text: The whole bcrypt string.
        is_prehashed: Whether the password went through SHA-256 first.
    """

    scheme: str
    cost: int
    text: bytes = field(repr=False)
    is_prehashed: bool

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return _KIB_PER_BCRYPT_ROUND << self.cost

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse a higher cost than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: It is higher.
        """
        refuse_above(ceilings.bcrypt_cost, self.cost, "a bcrypt cost")

    def matches(self, password: bytes, _permit: Permit) -> bool:
        """
        Return True if *password* is the one that was hashed.

        Raises:
            MissingExtraError: The package bcrypt is not installed.
        """
        try:
            # Imported here because it is an extra.
            import bcrypt  # noqa: PLC0415
        except ImportError:
            extra = "legacy"
            raise MissingExtraError(extra, needed_for="bcrypt") from None
        if self.is_prehashed:
            password = hashlib.sha256(password).hexdigest().encode()
        try:
            # The library cut at 72 bytes itself when these hashes were made.
            made: bytes = bcrypt.hashpw(password[:BCRYPT_BYTES], self.text)
        except ValueError:
            # A library that refuses NUL bytes cannot have hashed this password.
            return False
        return hmac.compare_digest(made, self.text)


class DjangoBcrypt:
    """
    ``bcrypt_sha256$`` or ``bcrypt$`` and a bcrypt string.

    Args:
        is_prehashed: True for ``bcrypt_sha256``.
    """

    # The last characters of salt and hash carry 2 and 4 bits: others are misspelt.
    _SHAPE = re.compile(
        r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$"
        r"[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]",
        re.ASCII,
    )

    def __init__(self, *, is_prehashed: bool) -> None:
        algorithm = "bcrypt_sha256" if is_prehashed else "bcrypt"
        self.name = f"django:{algorithm}"
        self._prefix = f"{algorithm}$"
        self._is_prehashed = is_prehashed

    def read(self, stored: str) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._prefix):
            return None
        text = stored.removeprefix(self._prefix)
        found = self._SHAPE.fullmatch(text)
        if found is None:
            return None
        return BcryptHash(
            scheme=self.name,
            cost=int(found[1]),
            text=text.encode(),
            is_prehashed=self._is_prehashed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltedDigestHash:
    """
    One round of a plain hash function over salt and password.

    Attributes:
        scheme: The name of its format.
        digest: ``md5`` or ``sha1``.
        salt: The salt's bytes; none in the oldest rows.
        tag: What the password is compared with.
    """

    scheme: str
    digest: str
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    @property
    def work(self) -> int:
        """Nothing to speak of."""
        return 0

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """Return at once: the cost is one round, below any of *ceilings*."""

    def matches(self, password: bytes, _permit: Permit) -> bool:
        """Return True if *password* is the one that was hashed."""
        # usedforsecurity=False: to compare with old rows is all that it is for.
        made = hashlib.new(self.digest, self.salt + password, usedforsecurity=False)
        return hmac.compare_digest(made.digest(), self.tag)


class DjangoSaltedDigest:
    """
    ``md5$salt$hex`` and ``sha1$salt$hex``; the salt is empty in the oldest rows.

    Args:
        digest: ``md5`` or ``sha1``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"django:{digest}"
        self._digest = digest
        digits = 2 * hashlib.new(digest, usedforsecurity=False).digest_size
        self._shape = re.compile(
            rf"{digest}\$({_SALT}*)\$([0-9a-f]{{{digits}}})", re.ASCII
        )

    def read(self, stored: str) -> SaltedDigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        return SaltedDigestHash(
            scheme=self.name,
            digest=self._digest,
            salt=found[1].encode(),
            tag=bytes.fromhex(found[2]),
        )
