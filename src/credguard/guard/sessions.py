"""The part of the door for sessions: checked with every request, and ended."""

from dataclasses import dataclass, field
from datetime import datetime

from credguard._clock import Clock
from credguard.campaigns import Campaigns
from credguard.errors import (
    SessionSwappedError,
    StorageUnavailableError,
)
from credguard.guard.results import Session
from credguard.keys import Keyring
from credguard.sessions import (
    Journal,
    SwapPolicy,
    Swaps,
    check_stamp,
    credential_of,
    epoch_of,
    found_safely,
    make_stamp,
    open_stamp,
    raise_epochs,
)
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """
    What becomes of sessions where something is wrong.

    Args:
        swaps: When swapped sessions are an alarm.

        reads_while_away: While the database is away it cannot be told whether a
            session was ended. True lets requests that change nothing in all the
            same, on the word of the stamp; False lets nobody in.
    """

    swaps: SwapPolicy = field(default_factory=SwapPolicy)
    reads_while_away: bool = True


DEFAULT_SESSIONS = SessionPolicy()


class Sessions:
    """What `CredGuard` does with sessions."""

    campaigns: Campaigns
    swaps: Swaps
    _keyring: Keyring
    journal: Journal
    _clock: Clock
    _database: Database
    _session_policy: SessionPolicy
    _writes_journal: bool

    def check_session(
        self,
        session: str,
        *,
        account_id: str,
        browser: str = "",
        changes: bool = True,
    ) -> Session:
        """
        Check that a session is its account's, its browser's, and not over.

        One that is another account's or another browser's is ended, with all others
        of its owner, and recorded with both accounts: see `swaps`.

        Args:
            session: The stamp from `Login.session`.

            account_id: The account that the session record names.

            browser: What `log_in` was given.

            changes: False for a request that only reads and shows nothing secret: it
                may be let in while the database is away.

        Returns:
            The session.

        Raises:
            SessionSwappedError: It is another account's or another browser's: end
                it in your own records as well.
            SessionRefusedError: It is over, or not one of ours, or the browser has
                lost the cookie that told it from others.
            BusyError: A campaign is being opened; try again.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked, and the request
                is not let in without it.
        """
        check_account_id(account_id)
        stamp = open_stamp(self._keyring, session)
        try:
            check_stamp(self._keyring, stamp, account_id=account_id, browser=browser)
        except SessionSwappedError:
            found_safely(self.swaps, stamp, account_id=account_id, browser=browser)
            raise
        try:
            self.campaigns.check_session(account_id, stamp)
        except StorageUnavailableError:
            if changes or not self._session_policy.reads_while_away:
                raise
            return Session(account_id, stamp.epoch, is_confirmed=False)
        return Session(account_id, stamp.epoch)

    def open_session(
        self, account_id: str, *, browser: str = "", network: str = ""
    ) -> str:
        """
        Open a session for somebody who was let in by other means than `log_in`.

        Such as a passkey, another site's sign-in, or a sign-up a moment ago; or to
        let the session go on in which the password was changed. It asks nobody for
        anything: the caller knows who it is.

        Args:
            account_id: The account's id.

            browser: What `log_in` is given.

            network: What `log_in` is given.

        Returns:
            A stamp to keep in the session record, as `Login.session` is one.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        # Before the epoch is read, so that no campaign opens unseen between.
        now = self._clock()
        epoch = epoch_of(self._database, account_id)
        self._enter(account_id, browser=browser, network=network, at=now)
        return make_stamp(
            self._keyring, account_id=account_id, epoch=epoch, browser=browser, now=now
        )

    def sign_out_everywhere(self, account_id: str) -> int:
        """
        End all sessions of an account, this one too, and its trusted devices.

        Args:
            account_id: The account's id.

        Returns:
            The account's credential epoch from now on, above 0.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        with self._database.begin() as connection:
            raise_epochs(connection, [account_id])
            return credential_of(connection, account_id).epoch

    def _enter(
        self, account_id: str, *, browser: str, network: str, at: datetime
    ) -> None:
        if self._writes_journal:
            self.journal.enter(account_id, browser=browser, network=network, at=at)
