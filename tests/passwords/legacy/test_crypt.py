import sys

import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy import libcrypt
from credguard.passwords.legacy.crypt import (
    CRYPT,
    Bcrypt,
    BcryptX,
    BsdiCrypt,
    DesCrypt,
    Md5Crypt,
    Sha1Crypt,
    Sha256Crypt,
    Sha512Crypt,
    SunMd5Crypt,
    read_crypt,
)
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.legacy.yescrypt import Yescrypt
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import matches
from credguard.passwords.work_factor import Ceilings

needs_libxcrypt = pytest.mark.skipif(
    sys.platform != "linux" or libcrypt._crypt_r() is None,
    reason="this machine has no crypt_r",
)

# libxcrypt, test/ka-table.inc (public domain), computed there with Passlib but for
# yescrypt; the password is "dragon".
DRAGONS: list[tuple[LegacyScheme, str]] = [
    (DesCrypt(), "CCcMgHKAHJ1SA"),
    (BsdiCrypt(), "_/...CCCCqSuIwqhxkds"),
    (BsdiCrypt(), "_B...abcd8F9wugwUEUU"),
    (Md5Crypt(), "$1$CCCCCCCC$9rSWi2uvoMaF4tuRo/FmT1"),
    (
        Sha256Crypt(),
        "$5$rounds=1000$saltstring$cFiLTMs.Jr2K8y/P/6CFh7StY6egGmiq52cnuiEoX79",
    ),
    (Sha256Crypt(), "$5$short$O1Ru9GOtCZikhh1oFe07JX0aDFCTmfCTOLGTpYf8JV0"),
    (
        Sha512Crypt(),
        (
            "$6$rounds=1000$short$yvmbqXI2qt9bZWSsZ.WflX6oSrjs5o9EULyuVyxjKq7KIS6bde"
            "51ObcKDxLCOIlUF10rJgrI74dk3gnxqQT7T1"
        ),
    ),
    (Sha1Crypt(), "$sha1$12$GGXpNqoJvglVTkGU$lE5gwUx7lqvoLTE95ye4XFOxkiGQ"),
    (BcryptX(), "$2x$05$CCCCCCCCCCCCCCCCCCCCC.LZrfN0lz4CULfFuRjqXiVMP49yNOHKi"),
    (Yescrypt(), "$y$j75$.......$gMy/pYNgzmP49aAL5urUtAK1W.9qMlMJOFZY9tMlYA3"),
    (
        Yescrypt(),
        "$y$j85$LdJMENpBABJJ3hIHjB1Bi.$0LxVYF3PFv8KyPej3fau.J8QjrXe/fqj8G2Uh9YzzdC",
    ),
    (
        Yescrypt(is_gost=True),
        "$gy$j75$.......$8XoI2beNyRr/sfdJ1zhybcWhRwhvAOdUcK6nqwz3O4.",
    ),
]
# hashcat's example hashes of modes 1500, 12400, 500, 7400, 1800 and 3200.
HASHCATS: list[tuple[LegacyScheme, str]] = [
    (DesCrypt(), "24leDr0hHfb3A"),
    (BsdiCrypt(), "_GW..8841inaTltazRsQ"),
    (Md5Crypt(), "$1$38652870$DUjsu4TTlTsOe/xxZ05uf/"),
    (
        Sha256Crypt(),
        "$5$7777657035274252$XftMj84MW.New1/ViLY5V4CM4Y7EBvfETaZsCW9vcJ8",
    ),
    (
        Sha512Crypt(),
        (
            "$6$72820166$U4DVzpcYxgw7MVVDGGvB2/H5lRistD5.Ah4upwENR5UtffLR4X4SxSzfREv"
            "8z6wVl0jRFX40/KnYVvK4829kD1"
        ),
    ),
    (Bcrypt(), "$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou"),
]
# As above, libxcrypt, of the bytes A3 61 62 and A3, which no text has.
BARE_MD5 = "$md5,rounds=12$9ZLwtuTO$PsYRtwkUg9hCqv4O/yE/g0"
USUAL_MD5 = "$md5,rounds=12$9ZLwtuTO$$jNkQvHOp7dK4GxR6p6HUV."
NEGATIVE = "$2x$05$CCCCCCCCCCCCCCCCCCCCC.Qjdj3GXX7D0sFE9jji6wxSTWIhqI3US"
# DokuWiki, _test/tests/inc/auth_password.test.php.
EMPTY_SALT = "$1$$n1rTiFE0nRifwV/43bVon/"

CHEAP = [DRAGONS[index] for index in (0, 1, 3, 4, 6, 7, 8, 9, 11)]


@pytest.mark.promise("P8")
@needs_libxcrypt
@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [(*row, "dragon") for row in DRAGONS]
    + [(*row, "hashcat") for row in HASHCATS]
    + [(Md5Crypt(), EMPTY_SALT, "foo")],
)
def test_published_vectors(scheme: LegacyScheme, stored: str, password: str) -> None:
    """Hashes that others published verify with their password and no other."""
    check_vector(scheme, stored, password)


@needs_libxcrypt
@pytest.mark.parametrize("stored", [BARE_MD5, USUAL_MD5])
def test_both_writings_of_sun_md5(stored: str) -> None:
    """With one dollar sign after the salt or with two: Solaris wrote both."""
    row = SunMd5Crypt().read(stored)
    assert row is not None
    with Argon2Pool().permit() as permit:
        assert matches(row, b"\xa3ab", permit)
        assert not matches(row, b"\xa3ac", permit)


