import base64
import copy
import hashlib
import pickle
import secrets
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from credguard._sealed import MAX_SEALED_CHARACTERS, key_id_of
from credguard.campaigns.approver_keys import ApproverKey
from credguard.errors import (
    CredguardError,
    KeyringError,
    SealBrokenError,
    StoredDataError,
    UnknownKeyError,
)
from credguard.keys import (
    MAX_KEYS,
    MAX_PLAIN_BYTES,
    Key,
    Keyring,
)

MATERIAL = hashlib.sha256(b"a key of the first release").digest()
KEY = Key(MATERIAL)
KEYRING = Keyring(current=KEY)
ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included

# Made by this format's first release: what it sealed must open for ever.
FIRST_LINE = (
    "cgk1,current=2ad2b4e8.9UeGJp40cf23oknppogJHbypffVA99LqI1CVk3SmKgg"
    ",older=d6c03af9.yBEHnHjcxVQdFp5i2mAOCOi74PhrGNdFOrWkGGs2QHg"
)
FIRST_SEALED = "cgs1.d6c03af9.XvOvzHvDmWbt03wn7mIfpB3fT21PmSR7yqlW2MB5GyzGPA"


def hkdf(material: bytes, info: bytes) -> bytes:
    """Return HKDF-SHA-256 as pyca/cryptography computes it."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material)


def framed(*parts: str) -> bytes:
    """Return *parts* as bytes, each behind its length in four bytes."""
    coded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in coded)


def keys(count: int) -> list[Key]:
    """Return *count* different keys."""
    return [Key.generate() for _ in range(count)]


@pytest.mark.promise("P10")
@given(material=st.binary(min_size=32, max_size=32), purpose=st.text())
def test_derivation_is_hkdf(material: bytes, purpose: str) -> None:
    """A derived key is what another implementation of RFC 5869 derives."""
    try:
        key = Key(material)
    except KeyringError:
        return
    info = b"credguard purpose\x00" + purpose.encode()
    assert key.derive(purpose) == hkdf(material, info)


def test_the_id_is_derived() -> None:
    """A key's id is the beginning of a value that HKDF derives from its bytes."""
    assert KEY.id == hkdf(MATERIAL, b"credguard key id").hex()[:8]


@pytest.mark.promise("P10")
@given(message=st.binary(), purpose=st.text(max_size=20))
def test_a_tag_is_hmac(message: bytes, purpose: str) -> None:
    """A tag is what another HMAC-SHA-256 gives under the derived key."""
    other = HMAC(KEY.derive(f"tag {purpose}"), SHA256())
    other.update(message)
    assert KEYRING.tag(message, purpose=purpose) == other.finalize()


@pytest.mark.promise("P10")
@given(plain=st.binary(max_size=300), purpose=st.text(), owner=st.text())
def test_another_implementation_opens_what_was_sealed(
    plain: bytes, purpose: str, owner: str
) -> None:
    """A sealed text is AES-256-GCM over its purpose, its owner and its version."""
    version, key_id, body = KEYRING.seal(plain, purpose=purpose, owner=owner).split(".")
    blob = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    key = hkdf(MATERIAL, b"credguard purpose\x00" + f"seal {purpose}".encode())
    bound = framed("cgs1", purpose, owner)
    assert (version, key_id) == ("cgs1", KEY.id)
    assert AESGCM(key).decrypt(blob[:12], blob[12:], bound) == plain


@given(plain=st.binary(max_size=300), purpose=ANY_TEXT, owner=ANY_TEXT)
def test_what_was_sealed_opens(plain: bytes, purpose: str, owner: str) -> None:
    """Any bytes come back for the same purpose and owner, whatever these are."""
    sealed = KEYRING.seal(plain, purpose=purpose, owner=owner)
    assert KEYRING.open(sealed, purpose=purpose, owner=owner) == plain
    assert key_id_of(sealed) == KEY.id


