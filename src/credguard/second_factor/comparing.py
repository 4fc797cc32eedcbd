"""
One recovery code that was typed, compared with what stands there.

A code of ours, or one that came in in the clear, is looked up by its slot, and one
hash is computed whether there is one or not. Hashes that another system made have no
slots: as long as some are left, each of them is computed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from credguard.second_factor import recovery_rows
from credguard.second_factor.factor import ENROLLED_HERE, Factor
from credguard.second_factor.judging import obstacle
from credguard.second_factor.kit import Kit
from credguard.second_factor.recovery import (
    RecoveryCode,
    TypedCode,
    digest_of,
    slot_of,
)
from credguard.second_factor.seeds import open_seed


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    What a typed code is compared with.

    Attributes:
        code: What stands in its slot, None if nothing does.

        digest: What that would be the hash of.

        foreign: Hashes of another system.
    """

    code: RecoveryCode | None
    digest: bytes = field(repr=False)
    foreign: list[RecoveryCode]


class Comparison:
    """
    Compares a typed code; after a lost race the same work is not done again.

    Args:
        kit: What it works with.

        typed: What was typed, None for what can be no code.
    """

    def __init__(self, kit: Kit, typed: TypedCode | None) -> None:
        self._kit = kit
        self._typed = typed
        self._done: dict[tuple[bytes, str], bool] = {}

    def look_up(
        self, connection: Connection, factor: Factor, now: datetime
    ) -> Candidates | None:
        """
        Return what to compare with, None where no code is looked at.

        Raises:
            StoredDataError: The seed does not open.
        """
        typed = self._typed
        if typed is None or obstacle(factor, now) is not None:
            return None
        seed = open_seed(self._kit.keyring, factor)
        digest = digest_of(
            seed, typed, account_id=factor.account_id, factor_id=factor.id
        )
        code = recovery_rows.code_at_slot(connection, factor, slot_of(seed, typed))
        foreign: list[RecoveryCode] = []
        if code is None and factor.source != ENROLLED_HERE:
            foreign = recovery_rows.foreign_codes(connection, factor)
        return Candidates(code, digest, foreign)

    def choose(
        self, candidates: Candidates | None
    ) -> tuple[RecoveryCode | None, Callable[[], bool]]:
        """
        Return the code that may have been typed, and what tells whether it was.

        Raises:
            UnreadableHashError: A hash of another system is unreadable.
            BusyError: No permit in time.
        """
        if candidates is None:
            return None, bool  # which is False
        if candidates.foreign:
            code = self._fitting(candidates.foreign)
            return code, partial(bool, code)
        return candidates.code, partial(self._fits, candidates)

    def _fits(self, candidates: Candidates) -> bool:
        code, hasher = candidates.code, self._kit.hasher
        key = (candidates.digest, hasher.decoy if code is None else code.hashed)
        if key not in self._done:
            self._done[key] = hasher.fits(*key)
        return self._done[key]

    def _fitting(self, foreign: list[RecoveryCode]) -> RecoveryCode | None:
        typed = "" if self._typed is None else self._typed.typed
        for code in foreign:
            key = (b"", code.hashed)
            if key not in self._done:
                self._done[key] = self._kit.foreign.fits(typed, code.hashed)
            if self._done[key]:
                return code
        return None
