"""
The part of the door for people who are in and want another password.

The old password is asked for again (OWASP ASVS 5.0 6.2.3), so that a session that
was left open is not enough to take the account over.
"""

from collections.abc import Sequence

from credguard._clock import Clock
from credguard.guard.forgetting import Forgetting
from credguard.guard.results import Changed, Login
from credguard.keys import Keyring
from credguard.screening.variations import is_variation
from credguard.sessions import credential_of, make_stamp, password_was_set


class Changing(Forgetting):
    """What `CredGuard` does for somebody who is logged in."""

    _keyring: Keyring
    _clock: Clock

    def log_in(
        self,
        password: str,
        *,
        account_id: str | None,
        stored: str | None,
        browser: str = "",
        salt: str | None = None,
        username: str | None = None,
    ) -> Login:
        """Log a person in; see `CredGuard.log_in`."""
        raise NotImplementedError

    def change_password(
        self,
        password: str,
        *,
        new: str,
        account_id: str,
        stored: str | None,
        browser: str = "",
        context: Sequence[str] = (),
        second_factor: bool = False,
        salt: str | None = None,
        username: str | None = None,
    ) -> Changed:
        """
        Change the password of somebody who knows the old one.

        Args:
            password: The old one, as it was typed.

            new: What the person chose.

            account_id: The account's id.

            stored: What stands in the password column.

            browser: What tells this browser from others, as `log_in` is given it.

            context: The account's names and addresses.

            second_factor: True if the account always asks for a second factor.

            salt: As `log_in` is given it.

            username: As `log_in` is given it.

        Returns:
            The new hash and a new stamp for this session: all others are over.

        Raises:
            PasswordMismatchError: The old password is wrong.
            ResetRequiredError: It is right, but leaked: it changes nothing.
            PasswordRejectedError: The policy refuses the new one, or it is the old
                one or a trivial variation of it; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            CredguardError: As `log_in`.
        """
        self.log_in(
            password,
            account_id=account_id,
            stored=stored,
            browser=browser,
            salt=salt,
            username=username,
        )
        is_near = is_variation(new, of=password)
        judged = self._judge(
            new, context=context, second_factor=second_factor, is_reused=is_near
        )
        hashed = self.passwords.hash(new, account_id=account_id)
        now = self._clock()
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=now)
            self.screening.keep_new(connection, judged, account_id, hashed)
            epoch = credential_of(connection, account_id).epoch
        stamp = make_stamp(
            self._keyring, account_id=account_id, epoch=epoch, browser=browser, now=now
        )
        return Changed(hashed, stamp)
