import argon2
import pytest

from credguard.errors import WorkFactorTooHighError
from credguard.passwords import Ceilings, WorkFactor
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import matches, read_argon2

TEXT = (
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
    "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)


def test_a_phc_string_is_read_as_what_it_costs() -> None:
    """Scheme, cost and work are told before anything is computed."""
    row = read_argon2(TEXT)
    assert row is not None
    assert row.scheme == "argon2id"
    assert row.work == 512
    assert row.argon2id == WorkFactor(memory_kib=256, passes=2, lanes=1)
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings(argon2_memory_kib=255))


def test_only_the_hashed_password_matches() -> None:
    """The password of the reference vector matches and another does not."""
    row = read_argon2(TEXT)
    assert row is not None
    with Argon2Pool().permit() as permit:
        assert matches(row, b"password", permit) is True
        assert matches(row, b"passwore", permit) is False


def test_argon2i_has_no_argon2id_cost() -> None:
    """An Argon2i hash is compared with, and is never a reason to keep a row."""
    theirs = argon2.PasswordHasher(1, 64, 1, type=argon2.Type.I).hash("password")
    row = read_argon2(theirs)
    assert row is not None
    assert (row.scheme, row.argon2id) == ("argon2i", None)
    with Argon2Pool().permit() as permit:
        assert matches(row, b"password", permit)


def test_other_text_is_not_an_argon2_hash() -> None:
    """What is no PHC string is left to other readers."""
    assert read_argon2("argon2" + TEXT) is None
