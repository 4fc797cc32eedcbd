import hashlib

import pytest

from credguard.screening import HashKind
from credguard.screening.md4 import md4, ntlm

# RFC 1320 appendix A.5.
RFC_1320 = {
    b"": "31d6cfe0d16ae931b73c59d7e0c089c0",
    b"a": "bde52cb31de33e46245e05fbdbd6fb24",
    b"abc": "a448017aaf21d8525fc10ae87aa6729d",
    b"message digest": "d9130a8164549fe818874806e1c7014b",
    b"abcdefghijklmnopqrstuvwxyz": "d79e1c308aa5bbcdeea8ed63df412da9",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": (
        "043f8582f241db351ce627e153e7f0e4"
    ),
    b"1234567890" * 8: "e33b4ddc9c38f2199c3e7b164fcc0536",
}


@pytest.mark.parametrize(("message", "digest"), RFC_1320.items())
def test_the_rfcs_vectors(message: bytes, digest: str) -> None:
    """Each message of the specification's test suite has its digest."""
    assert md4(message).hex() == digest


# SHA-256 of the digests of bytes(range(n)) for n from 0 to 199, one after the
# other, as the legacy provider of OpenSSL 3 computed them.
OPENSSL = "ddd59d4451a202e15f8d99c52518b374481f6361e086f84805a329610d6c5c89"


def test_messages_of_every_length_about_a_block() -> None:
    """Padding that fits and padding that needs a block of its own."""
    digests = b"".join(md4(bytes(range(length))) for length in range(200))
    assert hashlib.sha256(digests).hexdigest() == OPENSSL


def test_an_ntlm_hash_is_that_of_the_utf16_form() -> None:
    """The example of [MS-NLMP] section 4.2.2.1.2, and one beyond the first plane."""
    assert ntlm("Password").hex() == "a4f49c406510bdcab6824ee7c30fd852"
    assert ntlm("\U0001f511") == md4(b"\x3d\xd8\x11\xdd")


def test_digits_are_those_of_the_kind() -> None:
    """Forty upper-case digits for SHA-1, thirty-two for NTLM."""
    assert HashKind.SHA1.of("Password") == "8BE3C943B1609FFFBFC51AAD666D0A04ADF83C9D"
    assert HashKind.NTLM.of("Password") == "A4F49C406510BDCAB6824EE7C30FD852"
    for kind in HashKind:
        assert len(kind.of("")) == kind.digits == 2 * kind.hash_bytes
