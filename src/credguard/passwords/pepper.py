"""
The pepper: a keyring key that hashes are sealed under after they were computed.

Why after, why AES-SIV, and what it gives and does not: docs/adr/0011-pepper.md.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from credguard._text import has_surrogate
from credguard.errors import (
    AccountIdError,
    SealBrokenError,
    SetupError,
    UnknownKeyError,
)
from credguard.keys import Keyring
from credguard.passwords.own_text import OwnText

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PURPOSE = "password hash"
MAX_ACCOUNT_ID_CHARACTERS = 255  # as the tables for campaigns have it


def check_owner(account_id: object) -> None:
    """
    Check that *account_id* is None or can name an account.

    Raises:
        AccountIdError: It is not a text of 1 to 255 characters, or holds a lone
            surrogate.
    """
    if account_id is None:
        return
    if (
        not isinstance(account_id, str)
        or not 1 <= len(account_id) <= MAX_ACCOUNT_ID_CHARACTERS
        or has_surrogate(account_id)
    ):
        message = (
            f"an account id is a text of 1 to {MAX_ACCOUNT_ID_CHARACTERS} characters; "
            "hand in str(user.id)"
        )
        raise AccountIdError(message)


class Pepper:
    """
    Seals and opens the tags of our own texts, under the keys of a keyring.

    Args:
        keyring: The keys; each gives a pair of subkeys for this purpose alone.

    Raises:
        SetupError: This machine's OpenSSL knows no AES-SIV.

    Source:
        RFC 5297 (AES-SIV).
    """

    def __init__(self, keyring: Keyring) -> None:
        # Imported here so that a hasher without pepper does not load OpenSSL.
        from cryptography.exceptions import (  # noqa: PLC0415
            InvalidTag,
            UnsupportedAlgorithm,
        )

        self.key_id = keyring.current.id
        self._broken = InvalidTag
        try:
            self._ciphers = {key_id: _cipher(keyring, key_id) for key_id in keyring.ids}
        except UnsupportedAlgorithm:
            self._ciphers = {}
        if not self._ciphers:
            message = "a pepper needs AES-SIV, which this machine's OpenSSL lacks"
            raise SetupError(message)

    def seal(self, text: OwnText, *, account_id: str | None) -> OwnText:
        """
        Seal a bare text under the current key.

        Args:
            text: A text without a key id, whose body is the tag itself.

            account_id: The account that it is bound to; None to bind it to none.

        Returns:
            The text with its body sealed and the key named.
        """
        named = replace(text, key_id=self.key_id, is_bound=account_id is not None)
        bound = _bound(named, account_id)
        return replace(named, body=self._ciphers[self.key_id].encrypt(text.body, bound))

    def open(self, text: OwnText, *, account_id: str | None) -> OwnText:
        """
        Open a sealed text, under the key that it names.

        Args:
            text: A text with a key id.

            account_id: Whose it is; not looked at where it is bound to nobody.

        Returns:
            The text without a key id, with the tag itself as its body.

        Raises:
            SealBrokenError: It was altered, or is another account's, or is bound
                and no account was given.
            UnknownKeyError: Its key is not on the keyring.
        """
        cipher = self._ciphers.get(text.key_id or "")
        if cipher is None:
            raise UnknownKeyError(text.key_id or "")
        try:
            tag = cipher.decrypt(text.body, _bound(text, account_id))
        except self._broken:
            pass  # raised outside, so that no library error is chained to ours
        else:
            return replace(text, key_id=None, is_bound=False, body=tag)
        raise SealBrokenError(PURPOSE)


def _cipher(keyring: Keyring, key_id: str) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415

    # RFC 5297 section 2.2: two keys of 32 bytes, one to authenticate, one to encrypt.
    halves = (
        keyring.tag(half, purpose=PURPOSE, key_id=key_id)
        for half in (b"AES-SIV authentication", b"AES-SIV encryption")
    )
    return AESSIV(b"".join(halves))


def _bound(text: OwnText, account_id: str | None) -> list[bytes]:
    """Return all that the seal is bound to; no part of it is ever empty."""
    owner = (account_id or "") if text.is_bound else ""
    return [
        b"text " + text.head.encode(),
        b"inner " + text.inner.encode(),
        b"account " + owner.encode(),
    ]
