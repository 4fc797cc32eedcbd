"""Stored texts of every format, with what stands beside them."""

from trying import KEYRING, fields_of, only_declared_errors

from credguard.passwords import CHEAPEST, PasswordHasher
from stored_rows import BUNDLED, LOW, SET_UP

NODEBB_UNWRAPPED = "nodebb:bcrypt"  # looks as the wrapped one does
SCHEMES = (*BUNDLED, *SET_UP)
HASHER = PasswordHasher(
    work_factor=CHEAPEST,
    accept=[each for each in SCHEMES if each.name != NODEBB_UNWRAPPED],
    ceilings=LOW,
    keyring=KEYRING,
)


def one_input(data: bytes) -> None:
    """Read and verify a text, and read it by each scheme."""
    stored, salt, username = fields_of(data, 3)
    beside = {"salt": salt or None, "username": username or None}
    described = HASHER.describe(stored, **beside)
    with only_declared_errors():
        HASHER.needs_rehash(stored=stored, **beside)
    with only_declared_errors():
        HASHER.verify("correct horse", stored=stored, account_id="17", **beside)
    if described.is_wrappable:
        with only_declared_errors():
            HASHER.wrap(stored, account_id="17", **beside)
