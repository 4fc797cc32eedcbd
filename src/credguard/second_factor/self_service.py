"""
What a person does to their own factor: set it up, renew it, end it.

A factor in force is touched only with a proof of it, which `verify` returns; for
those who cannot use it, somebody vouches, and the audit log says who.
"""

from datetime import datetime

from credguard._random import random_bytes, random_text
from credguard.errors import FactorStateError, SetupError
from credguard.second_factor.changing import Changing
from credguard.second_factor.enrollment import Enrollment, check_issuer, present
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import PENDING_LIFETIME, Factor, new_factor
from credguard.second_factor.kit import NONE_IN_FORCE, Kit
from credguard.second_factor.recovery import RecoveryCodes
from credguard.second_factor.results import Confirmed, Disabled, told
from credguard.second_factor.seeds import seal_seed
from credguard.second_factor.step_up import prove
from credguard.second_factor.totp import EVERY_APP, Parameters
from credguard.storage.account_ids import check_account_id

SEED_BYTES = 20  # 160 bits: RFC 4226 section 4 R6 recommends, RFC 6238 5.1 for SHA-1
MAX_VOUCHER_CHARACTERS = 64

_ID_BYTES = 16
_NOTHING_PENDING = "There is nothing to confirm, or it took too long. Start again."


class SelfService:
    """
    Enroll, confirm, replace recovery codes, disable; a part of `SecondFactors`.

    Args:
        kit: What it works with.

        issuer: The forum's name as apps show it.

    Raises:
        SetupError: *issuer* cannot be shown by apps.
    """

    def __init__(self, kit: Kit, issuer: str) -> None:
        self._kit = kit
        self._issuer = check_issuer(issuer)
        self._changing = Changing(kit)

    def enroll(
        self,
        account_id: str,
        *,
        name: str | None = None,
        proof: str | None = None,
        parameters: Parameters = EVERY_APP,
    ) -> Enrollment:
        """
        Make a new seed, pending until a code of it is confirmed.

        An older pending one is void; a factor in force stays as it is until then.

        Args:
            account_id: The forum's immutable id of the account.

            name: What the app shows for the account, such as its name; None for
                the id. It is cut after 64 characters.

            proof: `Verified.proof` of the factor in force, or what `vouch` returned;
                None where `is_enrolled` is false.

            parameters: How codes are made. Most apps read the default and nothing
                else: see `Enrollment.warning`.

        Returns:
            What to show to the person, once. Do not store it.

        Raises:
            StepUpRequiredError: A factor is in force, and *proof* is not of it or
                older than ten minutes.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was changed; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        standing = self._changing.in_force(account_id)
        if standing is not None:
            self._changing.check(standing, proof)
        seed = random_bytes(SEED_BYTES)
        factor_id = random_text(_ID_BYTES)
        now = self._kit.clock()
        factor = new_factor(
            account_id,
            factor_id,
            sealed=seal_seed(
                self._kit.keyring, seed, account_id=account_id, factor_id=factor_id
            ),
            now=now,
            seed_bits=SEED_BYTES * 8,
            parameters=parameters,
            replaces=None if standing is None else standing.standing_id,
        )
        self._changing.put(factor)
        return present(
            seed,
            issuer=self._issuer,
            name=name or account_id,
            expires_at=now + PENDING_LIFETIME,
            parameters=parameters,
        )

    def confirm(self, account_id: str, code: str) -> Confirmed:
        """
        Put the pending factor in force: the person's app shows its codes.

        Args:
            account_id: The account.

            code: What was typed; anything may be given.

        Returns:
            The factor in force and its recovery codes. The code is used up; the
            factor before it, its recovery codes and all trusted devices are gone.
            Tell the person by mail.

        Raises:
            CodeMismatchError: The code is not right; the pending factor stays.
            LockedOutError: Too many wrong codes; `retry_at` says until when.
            FactorStateError: Nothing is pending, it has expired, or another factor
                came in force meanwhile: enroll again.
            SealBrokenError, UnknownKeyError: The seed does not open; page
                somebody.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        ruling, recovery = self._changing.confirm(
            account_id, code, missing=_NOTHING_PENDING
        )
        factor = told(ruling, missing=_NOTHING_PENDING)
        return Confirmed(
            account_id=account_id,
            factor_id=factor.id,
            at=factor.changed_at,
            recovery=recovery,
            proof=self._proof_of(factor, now=factor.changed_at),
        )

    def replace_recovery_codes(
        self, account_id: str, *, proof: str | None
    ) -> RecoveryCodes:
        """
        Issue a new set of recovery codes; all older ones are void.

        Args:
            account_id: The account.

            proof: `Verified.proof` of the factor in force, or what `vouch` returned.

        Returns:
            The new codes: show them once.

        Raises:
            StepUpRequiredError: *proof* is not of the factor in force, or too old.
            FactorStateError: No factor is in force, or it is locked or suspended.
            SealBrokenError, UnknownKeyError: The seed does not open; page
                somebody.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            BusyError: Nothing was changed; try again.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        return self._changing.replace_recovery_codes(account_id, proof)

    def disable(self, account_id: str, *, proof: str | None = None) -> Disabled:
        """
        Take the account's factor out of use, and any pending one.

        The seeds are forgotten, and recovery codes and trusted devices end.

        Args:
            account_id: The account.

            proof: `Verified.proof` of the factor in force, or what `vouch` returned.

        Returns:
            Whether there was a factor in force. Tell the person by mail.

        Raises:
            StepUpRequiredError: A factor is in force, and *proof* is not of it or
                older than ten minutes.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        return Disabled(account_id, self._changing.disable(account_id, proof))

    def vouch(self, account_id: str, *, by: str) -> str:
        """
        Make a proof for somebody who cannot use the factor in force.

        For a lost phone, or a factor that is locked: you found out in another way
        who it is. It stands in the audit log.

        Args:
            account_id: The account.

            by: Who found out, such as the name of a ticket, 1 to 64 characters.

        Returns:
            A proof; it is good for ten minutes.

        Raises:
            FactorStateError: No factor is in force, so that no proof is needed.
            SetupError: *by* is empty or too long.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_account_id(account_id)
        if not 1 <= len(by) <= MAX_VOUCHER_CHARACTERS:
            message = f"who vouches has a name of 1 to {MAX_VOUCHER_CHARACTERS} letters"
            raise SetupError(message)
        factor = self._changing.in_force(account_id)
        if factor is None:
            raise FactorStateError(NONE_IN_FORCE)
        kit = self._kit
        detail = {"factor_id": factor.id, "by": by}
        event = FactorEvent(EventKind.VOUCHED, account_id, kit.clock(), detail)
        with kit.database.begin() as connection:
            kit.events.record(connection, event)
        kit.events.tell_of(event)
        return self._proof_of(factor, now=event.at)

    def _proof_of(self, factor: Factor, *, now: datetime) -> str:
        return prove(
            self._kit.keyring,
            account_id=factor.account_id,
            factor_id=factor.standing_id,
            now=now,
        )
