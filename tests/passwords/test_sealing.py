from dataclasses import replace

import argon2
import pytest

from credguard.errors import (
    PasswordMismatchError,
    SealBrokenError,
    SetupError,
    UnknownKeyError,
    UnreadableHashError,
)
from credguard.keys import Keyring
from credguard.passwords import CHEAPEST, PasswordHasher, WorkFactor, WriteFormat
from credguard.passwords.own_text import read_own_text

RING = Keyring.generate()
NEXT = RING.rotate()
PASSWORD = "correct horse"
MD5 = "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"  # of lètmein, by Django's tests
DEAR = WorkFactor(memory_kib=16, passes=1, lanes=1)

BARE = PasswordHasher(work_factor=CHEAPEST)
OWN = PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat.V1)
OLD = PasswordHasher(work_factor=CHEAPEST, keyring=RING)
NEW = PasswordHasher(work_factor=CHEAPEST, keyring=NEXT)
PINNED = PasswordHasher(
    work_factor=CHEAPEST, keyring=NEXT, write_format=WriteFormat.PHC
)
STRICT = PasswordHasher(work_factor=CHEAPEST, keyring=NEXT, only_sealed=True)


def test_a_keyring_makes_a_pepper() -> None:
    """With a keyring a hash is sealed and bound, without one it is a PHC string."""
    sealed = OLD.hash(PASSWORD, account_id="17")
    assert sealed.startswith(f"$cgh1${RING.current.id}$m=8,t=1,p=1$")
    assert OLD.hash(PASSWORD).startswith(f"$cgh1a${RING.current.id}$m=8,")
    assert BARE.hash(PASSWORD, account_id="17").startswith("$argon2id$v=19$m=8,")
    assert OWN.hash(PASSWORD, account_id="17").startswith("$cgh1$-$m=8,")


def test_the_length_of_a_new_hash_is_known() -> None:
    """What is told before any hash is made holds for those that are made."""
    for hasher in (BARE, OWN, OLD, PINNED):
        assert len(hasher.hash(PASSWORD)) == hasher.new_characters
        assert len(hasher.hash(PASSWORD, account_id="17")) <= hasher.new_characters
    assert PasswordHasher(keyring=RING).new_characters == 119
    assert PasswordHasher().new_characters == 97


def test_a_sealed_hash_verifies_for_its_account_only() -> None:
    """A hash that was copied to another account is broken there, not wrong."""
    sealed = OLD.hash(PASSWORD, account_id="17")
    assert OLD.verify(PASSWORD, stored=sealed, account_id="17").needs_rehash is False
    with pytest.raises(PasswordMismatchError):
        OLD.verify("wrong", stored=sealed, account_id="17")
    for other in ("18", None):
        for typed in (PASSWORD, "wrong"):
            with pytest.raises(SealBrokenError):
                OLD.verify(typed, stored=sealed, account_id=other)


def test_the_reader_of_the_table_alone_can_test_no_guess() -> None:
    """What is stored is not the tag that the password and the salt give."""
    sealed = OLD.hash(PASSWORD, account_id="17")
    own = read_own_text(sealed)
    assert own is not None
    for tag in (own.body[:32], own.body[16:], own.body):
        bare = replace(own, key_id=None, is_bound=False, body=tag).to_text()
        with pytest.raises(PasswordMismatchError):
            BARE.verify(PASSWORD, stored=bare)


def test_a_missing_key_is_named() -> None:
    """A row under a key that is not on the ring is an error for the operator."""
    sealed = NEW.hash(PASSWORD, account_id="17")
    for hasher in (OLD, BARE):
        with pytest.raises(UnknownKeyError) as caught:
            hasher.verify(PASSWORD, stored=sealed, account_id="17")
        assert caught.value.key_id == NEXT.current.id
        with pytest.raises(UnknownKeyError):
            hasher.rekey(sealed, account_id="17")


def test_rows_of_before_the_pepper_still_verify() -> None:
    """They are to be replaced, or sealed without a log-in."""
    for stored in (BARE.hash(PASSWORD), OWN.hash(PASSWORD)):
        assert NEW.verify(PASSWORD, stored=stored).needs_rehash is True
        assert NEW.needs_rehash(stored=stored) is True
        sealed = NEW.rekey(stored, account_id="17")
        assert sealed is not None
        verified = NEW.verify(PASSWORD, stored=sealed, account_id="17")
        assert verified.needs_rehash is False


def test_an_older_key_is_replaced_at_log_in_or_offline() -> None:
    """Both ways end at the current key; the hash under it needs nothing more."""
    old = OLD.hash(PASSWORD, account_id="17")
    assert NEW.verify(PASSWORD, stored=old, account_id="17").needs_rehash is True
    new = NEW.rekey(old, account_id="17")
    assert new is not None
    assert NEW.describe(new).key_id == NEXT.current.id
    assert NEW.verify(PASSWORD, stored=new, account_id="17").needs_rehash is False
    assert NEW.rekey(new, account_id="17") is None
    # Back again, as after a rotation that was called off, gives the very same text.
    (left,) = NEXT.ids - RING.ids
    ring = Keyring(current=RING.current, older=(NEXT.current,))
    assert left == ring.older[0].id
    back = PasswordHasher(work_factor=CHEAPEST, keyring=ring)
    assert back.rekey(new, account_id="17") == old


