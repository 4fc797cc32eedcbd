"""How a take-over is done, and what stands in its way."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from credguard.errors import SetupError, StoredDataError
from credguard.second_factor.factor import ENROLLED_HERE, Factor, FactorState
from credguard.second_factor.kit import Kit
from credguard.second_factor.seeds import open_seed
from credguard.second_factor.takeover.records import Imported, Refused
from credguard.second_factor.takeover.refusals import Reason, ReasonCode
from credguard.second_factor.takeover.report import Tally

MAX_BATCH = 10_000

Resolve = Callable[[str], str | None]
"""Turns the name that a record gives into an account id, None if nobody has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How a take-over is done; `SecondFactors.take_over` says what each means.

    Raises:
        SetupError: *batch* is out of its range.
    """

    resolve: Resolve | None
    overwrite: bool
    with_codes: bool
    is_dry_run: bool
    batch: int

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAX_BATCH:
            message = f"a batch has 1 to {MAX_BATCH:,} accounts"
            raise SetupError(message)


@dataclass(slots=True)
class Run:
    """
    What the parts of one run share.

    Attributes:
        kit: What it works with.

        terms: How it is done.

        started: When it began.

        tally: What came of it so far.

        would: In a dry run, whose factor would be in force; as numbers, to be
            small.
    """

    kit: Kit
    terms: Terms
    started: datetime
    tally: Tally = field(default_factory=Tally)
    would: set[int] = field(default_factory=set)

    def refuse(self, record: Imported, code: ReasonCode) -> None:
        """Count a record that does not come in."""
        self.tally.refuse(
            Refused(record.source, record.position, Reason(code), record.account_id)
        )

    def obstacle(self, record: Imported, found: Factor | None) -> ReasonCode | None:
        """Return why a factor does not come in, None if it does."""
        if found is None:
            is_second = hash(record.account_id) in self.would
            return ReasonCode.ALREADY_ENROLLED if is_second else None
        # What this very run put there is not overwritten by a second record.
        is_of_this_run = (
            found.is_in_force
            and found.source != ENROLLED_HERE
            and found.changed_at >= self.started
        )
        if self.terms.overwrite and not is_of_this_run:
            return None
        if found.state is FactorState.DISABLED:
            return ReasonCode.DISABLED_HERE
        return ReasonCode.ALREADY_ENROLLED

    def is_here(self, record: Imported, found: Factor | None) -> bool:
        """Return True if it was this very record that came in before."""
        if found is None or found.source != record.source or found.sealed is None:
            return False
        try:
            seed = open_seed(self.kit.keyring, found)
        except StoredDataError:
            return False  # another's, as far as anybody can tell
        return record.seed is not None and hmac.compare_digest(
            seed, record.seed.reveal()
        )
