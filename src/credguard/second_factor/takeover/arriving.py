"""What a record of another system becomes here: a factor, and its recovery codes."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from credguard._clock import in_utc
from credguard._random import random_text
from credguard._secret import Secret
from credguard.second_factor.factor import Factor, FactorState
from credguard.second_factor.kit import Kit
from credguard.second_factor.recovery import (
    FOREIGN_MARK,
    RecoveryCode,
    digest_of,
    is_like_a_code,
    read_recovery_code,
    slot_of,
)
from credguard.second_factor.seeds import open_seed, seal_seed
from credguard.second_factor.takeover.records import Imported
from credguard.second_factor.totp import step_at

# A code of the step after the present one may have been used there already.
_AHEAD = 1
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """
    A factor that is about to come in force.

    Attributes:
        record: What it comes from.

        factor: Its row.

        replaces: The row that it takes the place of, None if there is none.

        codes: Its recovery codes.

        left_out: How many recovery codes cannot come in.
    """

    record: Imported
    factor: Factor
    replaces: Factor | None = None
    codes: list[RecoveryCode] = field(default_factory=list, repr=False)
    left_out: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class CodesArrival:
    """
    Recovery codes that are about to come in for a factor in force.

    Attributes:
        record: What they come from.

        found: The factor's row as it was read.

        then: Its row with the codes counted.

        codes: The codes.

        left_out: How many recovery codes cannot come in.
    """

    record: Imported
    found: Factor
    then: Factor
    codes: list[RecoveryCode] = field(repr=False)
    left_out: int


def codes_arrival(kit: Kit, record: Imported, found: Factor) -> CodesArrival:
    """
    Return what the recovery codes of *record* become beside *found*.

    Raises:
        SealBrokenError, UnknownKeyError: The factor's seed does not open.
        BusyError: No permit or memory to hash a recovery code.
    """
    codes, left_out = coded(kit, record, found, open_seed(kit.keyring, found))
    then = replace(
        having(found, codes), changed_at=kit.clock(), version=found.version + 1
    )
    return CodesArrival(record, found, then, codes, left_out)


def arrival(
    kit: Kit,
    record: Imported,
    *,
    replaces: Factor | None,
    with_codes: bool,
) -> Arrival:
    """
    Return what *record* becomes.

    Where the other system did not tell its last step, all steps up to the one
    after the present count as used: no code that passed there passes here.

    Raises:
        BusyError: No permit or memory to hash a recovery code.
    """
    seed = Secret(b"") if record.seed is None else record.seed
    now = kit.clock()
    factor_id = random_text(_ID_BYTES)
    sealed = seal_seed(
        kit.keyring, seed.reveal(), account_id=record.account_id, factor_id=factor_id
    )
    factor = Factor(
        account_id=record.account_id,
        id=factor_id,
        state=FactorState.ACTIVE,
        sealed=sealed,
        last_step=_last_step(record, now),
        failures=0,
        retry_at=None,
        expires_at=None,
        made_at=min(record.made_at or now, now),
        changed_at=now,
        version=0,
        parameters=record.parameters,
        seed_bits=record.seed_bits,
        source=record.source,
    )
    if not with_codes:
        return Arrival(record, factor, replaces)
    codes, left_out = coded(kit, record, factor, seed.reveal())
    return Arrival(record, having(factor, codes), replaces, codes, left_out)


def coded(
    kit: Kit, record: Imported, factor: Factor, seed: bytes
) -> tuple[list[RecoveryCode], int]:
    """
    Return the recovery codes of *record* as rows, and how many cannot come in.

    Codes in the clear are hashed as our own are, under the factor's seed. Hashes
    of the other system are kept until a code that fits is typed.

    Raises:
        BusyError: No permit or memory to hash one.
    """
    now, rows = kit.clock(), dict[str, RecoveryCode]()
    for code in record.codes:
        typed = read_recovery_code(code.reveal().decode("ascii"))
        if typed is None or is_like_a_code(typed, factor.parameters):
            continue
        slot = slot_of(seed, typed)
        if slot in rows:
            continue
        digest = digest_of(
            seed, typed, account_id=factor.account_id, factor_id=factor.id
        )
        rows[slot] = RecoveryCode(slot, kit.hasher.hash(digest), now)
    for number, foreign in enumerate(record.hashes):
        slot = f"{FOREIGN_MARK}{number:02d}"
        rows[slot] = RecoveryCode(slot, foreign.to_text(), now)
    return list(rows.values()), len(record.codes) + len(record.hashes) - len(rows)


def having(factor: Factor, codes: list[RecoveryCode]) -> Factor:
    """Return *factor* with so many recovery codes left."""
    return replace(factor, recovery_left=len(codes))


def _last_step(record: Imported, now: datetime) -> int:
    if record.last_step is not None:
        return record.last_step
    seconds = int(in_utc(now).timestamp())
    period = record.parameters.period_seconds
    return step_at(seconds, period_seconds=period) + _AHEAD