def test_rekeying_needs_the_account_that_a_row_is_bound_to() -> None:
    """A bound row is opened for its account before it is sealed again."""
    old = OLD.hash(PASSWORD, account_id="17")
    for other in ("18", None):
        with pytest.raises(SealBrokenError):
            NEW.rekey(old, account_id=other)


def test_rekeying_binds_what_was_bound_to_nobody() -> None:
    """A hash that was made without an account is bound once one is given."""
    unbound = NEW.hash(PASSWORD)
    assert NEW.needs_rehash(stored=unbound) is False
    assert NEW.needs_rehash(stored=unbound, account_id="17") is True
    assert NEW.rekey(unbound) is None
    bound = NEW.rekey(unbound, account_id="17")
    assert bound is not None
    assert NEW.describe(bound).is_bound
    with pytest.raises(SealBrokenError):
        NEW.verify(PASSWORD, stored=bound, account_id="18")


def test_wrapped_rows_are_rekeyed_alike() -> None:
    """Whether a hash is direct or wrapped makes no difference to its key."""
    for first in (BARE, OLD):
        wrapped = first.wrap(MD5, account_id="17")
        sealed = NEW.rekey(wrapped, account_id="17")
        assert sealed is not None
        assert NEW.describe(sealed).key_id == NEXT.current.id
        assert NEW.rekey(sealed, account_id="17") is None
        verified = NEW.verify("lètmein", stored=sealed, account_id="17")
        assert (verified.scheme, verified.needs_rehash) == ("wrapped:django:md5", True)


def test_argon2id_of_other_software_is_sealed_without_a_log_in() -> None:
    """Its form is not known, so that both are still tried, also behind a prefix."""
    for password, typed in (("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9")):
        theirs = argon2.PasswordHasher(1, 8, 1).hash(password)
        for stored in (theirs, f"argon2{theirs}"):
            sealed = NEW.rekey(stored, account_id="17")
            assert sealed is not None
            assert sealed.startswith("$cgh1u$")
            for either in (password, typed):
                NEW.verify(either, stored=sealed, account_id="17")


def test_what_cannot_be_sealed_is_left_alone() -> None:
    """Legacy hashes are wrapped and not re-keyed; rows out of use stay so."""
    argon2i = argon2.PasswordHasher(1, 8, 1, type=argon2.Type.I).hash(PASSWORD)
    for stored in (MD5, argon2i, "", "!", "cgretired1:x"):
        assert NEW.rekey(stored) is None
    with pytest.raises(UnreadableHashError):
        NEW.rekey("garbage")
    assert BARE.rekey(BARE.hash(PASSWORD)) is None


def test_a_dearer_row_is_not_rehashed_for_its_key() -> None:
    """Its cost would fall; it is re-keyed instead."""
    dear = PasswordHasher(work_factor=DEAR, keyring=RING).hash(PASSWORD, account_id="1")
    assert NEW.verify(PASSWORD, stored=dear, account_id="1").needs_rehash is False
    sealed = NEW.rekey(dear, account_id="1")
    assert sealed is not None
    assert NEW.describe(sealed).cost == "m=16,t=1,p=1"


def test_a_pinned_format_is_written_whatever_the_keyring() -> None:
    """Old servers go on reading what new ones write, which read all there is."""
    bare = PINNED.hash(PASSWORD, account_id="17")
    assert bare.startswith("$argon2id$")
    assert PINNED.verify(PASSWORD, stored=bare, account_id="17").needs_rehash is False
    assert PINNED.rekey(bare, account_id="17") is None
    sealed = NEW.hash(PASSWORD, account_id="17")
    assert PINNED.verify(PASSWORD, stored=sealed, account_id="17").needs_rehash is False
    # A row that is sealed already is no newer format than it was.
    old = OLD.hash(PASSWORD, account_id="17")
    assert PINNED.rekey(old, account_id="17") is not None


def test_only_sealed_refuses_what_anybody_could_have_written() -> None:
    """A bare, a legacy or an unbound row is no log-in any more; a bound one is."""
    bound = NEW.hash(PASSWORD, account_id="17")
    STRICT.verify(PASSWORD, stored=bound, account_id="17")
    for stored in (BARE.hash(PASSWORD), OWN.hash(PASSWORD), NEW.hash(PASSWORD)):
        with pytest.raises(UnreadableHashError, match="sealed"):
            STRICT.verify(PASSWORD, stored=stored, account_id="17")
    with pytest.raises(UnreadableHashError, match="sealed"):
        STRICT.verify("lètmein", stored=MD5, account_id="17")
    with pytest.raises(PasswordMismatchError):
        STRICT.verify(PASSWORD, stored=None, account_id="17")
    # Where a host gives no account, no row can be bound to it.
    STRICT.verify(PASSWORD, stored=NEW.hash(PASSWORD))


def test_settings_that_contradict_each_other_are_refused() -> None:
    """Nobody could log in, or nothing would be sealed."""
    with pytest.raises(SetupError):
        PasswordHasher(only_sealed=True)
    with pytest.raises(SetupError):
        PasswordHasher(keyring=RING, only_sealed=True, write_format=WriteFormat.PHC)
    with pytest.raises(SetupError):
        PasswordHasher(write_format="v2")  # type: ignore[arg-type]  # a caller's slip


@pytest.mark.parametrize("text", ["phc", "v1"])
def test_a_format_can_be_named_by_its_text(text: str) -> None:
    """Settings files hold texts."""
    hasher = PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat(text))
    assert hasher.hash(PASSWORD).startswith("$cgh1$" if text == "v1" else "$argon2id$")
