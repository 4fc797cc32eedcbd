"""What is done to a password column offline: a census, wrapping, re-keying."""

from credguard._random import random_bytes
from credguard.errors import (
    ColumnTooNarrowError,
    SetupError,
    UnreadableHashError,
)
from credguard.passwords.describing import Description, describe
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.own_text import MAX_INNER_CHARACTERS, OwnText
from credguard.passwords.pepper import check_owner
from credguard.passwords.phc import SALT_BYTES, TAG_BYTES, Cost
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.reading import Reader, beside_of
from credguard.passwords.sealing import Sealing
from credguard.passwords.stored_hash import StoredHash
from credguard.passwords.work_factor import WorkFactor
from credguard.passwords.wrapping import Inner, outer_input


class Upkeep:
    """
    The part of `PasswordHasher` that needs no password.

    Args:
        work_factor: What a new hash costs.

        reader: Reads stored texts.

        sealing: Writes and seals them.

        pool: Lends permits to compute.
    """

    def __init__(
        self,
        *,
        work_factor: WorkFactor,
        reader: Reader,
        sealing: Sealing,
        pool: Argon2Pool,
    ) -> None:
        self.work_factor = work_factor
        self._reader = reader
        self._sealing = sealing
        self._pool = pool

    @property
    def new_characters(self) -> int:
        """How many characters a new hash has at most."""
        return self._characters("")

    def identify(self, stored: str | None) -> str:
        """
        Name what a stored text is, without computing; for counting a whole table.

        Args:
            stored: The stored text; anything may be given.

        Returns:
            The scheme's name, as `describe` tells it.
        """
        return self.describe(stored).scheme

    def describe(
        self,
        stored: str | None,
        *,
        salt: str | None = None,
        username: str | None = None,
    ) -> Description:
        """
        Tell what a stored text is, without computing; for a census of a whole table.

        A hash above the ceilings is described as what it is.

        Args:
            stored: The stored text; anything may be given.

            salt: The salt's column, for software that keeps one.

            username: The account's name, for software that hashed it.
        """
        beside = beside_of(salt, username)
        return describe(stored, beside, reader=self._reader, work=self.work_factor.work)

    def rekey(
        self,
        stored: str,
        *,
        account_id: str | None = None,
        salt: str | None = None,
        username: str | None = None,
    ) -> str | None:
        """
        Seal a hash under the current key, without its password.

        A hash under an older key, direct or wrapped, changes its key. An Argon2id
        hash without a key gets one, and one that is bound to nobody is bound to
        *account_id*.

        Args:
            stored: The stored text.

            account_id: Whose it is; needed where the text is bound already.

            salt: The salt's column, for software that keeps one.

            username: The account's name, for software that hashed it.

        Returns:
            The text to store in place of *stored*, by compare-and-set; None if
            nothing is to be done, which includes legacy hashes: wrap those.

        Raises:
            AccountIdError: *account_id* is no text of 1 to 255 characters.
            SealBrokenError: The text was altered, or is another account's.
            UnknownKeyError: It is sealed under a key that is not on the keyring.
            UnreadableHashError: It is of no accepted format.
            WorkFactorTooHighError: It is above a ceiling.
        """
        check_owner(account_id)
        reading = self._reader.read(stored, beside_of(salt, username))
        if reading is None:
            return None
        return self._sealing.rekey(reading, account_id=account_id)

    def wrap(
        self,
        stored: str,
        *,
        scheme: LegacyScheme | str | None = None,
        salt: str | None = None,
        username: str | None = None,
        account_id: str | None = None,
    ) -> str:
        """
        Put an old hash under Argon2id, without its password.

        What the old format took from other columns is kept in the text, so that the
        wrapped row verifies when they are gone or the account was renamed.

        Args:
            stored: The stored text.

            scheme: Its scheme, or the scheme's name; None for the first of `accept`
                that reads it.

            salt: The salt's column, for software that keeps one.

            username: The account's name as that software hashed it.

            account_id: Whose it is, to bind it where there is a keyring.

        Returns:
            The text to store in place of *stored*, by compare-and-set.

        Raises:
            AccountIdError: *account_id* is no text of 1 to 255 characters.
            BusyError: No permit or memory in time.
            SetupError: *scheme* is not accepted, or *write_format* has no wrapping.
            UnreadableHashError: It is no hash of the scheme, or nothing to wrap.
            WorkFactorTooHighError: It is above a ceiling.
        """
        check_owner(account_id)
        beside = beside_of(salt, username)
        row, inner = self._to_wrap(stored, scheme, beside)
        own = self._compute(outer_input(inner, row.tag), inner=inner)
        return self._sealing.write(own, account_id=account_id)

    def wrapped_characters(
        self,
        stored: str,
        *,
        scheme: LegacyScheme | str | None = None,
        salt: str | None = None,
        username: str | None = None,
    ) -> int:
        """
        Tell how many characters `wrap` would return at most, without computing.

        Args:
            stored: As for `wrap`.

            scheme: As for `wrap`.

            salt: As for `wrap`.

            username: As for `wrap`.

        Raises:
            SetupError: As `wrap` does.
            UnreadableHashError: As `wrap` does.
            WorkFactorTooHighError: As `wrap` does.
        """
        beside = beside_of(salt, username)
        return self._characters(self._to_wrap(stored, scheme, beside)[1])

    def check_column(
        self, characters: int | None, *, needed: int | None = None
    ) -> None:
        """
        Check that a column can hold what would be written into it.

        Args:
            characters: How many it holds; None for any number.

            needed: How many it must hold, such as the longest of the table's
                `wrapped_characters`; None for a new hash.

        Raises:
            ColumnTooNarrowError: It holds fewer.
        """
        most = self.new_characters if needed is None else needed
        if characters is not None and characters < most:
            message = (
                f"the password column holds {characters} characters and needs {most}"
            )
            raise ColumnTooNarrowError(message)

    def _compute(self, data: bytes, *, inner: str = "") -> OwnText:
        """Return a new hash of *data*, not sealed yet."""
        salt = random_bytes(SALT_BYTES)
        with self._pool.permit() as permit:
            tag = permit.compute(data, salt=salt, work_factor=self.work_factor)
        return self._new_text(salt, tag, inner)

    def _new_text(self, salt: bytes, tag: bytes, inner: str) -> OwnText:
        return OwnText(
            cost=Cost.of(self.work_factor),
            salt=salt,
            body=tag,
            inner=inner,
        )

    def _characters(self, inner: str) -> int:
        empty = self._new_text(bytes(SALT_BYTES), bytes(TAG_BYTES), inner)
        # Bound to nobody, which takes a character more than bound.
        return len(self._sealing.write(empty, account_id=None))

    def _to_wrap(
        self, stored: str, scheme: LegacyScheme | str | None, beside: Beside
    ) -> tuple[StoredHash, str]:
        """Return a hash that can be wrapped, and the text for what is inside."""
        if not self._sealing.may_wrap:
            message = "wrapping writes a format that write_format does not let through"
            raise SetupError(message)
        name = scheme if scheme is None or isinstance(scheme, str) else scheme.name
        row, least = self._reader.read_to_wrap(stored, beside, name)
        inner = Inner(scheme=row.scheme, blank=row.blank, beside=least).to_text()
        if len(inner) > MAX_INNER_CHARACTERS:
            message = "The stored password hash is too long to be wrapped."
            raise UnreadableHashError(message)
        return row, inner
