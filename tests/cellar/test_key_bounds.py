"""The bounds of keys, keyrings and seals, each on both of its sides."""

import base64
from collections.abc import Callable
from hashlib import blake2b, sha256, sha512
from itertools import accumulate
from random import Random

import pytest

from credguard import _key
from credguard._key import KEY_BYTES, Key, is_drawn
from credguard._sealed import MAX_SEALED_CHARACTERS, Binding, key_id_of
from credguard._secret import Secret
from credguard.errors import (
    KeyringError,
    SealBrokenError,
    StoredDataError,
    UnknownKeyError,
)
from credguard.keys import MAX_PLAIN_BYTES, TAG_BYTES, Keyring

FIRST, SECOND, THIRD = (
    Key(sha256(each).digest()) for each in (b"first", b"second", b"third")
)
RING = Keyring(current=FIRST, older=(SECOND, THIRD))
PURPOSES = [f"purpose {number}" for number in range(40)]


def material_of(distinct: int) -> bytes:
    """Return the bytes of a key in which only so many are distinct, in no order."""
    draw = Random(800)
    few = [200 + number for number in range(distinct)]
    rest = draw.choices(few, k=KEY_BYTES - distinct)
    return bytes(draw.sample([*few, *rest], k=KEY_BYTES))


@pytest.mark.parametrize("distinct", [1, 11])
def test_a_key_of_few_bytes_was_typed(distinct: int) -> None:
    """Eleven distinct bytes of 32 are no chance."""
    with pytest.raises(KeyringError):
        Key(material_of(distinct))


def test_a_key_of_twelve_distinct_bytes_may_be_drawn() -> None:
    """Twelve are the fewest."""
    assert Key(material_of(12)).id


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_has_32_bytes(size: int) -> None:
    """However random fewer or more may be."""
    with pytest.raises(KeyringError, match=f"a key has 32 bytes, not {size}"):
        Key(sha512(b"another").digest()[:size])


@pytest.mark.parametrize(("period", "is_key"), [(12, False), (16, False), (17, True)])
def test_a_key_that_repeats_itself_was_not_drawn(period: int, *, is_key: bool) -> None:
    """If all of it was there by the half."""
    material = (sha256(b"again").digest()[:period] * 3)[:KEY_BYTES]
    assert is_drawn(material) is is_key


def test_a_step_past_255_is_the_step_that_it_is() -> None:
    """Eleven distinct steps of 31 are no chance, wherever they lead over the end."""
    draw = Random(1)
    few = [5 + 20 * number for number in range(11)]
    steps = few + draw.choices(few, k=KEY_BYTES - 1 - len(few))
    draw.shuffle(steps)
    material = bytes(each % 256 for each in accumulate(steps, initial=7))
    assert len(set(material)) > 12
    assert not is_drawn(material)


def test_each_of_many_tags_is_a_keyed_hash_of_its_message() -> None:
    """By the current key, or by the one that is named (RFC 7693 section 2.9)."""
    for key_id, key in ((None, FIRST), (FIRST.id, FIRST), (THIRD.id, THIRD)):
        derived = key.derive("tags marker")
        expected = [
            blake2b(each, digest_size=8, key=derived).digest() for each in (b"a", b"b")
        ]
        found = RING.tags([b"a", b"b"], purpose="marker", size=8, key_id=key_id)
        assert found == expected
    with pytest.raises(UnknownKeyError):
        RING.tags([b"a"], purpose="marker", size=8, key_id="00000000")


@pytest.mark.parametrize(
    ("kept", "ask"),
    [
        ("_derived", lambda key, purpose: key.derive(purpose)),
        ("_ciphers", lambda key, purpose: key.cipher(purpose)),
    ],
)
def test_what_a_key_keeps_has_an_end(
    kept: str, ask: Callable[[Key, str], object]
) -> None:
    """It keeps what it derived for 32 purposes, and is right for more."""
    key = Key(sha256(b"another").digest())
    first = [ask(key, purpose) for purpose in PURPOSES]
    assert len(getattr(key, kept)) == 32
    again = ask(key, PURPOSES[0])
    assert again == first[0]
    assert _key.KEY_ID_CHARACTERS == len(key.id) == 8


def test_a_tag_is_as_long_as_it_says() -> None:
    """So that a column holds it."""
    assert len(RING.tag(b"x", purpose="p")) == TAG_BYTES == 32


def test_as_much_as_can_be_opened_is_sealed() -> None:
    """48,000 bytes, and none more."""
    assert MAX_PLAIN_BYTES == 48_000
    sealed = RING.seal(bytes(MAX_PLAIN_BYTES), purpose="p", owner="o")
    assert RING.open(sealed, purpose="p", owner="o") == bytes(MAX_PLAIN_BYTES)
    with pytest.raises(StoredDataError):
        RING.seal(bytes(MAX_PLAIN_BYTES + 1), purpose="p", owner="o")


def test_a_text_is_read_that_fits_a_column() -> None:
    """65,534 characters are taken apart; 65,536 are refused, 65,535 are no base64."""
    assert MAX_SEALED_CHARACTERS == 65_535
    head = f"cgs1.{FIRST.id}."
    binding = Binding("p", "o", None)
    for length, is_read in ((65_534, True), (65_536, False)):
        text = head + "A" * (length - len(head))
        if is_read:
            assert binding.read(text).key_id == FIRST.id
        else:
            with pytest.raises(SealBrokenError):
                binding.read(text)


@pytest.mark.parametrize(("part", "marks"), [(None, 0), ("f", 12)])
def test_a_seal_has_a_nonce_and_a_tag_at_least(part: str | None, marks: int) -> None:
    """28 bytes beside the marks; with one fewer it is not a seal."""
    binding = Binding("p", "o", part)
    version = "cgs1" if part is None else "cgs2"
    for size, is_read in ((28, True), (27, False)):
        blob = base64.urlsafe_b64encode(bytes(marks + size)).decode().rstrip("=")
        text = f"{version}.{FIRST.id}.{blob}"
        if is_read:
            read = binding.read(text)
            assert (len(read.nonce), len(read.ciphertext)) == (12, 16)
        else:
            with pytest.raises(SealBrokenError):
                binding.read(text)


def test_a_keyring_knows_its_keys() -> None:
    """By their ids, and no others; its line names each where it stands."""
    assert RING.ids == {FIRST.id, SECOND.id, THIRD.id}
    assert RING.has(SECOND.id)
    assert not RING.has("00000000")
    read = Keyring.parse(RING.reveal())
    assert (read.current.id, [key.id for key in read.older]) == (
        FIRST.id,
        [SECOND.id, THIRD.id],
    )


def test_an_older_key_is_taken_off() -> None:
    """The others stay as they are; the current one and a strange one are refused."""
    left = RING.without(SECOND.id)
    assert (left.current.id, [key.id for key in left.older]) == (FIRST.id, [THIRD.id])
    with pytest.raises(KeyringError, match="current"):
        RING.without(FIRST.id)
    with pytest.raises(KeyringError, match="not on the keyring"):
        RING.without("00000000")


def test_the_key_id_stands_in_the_text() -> None:
    """In the head alone, too, and in nothing else."""
    assert key_id_of(f"cgs1.{FIRST.id}") == FIRST.id
    assert key_id_of(f"cgs1.{FIRST.id}x") is None


def test_a_secret_is_equal_to_no_bytes() -> None:
    """A comparison with anything else is false, not nothing."""
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a").__eq__(b"a") is NotImplemented
