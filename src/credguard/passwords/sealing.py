"""Which text a hash is written as, whether it is sealed, and when it is re-keyed."""

from enum import StrEnum

from credguard.errors import SetupError, UnknownKeyError, UnreadableHashError
from credguard.keys import Keyring
from credguard.passwords.own_text import OwnText
from credguard.passwords.pepper import Pepper
from credguard.passwords.phc import PhcString, Variety
from credguard.passwords.reading import Reading
from credguard.passwords.stored_hash import Argon2Hash, StoredHash


class WriteFormat(StrEnum):
    """
    The formats that are written, the oldest first; all of them are always read.

    Pin one while servers of an older release, which cannot read a newer format,
    still serve log-ins.
    """

    PHC = "phc"
    """PHC strings of Argon2id; neither peppered nor wrapped texts."""

    V1 = "v1"
    """Texts of our own: peppered, wrapped, and with the password's form recorded."""


class Sealing:
    """
    Writes hashes as texts, seals them under the current key, and opens them.

    Args:
        keyring: The keys; None to seal nothing.

        write_format: The newest format to write; None for the one that the keyring
            asks for.

        only_sealed: Whether to refuse what is not sealed, and bound where an
            account is given.

    Raises:
        SetupError: *only_sealed* goes without keys or with a format that has none,
            or *write_format* is none.
    """

    def __init__(
        self,
        keyring: Keyring | None,
        write_format: WriteFormat | None,
        *,
        only_sealed: bool,
    ) -> None:
        if write_format is not None and write_format not in list(WriteFormat):
            message = "write_format is one of WriteFormat"
            raise SetupError(message)
        self._pepper = None if keyring is None else Pepper(keyring)
        self._writes_own = self._pepper is not None or write_format is WriteFormat.V1
        if write_format == WriteFormat.PHC:
            self._writes_own = False
        if only_sealed and (self._pepper is None or not self._writes_own):
            message = "only_sealed needs a keyring, and a write_format with a pepper"
            raise SetupError(message)
        self._only_sealed = only_sealed
        self.may_wrap = write_format != WriteFormat.PHC

    def write(self, own: OwnText, *, account_id: str | None) -> str:
        """
        Return the text to store for a hash that is not sealed yet.

        Args:
            own: The hash.

            account_id: Whose it is; None to bind it to nobody.
        """
        if not (self._writes_own or own.is_wrapped):
            return own.phc.to_text()
        if self._pepper is None:
            return own.to_text()
        return self._pepper.seal(own, account_id=account_id).to_text()

    def open(self, reading: Reading, *, account_id: str | None) -> Reading:
        """
        Return a row whose tag can be compared with.

        Raises:
            SealBrokenError: It was altered, or is bound to another account.
            UnknownKeyError: Its key is not on the keyring.
            UnreadableHashError: It is not sealed, or to nobody, and must be.
        """
        own = reading.own
        if self._only_sealed:
            is_enough = own is not None and (own.is_bound or account_id is None)
            if not is_enough or reading.key_id is None:
                message = "The stored password hash is not sealed as it must be."
                raise UnreadableHashError(message)
        if own is None or own.key_id is None:
            return reading
        return reading.opened(self._open(own, account_id))

    def is_due(self, reading: Reading, *, account_id: str | None) -> bool:
        """Return True if a row should be sealed, sealed anew, or bound."""
        if self._pepper is None or (not self._writes_own and reading.key_id is None):
            return False
        own = reading.own
        if own is None or own.key_id != self._pepper.key_id:
            return True
        return account_id is not None and not own.is_bound

    def rekey(self, reading: Reading, *, account_id: str | None) -> str | None:
        """
        Return the text of a row under the current key, None if nothing is to be done.

        Raises:
            SealBrokenError: It was altered, or is bound to another account.
            UnknownKeyError: Its key is not on the keyring.
        """
        own = reading.own or _as_own(reading.row)
        if own is None:
            return None
        if self._pepper is None:
            if own.key_id is not None:
                raise UnknownKeyError(own.key_id)
            return None
        if not self.is_due(reading, account_id=account_id):
            return None
        bare = own if own.key_id is None else self._open(own, account_id)
        return self._pepper.seal(bare, account_id=account_id).to_text()

    def _open(self, own: OwnText, account_id: str | None) -> OwnText:
        if self._pepper is None:
            raise UnknownKeyError(own.key_id or "")
        return self._pepper.open(own, account_id=account_id)


def bare_text(phc: PhcString, *, is_nfc: bool, inner: str = "") -> OwnText:
    """Return the parts of an Argon2id hash as a text of our own has them."""
    return OwnText(
        cost=phc.cost,
        salt=phc.salt,
        body=phc.tag,
        is_nfc=is_nfc,
        inner=inner,
    )


def _as_own(row: StoredHash) -> OwnText | None:
    """Return an Argon2id hash of a password, whoever wrote it, as one of ours."""
    if isinstance(row, Argon2Hash) and row.phc.variety is Variety.ARGON2ID:
        return bare_text(row.phc, is_nfc=False)
    return None