@pytest.mark.promise("P10")
@given(
    first=st.tuples(ANY_TEXT, ANY_TEXT),
    second=st.tuples(ANY_TEXT, ANY_TEXT),
)
@pytest.mark.promise("P23")
def test_what_was_moved_does_not_open(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    """A sealed text does not open for any other pair of purpose and owner."""
    sealed = KEYRING.seal(b"seed", purpose=first[0], owner=first[1])
    if first == second:
        return
    with pytest.raises(SealBrokenError):
        KEYRING.open(sealed, purpose=second[0], owner=second[1])


@pytest.mark.promise("P10")
def test_purpose_and_owner_do_not_run_together() -> None:
    """A letter that goes over from the purpose to the owner breaks the seal."""
    sealed = KEYRING.seal(b"seed", purpose="ab", owner="c")
    with pytest.raises(SealBrokenError):
        KEYRING.open(sealed, purpose="a", owner="bc")


@pytest.mark.promise("P10")
def test_every_character_counts() -> None:
    """Whatever character is altered, left out or doubled, the text does not open."""
    sealed = KEYRING.seal(b"seed", purpose="p", owner="o")
    for place, character in enumerate(sealed):
        other = "A" if character != "A" else "B"
        for altered in (
            sealed[:place] + other + sealed[place + 1 :],
            sealed[:place] + sealed[place + 1 :],
            sealed[:place] + character + sealed[place:],
        ):
            if altered == sealed:
                continue
            with pytest.raises((SealBrokenError, UnknownKeyError)):
                KEYRING.open(altered, purpose="p", owner="o")


@pytest.mark.promise("P7")
@given(sealed=ANY_TEXT | ANY_TEXT.map(f"cgs1.{KEY.id}.{{}}".format))
def test_any_text_is_refused(sealed: str) -> None:
    """A text that nobody sealed ends in a declared error that does not repeat it."""
    with pytest.raises((SealBrokenError, UnknownKeyError)) as caught:
        KEYRING.open(sealed, purpose="p", owner="o")
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.promise("P7")
def test_a_huge_text_is_refused_before_it_is_read() -> None:
    """A text past the limit is refused, though its beginning is well formed."""
    sealed = f"cgs1.{KEY.id}." + "A" * MAX_SEALED_CHARACTERS
    with pytest.raises(SealBrokenError):
        KEYRING.open(sealed, purpose="p", owner="o")


def test_what_is_sealed_can_be_opened_again() -> None:
    """The longest plain text that is sealed opens; one byte more is refused."""
    longest = bytes(MAX_PLAIN_BYTES)
    sealed = KEYRING.seal(longest, purpose="p" * 99, owner="o" * 255)
    assert len(sealed) <= MAX_SEALED_CHARACTERS
    assert KEYRING.open(sealed, purpose="p" * 99, owner="o" * 255) == longest
    with pytest.raises(StoredDataError):
        KEYRING.seal(longest + b"x", purpose="p", owner="o")


def test_sealing_twice_gives_two_texts() -> None:
    """Each text has a nonce of its own, so that equal secrets are not seen equal."""
    sealed = {KEYRING.seal(b"seed", purpose="p", owner="o") for _ in range(50)}
    assert len(sealed) == 50


@pytest.mark.promise("P23")
def test_a_key_that_is_missing_is_named() -> None:
    """A text of another keyring names the id of the key that is missing."""
    other = Keyring.generate()
    sealed = other.seal(b"seed", purpose="p", owner="o")
    with pytest.raises(UnknownKeyError) as caught:
        KEYRING.open(sealed, purpose="p", owner="o")
    assert caught.value.key_id == other.current.id
    with pytest.raises(UnknownKeyError):
        KEYRING.tag(b"", purpose="p", key_id=other.current.id)


@pytest.mark.promise("P10")
def test_a_key_of_the_same_id_does_not_open() -> None:
    """The id only finds the key; another key under that id opens nothing."""
    sealed = Keyring.generate().seal(b"seed", purpose="p", owner="o")
    body = sealed.rpartition(".")[2]
    with pytest.raises(SealBrokenError):
        KEYRING.open(f"cgs1.{KEY.id}.{body}", purpose="p", owner="o")


def test_tags_are_for_one_purpose_and_one_key() -> None:
    """The same message has another tag for another purpose or another key."""
    rotated = KEYRING.rotate()
    tags = [
        rotated.tag(b"m", purpose="a"),
        rotated.tag(b"m", purpose="b"),
        rotated.tag(b"m", purpose="a", key_id=KEY.id),
    ]
    assert len(set(tags)) == len(tags)
    assert tags[2] == KEYRING.tag(b"m", purpose="a")


@given(older=st.integers(0, MAX_KEYS - 1))
def test_a_keyring_is_read_back(older: int) -> None:
    """The line that a keyring reveals is parsed to the same keys in the same roles."""
    keyring = Keyring(current=KEY, older=tuple(keys(older)))
    again = Keyring.parse(f"  {keyring.reveal()}\n")
    assert again.current.id == keyring.current.id
    assert [key.id for key in again.older] == [key.id for key in keyring.older]
    assert again.reveal() == keyring.reveal()


@pytest.mark.promise("P23")
def test_a_rotated_keyring_opens_what_was_sealed() -> None:
    """After rotations old texts open, and new ones are sealed by the new key."""
    sealed = KEYRING.seal(b"seed", purpose="p", owner="o")
    rotated = KEYRING.rotate().rotate()
    assert rotated.open(sealed, purpose="p", owner="o") == b"seed"
    assert key_id_of(rotated.seal(b"", purpose="p", owner="o")) == rotated.current.id
    assert rotated.current.id not in {*KEYRING.ids, rotated.older[0].id}
    assert rotated.ids == {rotated.current.id, *(key.id for key in rotated.older)}


def test_a_keyring_has_an_end() -> None:
    """A keyring holds 16 keys and no more, also when it is rotated."""
    full = Keyring(current=KEY, older=tuple(keys(MAX_KEYS - 1)))
    with pytest.raises(KeyringError, match="at most 16"):
        full.rotate()


def test_the_first_format_stays_readable() -> None:
    """The first release's line and the text that it sealed are read for ever."""
    keyring = Keyring.parse(FIRST_LINE)
    assert keyring.open(FIRST_SEALED, purpose="retired hash", owner="15") == b"pbkdf2"


REVEALED = KEY.reveal()
LINES = {
    "nothing": "",
    "another text": "secret-key",
    "another version": KEYRING.reveal().replace("cgk1", "cgk2"),
    "no key": "cgk1",
    "an empty part": "cgk1,",
    "no current key": f"cgk1,older={REVEALED}",
    "two current keys": f"cgk1,current={REVEALED},current={Key.generate().reveal()}",
    "one key twice": f"cgk1,current={REVEALED},older={REVEALED}",
    "a strange role": f"cgk1,current={REVEALED},next={Key.generate().reveal()}",
    "a cut line": KEYRING.reveal()[:-1],
    "a longer line": KEYRING.reveal() + "A",
    "a padded key": KEYRING.reveal() + "=",
    "an id in capitals": KEYRING.reveal().replace(KEY.id, KEY.id.upper()),
    "another's id": KEYRING.reveal().replace(KEY.id, "00000000"),
    "no id": f"cgk1,current={REVEALED.partition('.')[2]}",
    "a short key": "cgk1,current=00000000.AAAA",
    "a lone surrogate": KEYRING.reveal() + "\ud800",
    "a key of zeros": "cgk1,current=00000000." + "A" * 43,
}


@pytest.mark.promise("P7", "P23")
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_that_is_no_keyring_is_refused(line: str) -> None:
    """A line that is cut, mistyped or made by hand is refused without repeating it."""
    with pytest.raises(KeyringError) as caught:
        Keyring.parse(line)
    assert REVEALED.partition(".")[2] not in repr(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.promise("P7", "P23")
def test_every_mistyped_character_is_noticed() -> None:
    """A keyring with one character mistyped is refused, not read as another."""
    line = KEYRING.reveal()
    for place, character in enumerate(line):
        other = "Q" if character != "Q" else "R"
        with pytest.raises(KeyringError):
            Keyring.parse(line[:place] + other + line[place + 1 :])


@pytest.mark.promise("P7")
@given(line=ANY_TEXT | ANY_TEXT.map("cgk1,current={}".format))
def test_any_line_is_read_or_refused(line: str) -> None:
    """Whatever is handed in for a keyring, the error is a declared one."""
    with pytest.raises(KeyringError):
        Keyring.parse(line)


@pytest.mark.parametrize(
    "material",
    [
        b"",
        b"\x00" * 32,
        b"password" * 4,
        bytes(range(31)),
        bytes(range(33)),
        bytes(range(32)),  # FIPS 197 appendix C.3
        bytes(range(0x80, 0xA0)),  # RFC 8439 section 2.8.2
        bytes(range(255, 223, -1)),
        bytes(each * 7 % 256 for each in range(32)),
        b"0123456789abcdef0123456789abcdef",
        b"change me, but to something else",
        b"The quick brown fox jumps over t",
        Key.generate().derive("a test").hex()[:32].encode(),
        Key.generate().derive("a test")[:16] * 2,
        bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2),  # GCM's test case 15
        bytes.fromhex(
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
        ),  # NIST SP 800-38A appendix F
    ],
)
@pytest.mark.parametrize("kind", [Key, ApproverKey])
@pytest.mark.promise("P23")
def test_only_random_bytes_make_a_key(
    kind: type[Key | ApproverKey], material: bytes
) -> None:
    """Too few, too many, repeated, counted, typed, or published: that is no key."""
    with pytest.raises(KeyringError) as refused:
        kind(material)
    assert repr(material) not in repr(refused.value)


@pytest.mark.promise("P23")
def test_drawn_keys_are_accepted() -> None:
    """No key that was drawn at random is taken for one that was not."""
    assert len({Key.generate().id for _ in range(2000)}) == 2000


@pytest.mark.promise("P23")
def test_no_repr_shows_a_key() -> None:
    """What is printed of keys and keyrings is ids."""
    keyring = KEYRING.rotate()
    shown = f"{keyring!r} {keyring} {keyring.current!r} {vars(keyring)}"
    for key in (keyring.current, *keyring.older):
        assert key.id in shown
        assert key.reveal().partition(".")[2] not in shown
    assert repr(MATERIAL)[2:-1] not in shown


COPIERS: dict[str, Callable[[object], object]] = {
    "pickle": pickle.dumps,
    "old pickle": lambda each: pickle.dumps(each, protocol=0),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)
@pytest.mark.parametrize("whole", [KEY, KEYRING, [KEYRING]], ids=repr)
@pytest.mark.promise("P23")
def test_nothing_copies_a_key(
    copier: Callable[[object], object], whole: object
) -> None:
    """Keys and keyrings cannot be pickled or copied, on their own or inside others."""
    if copier is copy.copy and isinstance(whole, list):
        return
    with pytest.raises(TypeError) as caught:
        copier(whole)
    assert REVEALED.partition(".")[2] not in str(caught.value)


@given(text=ANY_TEXT)
@pytest.mark.promise("P23")
def test_the_key_id_of_any_text_is_known(text: str) -> None:
    """Only a sealed text has a key id; any other has none, and nothing is raised."""
    assert key_id_of(text) is None


def test_no_error_carries_what_was_sealed() -> None:
    """The error for a broken seal shows neither the text nor its owner."""
    plain = secrets.token_hex(8)
    sealed = KEYRING.seal(plain.encode(), purpose="p", owner="member 4711")
    with pytest.raises(CredguardError) as caught:
        KEYRING.open(sealed, purpose="p", owner="member 4712")
    shown = f"{caught.value!r} {caught.value.__dict__}"
    assert not any(each in shown for each in (plain, sealed, "471"))
