import pytest

from credguard.errors import (
    ColumnTooNarrowError,
    SetupError,
    UnreadableHashError,
)
from credguard.keys import Keyring
from credguard.passwords import CHEAPEST, Description, PasswordHasher, WorkFactor
from credguard.passwords.legacy import DJANGO, SMF, VBULLETIN

ACCEPT = DJANGO + VBULLETIN + SMF
RING = Keyring.generate()
COST = WorkFactor(memory_kib=64, passes=2, lanes=1)
BARE = PasswordHasher(work_factor=COST, accept=ACCEPT)
PEPPERED = PasswordHasher(work_factor=COST, accept=ACCEPT, keyring=RING)
MD5 = "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"  # of lètmein, by Django's tests
DIGEST = "0123456789abcdef" * 2
LONG_SALT = "S" * 30


@pytest.mark.parametrize("hasher", [BARE, PEPPERED])
@pytest.mark.parametrize(
    ("stored", "salt", "username"),
    [
        (MD5, None, None),
        (DIGEST, LONG_SALT, None),
        (DIGEST + "01234567", None, "Zoë"),
    ],
)
def test_the_length_of_a_wrapped_row_is_known_beforehand(
    stored: str, salt: str | None, username: str | None, hasher: PasswordHasher
) -> None:
    """A dry run over a table finds the longest without computing anything."""
    needed = hasher.wrapped_characters(stored, salt=salt, username=username)
    assert len(hasher.wrap(stored, salt=salt, username=username)) == needed
    wrapped = hasher.wrap(stored, salt=salt, username=username, account_id="17")
    assert len(wrapped) <= needed


def test_what_cannot_be_wrapped_has_no_length() -> None:
    """The errors are those of wrapping."""
    with pytest.raises(UnreadableHashError):
        BARE.wrapped_characters("garbage")
    with pytest.raises(SetupError):
        BARE.wrapped_characters(MD5, scheme="unknown")


def test_a_column_is_checked_before_it_is_written() -> None:
    """One character too few is told, with how many are needed."""
    default = PasswordHasher(keyring=RING)
    default.check_column(128)
    default.check_column(119)
    default.check_column(None)
    with pytest.raises(ColumnTooNarrowError, match="118 characters and needs 119"):
        default.check_column(118)
    with pytest.raises(ColumnTooNarrowError, match="needs 200"):
        default.check_column(128, needed=200)
    default.check_column(200, needed=200)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, Description(scheme="unusable")),
        ("", Description(scheme="unusable")),
        ("!x", Description(scheme="unusable")),
        ("cgretired1:x", Description(scheme="retired")),
        (b"bytes", Description(scheme="unreadable")),
        ("garbage", Description(scheme="unreadable")),
        ("\ud800", Description(scheme="unreadable")),
        ("x" * 100_000, Description(scheme="unreadable")),
        (DIGEST, Description(scheme="unreadable")),  # its salt is missing
        (
            MD5,
            Description(scheme="django:md5", is_wrappable=True, is_weak=True),
        ),
        (
            "pbkdf2_sha256$1000000$salt$" + "A" * 43 + "=",
            Description(
                scheme="django:pbkdf2_sha256",
                cost="i=1000000",
                work=550_000,
                is_wrappable=True,
            ),
        ),
        (
            BARE.hash("x").replace("t=2", "t=1"),
            Description(scheme="argon2id", cost="m=64,t=1,p=1", work=64, is_weak=True),
        ),
        (
            BARE.hash("x").replace("m=64", "m=999999999"),  # above every ceiling
            Description(
                scheme="argon2id", cost="m=999999999,t=2,p=1", work=1_999_999_998
            ),
        ),
        (
            PEPPERED.hash("x", account_id="17"),
            Description(
                scheme="argon2id",
                cost="m=64,t=2,p=1",
                work=128,
                key_id=RING.current.id,
                is_bound=True,
            ),
        ),
        (
            BARE.wrap(MD5),
            Description(
                scheme="wrapped:django:md5",
                cost="m=64,t=2,p=1",
                work=128,
                is_wrapped=True,
            ),
        ),
    ],
)
def test_a_row_is_described(stored: str, expected: Description) -> None:
    """A census learns all that it counts by, whatever stands in the column."""
    assert PEPPERED.describe(stored) == expected
    assert PEPPERED.identify(stored) == expected.scheme


def test_columns_beside_it_are_looked_at() -> None:
    """A digest with its salt is a row; both layers of a wrapped one are told."""
    found = BARE.describe(DIGEST, salt=LONG_SALT)
    assert (found.scheme, found.is_shuckable) == ("vbulletin:md5", True)
    for salt in ("\ud800", "x" * 5000, b"salt", 5):
        assert BARE.describe(DIGEST, salt=salt).scheme == "unreadable"  # type: ignore[arg-type]  # as columns are
    row = "pbkdf2_sha256$12$salt$" + "A" * 43 + "="
    wrapped = BARE.describe(BARE.wrap(row))
    assert wrapped.cost == "m=64,t=2,p=1 over i=12"
    assert BARE.describe(BARE.wrap(DIGEST, salt=LONG_SALT)).is_shuckable


def test_a_census_asks_for_no_key_and_computes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It can be taken where there is no keyring, and of a million rows."""
    sealed = PEPPERED.hash("x", account_id="17")
    monkeypatch.setattr(BARE, "_pool", None)
    found = BARE.describe(sealed)
    assert (found.scheme, found.key_id) == ("argon2id", RING.current.id)


def test_the_cheapest_row_is_not_weak_where_new_ones_are_as_cheap() -> None:
    """Weak is what a guess on a new hash takes longer than."""
    cheapest = PasswordHasher(work_factor=CHEAPEST)
    assert cheapest.describe(cheapest.hash("x")).is_weak is False
