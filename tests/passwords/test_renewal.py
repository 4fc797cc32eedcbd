"""What becomes of one row, and why."""

from datetime import timedelta

import pytest

from credguard import Keyring, PasswordHasher
from credguard.campaigns.accounts import Account
from credguard.errors import SetupError
from credguard.passwords import legacy
from credguard.passwords.renewal import Fate, Rekeying, Wrapping, hash_time, judge
from credguard.passwords.sealing import WriteFormat
from credguard.testing import CHEAPEST

MD5 = "md5$seasalt$ef9b0b3b3f0a3b7a5b3a9e1c5d8a2f10"
MYBB = "ef9b0b3b3f0a3b7a5b3a9e1c5d8a2f10"
COSTLY = "pbkdf2_sha256$999999999$salt$" + "A" * 43 + "="


def cheap(keyring: Keyring | None = None) -> PasswordHasher:
    """Return a hasher that costs next to nothing."""
    return PasswordHasher(work_factor=CHEAPEST, keyring=keyring)


@pytest.mark.parametrize(
    ("stored", "fate"),
    [
        (MD5, Fate.DUE),
        (cheap().hash("a tall ship"), Fate.CURRENT),
        (cheap().wrap(MD5), Fate.CURRENT),
        (COSTLY, Fate.TOO_COSTLY),
        ("cgretired1:abc", Fate.NO_HASH),
        ("!abc", Fate.NO_HASH),
        ("", Fate.NO_HASH),
        (None, Fate.NO_HASH),
        ("strange", Fate.UNREADABLE),
        ("md5$seasalt$\ud800", Fate.UNREADABLE),
    ],
)
def test_only_an_old_hash_that_may_be_computed_is_wrapped(
    stored: str | None, fate: Fate
) -> None:
    """Whatever else stands in a column is passed over, and counted as what it is."""
    verdict = judge(Wrapping(cheap()), Account("1", password=stored))
    assert verdict.fate is fate
    assert bool(verdict.characters) is (fate is Fate.DUE)


def test_a_new_text_is_no_longer_than_was_said() -> None:
    """The column is compared with what will be written."""
    row = Account("1", password=MD5)
    wrapping = Wrapping(cheap(keyring=Keyring.generate()))
    assert len(wrapping.renew(row)) <= judge(wrapping, row).characters


@pytest.mark.parametrize(
    ("salt", "fate"),
    [("s4lt", Fate.DUE), (None, Fate.UNREADABLE), ("s4\ufffdt", Fate.UNREADABLE)],
)
def test_a_salt_that_cannot_be_right_is_not_kept(salt: str | None, fate: Fate) -> None:
    """A row is left alone when its salt is missing or was not read whole."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=legacy.MYBB)
    row = Account("1", password=MYBB, salt=salt)
    assert judge(Wrapping(hasher), row).fate is fate


def test_a_key_that_is_missing_is_told_from_a_broken_seal() -> None:
    """Another keyring is one thing, another account's row is another."""
    ring = Keyring.generate()
    stored = cheap(keyring=ring).hash("a tall ship", account_id="1")
    after, other = ring.rotate(), Keyring.generate()

    def fate_of(account: str, keyring: Keyring) -> Fate:
        renewal = Rekeying(cheap(keyring=keyring), current=keyring.current.id)
        return judge(renewal, Account(account, password=stored)).fate

    assert fate_of("1", ring) is Fate.CURRENT
    assert fate_of("1", after) is Fate.DUE
    assert fate_of("2", after) is Fate.BROKEN
    assert fate_of("1", other) is Fate.UNKNOWN_KEY


def test_a_hasher_that_may_not_write_wrapped_texts_is_refused() -> None:
    """A pinned write format stops the work at its first row."""
    hasher = PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat.PHC)
    with pytest.raises(SetupError):
        judge(Wrapping(hasher), Account("1", password=MD5))


def test_a_change_is_named_by_all_that_makes_a_difference() -> None:
    """Runs join each other's work only where they do the same to the same table."""
    only = frozenset({"django:md5"})
    sealed = cheap(keyring=Keyring.generate())
    names = {
        Wrapping(cheap()).name_in("a"),
        Wrapping(cheap()).name_in("b"),
        Wrapping(cheap(), only=only).name_in("a"),
        Wrapping(sealed).name_in("a"),
        Rekeying(sealed, current="00000000").name_in("a"),
        Rekeying(sealed, current="00000001").name_in("a"),
        Rekeying(sealed, current="00000001", seals_bare=True).name_in("a"),
    }
    assert len(names) == 7
    assert Wrapping(cheap()).name_in("a") in names
    assert max(map(len, names)) <= 32 - len("-01234567")  # the sweep's column


def test_the_time_of_a_hash_is_measured() -> None:
    """It is more than nothing."""
    assert hash_time(cheap()) > timedelta(0)
