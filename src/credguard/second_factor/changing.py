"""
Changes of a factor as a whole: begun, confirmed, ended, its recovery codes replaced.

A factor in force is changed only with a proof of it. Each change is one transaction
with its audit record.
"""

from dataclasses import replace

from credguard.errors import (
    BusyError,
    FactorLockedError,
    FactorStateError,
    FactorSuspendedError,
    StepUpRequiredError,
)
from credguard.keys import Keyring
from credguard.second_factor import recovery_rows, rows
from credguard.second_factor.attempts import Attempts
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.judging import Ruling, Verdict
from credguard.second_factor.kit import BUSY, MOST_TRIES, NONE_IN_FORCE, Kit
from credguard.second_factor.recovery import (
    RecoveryCode,
    RecoveryCodes,
    TypedCode,
    digest_of,
    draw_codes,
    read_recovery_code,
    slot_of,
)
from credguard.second_factor.seeds import open_seed
from credguard.second_factor.step_up import check_proof


class Changing:
    """
    Puts factors in place, in force, and out of use.

    Args:
        kit: What it works with.
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def in_force(self, account_id: str) -> Factor | None:
        """Return the account's factor in force, locked or not; None if none."""
        with self._kit.database.read() as connection:
            factor = rows.find(connection, account_id, Place.CURRENT)
        return factor if factor is not None and factor.is_in_force else None

    def check(self, factor: Factor, proof: object) -> None:
        """
        Check that *proof* was made for *factor*.

        Raises:
            StepUpRequiredError: It was not, or is too old.
        """
        keyring = self._kit.keyring
        if factor.state is FactorState.SUSPENDED:
            # An older key may have leaked with the seed: who has it makes proofs.
            keyring = Keyring(current=keyring.current)
        check_proof(
            keyring,
            proof,
            account_id=factor.account_id,
            factor_id=factor.standing_id,
            now=self._kit.clock(),
        )

    def put(self, factor: Factor) -> None:
        """
        Put a pending factor in place, instead of an older pending one.

        Raises:
            BusyError: Nothing was changed.
        """
        kit = self._kit
        event = FactorEvent(
            EventKind.ENROLLMENT_BEGUN,
            factor.account_id,
            factor.made_at,
            {"factor_id": factor.id, "replaces": factor.replaces},
        )
        for _ in range(MOST_TRIES):
            with kit.database.begin() as connection:
                stands = rows.put(connection, factor)
                if stands:
                    kit.events.record(connection, event)
            if stands:
                kit.events.tell_of(event)
                return
        raise BusyError(BUSY)

    def confirm(
        self, account_id: str, typed: object, *, missing: str
    ) -> tuple[Ruling, RecoveryCodes]:
        """
        Judge a code of the pending factor; a right one puts it in force.

        Raises:
            FactorStateError: Nothing is pending, or another came in force meanwhile.
            StoredDataError: The seed does not open.
            BusyError: Nothing was decided.
        """
        kit, attempts = self._kit, Attempts(self._kit)
        texts = draw_codes(kit.recovery_codes)
        hashed: dict[str, list[RecoveryCode]] = {}
        for _ in range(MOST_TRIES):
            with kit.database.read() as connection:
                factor = rows.find(connection, account_id, Place.PENDING)
            if factor is None:
                raise FactorStateError(missing)
            ruling = attempts.judged(factor, typed, kit.clock())
            if ruling.verdict is Verdict.ACCEPTED:
                # Hashed before the write, and once: it takes a while.
                codes = self._hashed(factor, texts, hashed)
                accepted = replace(ruling.factor, recovery_left=len(codes))
                ruling = Ruling(Verdict.ACCEPTED, accepted)
            if ruling.factor is factor or self._confirmed(
                factor, ruling, hashed.get(factor.id, [])
            ):
                return ruling, RecoveryCodes(texts)
        raise BusyError(BUSY)

    def _confirmed(
        self, found: Factor, ruling: Ruling, codes: list[RecoveryCode]
    ) -> bool:
        kit, then = self._kit, ruling.factor
        event = FactorEvent(
            EventKind.ENROLLED,
            then.account_id,
            then.changed_at,
            {"factor_id": then.id, "recovery_codes": len(codes)},
        )
        is_accepted = ruling.verdict is Verdict.ACCEPTED
        with kit.database.begin() as connection:
            if not rows.settle(connection, found, then):
                return False
            if is_accepted:
                recovery_rows.put_codes(connection, then, codes)
                kit.events.record(connection, event)
        if is_accepted:
            kit.events.tell_of(event)
        else:
            kit.events.tell(
                EventKind.FAILED, then.account_id, then.changed_at, factor_id=then.id
            )
        return True

    def replace_recovery_codes(self, account_id: str, proof: object) -> RecoveryCodes:
        """
        Issue a new set of recovery codes instead of the present one.

        Raises:
            FactorStateError: No factor is in force, or it is locked or suspended.
            StepUpRequiredError: *proof* is not of the factor in force.
            BusyError: Nothing was changed.
        """
        kit = self._kit
        texts = draw_codes(kit.recovery_codes)
        hashed: dict[str, list[RecoveryCode]] = {}
        for _ in range(MOST_TRIES):
            factor = self.in_force(account_id)
            if factor is None:
                raise FactorStateError(NONE_IN_FORCE)
            self.check(factor, proof)
            if factor.state is FactorState.LOCKED:
                raise FactorLockedError
            if factor.state is FactorState.SUSPENDED:
                raise FactorSuspendedError
            codes = self._hashed(factor, texts, hashed)
            now = kit.clock()
            then = replace(
                factor,
                version=factor.version + 1,
                changed_at=now,
                recovery_left=len(codes),
                recovery_saved_at=None,
            )
            event = FactorEvent(
                EventKind.RECOVERY_REPLACED,
                account_id,
                now,
                {"factor_id": factor.id, "recovery_codes": len(codes)},
            )
            with kit.database.begin() as connection:
                won = rows.settle(connection, factor, then)
                if won:
                    recovery_rows.put_codes(connection, then, codes)
                    kit.events.record(connection, event)
            if won:
                kit.events.tell_of(event)
                return RecoveryCodes(texts)
        raise BusyError(BUSY)

    def disable(self, account_id: str, proof: object) -> bool:
        """
        Take the account's factors out of use.

        Returns:
            True if one was in force.

        Raises:
            StepUpRequiredError: *proof* is not of the factor in force.
        """
        kit = self._kit
        factor = self.in_force(account_id)
        if factor is not None:
            self.check(factor, proof)
        now = kit.clock()
        event = FactorEvent(
            EventKind.DISABLED,
            account_id,
            now,
            {"factor_id": factor.id if factor else None},
        )
        with kit.database.begin() as connection:
            changed = rows.disable(connection, account_id, now=now)
            if changed is None:
                return False
            if factor is None or changed != factor.id:
                # Another came in force since it was looked at.
                raise StepUpRequiredError
            kit.events.record(connection, event)
        kit.events.tell_of(event)
        return True

    def _hashed(
        self,
        factor: Factor,
        texts: tuple[str, ...],
        known: dict[str, list[RecoveryCode]],
    ) -> list[RecoveryCode]:
        """Return the rows of the codes; the same work is done once for a factor."""
        if factor.id not in known:
            seed = open_seed(self._kit.keyring, factor)
            read = [read_recovery_code(text) for text in texts]
            known[factor.id] = [
                self.hashed(factor, seed, each) for each in read if each is not None
            ]
        return known[factor.id]

    def hashed(self, factor: Factor, seed: bytes, code: TypedCode) -> RecoveryCode:
        """
        Return the row of a recovery code.

        Raises:
            BusyError: No permit or memory in time.
        """
        digest = digest_of(
            seed, code, account_id=factor.account_id, factor_id=factor.id
        )
        return RecoveryCode(
            slot=slot_of(seed, code),
            hashed=self._kit.hasher.hash(digest),
            made_at=self._kit.clock(),
        )
