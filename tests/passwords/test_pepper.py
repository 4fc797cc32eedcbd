from dataclasses import replace
from typing import cast

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import (
    AccountIdError,
    SealBrokenError,
    SetupError,
    UnknownKeyError,
)
from credguard.keys import Keyring
from credguard.passwords import CHEAPEST, OWASP_19_MIB, PasswordHasher
from credguard.passwords.own_text import OwnText, read_own_text
from credguard.passwords.pepper import Pepper, check_owner
from credguard.passwords.phc import Cost

RING = Keyring.generate()
PEPPER = Pepper(RING)
TAG = bytes(range(32))
BARE = OwnText(cost=Cost.of(OWASP_19_MIB), salt=b"s" * 16, body=TAG)
WRAPPED = replace(BARE, inner="django:md5$$$md5$salt$~032~")


@pytest.mark.parametrize("bare", [BARE, WRAPPED, replace(BARE, is_nfc=False)])
@pytest.mark.parametrize("account_id", [None, "17", "ü\x00 $"])
def test_what_is_sealed_opens_again(bare: OwnText, account_id: str | None) -> None:
    """The tag comes back for the account that it was bound to, from the text alone."""
    sealed = PEPPER.seal(bare, account_id=account_id)
    assert (sealed.key_id, sealed.is_bound) == (RING.current.id, account_id is not None)
    assert sealed.body != TAG
    read = read_own_text(sealed.to_text())
    assert read == sealed
    assert PEPPER.open(sealed, account_id=account_id) == bare


@pytest.mark.parametrize("other", ["18", "1", "017", "17 ", None])
def test_another_account_does_not_open_it(other: str | None) -> None:
    """A bound hash that was copied to another row is broken there."""
    sealed = PEPPER.seal(BARE, account_id="17")
    with pytest.raises(SealBrokenError) as caught:
        PEPPER.open(sealed, account_id=other)
    assert caught.value.__context__ is None


def test_a_hash_bound_to_nobody_opens_for_anybody() -> None:
    """Where no account was given, none is asked for; and the text says so."""
    sealed = PEPPER.seal(BARE, account_id=None)
    assert PEPPER.open(sealed, account_id="17") == BARE
    assert sealed.to_text().startswith("$cgh1a$")
    # Saying that it was bound after all breaks the seal.
    with pytest.raises(SealBrokenError):
        PEPPER.open(replace(sealed, is_bound=True), account_id="17")


@pytest.mark.parametrize(
    "altered",
    [
        {"cost": Cost(memory_kib=19_457, passes=2, lanes=1)},
        {"cost": Cost(memory_kib=19_456, passes=1, lanes=1)},
        {"cost": Cost(memory_kib=19_456, passes=2, lanes=2)},
        {"salt": b"t" * 16},
        {"is_nfc": False},
        {"is_bound": False},
        {"inner": "x$$$y"},
        {"body": bytes(48)},
    ],
)
def test_every_part_of_the_text_is_bound(altered: dict[str, object]) -> None:
    """Nothing in the text can be exchanged without breaking the seal."""
    sealed = PEPPER.seal(BARE, account_id="17")
    with pytest.raises(SealBrokenError):
        PEPPER.open(replace(sealed, **altered), account_id="17")  # type: ignore[arg-type]  # by name


def test_the_inner_text_is_bound() -> None:
    """What is said to have been wrapped cannot be exchanged either."""
    sealed = PEPPER.seal(WRAPPED, account_id="17")
    for inner in ("", WRAPPED.inner.replace("salt", "salz")):
        with pytest.raises(SealBrokenError):
            PEPPER.open(replace(sealed, inner=inner), account_id="17")


def test_a_key_of_another_ring_is_named() -> None:
    """A missing key is told by its id, and is not taken for a broken seal."""
    sealed = PEPPER.seal(BARE, account_id="17")
    with pytest.raises(UnknownKeyError) as caught:
        Pepper(Keyring.generate()).open(sealed, account_id="17")
    assert caught.value.key_id == RING.current.id


def test_an_older_key_opens_and_the_current_seals() -> None:
    """After a rotation both keys open, each what it sealed."""
    sealed = PEPPER.seal(BARE, account_id="17")
    rotated = Pepper(RING.rotate())
    assert rotated.open(sealed, account_id="17") == BARE
    anew = rotated.seal(BARE, account_id="17")
    assert anew.key_id != sealed.key_id
    assert anew.body != sealed.body
    # The other key's id over it does not make it the other key's.
    for text, key_id in ((sealed, anew.key_id), (anew, sealed.key_id)):
        with pytest.raises(SealBrokenError):
            rotated.open(replace(text, key_id=key_id), account_id="17")


