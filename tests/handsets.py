"""Many second factors at once, put straight into the tables, and what shows codes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import insert

from credguard.keys import Keyring
from credguard.second_factor import row_values
from credguard.second_factor.factor import Factor, FactorState, new_factor
from credguard.second_factor.recovery import (
    digest_of,
    draw_codes,
    read_recovery_code,
    slot_of,
)
from credguard.second_factor.seeds import seal_seed
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.tables import recovery_code, second_factor
from keepers import CHEAP, NOON

_NEAR = range(-4, 5)  # steps


@dataclass(frozen=True)
class Handset:
    """
    What somebody has who is enrolled: an app with a seed, and a list of codes.

    Attributes:
        account_id: Whose it is.

        factor_id: The factor.

        seed: The seed in the app.

        recovery: The recovery codes.
    """

    account_id: str
    factor_id: str
    seed: bytes
    recovery: tuple[str, ...]

    def code(self, now: datetime, offset: int = 0) -> str:
        """Return the code at *now*, or some steps beside it."""
        return code_at(self.seed, step_at(int(now.timestamp())) + offset)

    def wrong(self, now: datetime, count: int) -> list[str]:
        """Return *count* codes that are right nowhere near *now*."""
        near = self.near(now)
        codes = (text for text in map("{:06d}".format, range(count + len(_NEAR))))
        return [text for text in codes if text not in near][:count]

    def near(self, now: datetime) -> set[str]:
        """Return the codes that are right in the steps around *now*."""
        return {self.code(now, offset) for offset in _NEAR}


def enroll_all(
    database: Database, keyring: Keyring, names: Sequence[str], *, recovery: int = 0
) -> list[Handset]:
    """Put a factor in force for each of *names*, with so many recovery codes."""
    handsets = [_handset(name, recovery) for name in names]
    rows = [row_values.values_of(_factor(keyring, each)) for each in handsets]
    with database.begin() as connection:
        connection.execute(insert(second_factor), rows)
        codes = [row for each in handsets for row in _codes(each)]
        if codes:
            connection.execute(insert(recovery_code), codes)
    return handsets


def _handset(name: str, recovery: int) -> Handset:
    factor_id, codes = secrets.token_urlsafe(16), draw_codes(recovery)
    while True:
        made = Handset(name, factor_id, secrets.token_bytes(20), codes)
        # One seed of some thirty thousand has a code twice within minutes: which
        # step it was accepted for is then another one than the race asks for.
        if len(made.near(NOON)) == len(_NEAR):
            return made


def _factor(keyring: Keyring, handset: Handset) -> Factor:
    sealed = seal_seed(
        keyring,
        handset.seed,
        account_id=handset.account_id,
        factor_id=handset.factor_id,
    )
    made = new_factor(handset.account_id, handset.factor_id, sealed=sealed, now=NOON)
    left = len(handset.recovery)
    return replace(made, state=FactorState.ACTIVE, expires_at=None, recovery_left=left)


def _codes(handset: Handset) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for text in handset.recovery:
        code = read_recovery_code(text)
        assert code
        digest = digest_of(
            handset.seed,
            code,
            account_id=handset.account_id,
            factor_id=handset.factor_id,
        )
        rows.append(
            {
                "account_id": handset.account_id,
                "slot": slot_of(handset.seed, code),
                "factor_id": handset.factor_id,
                "hashed": CHEAP.hash(digest),
                "made_at": NOON,
                "used_at": None,
            }
        )
    return rows
