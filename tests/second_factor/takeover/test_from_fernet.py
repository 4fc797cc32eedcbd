"""Seeds that are sealed by Fernet."""

import base64

import pytest
from cryptography.fernet import Fernet
from reading import SEED, SEED_BASE32, came_in, reasons, seed_of

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover import (
    FernetKeys,
    ReasonCode,
    Row,
    read_fernet,
)

FIRST = base64.urlsafe_b64encode(bytes(range(32)))
SECOND = base64.urlsafe_b64encode(bytes(range(1, 33)))

# cryptography 50.0.2: Fernet(FIRST).encrypt_at_time of the seed in base32, 1700000000.
TOKEN = (
    "gAAAAABlU_EAxIUl-WWaHuA89Nvd5lXijDAy0dhpr7xhA_OIxh1CFHVPVyFj9P_tfYOE_8cGKC3B1ewIBl_u5w"
    "OGoCkxPgsY0LoTdxkLJB6JNQcYHRNo707JxpfCv2F_94Rxe6H94Te4"
)
# The Fernet specification, generate.json: a key, and the token of the text "hello".
SPEC_KEY = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
SPEC_TOKEN = (
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR6"
    "4jVmpU4IwqDA=="
)


def row(secret: object) -> Row:
    """Return a row with this token."""
    return {"account_id": "a", "secret": secret}


def test_the_token_of_the_specification_opens() -> None:
    """The specification's own token gives the text that it is of."""
    assert FernetKeys([SPEC_KEY]).open(SPEC_TOKEN) == "hello"


def test_a_sealed_seed_comes_in() -> None:
    """A token under any of the keys gives the seed, as text or as bytes."""
    keys = FernetKeys([SECOND, FIRST])
    records = came_in(read_fernet([row(TOKEN), row(TOKEN.encode())], keys=keys))
    assert [seed_of(record) for record in records] == [SEED, SEED]
    assert records[0].source == "fernet"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (TOKEN[:-8] + "AAAAAAA=", ReasonCode.WRONG_KEY),
        ("gAAAAA", ReasonCode.WRONG_KEY),
        (SEED_BASE32, ReasonCode.WRONG_KEY),
        ("\ud800", ReasonCode.WRONG_KEY),
        ("A" * 4096, ReasonCode.WRONG_KEY),
        ("A" * 4097, ReasonCode.TOO_LARGE),
        ("", ReasonCode.NO_SEED),
        (None, ReasonCode.NO_SEED),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_token_that_does_not_open_is_its_own_refusal(
    secret: object, expected: str
) -> None:
    """Altered tokens and other keys are told apart from seeds that are broken."""
    assert reasons(read_fernet([row(secret)], keys=FernetKeys([FIRST]))) == [expected]


def test_what_is_sealed_may_be_broken() -> None:
    """A token that opens to something else than base32 is refused for that."""
    sealed = [row(Fernet(FIRST).encrypt(text)) for text in (b"\xff\xff", b"?")]
    refused = read_fernet(sealed, keys=FernetKeys([FIRST]))
    assert reasons(refused) == [ReasonCode.WRONG_KEY, ReasonCode.SEED_UNREADABLE]


def test_another_key_opens_nothing() -> None:
    """A token under a key that was not given is refused."""
    refused = read_fernet([row(TOKEN)], keys=FernetKeys([SECOND]))
    assert reasons(refused) == [ReasonCode.WRONG_KEY]


@pytest.mark.parametrize("keys", [[], ["short"], [b"\xff" * 44]], ids=repr)
def test_what_is_no_key_is_refused(keys: list[str | bytes]) -> None:
    """Keys are 32 bytes in base64url, at least one; the error repeats none."""
    with pytest.raises(UnfitRecordError):
        FernetKeys(keys)


def test_keys_do_not_show_themselves() -> None:
    """The repr has no key in it."""
    assert repr(FernetKeys([FIRST])) == "FernetKeys(<secret>)"
