"""
The keeper of second factors: enroll, confirm, verify, disable.

One compare-and-set on a row's version settles each attempt, and what came of it
is told only after that has won. So a code is accepted once and every wrong one
counts, whatever arrives at the same time and in how many processes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from credguard._clock import Clock, system_clock
from credguard._exact import exact_arguments
from credguard.errors import StepUpRequiredError
from credguard.keys import Keyring
from credguard.second_factor.attempts import Attempts
from credguard.second_factor.devices import TRUST_LIFETIME, TrustedDevices
from credguard.second_factor.events import Events, FactorEvent
from credguard.second_factor.factor import FactorState
from credguard.second_factor.hashing import Argon2CodeHasher
from credguard.second_factor.judging import Ruling
from credguard.second_factor.kit import NONE_IN_FORCE, Kit
from credguard.second_factor.leaks.leaks import Leaks
from credguard.second_factor.limits import NIST_SP_800_63B_4, Limits
from credguard.second_factor.moving import Moving
from credguard.second_factor.recovery import (
    DEFAULT_CODES,
    LOW_WATER,
    CodeHasher,
    check_count,
    read_own_code,
    read_recovery_code,
)
from credguard.second_factor.results import Means, Verified, told
from credguard.second_factor.self_service import SelfService
from credguard.second_factor.totp import RFC_6238_DRIFT, Window
from credguard.second_factor.upkeep import Upkeep
from credguard.storage import Database
from credguard.storage.account_ids import check_account_id


@exact_arguments("account_id", "code")
class SecondFactors(SelfService, Upkeep, Moving):
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

        recovery_codes: How many recovery codes a set has, 0 to 32.

        hasher: The slow hash of recovery codes; the default is Argon2id.

        trust_lifetime: How long a device is trusted.

        events: Called with each event, after what it tells of stands. It is called
            in the thread of the log-in: be quick.

        clock: Tells the time.

    Attributes:
        devices: Trusted devices.

        leaks: Measures after a leak.

    Raises:
        SetupError: *issuer* cannot be shown by apps, or a number or duration is out
            of its range.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        issuer: str,
        window: Window = RFC_6238_DRIFT,
        limits: Limits = NIST_SP_800_63B_4,
        recovery_codes: int = DEFAULT_CODES,
        hasher: CodeHasher | None = None,
        trust_lifetime: timedelta = TRUST_LIFETIME,
        events: Callable[[FactorEvent], None] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        kit = Kit(
            database=database,
            keyring=keyring,
            clock=clock,
            events=Events(keyring, events),
            hasher=hasher or Argon2CodeHasher(),
            window=window,
            limits=limits,
            recovery_codes=check_count(recovery_codes),
            trust_lifetime=trust_lifetime,
        )
        super().__init__(kit, issuer)
        self.devices = TrustedDevices(kit)
        self.leaks = Leaks(kit)
        self._attempts = Attempts(kit)

    def verify(self, account_id: str, code: str) -> Verified:
        """
        Accept a code of the factor in force, or a recovery code, once.

        Which of them was typed is told by its form, so that one field is enough.

        Args:
            account_id: The account, whose password was right.

            code: What was typed; anything may be given.

        Returns:
            What was accepted: finish the log-in.

        Raises:
            CodeMismatchError: The code is not right. It was counted.
            CodeReplayedError: The code, or a later one, was used already.
            LockedOutError: Too many wrong codes; `retry_at` says until when.
            FactorLockedError: A hundred wrong codes in a row put the factor out of
                use: find out in another way who it is, `vouch`, and enroll anew.
            FactorSuspendedError: The seed leaked, so that only a recovery code
                counts, where they did not leak too.
            FactorStateError: No factor is in force.
            StepInFutureError: The server's clock ran ahead; see `repair_clock`.
            SealBrokenError, UnknownKeyError: The seed does not open; page
                somebody.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        own = read_own_code(code)
        if own is not None:
            return self._verified(
                self._attempts.by_recovery_code(account_id, own, missing=NONE_IN_FORCE)
            )
        return self._verified(
            self._attempts.by_code(account_id, code, missing=NONE_IN_FORCE)
        )

    def prove_saved(self, account_id: str, code: str) -> Verified:
        """
        Accept a recovery code and nothing else: so the person has saved them.

        It is used up. Where you ask for it right after enrolling, nobody clicks
        past the page that shows the codes.

        Args:
            account_id: The account.

            code: What was typed; anything may be given.

        Returns:
            What was accepted.

        Raises:
            CredguardError: As `verify` does.
        """
        check_account_id(account_id)
        read = read_recovery_code(code)
        return self._verified(
            self._attempts.by_recovery_code(account_id, read, missing=NONE_IN_FORCE)
        )

    def check_proof(self, account_id: str, proof: str | None) -> None:
        """
        Check that somebody has just proved the account's factor in force.

        Args:
            account_id: The account.

            proof: `Verified.proof`, or anything else that may have come instead.

        Raises:
            StepUpRequiredError: It is not of the factor in force, is older than
                ten minutes, or there is no such factor.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        standing = self._changing.in_force(account_id)
        if standing is None:
            raise StepUpRequiredError
        self._changing.check(standing, proof)

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
        return self._changing.in_force(account_id) is not None

    def made_at(self, account_id: str) -> datetime | None:
        """
        Return when the factor in force was enrolled, None if there is none.

        It is when the seed was handed out. Of a factor that was taken over from another
        system, when it was enrolled there, or else when it was taken over.

        Args:
            account_id: The account.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        factor = self._changing.in_force(account_id)
        return None if factor is None else factor.made_at

    def _verified(self, ruling: Ruling) -> Verified:
        factor = told(ruling, missing=NONE_IN_FORCE)
        left = factor.recovery_left
        low_water = min(LOW_WATER, self._kit.recovery_codes - 1)
        return Verified(
            account_id=factor.account_id,
            factor_id=factor.id,
            at=factor.changed_at,
            means=Means.CODE if ruling.used is None else Means.RECOVERY_CODE,
            recovery_left=left,
            recovery_is_low=left <= low_water,
            should_reenroll=factor.is_weak or factor.state is FactorState.SUSPENDED,
            _prove=partial(self._proof_of, factor, now=factor.changed_at),
        )
