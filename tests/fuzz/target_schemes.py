"""Stored texts of every format, by the scheme that is named beside them."""

from trying import fields_of

from credguard.errors import CredguardError
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import digests_of
from stored_rows import BUNDLED, LOW, SET_UP

POOL = Argon2Pool()
SCHEMES = {scheme.name: scheme for scheme in (*BUNDLED, *SET_UP)}


def one_input(data: bytes) -> None:
    """Read a text by one scheme, and compute on it if it is cheap."""
    name, salt, username, stored = fields_of(data, 4)
    named = SCHEMES.get(name)
    beside = Beside(salt=salt or None, username=username or None)
    for scheme in SCHEMES.values() if named is None else (named,):
        row = scheme.read(stored, beside)
        if row is None:
            continue
        try:
            row.check_cost(LOW)
            with POOL.permit() as permit:
                made = list(digests_of(row, b"correct horse", permit))
        except CredguardError:
            continue
        if not (all(isinstance(each, bytes) for each in made) and row.tag):
            raise AssertionError
        again = scheme.read(row.blank, beside) if row.blank else row
        if again is None or again.blank != row.blank:
            raise AssertionError
