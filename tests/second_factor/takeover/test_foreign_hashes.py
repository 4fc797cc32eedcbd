"""Recovery codes as other systems hash them."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.foreign_hashes import (
    Dress,
    digest,
    from_text,
    parts_of_digest,
    parts_of_pbkdf2,
    pbkdf2,
    read_hash,
)
from credguard.second_factor.takeover.refusals import ReasonCode

BCRYPT = "$2b$04$QldoBWwMfuwryRjJaTwQFOzEme7qa/jvp8emCfvUav2wS4Xexwxpi"
ARGON2 = (
    "$argon2id$v=19$m=1024,t=6,p=6$4dwbY0xJCcF4753TWksJYQ"
    "$/kq63uQlLx3qw2n0grmHOdJxqq9BieZxrH6gWwU1m3c"
)
TAG = hashlib.sha256(b"x").digest()


@pytest.mark.parametrize(
    "text",
    [
        *(BCRYPT, BCRYPT.replace("$2b", "$2y")),
        *(ARGON2, ARGON2.replace("m=1024", "m=48")),
    ],
)
def test_strings_of_crypt_and_phc_are_kept_as_they_are(text: str) -> None:
    """Strings of bcrypt and Argon2 say everything themselves."""
    assert read_hash(text).text == text


def test_djangos_pbkdf2_is_rewritten() -> None:
    """Django's format has the same parts in another order."""
    tag = base64.b64encode(TAG).decode()
    kept = read_hash(f"pbkdf2_sha256$1000$salt${tag}")
    assert parts_of_pbkdf2(kept.text) == ("sha256", 1000, b"salt", TAG)


@given(
    salt=st.binary(min_size=1, max_size=64),
    iterations=st.integers(1, 2_000_000),
    dress=st.sampled_from(Dress),
)
def test_what_is_kept_comes_back(salt: bytes, iterations: int, dress: Dress) -> None:
    """A kept text gives back the dress and all parts, and fits its column."""
    kept = pbkdf2(TAG, "sha256", iterations=iterations, salt=salt, dress=dress)
    again = from_text(kept.to_text())
    assert again == kept
    assert parts_of_pbkdf2(again.text) == ("sha256", iterations, salt, TAG)
    assert len(kept.to_text()) <= 255


def test_a_digest_comes_back() -> None:
    """A bare digest is kept with the name of its algorithm."""
    kept = digest(TAG, "sha256", dress=Dress.UPPER)
    assert from_text(kept.to_text()) == kept
    assert parts_of_digest(kept.text) == ("sha256", TAG)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BCRYPT.replace("$04", "$15"), ReasonCode.TOO_COSTLY),
        (BCRYPT.replace("$04", "$00"), ReasonCode.UNKNOWN_HASH),
        (BCRYPT.replace("$04", "$03"), ReasonCode.UNKNOWN_HASH),
        (ARGON2.replace("m=1024", "m=0"), ReasonCode.UNKNOWN_HASH),
        (ARGON2.replace("t=6", "t=0"), ReasonCode.UNKNOWN_HASH),
        ("pbkdf2:sha256:0:YQ:" + "A" * 43, ReasonCode.UNKNOWN_HASH),
        ("pbkdf2_sha256$2000001$salt$" + "A" * 43 + "=", ReasonCode.TOO_COSTLY),
        ("x" * 240, ReasonCode.UNKNOWN_HASH),
        (ARGON2.replace("m=1024", "m=131073"), ReasonCode.TOO_COSTLY),
        (ARGON2.replace("t=6", "t=1025"), ReasonCode.TOO_COSTLY),
        (ARGON2.replace("m=1024,t=6", "m=61681,t=17"), ReasonCode.TOO_COSTLY),
        (ARGON2.replace("p=6", "p=17"), ReasonCode.TOO_COSTLY),
        (ARGON2.replace("p=6", "p=0"), ReasonCode.UNKNOWN_HASH),
        (ARGON2.replace("m=1024", "m=47"), ReasonCode.UNKNOWN_HASH),
        (ARGON2[:-1] + "d", ReasonCode.UNKNOWN_HASH),
        (ARGON2 + "AA", ReasonCode.UNKNOWN_HASH),
        (ARGON2.replace("sJYQ", "sJYR"), ReasonCode.UNKNOWN_HASH),
        ("pbkdf2:sha256:2000001:YQ:" + "A" * 43, ReasonCode.TOO_COSTLY),
        ("pbkdf2:md5:1:YQ:" + "A" * 43, ReasonCode.UNKNOWN_HASH),
        ("$1$salt$hash", ReasonCode.UNKNOWN_HASH),
        ("", ReasonCode.UNKNOWN_HASH),
        ("x" * 241, ReasonCode.TOO_LARGE),
        ("pbkdf2_sha256$1000$salt$" + "A" * 43 + "==", ReasonCode.UNKNOWN_HASH),
        ("pbkdf2_sha256$1000$salt$" + "A" * 40, ReasonCode.UNKNOWN_HASH),
        ("pbkdf2_sha256$1000$salt$" + "A" * 41, ReasonCode.UNKNOWN_HASH),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hash_is_bounded_before_it_is_kept(text: str, expected: str) -> None:
    """Unknown formats and costs above the ceilings are refused, unseen."""
    with pytest.raises(UnfitRecordError) as refused:
        read_hash(text)
    assert refused.value.reason.code == expected


