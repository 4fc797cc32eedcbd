"""
Keys: derived per purpose, named by id, and sealing only what is bound to an owner.

A keyring is one line of text. `Keyring.seal` authenticates purpose, owner and
format version together with the ciphertext, so that a row copied to another
account, or used for another purpose, does not open. A key is looked up by the
id in the text; nothing is opened by trial.
"""

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, NoReturn, Self

from credguard._sealed import NONCE_BYTES, Binding
from credguard._secret import Secret
from credguard._text import from_base64url, to_base64url
from credguard.errors import KeyringError, StoredDataError, UnknownKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32  # AES-256 and HKDF-SHA-256 (NIST SP 800-57 part 1: 256-bit strength)
TAG_BYTES = 32  # HMAC-SHA-256 (RFC 2104)
KEY_ID_CHARACTERS = 8
MAX_KEYS = 16
MAX_PLAIN_BYTES = 48_000  # far above anything that is sealed here
_MOST_CIPHERS = 32  # more purposes than there are

_NO_SALT = bytes(hashlib.sha256().digest_size)  # RFC 5869 section 2.2
_PREFIX = "cgk1"
_KEY_ID = re.compile(rf"[0-9a-f]{{{KEY_ID_CHARACTERS}}}", re.ASCII)
# A drawn key has about 30 distinct bytes of 32; keys typed by hand have few.
_FEWEST_DISTINCT_BYTES = 12


class Key:
    """
    One key: 32 secret bytes and the id that names them in stored texts.

    The id is derived from the bytes, so that no id can name two keys and a
    mistyped key is noticed when it is read.

    Args:
        material: 32 random bytes.

    Raises:
        KeyringError: *material* is too short, too long or not random.
    """

    __slots__ = ("_ciphers", "_extracted", "_material", "id")

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            message = f"a key has {KEY_BYTES} bytes, not {len(material)}"
            raise KeyringError(message)
        if len(set(material)) < _FEWEST_DISTINCT_BYTES:
            message = "a key was not drawn at random; make one with: credguard keygen"
            raise KeyringError(message)
        self._material = Secret(material)
        self._ciphers: dict[str, AESGCM] = {}
        self._extracted = Secret(hmac.digest(_NO_SALT, material, "sha256"))
        self.id = self._expand(b"credguard key id").hex()[:KEY_ID_CHARACTERS]

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key from the operating system's source of randomness."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for *purpose* (HKDF-SHA-256, RFC 5869)."""
        return self._expand(b"credguard purpose\x00" + _utf8(purpose))

    def cipher(self, purpose: str) -> "AESGCM":
        """Return the cipher that seals for *purpose*; it is kept."""
        found = self._ciphers.get(purpose)
        if found is None:
            # Imported here so that a keyring can be made without loading OpenSSL.
            from cryptography.hazmat.primitives.ciphers import aead  # noqa: PLC0415

            found = aead.AESGCM(self.derive(f"seal {purpose}"))
            if len(self._ciphers) < _MOST_CIPHERS:
                self._ciphers[purpose] = found
        return found

    def reveal(self) -> str:
        """Return the key as text, for the keyring line and for nothing else."""
        return f"{self.id}.{to_base64url(self._material.reveal())}"

    def _expand(self, info: bytes) -> bytes:
        # One block is as long as a key, so HKDF's second step is one HMAC.
        return hmac.digest(self._extracted.reveal(), info + b"\x01", "sha256")

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a key cannot be pickled or copied"
        raise TypeError(message)


