"""
The formats of Firebase Authentication's export; its parameters belong to a project.

The exported ``passwordHash`` is the stored text and ``salt`` the column beside it,
both in standard base64: what the Admin SDK exports has - and _ for + and /.
Firebase's own SCRYPT is in `firebase_scrypt`. Hashes with more than one round of a
plain function are not read: nothing that is public says how the rounds are chained.
Nor does anything say how long a tag of PBKDF2 or scrypt is: of a longer one, the first
16 bytes or more are a tag of the same password.

Source: the references of the command ``firebase auth:import`` and of the Admin SDK's
``UserImportOptions``.
"""

import re
from functools import partial

from credguard.errors import SetupError
from credguard.passwords.legacy.base64s import (
    from_base64,
    to_base64,
)
from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.derivations import Pbkdf2Hash, ScryptHash
from credguard.passwords.legacy.digests import (
    DIGEST_BYTES,
    DigestHash,
    digest,
    keyed_digest,
)
from credguard.passwords.legacy.firebase_scrypt import (
    FirebaseScrypt,
    project_name,
    read_salt,
)
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.phc import MIN_TAG_BYTES
from credguard.passwords.stored_hash import blanked

__all__ = [
    "FirebaseBcrypt",
    "FirebaseDigest",
    "FirebaseHmac",
    "FirebasePbkdf2",
    "FirebaseScrypt",
    "FirebaseStandardScrypt",
]

MAX_TAG_BYTES = 128
_TEXT = re.compile(r"([A-Za-z0-9+/]+={0,2})", re.ASCII)


def _read_tag(stored: str, least: int, most: int) -> tuple[bytes, str] | None:
    """Return the bytes of an exported hash and its text with zeros instead."""
    found = _TEXT.fullmatch(stored)
    tag = None if found is None else from_base64(found[1])
    if found is None or tag is None or not least <= len(tag) <= most:
        return None
    return tag, blanked(found, 1, zero="A")


def _joined(salt: bytes, password: bytes, *, is_salt_first: bool) -> bytes:
    return salt + password if is_salt_first else password + salt


class FirebaseDigest:
    """
    MD5, SHA1, SHA256 or SHA512 of salt and password, in one round.

    Args:
        digest: ``md5``, ``sha1``, ``sha256`` or ``sha512``.

        is_salt_first: True for the input order ``SALT_FIRST``.

    Source:
        ``firebase auth:import``, ``--hash-input-order``.
    """

    def __init__(self, digest: str, *, is_salt_first: bool) -> None:
        order = "" if is_salt_first else "+pw_first"
        self.name = f"firebase:{digest}{order}"
        self._digest = digest
        self._is_salt_first = is_salt_first

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        size, salt = DIGEST_BYTES[self._digest], read_salt(beside)
        tag = _read_tag(stored, size, size)
        if tag is None or salt is None:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(self._hashed, salt),
            tag=tag[0],
            blank=tag[1],
        )

    def _hashed(self, salt: bytes, password: bytes) -> bytes:
        joined = _joined(salt, password, is_salt_first=self._is_salt_first)
        return digest(self._digest, joined)


class FirebaseHmac:
    """
    HMAC_MD5, HMAC_SHA1, HMAC_SHA256 or HMAC_SHA512 under the project's key.

    Args:
        digest: ``md5``, ``sha1``, ``sha256`` or ``sha512``.

        key: The key in base64; a secret of the project.

        is_salt_first: True for the input order ``SALT_FIRST``.

        project: A word for the scheme's name, where there is more than one key.

    Raises:
        SetupError: *key* is not base64, or *project* no short word.

    Source:
        ``firebase auth:import``, ``--hash-key``.
    """

    def __init__(
        self, digest: str, *, key: str, is_salt_first: bool, project: str = ""
    ) -> None:
        secret = from_base64(key)
        if not secret:
            message = "key is base64 with padding"
            raise SetupError(message)
        order = "" if is_salt_first else "+pw_first"
        self.name = project_name(f"firebase:hmac_{digest}{order}", project)
        self._digest = digest
        self._key = secret
        self._is_salt_first = is_salt_first

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        size, salt = DIGEST_BYTES[self._digest], read_salt(beside)
        tag = _read_tag(stored, size, size)
        if tag is None or salt is None:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(self._hashed, salt),
            tag=tag[0],
            blank=tag[1],
        )

    def _hashed(self, salt: bytes, password: bytes) -> bytes:
        joined = _joined(salt, password, is_salt_first=self._is_salt_first)
        return keyed_digest(self._digest, self._key, joined)


