"""What every stored hash promises, whatever wrote it; for tests of schemes."""

import re

from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import StoredHash, matches

NAME = re.compile(r"[a-z0-9][a-z0-9:._+-]{0,63}", re.ASCII)
POOL = Argon2Pool()


def check_row(
    scheme: LegacyScheme, stored: str, password: str, beside: Beside = NOTHING_BESIDE
) -> StoredHash:
    """Assert that *stored* is a row of *scheme* and *password* that can be wrapped."""
    row = scheme.read(stored, beside)
    assert row is not None
    assert row.scheme == scheme.name
    assert NAME.fullmatch(scheme.name)
    assert row.tag
    assert isinstance(row.cost, str)
    assert row.work >= 0
    assert type(row.is_shuckable) is bool
    typed = password.encode()
    with POOL.permit() as permit:
        made = row.digest(typed, permit)
        assert made == row.tag
        assert matches(row, typed, permit)
        assert not matches(row, typed + b"x", permit)
        blank = scheme.read(row.blank, beside)
        assert blank is not None
        assert blank.blank == row.blank
        assert len(row.blank) == len(stored)
        assert row.blank != stored
        assert blank.digest(typed, permit) == made
        assert not matches(blank, typed, permit)
        for less in (Beside(salt=beside.salt), Beside(username=beside.username)):
            fewer = scheme.read(stored, less)
            assert fewer is None or fewer.digest(typed, permit) == made
    return row
