"""
The door: the one object that a forum's code needs.

It joins the rooms: it asks the campaigns what a log-in meets, the hasher whether
the password is right, and the policy whether a new one will do. It decides nothing
that a room could decide.
"""

from collections.abc import Callable, Sequence

from credguard._clock import Clock, system_clock
from credguard.campaigns import Accounts, Campaigns
from credguard.campaigns.means import Means
from credguard.errors import (
    BusyError,
    PasswordMismatchError,
    ResetRequiredError,
    StoredDataError,
)
from credguard.guard.results import Login, Redeemed, Session
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher
from credguard.screening import PasswordPolicy, Reason, ReasonCode
from credguard.second_factor import FactorEvent, SecondFactors
from credguard.sessions import make_stamp, password_was_set, read_stamp
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare


class CredGuard:
    """
    Sign-up, log-in, sessions and resets, with the rooms behind them.

    Making one brings the credguard_* tables up to date and checks that the
    keyring is the one that the database was sealed with. Make one for each
    process; it may be shared between threads.

    Args:
        keyring: The keys.

        database: A SQLAlchemy URL of the database for the credguard_* tables: the
            forum's own (recommended), or one beside it.

        accounts: The forum's user table; needed to run campaigns and to redeem
            reset tokens.

        passwords: Hashes and verifies; the default is OWASP's Argon2id.

        policy: Judges new passwords; the default is after NIST SP 800-63B-4.

        issuer: The forum's name as authenticator apps show it.

        factor_events: Called with what happens to second factors.

        clock: Tells the time.

    Attributes:
        passwords: The hasher.
        policy: The policy.
        campaigns: Forced resets.
        second_factors: Codes from authenticator apps.

    Raises:
        StorageSetupError: The URL is not one, or the tables are newer than this
            release.
        UnknownKeyError: The database was sealed with another keyring.
        StorageUnavailableError: The database is away, locked or full.
        MissingExtraError: The database's driver is not installed.
        SetupError: *issuer* cannot be shown by apps.
    """

    def __init__(
        self,
        *,
        keyring: Keyring,
        database: str,
        accounts: Accounts | None = None,
        passwords: PasswordHasher | None = None,
        policy: PasswordPolicy | None = None,
        issuer: str = "Forum",
        factor_events: Callable[[FactorEvent], None] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._database = Database(database)
        prepare(self._database)
        check_keyring(self._database, keyring, now=clock())
        self.passwords = passwords or PasswordHasher()
        self.policy = policy or PasswordPolicy()
        self.second_factors = SecondFactors(
            self._database, keyring, issuer=issuer, events=factor_events, clock=clock
        )
        self.campaigns = Campaigns(
            Means(
                database=self._database,
                keyring=keyring,
                identify=self.passwords.identify,
                clock=clock,
                forum=accounts,
            )
        )

    def sign_up(
        self, password: str, *, account_id: str, context: Sequence[str] = ()
    ) -> str:
        """
        Judge and hash the password of a new account.

        Args:
            password: What the person chose.

            account_id: The forum's immutable id of the account.

            context: The account's names and addresses.

        Returns:
            A hash of at most 128 characters: store it in the user table.

        Raises:
            PasswordRejectedError: The policy refuses it; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
        """
        check_account_id(account_id)
        self.policy.check(password, context=context)
        hashed = self.passwords.hash(password, account_id=account_id)
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=self._clock())
        return hashed

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
        """
        Log a person in, unless a campaign asks for a new password first.

        An unknown user costs what a known one costs.

        Args:
            password: What was typed; anything may be given.

            account_id: The account's id; None if there is no such account.

            stored: What stands in the password column; None if there is no such
                account.

            browser: What tells this browser from others, such as a cookie that
                was set before log-in; empty if there is none.

            salt: The salt's column, for software that keeps one.

            username: The account's name as that software hashed it.

        Returns:
            The session stamp, and a better hash if one is due.

        Raises:
            PasswordMismatchError: The password is wrong or the account unknown.
            ResetRequiredError: The password is right, but out of use: send the
                person to the reset page.
            UnreadableHashError, WorkFactorTooHighError: The stored hash cannot be
                used; page somebody.
            SealBrokenError, UnknownKeyError: The keyring is not the one that sealed
                the account's retired hash; page somebody.
            BusyError: Nothing was decided; try again.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        if account_id is not None:
            check_account_id(account_id)
        # Before the password is verified, so that no campaign opens unseen between.
        now = self._clock()
        ruling = self.campaigns.rule(account_id or "", stored=stored)
        beside = {"account_id": account_id, "salt": salt, "username": username}
        verified = self.passwords.verify(password, stored=ruling.stored, **beside)
        if account_id is None:
            raise PasswordMismatchError
        if ruling.campaign_id is not None:
            raise ResetRequiredError(ruling.campaign_id)
        epoch = ruling.epoch
        if ruling.resolves:
            if self._is_leaked(password, ruling.leaked, **beside):
                raise ResetRequiredError(ruling.resolves[0].campaign_id)
            epoch = self.campaigns.settle_by_forum(ruling.resolves)
        stamp = make_stamp(
            self._keyring, account_id=account_id, epoch=epoch, browser=browser, now=now
        )
        needs = verified.needs_rehash
        replacement = self._replacement(password, account_id) if needs else None
        needed = self.second_factors.is_enrolled(account_id)
        return Login(stamp, replacement, verified.scheme, epoch, needed)

    def check_session(
        self, session: str, *, account_id: str, browser: str = ""
    ) -> Session:
        """
        Check that a session is its account's, its browser's, and not over.

        Args:
            session: The stamp from `Login.session`.

            account_id: The account that the session record names.

            browser: What `log_in` was given.

        Returns:
            The session.

        Raises:
            SessionSwappedError: It is another account's or another browser's:
                revoke it.
            SessionRefusedError: It is over, or not one of ours.
            BusyError: A campaign is being opened; try again.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        stamp = read_stamp(
            self._keyring, session, account_id=account_id, browser=browser
        )
        self.campaigns.check_session(account_id, stamp)
        return Session(account_id, stamp.epoch)

    def redeem(
        self, token: str, *, password: str, context: Sequence[str] = ()
    ) -> Redeemed:
        """
        Use a reset token up: put a new password in place of the retired one.

        Call it for a POST that carries the new password and for nothing else: mail
        scanners follow links. A password that is refused uses nothing up.

        Args:
            token: What stood in the link.

            password: What the member chose.

            context: Words to refuse, besides the account's name and address.

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
        self.policy.check(
            password,
            context=(*known, *context),
            also=(Reason(ReasonCode.REUSED),) if leaked else (),
        )
        replacement = self.passwords.hash(password, account_id=account.id)
        self.campaigns.settle(claimed, replacement=replacement)
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

    def _replacement(self, password: str, account_id: str) -> str | None:
        try:
            return self.passwords.hash(password, account_id=account_id)
        except BusyError:
            return None  # the old hash is good until the next log-in