class FirebasePbkdf2:
    """
    PBKDF_SHA1 or PBKDF2_SHA256.

    Args:
        digest: ``sha1`` or ``sha256``.

        rounds: The iterations that the import named; 1 to 120,000.

    Raises:
        SetupError: *rounds* is out of range.

    Source:
        ``firebase auth:import``, ``--rounds``.
    """

    _MAX_ROUNDS = 120_000

    def __init__(self, digest: str, *, rounds: int) -> None:
        if type(rounds) is not int or not 1 <= rounds <= self._MAX_ROUNDS:
            message = f"rounds is from 1 to {self._MAX_ROUNDS}"
            raise SetupError(message)
        self.name = f"firebase:pbkdf2_{digest}+{rounds}"
        self._digest = digest
        self._rounds = rounds

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        salt, tag = read_salt(beside), _read_tag(stored, MIN_TAG_BYTES, MAX_TAG_BYTES)
        if tag is None or salt is None:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name=self._digest,
            iterations=self._rounds,
            salt=salt,
            tag=tag[0],
            blank=tag[1],
        )


class FirebaseStandardScrypt:
    """
    STANDARD_SCRYPT: RFC 7914's, whose tag is the exported hash.

    Args:
        memory_cost: ``memoryCost``, which is scrypt's N.

        block_size: ``blockSize``, which is r.

        parallelization: ``parallelization``, which is p.

    Raises:
        SetupError: RFC 7914 does not define the numbers.

    Source:
        ``firebase auth:import``, ``--mem-cost``, ``--block-size``.
    """

    def __init__(
        self, *, memory_cost: int, block_size: int, parallelization: int
    ) -> None:
        numbers = (memory_cost, block_size, parallelization)
        self._numbers = numbers
        numbers_text = "-".join(map(str, numbers))
        self.name = f"firebase:standard_scrypt+{numbers_text}"
        are_counts = all(type(n) is int and 1 <= n < 2**31 for n in numbers)
        if not are_counts or not self._row(b"", b"", "").is_sound:
            message = "memory_cost, block_size and parallelization make no scrypt"
            raise SetupError(message)

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> ScryptHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        salt, tag = read_salt(beside), _read_tag(stored, MIN_TAG_BYTES, MAX_TAG_BYTES)
        if tag is None or salt is None:
            return None
        return self._row(salt, *tag)

    def _row(self, salt: bytes, tag: bytes, blank: str) -> ScryptHash:
        n, r, p = self._numbers
        return ScryptHash(
            scheme=self.name, n=n, r=r, p=p, salt=salt, tag=tag, blank=blank
        )


class FirebaseBcrypt:
    """
    BCRYPT: the base64 of a bcrypt string.

    Source:
        ``firebase auth:import``, whose hashes are base64 throughout.
    """

    name = "firebase:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        data = from_base64(stored)
        if data is None or not data.isascii():
            return None
        row = read_bcrypt(self.name, data.decode("ascii"))
        if row is None:
            return None
        return BcryptHash(
            scheme=row.scheme,
            log_rounds=row.log_rounds,
            tag=row.tag,
            blank=to_base64(row.blank.encode()),
            recipe=as_c_text,
        )
