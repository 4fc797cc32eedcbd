"""What a person is shown to set up an authenticator."""

import base64
import pickle
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import SetupError
from credguard.second_factor.enrollment import (
    MAX_NAME_CHARACTERS,
    Enrollment,
    check_issuer,
    present,
)

SEED = b"12345678901234567890"
KEY = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
LATER = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)


def shown(name: str = "alice", *, issuer: str = "Example Forum") -> Enrollment:
    """Return the enrollment of a known seed."""
    return present(SEED, issuer=issuer, name=name, expires_at=LATER)


def test_the_uri_is_what_apps_read() -> None:
    """The URI names issuer, account, seed and all parameters."""
    assert shown().uri == (
        "otpauth://totp/Example%20Forum:alice"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20Forum"
        "&algorithm=SHA1&digits=6&period=30"
    )


def test_the_key_stands_in_groups_of_four() -> None:
    """A person who cannot scan types the same key, in groups."""
    assert shown().key == KEY


def test_a_seed_of_another_length_has_no_padding() -> None:
    """Seeds that base32 would pad are shown without the padding."""
    enrollment = present(b"1234567890123456", issuer="F", name="a", expires_at=LATER)
    assert "=" not in enrollment.key
    padded = enrollment.key.replace(" ", "") + "======"
    assert base64.b32decode(padded) == b"1234567890123456"


@given(name=st.text(st.characters()), issuer=st.text(min_size=1, max_size=64))
def test_any_name_can_be_shown(name: str, issuer: str) -> None:
    """No name breaks the URI, moves its colon or makes it long."""
    if ":" in issuer:
        return
    parts = urlsplit(shown(name, issuer=issuer).uri)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    first, *rest = unquote(parts.path.removeprefix("/")).split(":")
    assert first == issuer
    assert len(rest) == 1
    assert len(rest[0]) <= MAX_NAME_CHARACTERS
    query = parse_qs(parts.query, strict_parsing=True)
    assert query["issuer"] == [issuer]
    assert query["secret"] == [KEY.replace(" ", "")]
    assert parts.geturl().isascii()


def test_a_lone_surrogate_in_a_name_raises_nothing() -> None:
    """A name that is no Unicode is shown with question marks."""
    assert "alice%3F?" in shown("alice\ud800").uri


def test_an_enrollment_shows_no_seed_unasked() -> None:
    """Neither repr nor str nor a pickle has the seed in it."""
    enrollment = shown()
    assert repr(enrollment) == f"Enrollment(expires_at={LATER!r}, warning=None)"
    assert str(enrollment) == repr(enrollment)
    with pytest.raises(TypeError):
        pickle.dumps(enrollment)


@pytest.mark.parametrize("issuer", ["", "a:b", "x" * 65, "forum\ud800"], ids=repr)
def test_an_issuer_that_apps_cannot_show_is_refused(issuer: str) -> None:
    """An issuer is a short name without a colon, and the error does not repeat it."""
    with pytest.raises(SetupError) as refused:
        check_issuer(issuer)
    assert not issuer or issuer not in str(refused.value)