class Keyring:
    """
    The keys of one deployment: one that seals, and older ones that still open.

    Args:
        current: The key that seals and tags everything new.
        older: Keys that open what was sealed before; order has no meaning.

    Raises:
        KeyringError: A key is given twice, or there are more than 16.
    """

    def __init__(self, *, current: Key, older: tuple[Key, ...] = ()) -> None:
        keys = {key.id: key for key in (current, *older)}
        if len(keys) != 1 + len(older):
            message = "a key stands on the keyring twice"
            raise KeyringError(message)
        if len(keys) > MAX_KEYS:
            message = f"a keyring holds at most {MAX_KEYS} keys; retire some"
            raise KeyringError(message)
        self.current = current
        self.older = older
        self._keys = keys

    @classmethod
    def generate(cls) -> Self:
        """Make a keyring of one new key."""
        return cls(current=Key.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a keyring from the line that `credguard keygen` printed.

        Args:
            text: The line; white space around it is ignored.

        Returns:
            The keyring. Keep it for the life of the process.

        Raises:
            KeyringError: The line is cut, mistyped, or not a keyring. The error
                does not repeat it.
        """
        prefix, _, rest = text.strip().partition(",")
        if prefix != _PREFIX:
            message = (
                f"a keyring starts with '{_PREFIX},'; make one with: credguard keygen"
            )
            raise KeyringError(message)
        roles: dict[str, list[Key]] = {"current": [], "older": []}
        for part in rest.split(","):
            role, _, written = part.partition("=")
            if role not in roles:
                message = "a keyring has parts 'current=…' and 'older=…' only"
                raise KeyringError(message)
            roles[role].append(_read_key(written))
        if len(roles["current"]) != 1:
            message = "a keyring has exactly one current key"
            raise KeyringError(message)
        return cls(current=roles["current"][0], older=tuple(roles["older"]))

    def rotate(self) -> "Keyring":
        """
        Return a keyring with a new current key and all present ones kept.

        Raises:
            KeyringError: There are 16 keys already.
        """
        return Keyring(current=Key.generate(), older=(self.current, *self.older))

    def reveal(self) -> str:
        """Return the line that `parse` reads. It is the secret itself."""
        parts = [f"current={self.current.reveal()}"]
        parts += [f"older={key.reveal()}" for key in self.older]
        return ",".join([_PREFIX, *parts])

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys on the ring."""
        return frozenset(self._keys)

    def seal(
        self, plain: bytes, *, purpose: str, owner: str, part: str | None = None
    ) -> str:
        """
        Seal *plain* under the current key, bound to *purpose*, *owner* and *part*.

        Args:
            plain: The bytes to protect.
            purpose: What they are, such as ``retired hash``.
            owner: Whose they are, such as an account id.
            part: Which of the owner's they are, such as a factor's id. Such a seal
                tells what it was moved from.

        Returns:
            A text to store, which names its key.

        Raises:
            StoredDataError: *plain* has more bytes than `open` would read.

        Source:
            NIST SP 800-38D (AES-GCM with a random 96-bit nonce).
        """
        if len(plain) > MAX_PLAIN_BYTES:
            message = f"at most {MAX_PLAIN_BYTES} bytes are sealed, not {len(plain)}"
            raise StoredDataError(message)
        return self._sealed(plain, Binding(purpose, owner, part))

    def open(
        self, sealed: str, *, purpose: str, owner: str, part: str | None = None
    ) -> bytes:
        """
        Open a text that `seal` returned for the same *purpose*, *owner* and *part*.

        Raises:
            SealPurposeError, SealAccountError, SealFactorError: It has a part, and
                was moved from another purpose, account or factor.
            SealBrokenError: It was altered, cut or moved.
            UnknownKeyError: Its key is not on the ring.
        """
        return self._opened(sealed, Binding(purpose, owner, part))

    def reseal(
        self, sealed: str, *, purpose: str, owner: str, part: str | None = None
    ) -> str:
        """Open a text and seal it under the current key; raises as `open` does."""
        binding = Binding(purpose, owner, part)
        return self._sealed(self._opened(sealed, binding), binding)

    def tag(self, message: bytes, *, purpose: str, key_id: str | None = None) -> bytes:
        """
        Return the 32-byte HMAC-SHA-256 of *message* for *purpose*.

        Args:
            message: What to authenticate.

            purpose: What the tag is for; tags of two purposes never agree.

            key_id: The key that made the tag to compare with; None for the
                current key.

        Raises:
            UnknownKeyError: *key_id* is not on the ring.
        """
        key = self.current if key_id is None else self._key(key_id)
        return hmac.digest(key.derive(f"tag {purpose}"), message, "sha256")

    def _sealed(self, plain: bytes, binding: Binding) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = self.current.cipher(binding.purpose)
        blob = nonce + cipher.encrypt(nonce, plain, binding.bytes)
        return binding.write(self.current.id, blob)

    def _opened(self, sealed: str, binding: Binding) -> bytes:
        found = binding.read(sealed)
        cipher = self._key(found.key_id).cipher(binding.purpose)
        try:
            return cipher.decrypt(found.nonce, found.ciphertext, binding.bytes)
        except Exception as error:
            # Named like this, so that no keyring loads OpenSSL before it seals.
            if type(error).__name__ != "InvalidTag":
                raise
        raise binding.failure(found)

    def _key(self, key_id: str) -> Key:
        if key_id not in self._keys:
            raise UnknownKeyError(key_id)
        return self._keys[key_id]

    def __repr__(self) -> str:
        older = [key.id for key in self.older]
        return f"Keyring(current={self.current.id!r}, older={older})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a keyring cannot be pickled or copied"
        raise TypeError(message)


def _read_key(written: str) -> Key:
    key_id, _, body = written.partition(".")
    material = from_base64url(body)
    if not _KEY_ID.fullmatch(key_id) or material is None:
        message = "a key on the keyring is cut or mistyped"
        raise KeyringError(message)
    key = Key(material)
    if key.id != key_id:
        message = f"key '{key_id}' on the keyring is mistyped: its id does not fit it"
        raise KeyringError(message)
    return key


def _utf8(text: str) -> bytes:
    # Lone surrogates too: a purpose may be any text.
    return text.encode("utf-8", "surrogatepass")