@needs_libxcrypt
def test_bcrypt_x_takes_bytes_as_negative() -> None:
    """The letter x means the old sign, and y the new one, over the same bytes."""
    old, new = BcryptX().read(NEGATIVE), Bcrypt().read(NEGATIVE.replace("x", "y", 1))
    assert old is not None
    assert new is not None
    with Argon2Pool().permit() as permit:
        assert matches(old, b"\xa3", permit)
        assert not matches(new, b"\xa3", permit)


@pytest.mark.promise("P8")
@needs_libxcrypt
@pytest.mark.parametrize(("scheme", "stored"), CHEAP)
def test_altered_texts_match_nothing(scheme: LegacyScheme, stored: str) -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(scheme, stored, "dragon")


@needs_libxcrypt
def test_des_sees_eight_characters_and_c_text_ends_at_nul() -> None:
    """A password is compared with as the C library saw it."""
    # crypt(3) by Perl 5.36 and glibc: perl -e 'print crypt("hashcats", "24")'
    stored = "24hiHCN6Fd9nM"
    assert accepts(DesCrypt(), stored, "hashcats")
    assert accepts(DesCrypt(), stored, "hashcats and dogs")
    assert not accepts(DesCrypt(), stored, "hashcat")
    assert accepts(Md5Crypt(), EMPTY_SALT, "foo\x00bar")
    assert not accepts(Md5Crypt(), EMPTY_SALT, "fo\x00o")


@needs_libxcrypt
def test_nothing_before_a_nul_is_nobodys_password() -> None:
    """A row of the empty password does not let in whoever types a NUL first."""
    # openssl passwd -1 -salt abcdefgh '' (OpenSSL 3.0)
    stored = "$1$abcdefgh$M55TzYaaccxVGbptZWaxX/"
    assert Md5Crypt().read(stored) is not None
    assert not accepts(Md5Crypt(), stored, "\x00x")


@needs_libxcrypt
@pytest.mark.parametrize(("scheme", "stored"), CHEAP)
def test_a_password_too_long_for_the_machine_is_wrong(
    scheme: LegacyScheme, stored: str
) -> None:
    """What the C library refuses to hash is a mismatch, not a broken row."""
    assert not accepts(scheme, stored, "x" * 4096)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*(stored for _, stored in CHEAP)),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in CRYPT:
        check_total(scheme, stored, beside, password)


@pytest.mark.parametrize(
    "stored",
    [
        "CCcMgHKAHJ1SB",  # spare bits
        "C-cMgHKAHJ1SA",
        "$1$CCCCCCCC$9rSWi2uvoMaF4tuRo/FmT2",
        "$1$CCCCCCCCC$9rSWi2uvoMaF4tuRo/FmT1",
        "$1$CC:CC$9rSWi2uvoMaF4tuRo/FmT1",
        "$5$rounds=0999$a$" + "." * 43,
        "$5$rounds=999$a$" + "." * 43,
        "$5$" + "a" * 17 + "$" + "." * 43,
        "$6$rounds=1000000000$a$" + "." * 86,
        "$sha1$012$a$" + "." * 28,
        "$sha1$12$$" + "." * 28,
        "$md5$a$$$" + "." * 22,
        "$md5,rounds=0$a$$" + "." * 22,
        "$y$j7T5$..$" + "." * 43,
        "$y$j95$..$" + "." * 43,
        "$y$jGT$..$" + "." * 43,
        "$y$k75$..$" + "." * 43,
        "$y$j75$" + "." * 87 + "$" + "." * 43,
        "$y$j75$..$" + "." * 42 + "E",
        "$y$j75$.$" + "." * 43,
        "$y$j75$.2$" + "." * 43,
        "$2z$05$" + "." * 53,
        "$2x$32$" + "." * 53,
        "$apr1$a$" + "." * 22,
        "$3$$" + "0" * 32,
        "*0",
        "",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What none of these formats writes is not taken for any of them."""
    assert read_crypt(stored) is None
    assert all(scheme.read(stored) is None for scheme in CRYPT)


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("stored", "scheme"),
    [
        ("$5$rounds=2000001$a$" + "." * 43, "crypt:sha256"),
        ("$6$rounds=999999999$a$" + "." * 86, "crypt:sha512"),
        ("$sha1$4294967295$a$" + "." * 28, "crypt:sha1"),
        ("$md5,rounds=4294963199$a$$" + "." * 22, "crypt:sunmd5"),
        ("_zzzzabcd" + "." * 11, "crypt:bsdi"),
        ("$y$jFT$..$" + "." * 43, "crypt:yescrypt"),
        ("$2x$17$" + "." * 53, "crypt:bcrypt_x"),
    ],
)
def test_cost_above_the_ceiling_is_refused_before_work(
    stored: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that asks for too much is named, refused, and never computed."""
    monkeypatch.setattr(libcrypt, "_crypt_r", lambda: pytest.fail("computed"))
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=CRYPT)
    assert hasher.identify(stored) == scheme
    with pytest.raises(WorkFactorTooHighError):
        hasher.verify("password", stored=stored)


def test_the_rounds_and_memory_that_are_told() -> None:
    """What a row costs is read from its text as the formats define it."""
    costs = {
        "_J9..rasmBYk8r9AiWNc": "r=725",  # J is 21 and 9 is 11: 21 + 11·64
        "$5$a$" + "." * 43: "r=5000",
        "$6$rounds=656000$a$" + "." * 86: "r=656000",
        "$sha1$24680$a$" + "." * 28: "r=24680",
        "$y$j75$..$" + "." * 43: "m=1024",
        "$y$j9T$..$" + "." * 43: "m=16384",
        "$y$jDT$..$" + "." * 43: "m=262144",
        "$2x$05$" + "." * 53: "c=5",
        "$1$$" + "." * 22: "",
    }
    for stored, cost in costs.items():
        row = read_crypt(stored)
        assert row is not None
        assert row.cost == cost
        row.check_cost(Ceilings())
