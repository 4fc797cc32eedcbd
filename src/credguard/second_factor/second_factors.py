"""
The keeper of second factors: enroll, confirm, verify, disable.

One compare-and-set on a row's version settles each attempt, and what came of it
is told only after that has won. So a code is accepted once and every wrong one
counts, whatever arrives at the same time and in how many processes.
"""

import secrets

from credguard._clock import Clock, system_clock
from credguard.errors import (
    BusyError,
    FactorStateError,
)
from credguard.keys import Keyring
from credguard.second_factor import rows
from credguard.second_factor.enrollment import Enrollment, check_issuer, present
from credguard.second_factor.factor import (
    NIST_SP_800_63B_4,
    PENDING_LIFETIME,
    Factor,
    FactorState,
    Limits,
    Place,
    Ruling,
    judge,
    new_factor,
)
from credguard.second_factor.results import Confirmed, Disabled, Verified, told
from credguard.second_factor.totp import RFC_6238_DRIFT, Window
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id

SEED_BYTES = 20  # 160 bits: RFC 4226 section 4 R6 recommends, RFC 6238 5.1 for SHA-1

_ID_BYTES = 16
_PURPOSE = "totp seed"
_MOST_TRIES = 200  # at most MAX_FAILURES others win first before there is a delay
_BUSY = "This account is being changed. Try again in a moment."


class SecondFactors:
    """
    Second factors of all accounts, in the credguard_second_factor table.

    It may be shared between threads. Ask for a code only after the password was
    right: else strangers could lock people out by guessing.

    Args:
        database: Where the tables are, prepared and up to date.

        keyring: Seals the seeds.

        issuer: The forum's name as authenticator apps show it, 1 to 64 characters
            without a colon.

        window: Which steps are looked at beside the present one.

        limits: How wrong codes slow the next one down.

        clock: Tells the time.

    Raises:
        SetupError: *issuer* cannot be shown by apps.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        issuer: str,
        window: Window = RFC_6238_DRIFT,
        limits: Limits = NIST_SP_800_63B_4,
        clock: Clock = system_clock,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._issuer = check_issuer(issuer)
        self._window = window
        self._limits = limits
        self._clock = clock

    def enroll(self, account_id: str, *, name: str | None = None) -> Enrollment:
        """
        Make a new seed, pending until a code of it is confirmed.

        An older pending one is void; a factor in force stays as it is until then.
        Where `is_enrolled` is true, let the person prove who they are with it
        first.

        Args:
            account_id: The forum's immutable id of the account.

            name: What the app shows for the account, such as its name; None for
                the id. It is cut after 64 characters.

        Returns:
            What to show to the person, once. Do not store it.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was changed; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        seed = secrets.token_bytes(SEED_BYTES)
        factor_id = secrets.token_urlsafe(_ID_BYTES)
        sealed = self._keyring.seal(
            seed, purpose=_PURPOSE, owner=_owner(account_id, factor_id)
        )
        now = self._clock()
        factor = new_factor(account_id, factor_id, sealed=sealed, now=now)
        for _ in range(_MOST_TRIES):
            with self._database.begin() as connection:
                if rows.put(connection, factor):
                    return present(
                        seed,
                        issuer=self._issuer,
                        name=name or account_id,
                        expires_at=now + PENDING_LIFETIME,
                    )
        raise BusyError(_BUSY)

    def confirm(self, account_id: str, code: str) -> Confirmed:
        """
        Put the pending factor in force: the person's app shows its codes.

        Args:
            account_id: The account.

            code: What was typed; anything may be given.

        Returns:
            The factor in force. The code is used up, and the factor before it is
            gone. Tell the person by mail.

        Raises:
            CodeMismatchError: The code is not right; the pending factor stays.
            LockedOutError: Too many wrong codes; `retry_at` says until when.
            FactorStateError: Nothing is pending, or it has expired: enroll again.
            SealBrokenError, UnknownKeyError: The seed does not open; page
                somebody.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        missing = "There is nothing to confirm, or it took too long. Start again."
        factor = self._attempt(account_id, Place.PENDING, code, missing=missing)
        return Confirmed(account_id, factor.id, factor.changed_at)

    def verify(self, account_id: str, code: str) -> Verified:
        """
        Accept a code of the factor in force, once.

        Args:
            account_id: The account, whose password was right.

            code: What was typed; anything may be given.

        Returns:
            What was accepted: finish the log-in.

        Raises:
            CodeMismatchError: The code is not right. It was counted.
            CodeReplayedError: The code, or a later one, was used already.
            LockedOutError: Too many wrong codes; `retry_at` says until when.
            FactorStateError: No factor is in force, or a hundred wrong codes in a row
                put it out of use: find out in another way who it is, and enroll
                a new one.
            SealBrokenError, UnknownKeyError: The seed does not open; page
                somebody.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        missing = "No second factor is set up for this account."
        factor = self._attempt(account_id, Place.CURRENT, code, missing=missing)
        return Verified(account_id, factor.id, factor.changed_at)

    def disable(self, account_id: str) -> Disabled:
        """
        Take the account's factor out of use, and any pending one.

        Let the person prove who they are first. The seeds are forgotten.

        Args:
            account_id: The account.

        Returns:
            Whether there was a factor in force. Tell the person by mail.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        with self._database.begin() as connection:
            was_enrolled = rows.disable(connection, account_id, now=self._clock())
        return Disabled(account_id, was_enrolled)

    def is_enrolled(self, account_id: str) -> bool:
        """
        Return True if a log-in needs a second factor beside the password.

        It does so too where wrong codes put the factor out of use: guessing does
        not take a factor away.

        Args:
            account_id: The account.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        factor = self._find(account_id, Place.CURRENT)
        return factor is not None and factor.state is not FactorState.DISABLED

    def _find(self, account_id: str, place: Place) -> Factor | None:
        with self._database.read() as connection:
            return rows.find(connection, account_id, place)

    def _attempt(
        self, account_id: str, place: Place, code: str, *, missing: str
    ) -> Factor:
        """Judge *code* until the row it was judged by is the one that is changed."""
        check_account_id(account_id)
        for _ in range(_MOST_TRIES):
            factor = self._find(account_id, place)
            if factor is None:
                raise FactorStateError(missing)
            ruling = judge(
                factor,
                code,
                open_seed=self._open,
                now=self._clock(),
                window=self._window,
                limits=self._limits,
            )
            if self._stands(factor, ruling):
                return told(ruling, missing=missing)
        raise BusyError(_BUSY)

    def _stands(self, found: Factor, ruling: Ruling) -> bool:
        if ruling.factor is found:
            return True  # nothing was guessed, and there is nothing to write
        with self._database.begin() as connection:
            return rows.settle(connection, found, ruling.factor)

    def _open(self, factor: Factor) -> bytes:
        owner = _owner(factor.account_id, factor.id)
        return self._keyring.open(factor.sealed or "", purpose=_PURPOSE, owner=owner)


def _owner(account_id: str, factor_id: str) -> str:
    # The factor's id has no slash, so no two pairs give the same owner.
    return f"{account_id}/{factor_id}"
