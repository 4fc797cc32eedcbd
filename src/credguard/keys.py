"""
Keys: derived per purpose, named by id, and sealing only what is bound to an owner.

A keyring is one line of text. `Keyring.seal` authenticates purpose, owner and
format version together with the ciphertext, so that a row copied to another
account, or used for another purpose, does not open. A key is looked up by the
id in the text; nothing is opened by trial.
"""

import hmac
import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import NoReturn, Self

from credguard._exact import exact_arguments
from credguard._key import KEY_BYTES, KEY_ID_CHARACTERS, Key
from credguard._random import random_bytes
from credguard._sealed import NONCE_BYTES, Binding
from credguard._text import from_base64url
from credguard.errors import KeyringError, StoredDataError, UnknownKeyError

__all__ = ["KEY_BYTES", "Key", "Keyring"]

TAG_BYTES = 32  # HMAC-SHA-256 (RFC 2104)
MAX_KEYS = 16
MAX_PLAIN_BYTES = 48_000  # far above anything that is sealed here

_PREFIX = "cgk1"
_KEY_ID = re.compile(rf"[0-9a-f]{{{KEY_ID_CHARACTERS}}}", re.ASCII)


@exact_arguments()
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

    def without(self, key_id: str) -> "Keyring":
        """
        Return a keyring without an older key. First look whether it is still needed.

        Raises:
            KeyringError: It is the current key, or not on the ring.
        """
        if key_id == self.current.id:
            message = f"key '{key_id}' is the current one; rotate the keyring first"
            raise KeyringError(message)
        if key_id not in self._keys:
            message = f"key '{key_id}' is not on the keyring"
            raise KeyringError(message)
        kept = tuple(key for key in self.older if key.id != key_id)
        return Keyring(current=self.current, older=kept)

    def reveal(self) -> str:
        """Return the line that `parse` reads. It is the secret itself."""
        parts = [f"current={self.current.reveal()}"]
        parts += [f"older={key.reveal()}" for key in self.older]
        return ",".join([_PREFIX, *parts])

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys on the ring."""
        return frozenset(self._keys)

    def has(self, key_id: str) -> bool:
        """Return True if a key of that id is on the ring."""
        return key_id in self._keys

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

    def tags(
        self,
        messages: Iterable[bytes],
        *,
        purpose: str,
        size: int,
        key_id: str | None = None,
    ) -> list[bytes]:
        """
        Return a tag of *size* bytes of each of many messages, for *purpose*.

        Args:
            messages: What to authenticate: a million of them, each at the price of
                one hash.

            purpose: What the tags are for.

            size: How many bytes each has, up to 64.

            key_id: The key that made the tags to compare with; None for the
                current key.

        Raises:
            UnknownKeyError: *key_id* is not on the ring.

        Source:
            RFC 7693 section 2.9 (keyed BLAKE2b).
        """
        key = (self.current if key_id is None else self._key(key_id)).derive(
            f"tags {purpose}"
        )
        return [blake2b(each, digest_size=size, key=key).digest() for each in messages]

    def _sealed(self, plain: bytes, binding: Binding) -> str:
        nonce = random_bytes(NONCE_BYTES)
        cipher = self.current.cipher(binding.purpose)
        blob = nonce + cipher.encrypt(nonce, plain, binding.bytes)
        return binding.write(self.current.id, blob)

    def _opened(self, sealed: str, binding: Binding) -> bytes:
        # Imported here so that a keyring can be made without loading OpenSSL.
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        found = binding.read(sealed)
        cipher = self._key(found.key_id).cipher(binding.purpose)
        try:
            return cipher.decrypt(found.nonce, found.ciphertext, binding.bytes)
        except InvalidTag:
            pass
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
