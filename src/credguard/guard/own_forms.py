"""
The part of the door for forms that are the host's own and store a hash by themselves.

A framework has such forms: for members, for moderators, in its admin. What they ask of
credguard is to judge what was chosen, and to be told when it was stored.
"""

from collections.abc import Sequence

from credguard.campaigns.gate import Ruling
from credguard.guard.resetting import Resetting
from credguard.screening.standing import Standing
from credguard.sessions import password_was_set
from credguard.storage.account_ids import check_account_id


class OwnForms(Resetting):
    """What `CredGuard` does for the host's own forms."""

    def check_new_password(
        self,
        password: str,
        *,
        account_id: str | None = None,
        stored: str | None = None,
        context: Sequence[str] = (),
        second_factor: bool = False,
        salt: str | None = None,
        username: str | None = None,
    ) -> None:
        """
        Judge a password that the host is going to store by itself.

        Args:
            password: What the person chose.

            account_id: Whose it will be; None for an account that is being made.

            stored: What stands in the password column.

            context: The account's names and addresses.

            second_factor: True if the account always asks for a second factor.

            salt: The salt's column, for software that keeps one. It is asked for
                where `Columns.salt` names none: what stood beside a retired hash
                was kept with it, and what the column says later does not count.

            username: As *salt*, for software that hashed the name.

        Raises:
            PasswordRejectedError: The policy refuses it, or a campaign took it or a
                trivial variation of it out of use; `reasons` says why.
            UnreadableHashError, WorkFactorTooHighError: What a campaign took out of
                use cannot be compared with, so that this may be it; page somebody.
            SealBrokenError, UnknownKeyError: The keyring is not the one that sealed
                it; page somebody.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time; try again.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        if account_id is None:
            self.policy.check(password, context=context, second_factor=second_factor)
            return
        check_account_id(account_id)
        ruling = self.campaigns.rule(account_id, stored=stored)
        self._judge_unleaked(
            password,
            account_id,
            ruling,
            context=context,
            second_factor=second_factor,
            beside=(salt, username),
        )

    def password_was_set(self, account_id: str) -> None:
        """
        Keep that the host has stored a new password, and end what is older.

        Call it after the column was written and committed. All sessions of the
        account, its trusted devices and the links that were sent are over; let the
        session in which it happened go on with `open_session`.

        Args:
            account_id: Whose password it is.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=self._clock())

    def _judge_unleaked(
        self,
        password: str,
        account_id: str,
        ruling: Ruling,
        *,
        context: Sequence[str],
        second_factor: bool,
        beside: tuple[str | None, str | None],
    ) -> Standing | None:
        salt, username = beside
        is_leaked = self._is_leaked(
            password,
            ruling.leaked,
            account_id=account_id,
            salt=salt,
            username=username,
        )
        return self._judge(
            password, context=context, second_factor=second_factor, is_reused=is_leaked
        )
