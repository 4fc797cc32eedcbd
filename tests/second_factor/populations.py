"""Many factors at once, put straight into the table."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from authenticators import NOON
from sqlalchemy import insert

from credguard.keys import Keyring
from credguard.second_factor import row_values
from credguard.second_factor.factor import Factor, FactorState, new_factor
from credguard.second_factor.seeds import seal_seed
from credguard.storage import Database
from credguard.storage.tables import second_factor


def active(keyring: Keyring, account_id: str, seed: bytes) -> Factor:
    """Return a factor in force that was never used."""
    factor_id = secrets.token_urlsafe(16)
    sealed = seal_seed(keyring, seed, account_id=account_id, factor_id=factor_id)
    pending = new_factor(account_id, factor_id, sealed=sealed, now=NOON)
    return replace(pending, state=FactorState.ACTIVE, expires_at=None)


def populate(database: Database, keyring: Keyring, count: int) -> Mapping[str, bytes]:
    """Put *count* factors into the table; return their seeds by account."""
    seeds = {f"account {at:06d}": secrets.token_bytes(20) for at in range(count)}
    rows = [
        row_values.values_of(active(keyring, account_id, seed))
        for account_id, seed in seeds.items()
    ]
    with database.begin() as connection:
        connection.execute(insert(second_factor), rows)
    return seeds