@pytest.mark.parametrize(
    "text",
    [
        BCRYPT.replace("$04", "$14"),
        BCRYPT,
        ARGON2.replace("m=1024,t=6", "m=131072,t=8"),
        ARGON2.replace("t=6", "t=1024"),
        ARGON2.replace("p=6", "p=16"),
        ARGON2.replace("m=1024,t=6,p=6", "m=8,t=1,p=1"),
        "pbkdf2:sha256:2000000:YQ:" + "A" * 43,
        "pbkdf2:sha256:1:YQ:" + "A" * 43,
        "digest:sha512:" + "A" * 86,
    ],
    ids=lambda value: value[:40],
)
def test_the_ceilings_themselves_are_kept(text: str) -> None:
    """What costs as much as one attempt may cost, or as little, comes in."""
    assert read_hash(text).text == text
    assert from_text(f"lower {text}").dress is Dress.LOWER


@pytest.mark.parametrize(
    ("name", "size"), [("sha1", 20), ("sha256", 32), ("sha512", 64)]
)
def test_a_tag_is_as_long_as_its_hash_function(name: str, size: int) -> None:
    """And no byte shorter or longer; a bare digest of SHA-1 is no hash of a code."""
    whole = bytes(size)
    kept = pbkdf2(whole, name, iterations=1000, salt=b"a")
    assert parts_of_pbkdf2(kept.text) == (name, 1000, b"a", whole)
    for other in (whole[1:], whole + b"x"):
        with pytest.raises(UnfitRecordError):
            pbkdf2(other, name, iterations=1000, salt=b"a")
    if name != "sha1":
        kept = digest(whole, name)
        assert parts_of_digest(kept.text) == (name, whole)
        assert kept.dress is Dress.AS_TYPED


@pytest.mark.parametrize(
    ("salt", "expected"), [(200, ReasonCode.TOO_LARGE), (0, ReasonCode.UNKNOWN_HASH)]
)
def test_a_salt_has_a_size(salt: int, expected: str) -> None:
    """One byte at least, and no more than the column holds."""
    with pytest.raises(UnfitRecordError) as refused:
        pbkdf2(TAG, "sha256", iterations=1, salt=b"a" * salt)
    assert refused.value.reason.code == expected


def test_the_longest_text_fits() -> None:
    """With SHA-512 and 240 characters in all."""
    salt = b"a" * 101  # 135 characters of base64
    kept = pbkdf2(bytes(64), "sha512", iterations=1, salt=salt)
    assert len(kept.text) == 238
    kept = pbkdf2(bytes(64), "sha512", iterations=100, salt=salt)
    assert len(kept.text) == 240
    with pytest.raises(UnfitRecordError) as refused:
        pbkdf2(bytes(64), "sha512", iterations=1000, salt=salt)
    assert refused.value.reason.code == ReasonCode.TOO_LARGE


def test_parts_that_cannot_be_are_refused() -> None:
    """Tags of another length and salts that do not fit are no hashes."""
    with pytest.raises(UnfitRecordError):
        pbkdf2(b"short", "sha256", iterations=1, salt=b"a")
    with pytest.raises(UnfitRecordError):
        pbkdf2(TAG, "sha256", iterations=1, salt=b"a" * 200)
    with pytest.raises(UnfitRecordError):
        digest(TAG[:20], "sha1")
    with pytest.raises(UnfitRecordError):
        digest(TAG, "sha512")


@pytest.mark.parametrize("kept", ["", "odd " + BCRYPT, "typed", "typed nonsense"])
def test_what_was_not_kept_here_is_refused(kept: str) -> None:
    """A text in the column that is none of ours raises the declared error."""
    with pytest.raises(UnfitRecordError):
        from_text(kept)


def test_other_texts_have_no_parts() -> None:
    """A text of another kind has no parts, and one that is not canonical neither."""
    assert parts_of_pbkdf2(BCRYPT) is None
    assert parts_of_digest(BCRYPT) is None
    assert parts_of_pbkdf2("pbkdf2:sha256:1:YR:" + "A" * 43) is None
    assert parts_of_digest("digest:sha256:" + "A" * 42 + "B") is None


def test_a_hash_does_not_show_itself() -> None:
    """The repr has no hash in it."""
    assert BCRYPT[7:] not in repr(read_hash(BCRYPT))


def test_a_code_is_dressed_as_it_was_hashed() -> None:
    """What people type becomes what was hashed."""
    assert Dress.AS_TYPED.put_on(" abcd-EF ") == "abcd-EF"
    assert Dress.LOWER.put_on(" AB-cd 12") == "abcd12"
    assert Dress.UPPER.put_on("ab-CD 12") == "ABCD12"
