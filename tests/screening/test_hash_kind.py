import hashlib
from typing import Any

import pytest

from credguard.screening import Kind
from credguard.screening.hash_kind import digits_of, suffix_characters


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        (Kind.SHA1, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"),
        (Kind.NTLM, "8846F7EAEE8FB117AD06BDD830B7586C"),
    ],
)
def test_a_well_known_password_has_its_well_known_hash(kind: Kind, digits: str) -> None:
    """In upper case, of which five digits are asked for and the rest is compared."""
    assert digits_of("password", kind) == digits
    assert suffix_characters(kind) == len(digits) - 5


def test_it_is_hashed_where_sha_1_is_barred_for_security(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A FIPS build of OpenSSL refuses SHA-1 unless told that nothing relies on it."""
    sha1 = hashlib.sha1

    def barred(data: bytes, *, usedforsecurity: bool = True) -> Any:
        if usedforsecurity:
            message = "disabled for FIPS"
            raise ValueError(message)
        return sha1(data, usedforsecurity=False)

    monkeypatch.setattr(hashlib, "sha1", barred)
    assert digits_of("password", Kind.SHA1).startswith("5BAA6")
