"""Seeds moved between the accounts of a whole forum: none opens."""

from itertools import permutations

import pytest
from authenticators import CHEAP, NOON
from populations import populate
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard.errors import SealAccountError, SealFactorError, SealPurposeError
from credguard.second_factor import rows
from credguard.second_factor.factor import Factor, Place
from credguard.second_factor.seeds import opened
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.tables import second_factor

USERS = 50


@pytest.fixture
def crowd(database: Database, keyring: Keyring) -> list[Factor]:
    """The factors of fifty accounts."""
    names = list(populate(database, keyring, USERS))
    with database.read() as connection:
        found = [rows.find(connection, name, Place.CURRENT) for name in names]
    return [each for each in found if each]


def test_no_seed_opens_in_anothers_row(crowd: list[Factor], keyring: Keyring) -> None:
    """Of all pairs of fifty accounts no seed opens, alone or with its factor's id."""
    refused = 0
    for mine, yours in permutations(crowd, 2):
        for factor_id in (mine.id, yours.id):
            with pytest.raises(SealAccountError):
                opened(
                    keyring,
                    mine.sealed or "",
                    account_id=yours.account_id,
                    factor_id=factor_id,
                )
            refused += 1
    assert refused == USERS * (USERS - 1) * 2


def test_no_seed_opens_for_another_factor_or_purpose(
    crowd: list[Factor], keyring: Keyring
) -> None:
    """An older factor's seed, and a seal of another purpose, are told apart too."""
    for mine, yours in permutations(crowd, 2):
        with pytest.raises(SealFactorError):
            opened(
                keyring,
                mine.sealed or "",
                account_id=mine.account_id,
                factor_id=yours.id,
            )
    for mine in crowd:
        where = {"owner": mine.account_id, "part": mine.id}
        other = keyring.seal(b"x" * 20, purpose="another purpose", **where)
        with pytest.raises(SealPurposeError):
            opened(keyring, other, account_id=mine.account_id, factor_id=mine.id)


def test_swapped_rows_log_nobody_in(
    crowd: list[Factor], database: Database, keyring: Keyring
) -> None:
    """Two accounts whose rows were exchanged are both refused, and nothing counts."""
    mine, yours = crowd[:2]
    seed = opened(
        keyring, mine.sealed or "", account_id=mine.account_id, factor_id=mine.id
    )
    with database.begin() as connection:
        for one, other in ((mine, yours), (yours, mine)):
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id == one.account_id)
                .values(sealed=other.sealed, id=other.id)
            )
    factors = SecondFactors(
        database, keyring, issuer="Forum", hasher=CHEAP, clock=lambda: NOON
    )
    code = code_at(seed, step_at(int(NOON.timestamp())))
    for each in (mine, yours):
        with pytest.raises(SealAccountError):
            factors.verify(each.account_id, code)
    with database.read() as connection:
        failures = connection.scalars(select(second_factor.c.failures)).all()
    assert set(failures) == {0}
