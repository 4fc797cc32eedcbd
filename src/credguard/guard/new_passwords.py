"""
The half of the door where passwords are chosen: at sign-up, and with a reset token.

Both ask the policy first, then hash, and then write what belongs together at once.
"""

from collections.abc import Sequence
from contextlib import suppress

from credguard._clock import Clock
from credguard.campaigns import Campaigns
from credguard.errors import PasswordMismatchError, StoredDataError, UnavailableError
from credguard.guard.results import Redeemed
from credguard.guard.screening import Screening
from credguard.passwords import PasswordHasher
from credguard.screening import PasswordPolicy, Reason, ReasonCode
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
        judged = self.screening.judge(
            self.policy,
            password,
            context=context,
            second_factor=second_factor,
            now=self._clock(),
        )
        hashed = self.passwords.hash(password, account_id=account_id)
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=self._clock())
            self.screening.keep_new(connection, judged, account_id, hashed)
        return hashed

    def redeem(
        self,
        token: str,
        *,
        password: str,
        context: Sequence[str] = (),
        second_factor: bool = False,
    ) -> Redeemed:
        """
        Use a reset token up: put a new password in place of the retired one.

        Call it for a POST that carries the new password and for nothing else: mail
        scanners follow links. A password that is refused uses nothing up.

        Args:
            token: What stood in the link.

            password: What the member chose.

            context: Words to refuse, besides the account's name and address.

            second_factor: True if the account always asks for a second factor.

        Returns:
            Whose token it was. The new hash stands in the forum's column; all
            older sessions are over.

        Raises:
            TokenRefusedError: The token is unknown, used or expired.
            PasswordRejectedError: The policy refuses the password, or it is the
                leaked one; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time, or the account is being changed;
                try again.
            CampaignStateError: No user table was handed in.
            SealBrokenError, UnknownKeyError: The keyring is not the one that made
                the token.
            StorageUnavailableError: The database is away, locked or full; nothing
                was used up.
        """
        claimed = self.campaigns.claim(token)
        account = claimed.account
        known = [text for text in (account.name, account.address) if text]
        row = {"salt": account.salt, "username": account.username}
        leaked = self._is_leaked(password, claimed.leaked, account_id=account.id, **row)
        judged = self.screening.judge(
            self.policy,
            password,
            context=(*known, *context),
            second_factor=second_factor,
            also=(Reason(ReasonCode.REUSED),) if leaked else (),
            now=self._clock(),
        )
        replacement = self.passwords.hash(password, account_id=account.id)
        self.campaigns.settle(claimed, replacement=replacement)
        # What is not kept is screened at the next log-in.
        with suppress(UnavailableError), self._database.begin() as connection:
            self.screening.keep_new(connection, judged, account.id, replacement)
        return Redeemed(account.id, claimed.campaign_id)

    def _is_leaked(
        self, password: str, leaked: Sequence[str], **beside: str | None
    ) -> bool:
        """Return True if *password* is the one that was taken out of use."""
        return any(self._fits(password, stored, **beside) for stored in leaked)

    def _fits(self, password: str, stored: str, **beside: str | None) -> bool:
        try:
            return bool(self.passwords.verify(password, stored=stored, **beside))
        except (PasswordMismatchError, StoredDataError):
            # A row that nobody could log in with gave no password away.
            return False
