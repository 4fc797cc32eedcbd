"""Sealed texts with a part: what they are bound to, and what they were moved from."""

import base64
from hashlib import sha256
from itertools import product

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from credguard._sealed import key_id_of
from credguard.errors import (
    SealAccountError,
    SealBrokenError,
    SealFactorError,
    SealPurposeError,
    UnknownKeyError,
)
from credguard.keys import Key, Keyring

KEYRING = Keyring(current=Key(sha256(b"a key of the first release").digest()))
ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
WHERE = {"purpose": "totp seed", "owner": "17", "part": "a-factor"}

# What this form's first release sealed must open for ever.
FIRST_SEALED = (
    "cgs2.2ad2b4e8.9Yrehz85sEKL82qz1-TQuLNgLE5ax-0uMOpm_Fs-C12ArnOXdTsGPN3wI1c9"
)


@given(plain=st.binary(max_size=200), purpose=ANY_TEXT, owner=ANY_TEXT, part=ANY_TEXT)
def test_what_was_sealed_opens(
    plain: bytes, purpose: str, owner: str, part: str
) -> None:
    """Any bytes come back for the same purpose, owner and part, whatever these are."""
    sealed = KEYRING.seal(plain, purpose=purpose, owner=owner, part=part)
    assert KEYRING.open(sealed, purpose=purpose, owner=owner, part=part) == plain
    assert key_id_of(sealed) == KEYRING.current.id


@pytest.mark.promise("P10")
def test_another_implementation_opens_what_was_sealed() -> None:
    """Behind three checksums stands AES-256-GCM over version and binding."""
    sealed = KEYRING.seal(b"seed", **WHERE)
    version, _, body = sealed.split(".")
    blob = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    parts = [each.encode() for each in ("cgs2", *WHERE.values())]
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key = KEYRING.current.derive("seal totp seed")
    assert version == "cgs2"
    assert AESGCM(key).decrypt(blob[12:24], blob[24:], bound) == b"seed"


@pytest.mark.promise("P10")
@pytest.mark.parametrize(
    ("moved", "error"),
    [
        ({"purpose": "another"}, SealPurposeError),
        ({"owner": "18"}, SealAccountError),
        ({"part": "b-factor"}, SealFactorError),
        ({"owner": "18", "part": "b-factor"}, SealAccountError),
        ({"purpose": "another", "owner": "18"}, SealPurposeError),
    ],
)
def test_a_moved_seal_says_where_from(
    moved: dict[str, str], error: type[SealBrokenError]
) -> None:
    """Purpose, account and factor each have their own error."""
    sealed = KEYRING.seal(b"seed", **WHERE)
    with pytest.raises(error) as refused:
        KEYRING.open(sealed, **(WHERE | moved))
    assert type(refused.value) is error
    assert error.why in str(refused.value)


@pytest.mark.promise("P10")
def test_seals_of_the_two_forms_are_told_apart() -> None:
    """A seal without a part, where one with a part stands, is of another purpose."""
    plain = KEYRING.seal(b"seed", purpose="totp seed", owner="17")
    with pytest.raises(SealPurposeError):
        KEYRING.open(plain, **WHERE)
    with pytest.raises(SealPurposeError):
        KEYRING.open(KEYRING.seal(b"seed", **WHERE), purpose="totp seed", owner="17")


@pytest.mark.promise("P10")
def test_an_altered_seal_is_broken_and_not_moved() -> None:
    """Where purpose, account and factor fit, what does not open was altered."""
    sealed = KEYRING.seal(b"seed", **WHERE)
    altered = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    with pytest.raises(SealBrokenError) as broken:
        KEYRING.open(altered, **WHERE)
    assert type(broken.value) is SealBrokenError
    assert "does not open: it was altered" in str(broken.value)


@pytest.mark.promise("P10")
def test_altered_marks_open_nothing() -> None:
    """Whoever rewrites the checksums of a moved seal only hides where it came from."""
    mine, yours = WHERE, WHERE | {"owner": "18"}
    stolen = KEYRING.seal(b"mine", **mine).split(".")
    fitting = KEYRING.seal(b"yours", **yours).split(".")
    forged = ".".join([*stolen[:2], fitting[2][:16] + stolen[2][16:]])
    with pytest.raises(SealBrokenError) as broken:
        KEYRING.open(forged, **yours)
    assert type(broken.value) is SealBrokenError


@pytest.mark.promise("P10")
@pytest.mark.parametrize(
    "sealed", ["", "cgs2.", "cgs2.2ad2b4e8.", "cgs2.2ad2b4e8.AAAA"]
)
def test_a_cut_seal_is_refused(sealed: str) -> None:
    """What is too short to be a seal ends in the declared error."""
    with pytest.raises(SealBrokenError):
        KEYRING.open(sealed, **WHERE)


def test_a_seal_is_looked_up_by_its_key() -> None:
    """A key that is not on the ring is named, and nothing is tried."""
    sealed = Keyring.generate().seal(b"seed", **WHERE)
    with pytest.raises(UnknownKeyError) as unknown:
        KEYRING.open(sealed, **WHERE)
    assert unknown.value.key_id == key_id_of(sealed)


def test_a_seal_goes_under_the_current_key() -> None:
    """The same bytes come back, under the new key, for the same owner and no other."""
    rotated = KEYRING.rotate()
    again = rotated.reseal(KEYRING.seal(b"seed", **WHERE), **WHERE)
    assert key_id_of(again) == rotated.current.id
    assert rotated.open(again, **WHERE) == b"seed"
    with pytest.raises(SealAccountError):
        rotated.reseal(again, **(WHERE | {"owner": "18"}))


@pytest.mark.promise("P10")
def test_parts_do_not_run_together() -> None:
    """No letter goes over from one part of a binding to the next."""
    names = ["ab", "a", "b", ""]
    sealed = KEYRING.seal(b"seed", purpose="ab", owner="a", part="b")
    for purpose, owner, part in product(names, repeat=3):
        if (purpose, owner, part) != ("ab", "a", "b"):
            with pytest.raises(SealBrokenError):
                KEYRING.open(sealed, purpose=purpose, owner=owner, part=part)


def test_what_the_first_release_sealed_opens() -> None:
    """A text that was sealed in the past still opens."""
    assert KEYRING.open(FIRST_SEALED, **WHERE) == b"first"
