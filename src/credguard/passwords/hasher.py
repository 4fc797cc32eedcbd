"""
Hash a new password, verify an old one, and say when the hash should be replaced.

A wrong password costs about the same whether the account is unknown, its row is
retired, unreadable, weak or wrapped, or all is in order. A row that costs more than
a new hash shows until it is replaced, unless a floor is set that is above it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from credguard._exact import exact_arguments
from credguard._secret import Secret, never_copied
from credguard.errors import (
    CredguardError,
    PasswordMismatchError,
    SetupError,
    StoredDataError,
)
from credguard.keys import Keyring
from credguard.passwords.comparing import forms_of, is_to_be_replaced
from credguard.passwords.legacy import DJANGO, WERKZEUG, LegacyScheme
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.padding import check_floor, spend, wait_until
from credguard.passwords.pepper import check_owner
from credguard.passwords.pool import DEFAULT_PATIENCE, Argon2Pool, Permit
from credguard.passwords.preparing import prepare
from credguard.passwords.reading import Reader, Reading, beside_of
from credguard.passwords.sealing import Sealing, WriteFormat
from credguard.passwords.stored_hash import StoredHash, matches
from credguard.passwords.upkeep import Upkeep
from credguard.passwords.work_factor import OWASP_19_MIB, Ceilings, WorkFactor

_DEFAULT_CEILINGS = Ceilings()


@dataclass(frozen=True, slots=True)
class Verified:
    """
    The password was right.

    Attributes:
        scheme: The name of the stored hash's format, such as ``argon2id``.
        needs_rehash: Whether the stored hash should be replaced by a new one of the
            same password, by compare-and-set on the stored text.
    """

    scheme: str
    needs_rehash: bool


@exact_arguments("password", "stored", "account_id", "salt", "username")
@never_copied
class PasswordHasher(Upkeep):
    """
    Argon2id for new passwords, and comparison with what other software wrote.

    It keeps no state about accounts; make one for each process and share it between
    threads.

    Args:
        work_factor: What a new hash costs.

        keyring: The keys that hashes are sealed under; None for no pepper.

        accept: The legacy schemes that are compared with, asked in this order.

        ceilings: The most work that a stored hash may ask for.

        write_format: The newest format to write, while servers that read no newer
            one still run; None for the one that *keyring* asks for.

        only_sealed: Whether to refuse each row that is not sealed under a key and,
            where an account is given, bound to it. Set it when a census shows no
            other row: from then on, whoever can write to the table but lacks the
            keyring can put in no hash that verifies.

        permits: How many computations may run at a time; None for one a core.

        patience: How long a call waits for a permit before it is `BusyError`.

        floor: The least time that a refusal takes, up to 30 seconds; None for no
            floor. Set it above the time of the dearest accepted row to hide that
            row as well.

    Raises:
        SetupError: *work_factor* is above *ceilings*, two schemes of *accept* have
            one name or one of ours, *only_sealed* goes without a keyring, or a
            number makes no sense.
    """

    def __init__(
        self,
        *,
        work_factor: WorkFactor = OWASP_19_MIB,
        keyring: Keyring | None = None,
        accept: Sequence[LegacyScheme] = DJANGO + WERKZEUG,
        ceilings: Ceilings = _DEFAULT_CEILINGS,
        write_format: WriteFormat | None = None,
        only_sealed: bool = False,
        permits: int | None = None,
        patience: timedelta = DEFAULT_PATIENCE,
        floor: timedelta | None = None,
    ) -> None:
        if not ceilings.allow(
            work_factor.memory_kib, work_factor.passes, work_factor.lanes
        ):
            message = "the work factor is above the ceilings for stored hashes"
            raise SetupError(message)
        self.accept = tuple(accept)
        self.ceilings = ceilings
        self._floor = check_floor(floor)
        super().__init__(
            work_factor=work_factor,
            reader=Reader(self.accept, ceilings),
            sealing=Sealing(keyring, write_format, only_sealed=only_sealed),
            pool=Argon2Pool(
                permits=permits,
                patience=patience,
                buffer_kib=work_factor.memory_kib,
            ),
        )

    def hash(self, password: str, *, account_id: str | None = None) -> str:
        """
        Hash a new password with Argon2id, and seal the hash if there is a keyring.

        Args:
            password: Up to 4,096 bytes in UTF-8; hashed in Normalization Form C.

            account_id: Whose it is: a sealed hash verifies for no other account.
                None to bind it to none.

        Returns:
            A text to store, of `new_characters` at most. Hand it back as
            ``stored=``.

        Raises:
            AccountIdError: *account_id* is no text of 1 to 255 characters.
            BusyError: No permit or memory in time.
            PasswordUnhashableError: It is not text, empty, too long, or holds a lone
                surrogate.

        Source:
            RFC 9106; NIST SP 800-63B-4 section 3.1.1.2.
        """
        check_owner(account_id)
        form = prepare(password).normalized_first[0]
        return self._sealing.write(self._compute(form.reveal()), account_id=account_id)

    def verify(
        self,
        password: str,
        *,
        stored: str | None,
        account_id: str | None = None,
        salt: str | None = None,
        username: str | None = None,
    ) -> Verified:
        """
        Verify a password against what is stored for an account.

        Args:
            password: What was typed; anything may be given.

            stored: The stored text; None for an unknown account.

            account_id: Whose it is, as `hash` was given it.

            salt: The salt's column, for software that keeps one.

            username: The account's name as that software hashed it, for software
                that does.

        Returns:
            Proof that the password was right, and whether to replace the hash.

        Raises:
            AccountIdError: *account_id* is no text of 1 to 255 characters.
            BusyError: No permit or memory in time; nothing was decided.
            MissingExtraError: The stored format needs a package that is not
                installed.
            PasswordMismatchError: The password is wrong, the account is unknown, or
                its row is retired or unusable.
            SealBrokenError: The stored text was altered, or is another account's.
            UnknownKeyError: It is sealed under a key that is not on the keyring.
            UnreadableHashError: It is of no accepted format.
            WorkFactorTooHighError: It is above a ceiling.
        """
        check_owner(account_id)
        earliest = time.monotonic() + self._floor
        beside = beside_of(salt, username)
        try:
            return self._verify(password, stored, account_id, beside)
        except (PasswordMismatchError, StoredDataError):
            wait_until(earliest)
            raise

    def needs_rehash(
        self,
        *,
        stored: str,
        account_id: str | None = None,
        salt: str | None = None,
        username: str | None = None,
    ) -> bool:
        """
        Return True if a new hash of the same password would be better.

        A legacy or a wrapped hash is to be replaced. So is an Argon2id hash of which
        no number is above ours, and one is below or the current key is missing; a
        hash with any greater number is kept, so that no cost is ever lowered.

        Args:
            stored: The stored text.

            account_id: Whose it is.

            salt: The salt's column, for software that keeps one.

            username: The account's name, for software that hashed it.

        Raises:
            AccountIdError: *account_id* is no text of 1 to 255 characters.
            UnreadableHashError: The stored text is of no accepted format.
            WorkFactorTooHighError: The stored hash is above a ceiling.
        """
        check_owner(account_id)
        reading = self._reader.read(stored, beside_of(salt, username))
        return reading is not None and self._is_to_be_replaced(reading, account_id)

    def __repr__(self) -> str:
        names = ", ".join(scheme.name for scheme in self.accept)
        return f"PasswordHasher(work_factor={self.work_factor!r}, accept=[{names}])"

    def _verify(
        self, password: str, stored: str | None, account_id: str | None, beside: Beside
    ) -> Verified:
        reading: Reading | None = None
        refusal: CredguardError | None = None
        try:
            sealed = self._reader.read(stored, beside)
            if sealed is not None:
                reading = self._sealing.open(sealed, account_id=account_id)
        except StoredDataError as error:
            refusal = error
        forms, asked = forms_of(password, reading)
        with self._pool.permit() as permit:
            try:
                if reading is not None and _is_one_of(forms, reading.row, permit):
                    needs_rehash = self._is_to_be_replaced(reading, account_id)
                    return Verified(reading.row.scheme, needs_rehash)
            except StoredDataError as error:
                refusal, reading = error, None
            done = 0 if reading is None else len(forms) * reading.row.work
            left = asked * self.work_factor.work - done
            spend(permit, left, like=self.work_factor)
        raise refusal or PasswordMismatchError

    def _is_to_be_replaced(self, reading: Reading, account_id: str | None) -> bool:
        is_due = self._sealing.is_due(reading, account_id=account_id)
        return is_to_be_replaced(reading, self.work_factor, is_due=is_due)


def _is_one_of(forms: tuple[Secret, ...], row: StoredHash, permit: Permit) -> bool:
    # A loop, because a generator would cost a tenth of what a verify may.
    for form in forms:  # noqa: SIM110
        if matches(row, form.reveal(), permit):
            return True
    return False
