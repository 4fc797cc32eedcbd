"""
The door: the one object that a forum's code needs.

It joins the rooms: it asks the campaigns what a log-in meets, the hasher whether
the password is right, and the policy whether a new one will do. It decides nothing
that a room could decide.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from credguard._clock import Clock, system_clock
from credguard._exact import exact_arguments
from credguard._secret import never_copied
from credguard.campaigns import Accounts, Campaigns, Hook
from credguard.campaigns.approval_policy import NO_APPROVAL, ApprovalPolicy
from credguard.campaigns.hooks import check_names
from credguard.campaigns.means import Means
from credguard.errors import (
    BusyError,
    PasswordMismatchError,
)
from credguard.guard.changing import Changing
from credguard.guard.proofs import DEFAULT, ProofPolicy
from credguard.guard.results import Login
from credguard.guard.screening import Screening
from credguard.guard.sessions import DEFAULT_SESSIONS, SessionPolicy, Sessions
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.screening import PasswordPolicy
from credguard.second_factor import FactorEvent, SecondFactors
from credguard.sessions import Journal, JournalPolicy, Swaps, make_stamp
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare


@exact_arguments("password", "new", "token", "session", "account_id")
@never_copied
class CredGuard(Changing, Sessions):
    """
    Sign-up, log-in, sessions and resets, with the rooms behind them.

    Making one brings the credguard_* tables up to date and checks that the
    keyring is the one that the database was sealed with. Make one for each
    process; it may be shared between threads.

    Args:
        keyring: The keys.

        database: A SQLAlchemy URL for the credguard_* tables: of the forum's own
            database (recommended), or of one beside it.

        accounts: The forum's user table; for campaigns and reset tokens.

        passwords: Hashes and verifies; the default is OWASP's Argon2id, without a
            pepper. Hand in ``PasswordHasher(keyring=keyring)`` to have one.

        policy: Judges new passwords; the default is after NIST SP 800-63B-4.

        issuer: The forum's name as authenticator apps show it.

        rescreen_after: Screens passwords at log-in: when the blocklist's stamp has
            changed, and after so long where a list has none. None screens only
            those that were accepted for a re-check.

        factor_events: Called with what happens to second factors.

        clock: Tells the time.

        approval: Who must approve a campaign's plan; the default is nobody.

        hooks: What a campaign lets you end beside the password: remember-me cookies,
            API tokens, app passwords, reset links of your own form.

        proofs: What lets somebody choose a new password while a campaign asks.

        journal: What is kept of each log-in, and for how long; None for nothing.

        sessions: When swapped sessions are an alarm, and who is let in while the
            database is away.

    Attributes:
        passwords: The hasher.
        policy: The policy.
        campaigns: Forced resets.
        second_factors: Codes from authenticator apps.

        screening: What was found of the passwords that are in use.

        journal: Who logged in; it has what `log_in` wrote, if *journal* was given.

        swaps: Sessions that came from a browser that was not theirs.

    Raises:
        StorageSetupError: The URL is none, or the tables are of a newer release.
        UnknownKeyError: The database was sealed with another keyring.
        StorageUnavailableError: The database is away, locked or full.
        MissingExtraError: The database's driver is not installed.
        SetupError: *issuer* cannot be shown by apps, or a hook has no name of its
            own.
    """

    def __init__(  # noqa: PLR0913  # all but two are optional, and all are named
        self,
        *,
        keyring: Keyring,
        database: str,
        accounts: Accounts | None = None,
        passwords: PasswordHasher | None = None,
        policy: PasswordPolicy | None = None,
        issuer: str = "Forum",
        rescreen_after: timedelta | None = None,
        factor_events: Callable[[FactorEvent], None] | None = None,
        clock: Clock = system_clock,
        approval: ApprovalPolicy = NO_APPROVAL,
        hooks: Sequence[Hook] = (),
        proofs: ProofPolicy = DEFAULT,
        journal: JournalPolicy | None = None,
        sessions: SessionPolicy = DEFAULT_SESSIONS,
    ) -> None:
        check_names(hooks)
        self._keyring = keyring
        self._clock = clock
        self._database = Database(database)
        prepare(self._database)
        check_keyring(self._database, keyring, now=clock())
        self.passwords = passwords or PasswordHasher()
        self.policy = policy or PasswordPolicy()
        self.proofs = proofs
        self._session_policy = sessions
        self._writes_journal = journal is not None
        self.journal = Journal(
            self._database, keyring, policy=journal or JournalPolicy(), clock=clock
        )
        if self._writes_journal:
            self.journal.begin()
        self.swaps = Swaps(self._database, keyring, policy=sessions.swaps, clock=clock)
        self.second_factors = SecondFactors(
            self._database, keyring, issuer=issuer, events=factor_events, clock=clock
        )
        self.screening = Screening(
            self._database, keyring, accounts=accounts, after=rescreen_after
        )
        self.campaigns = Campaigns(
            Means(
                database=self._database,
                keyring=keyring,
                identify=Recognizer(self.passwords),
                clock=clock,
                forum=accounts,
                approval=approval,
                hooks=tuple(hooks),
            )
        )

    def log_in(
        self,
        password: str,
        *,
        account_id: str | None,
        stored: str | None,
        browser: str = "",
        network: str = "",
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

            network: The address that the request came from, for the journal; only a
                keyed digest of it is kept.

            salt: The salt's column, for software that keeps one.

            username: The account's name as that software hashed it.

        Returns:
            The session stamp, a better hash if one is due, and what is known
            against the password if it was screened.

        Raises:
            PasswordMismatchError: The password is wrong or the account unknown.
            ResetRequiredError: The password is right, but out of use: send the
                person to the reset page; `proofs` says what is accepted there.
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
        verified = self.passwords.verify(
            password,
            stored=ruling.stored,
            account_id=account_id,
            salt=salt if ruling.salt is None else ruling.salt,
            username=username if ruling.username is None else ruling.username,
        )
        if account_id is None:
            raise PasswordMismatchError
        if ruling.campaign_id is not None:
            raise self._must_reset(account_id, ruling.campaign_id)
        epoch = ruling.epoch
        if ruling.resolves:
            is_leaked = self._is_leaked(
                password,
                ruling.leaked,
                account_id=account_id,
                salt=salt,
                username=username,
            )
            if is_leaked or not self.proofs.forum:
                raise self._must_reset(account_id, ruling.resolves[0].campaign_id)
            epoch = self.campaigns.settle_by_forum(ruling.resolves)
        stamp = make_stamp(
            self._keyring, account_id=account_id, epoch=epoch, browser=browser, now=now
        )
        self._enter(account_id, browser=browser, network=network, at=now)
        needs = verified.needs_rehash
        replacement = self._replacement(password, account_id) if needs else None
        reasons = self.screening.at_log_in(
            self.policy,
            password,
            account_id=account_id,
            hashes=(ruling.stored, replacement),
            now=now,
        )
        needed = self.second_factors.is_enrolled(account_id)
        return Login(stamp, replacement, verified.scheme, epoch, needed, reasons)

    def close(self) -> None:
        """Let go of our connections; before a process forks, and when a test ends."""
        self._database.close()

    def _replacement(self, password: str, account_id: str) -> str | None:
        try:
            return self.passwords.hash(password, account_id=account_id)
        except BusyError:
            return None  # the old hash is good until the next log-in
