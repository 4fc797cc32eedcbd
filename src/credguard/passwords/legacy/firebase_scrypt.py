"""
Firebase's own SCRYPT: scrypt makes a key, and the key seals the project's secret.

Source: github.com/firebase/scrypt and its README; the string ``$firescrypt$`` is of
Ory Kratos, hash/hash_comparator.go.
"""

import re
from dataclasses import dataclass, field

from credguard.errors import SetupError
from credguard.passwords.legacy.base64s import from_base64
from credguard.passwords.legacy.columns import salt_of
from credguard.passwords.legacy.derivations import ScryptHash
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.phc import COUNT
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import blanked
from credguard.passwords.work_factor import Ceilings, WorkFactor

KEY_BYTES = 32  # AES-256
_AES_BLOCK_BYTES = 16
_NO_KEY = bytes(KEY_BYTES)
MAX_MEMORY_COST = 31  # far above what any ceiling allows


@dataclass(frozen=True, slots=True, kw_only=True)
class FirebaseScryptHash:
    """
    A secret of the project, sealed under a key that scrypt made of the password.

    Attributes:
        scheme: The name of its format.
        derivation: The scrypt; its tag is as long as the key and means nothing.
        secret: The project's signer key.
        tag: The sealed secret.
        blank: The stored text with a tag of zeros.
    """

    scheme: str
    derivation: ScryptHash = field(repr=False)
    secret: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)

    @property
    def cost(self) -> str:
        """The numbers of its scrypt."""
        return self.derivation.cost

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return self.derivation.work

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    @property
    def is_shuckable(self) -> bool:
        """False: it is salted, and hashes the password itself."""
        return False

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse more work and memory than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: N·r·p·128, or the memory, is above its ceiling.
        """
        self.derivation.check_cost(ceilings)

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the project's secret as *password* seals it.

        Raises:
            BusyError: The machine gave no memory.
            UnreadableHashError: The machine's OpenSSL refuses scrypt.
        """
        # Imported here because it is heavy, and one format's need.
        from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
            Cipher,
            algorithms,
            modes,
        )

        key = self.derivation.digest(password, permit)
        if not key:
            return b""
        # The counter starts at zero: each salt gives a key of its own.
        sealing = Cipher(algorithms.AES(key), modes.CTR(bytes(_AES_BLOCK_BYTES)))
        return sealing.encryptor().update(self.secret)


class FirebaseScrypt:
    """
    SCRYPT, Firebase's own; the parameters are in the console, "password hash".

    Args:
        signer_key: ``base64_signer_key``; a secret of the project.

        salt_separator: ``base64_salt_separator``.

        rounds: ``rounds``, which is scrypt's r; 1 to 255.

        memory_cost: ``mem_cost``, the binary logarithm of scrypt's N; 1 to 31.

        project: A word for the scheme's name, where there is more than one project.

    Raises:
        SetupError: A key is not base64, a number or the word is out of range.

    Source:
        README of github.com/firebase/scrypt.
    """

    _TEXT = re.compile(r"([A-Za-z0-9+/]+={0,2})", re.ASCII)

    def __init__(
        self,
        *,
        signer_key: str,
        salt_separator: str = "Bw==",
        rounds: int = 8,
        memory_cost: int = 14,
        project: str = "",
    ) -> None:
        secret, separator = from_base64(signer_key), from_base64(salt_separator)
        numbers = ((rounds, 255), (memory_cost, MAX_MEMORY_COST))
        if not secret or separator is None:
            message = "signer_key and salt_separator are base64 with padding"
            raise SetupError(message)
        if any(type(n) is not int or not 1 <= n <= most for n, most in numbers):
            message = "rounds is from 1 to 255 and memory_cost from 1 to 31"
            raise SetupError(message)
        self.name = project_name("firebase:scrypt", project)
        self._secret, self._separator = secret, separator
        self._rounds, self._memory_cost = rounds, memory_cost

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE
    ) -> FirebaseScryptHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        found = self._TEXT.fullmatch(stored)
        salt = read_salt(beside)
        tag = None if found is None else from_base64(found[1])
        if found is None or salt is None or tag is None:
            return None
        if len(tag) != len(self._secret):
            return None
        return FirebaseScryptHash(
            scheme=self.name,
            derivation=_derivation(
                self.name,
                (self._memory_cost, self._rounds, 1),
                salt + self._separator,
            ),
            secret=self._secret,
            tag=tag,
            blank=blanked(found, 1, zero="A"),
        )


class KratosFirebaseScrypt:
    """
    ``$firescrypt$ln=14,r=8,p=1$salt$hash$separator$key``, all in one text.

    Source:
        hash_comparator.go of Ory Kratos, ``decodeFirebaseScryptHash``.
    """

    name = "kratos:firescrypt"

    _BASE64 = r"[A-Za-z0-9+/]*={0,2}"
    _SHAPE = re.compile(
        rf"\$firescrypt\$ln=([1-9]|[12][0-9]|3[01]),r=({COUNT}),p=({COUNT})"
        rf"\$({_BASE64})\$({_BASE64})\$({_BASE64})\$({_BASE64})",
        re.ASCII,
    )

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE
    ) -> FirebaseScryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        parts = [from_base64(text) for text in found.groups()[3:]]
        salt, tag, separator, secret = parts
        if salt is None or separator is None or not tag or not secret:
            return None
        if len(tag) != len(secret):
            return None
        derivation = _derivation(
            self.name, (int(found[1]), int(found[2]), int(found[3])), salt + separator
        )
        if not derivation.is_sound:
            return None
        return FirebaseScryptHash(
            scheme=self.name,
            derivation=derivation,
            secret=secret,
            tag=tag,
            blank=blanked(found, 5, zero="A"),
        )


def project_name(base: str, project: str) -> str:
    """
    Return the name of a scheme of one project among others.

    Raises:
        SetupError: *project* is neither empty nor a short word.
    """
    if re.fullmatch(r"(?:[a-z0-9][a-z0-9-]{0,9})?", project, re.ASCII) is None:
        message = "project is up to 10 lower-case letters, digits and hyphens"
        raise SetupError(message)
    return f"{base}+{project}" if project else base


def read_salt(beside: Beside) -> bytes | None:
    """Return the bytes of the exported salt, None if it is missing or no base64."""
    text = salt_of(beside)
    return None if text is None else from_base64(text.decode())


def _derivation(scheme: str, numbers: tuple[int, int, int], salt: bytes) -> ScryptHash:
    log_n, r, p = numbers
    return ScryptHash(
        scheme=scheme, n=1 << log_n, r=r, p=p, salt=salt, tag=_NO_KEY, blank=""
    )
