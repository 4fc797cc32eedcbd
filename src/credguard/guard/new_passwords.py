"""
The part of the door where passwords are chosen: at sign-up.

The policy is asked first, then the hash is made, and then what belongs together is
written at once.
"""

from collections.abc import Sequence

from credguard._clock import Clock
from credguard.campaigns import Campaigns
from credguard.guard.screening import Screening
from credguard.passwords import PasswordHasher
from credguard.screening import PasswordPolicy, Reason, ReasonCode
from credguard.screening.standing import Standing
from credguard.sessions import password_was_set
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id


class NewPasswords:
    """What `CredGuard` does where somebody chooses a password."""

    passwords: PasswordHasher
    policy: PasswordPolicy
    campaigns: Campaigns
    screening: Screening
    _database: Database
    _clock: Clock

    def sign_up(
        self,
        password: str,
        *,
        account_id: str,
        context: Sequence[str] = (),
        second_factor: bool = False,
    ) -> str:
        """
        Judge and hash the password of a new account.

        Args:
            password: What the person chose.

            account_id: The forum's immutable id of the account.

            context: The account's names and addresses.

            second_factor: True if the account always asks for a second factor.

        Returns:
            A hash of at most 128 characters: store it in the user table.

        Raises:
            PasswordRejectedError: The policy refuses it; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
        """
        check_account_id(account_id)
        judged = self._judge(password, context=context, second_factor=second_factor)
        hashed = self.passwords.hash(password, account_id=account_id)
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=self._clock())
            self.screening.keep_new(connection, judged, account_id, hashed)
        return hashed

    def _judge(
        self,
        password: str,
        *,
        context: Sequence[str],
        second_factor: bool,
        is_reused: bool = False,
    ) -> Standing | None:
        """Accept a new password, which is not the one that was in use, or raise."""
        return self.screening.judge(
            self.policy,
            password,
            context=context,
            second_factor=second_factor,
            also=(Reason(ReasonCode.REUSED),) if is_reused else (),
            now=self._clock(),
        )