def test_the_construction_is_aes_siv_as_written_down() -> None:
    """Whoever has the keyring and the record can open a row without this code."""
    halves = [
        RING.tag(label, purpose="password hash")
        for label in (b"AES-SIV authentication", b"AES-SIV encryption")
    ]
    bound = [
        f"text $cgw1${RING.current.id}$m=19456,t=2,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw".encode(),
        b"inner " + WRAPPED.inner.encode(),
        b"account 17",
    ]
    expected = AESSIV(b"".join(halves)).encrypt(TAG, bound)
    assert PEPPER.seal(WRAPPED, account_id="17").body == expected


@pytest.mark.promise("P10")
def test_the_cipher_is_the_one_of_the_rfc() -> None:
    """The vector of the nonce-based example: two headers, and the nonce as a third."""
    # RFC 5297 appendix A.2.
    key = bytes.fromhex(
        "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f"
    )
    headers = [
        "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
        "102030405060708090a0",
        "09f911029d74e35bd84156c5635688c0",
    ]
    plain = (
        "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67"
        "205349562d414553"
    )
    sealed = (
        "7bdb6e3b432667eb06f4d14bff2fbd0f"
        "cb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c"
        "485b62a3fd5c0d"
    )
    made = AESSIV(key).encrypt(bytes.fromhex(plain), list(map(bytes.fromhex, headers)))
    assert made.hex() == sealed


def test_sealing_twice_gives_one_text() -> None:
    """There is no nonce to run out of, to draw twice or to lose."""
    assert PEPPER.seal(BARE, account_id="17") == PEPPER.seal(BARE, account_id="17")
    others = (
        PEPPER.seal(BARE, account_id="18"),
        PEPPER.seal(BARE, account_id=None),
        PEPPER.seal(WRAPPED, account_id="17"),
        PEPPER.seal(replace(BARE, salt=b"t" * 16), account_id="17"),
    )
    assert len({sealed.body for sealed in others}) == 4


def test_a_machine_without_the_cipher_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hasher that could not open its rows is not made."""

    def refuse(_key: bytes) -> None:
        message = "no such cipher"
        raise UnsupportedAlgorithm(message)

    module = "cryptography.hazmat.primitives.ciphers.aead.AESSIV"
    monkeypatch.setattr(module, refuse)
    with pytest.raises(SetupError, match="AES-SIV"):
        Pepper(RING)


@pytest.mark.parametrize("account_id", ["", "x" * 256, "\ud800", 17, b"17", 1.5, True])
def test_what_is_no_account_id_is_refused(account_id: object) -> None:
    """A number where a text belongs would bind to something else one day."""
    with pytest.raises(AccountIdError):
        check_owner(account_id)
    hasher = PasswordHasher(work_factor=CHEAPEST)
    given_id = cast("str", account_id)
    stored = hasher.hash("password")
    for ask in (
        lambda: hasher.hash("password", account_id=given_id),
        lambda: hasher.verify("password", stored=stored, account_id=given_id),
        lambda: hasher.rekey(stored, account_id=given_id),
        lambda: hasher.wrap("x", account_id=given_id),
        lambda: hasher.needs_rehash(stored=stored, account_id=given_id),
    ):
        with pytest.raises(AccountIdError):
            ask()


def test_repr_shows_no_key() -> None:
    """Neither the pepper nor a hasher with one shows more than settings."""
    assert repr(PEPPER).startswith("<credguard.passwords.pepper.Pepper object")
    assert RING.reveal() not in repr(vars(PasswordHasher(keyring=RING)))


@given(st.binary(min_size=16, max_size=64), st.binary(min_size=8, max_size=64))
def test_any_tag_of_any_salt_comes_back(tag: bytes, salt: bytes) -> None:
    """Hashes by other software, whatever their sizes, can be sealed as well."""
    bare = replace(BARE, body=tag, salt=salt, is_nfc=False)
    sealed = PEPPER.seal(bare, account_id="17")
    read = read_own_text(sealed.to_text())
    assert read is not None
    assert PEPPER.open(read, account_id="17") == bare
