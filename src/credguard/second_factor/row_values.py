"""A factor as a table has it: its columns, and its values in and out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from credguard._sealed import key_id_of
from credguard.second_factor.factor import Factor, FactorState
from credguard.second_factor.totp import EVERY_APP, Algorithm, Parameters
from credguard.storage.instants import instant_of, microseconds_of
from credguard.storage.tables import second_factor

READ = [
    each.name
    for each in second_factor.c
    if each.name not in {"account_id", "place", "key_id"}
]
"""The columns that `factor_of` reads, in order."""

# What an attempt or a re-seal may change; what a factor is made of never changes.
CHANGING = (
    "state",
    "sealed",
    "key_id",
    "last_step",
    "failures",
    "retry_at",
    "expires_at",
    "changed_at",
    "version",
    "recovery_left",
    "recovery_saved_at",
)

_STATES = {each.value: each for each in FactorState}
_USUAL = ("SHA1", 6, 30)


def values_of(factor: Factor) -> dict[str, Any]:
    """Return the row of *factor*."""
    return {
        "account_id": factor.account_id,
        "place": factor.place.value,
        "id": factor.id,
        "state": factor.state.value,
        "sealed": factor.sealed,
        "key_id": None if factor.sealed is None else key_id_of(factor.sealed),
        "last_step": factor.last_step,
        "failures": factor.failures,
        "retry_at": factor.retry_at,
        "expires_at": factor.expires_at,
        "made_at": factor.made_at,
        "changed_at": factor.changed_at,
        "version": factor.version,
        "algorithm": factor.parameters.algorithm.value,
        "digits": factor.parameters.digits,
        "period_seconds": factor.parameters.period_seconds,
        "seed_bits": factor.seed_bits,
        "source": factor.source,
        "replaces": factor.replaces,
        "recovery_left": factor.recovery_left,
        "recovery_saved_at": factor.recovery_saved_at,
    }


def change_of(found: Factor, then: Factor) -> dict[str, object]:
    """Return what the compiled compare-and-set is run with."""
    return {
        "at_account": found.account_id,
        "at_place": found.place.value,
        "found_id": found.id,
        "found_version": found.version,
        "new_state": then.state.value,
        "new_sealed": then.sealed,
        "new_key_id": None if then.sealed is None else key_id_of(then.sealed),
        "new_last_step": then.last_step,
        "new_failures": then.failures,
        "new_retry_at": _stored(then.retry_at),
        "new_expires_at": _stored(then.expires_at),
        "new_changed_at": _stored(then.changed_at),
        "new_version": then.version,
        "new_recovery_left": then.recovery_left,
        "new_recovery_saved_at": _stored(then.recovery_saved_at),
    }


def _stored(instant: datetime | None) -> int | None:
    return None if instant is None else microseconds_of(instant)


def _read(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else instant_of(microseconds)


def factor_of(account_id: str, row: Sequence[Any]) -> Factor:
    """Return the factor of a row of `READ`, its instants as the table has them."""
    # The id that was asked for, and not the row's: a database may take two texts
    # for one, and the seed is sealed to exactly one of them.
    made_of = tuple(row[10:13])
    return Factor(
        account_id=account_id,
        id=row[0],
        state=_STATES[row[1]],
        sealed=row[2],
        last_step=row[3],
        failures=row[4],
        retry_at=_read(row[5]),
        expires_at=_read(row[6]),
        made_at=instant_of(row[7]),
        changed_at=instant_of(row[8]),
        version=row[9],
        parameters=EVERY_APP if made_of == _USUAL else _parameters(*made_of),
        seed_bits=row[13],
        source=row[14],
        replaces=row[15],
        recovery_left=row[16],
        recovery_saved_at=_read(row[17]),
    )


def _parameters(algorithm: str, digits: int, period_seconds: int) -> Parameters:
    return Parameters(digits, Algorithm(algorithm), period_seconds)
