import pytest

from credguard.screening.corpus.nt_hash import md4, nt_hash


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"a", "bde52cb31de33e46245e05fbdbd6fb24"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"message digest", "d9130a8164549fe818874806e1c7014b"),
        (b"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        (
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "043f8582f241db351ce627e153e7f0e4",
        ),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_gives_the_vectors_of_its_specification(data: bytes, digest: str) -> None:
    """RFC 1320, appendix A.5."""
    assert md4(data).hex() == digest


@pytest.mark.parametrize(
    ("password", "digest"),
    [
        ("password", "8846f7eaee8fb117ad06bdd830b7586c"),  # [MS-NLMP] writes Password
        ("Password", "a4f49c406510bdcab6824ee7c30fd852"),  # [MS-NLMP] 4.2.2.1.2
    ],
)
def test_an_nt_hash_is_that_of_windows(password: str, digest: str) -> None:
    """UTF-16, least significant byte first, under MD4."""
    assert nt_hash(password).hex() == digest
