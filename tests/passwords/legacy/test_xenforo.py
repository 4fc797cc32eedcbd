import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.passwords.legacy import XENFORO, LegacyScheme
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.xenforo import (
    XenForoArgon2,
    XenForoBcrypt,
    XenForoSha,
)

# phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, sha_xf1), each of "foobar".
SALT = Beside(salt="15b6c02cedbd727f563dcca607a89b085287b448966f19c0cc78cae263b1e38c")
SHA256 = "7f65d2fa8a826d232f8134772252f8b1aaef8594b1edcabd9ab65e5b0f236ff0"
SHA1 = "69962ae2079420573a3948cc4dedbabd35680051"
# django-xenforo (xenforo/tests/test_utils.py), each of "lètmein".
ARRAY_256 = (
    'a:3:{s:4:"hash";s:64:'
    '"38d61fda7efdc4122b3a5a36f2a548ec72bd013a9ce05b4404f412b00089517a"'
    ';s:4:"salt";s:7:"seasalt";s:8:"hashFunc";s:6:"sha256";}'
)
ARRAY_1 = (
    'a:3:{s:4:"hash";s:40:"ccb1e9f3865a8f03a26b8d7f76139268f5d1e9e6"'
    ';s:4:"salt";s:7:"seasalt";s:8:"hashFunc";s:4:"sha1";}'
)
ARRAY_BCRYPT = (
    'a:1:{s:4:"hash";s:60:'
    '"$2a$10$EnvKvs.royUb7HV2lBGAROLdwbghtS4KBlaDrkFoFa3sIAmPn6gk6";}'
)
# Of argon2-cffi 25.1, and counted by hand.
ARGON2 = (
    "$argon2id$v=19$m=64,t=1,p=1$c29tZSBzYWx0"
    "$YtYZtgLcwvphlrAKgkHf/tJjqApga/jao98UZ6L2OJU"
)
ARRAY_ARGON2 = f'a:1:{{s:4:"hash";s:{len(ARGON2)}:"{ARGON2}";}}'


@pytest.mark.parametrize("stored", [SHA256, SHA1])
def test_bare_digests_take_their_salt_from_its_column(stored: str) -> None:
    """Both hash functions are told apart by length."""
    row = check_vector(XenForoSha(), stored, "foobar", SALT)
    assert row.is_shuckable
    check_needs(XenForoSha(), stored, "foobar", SALT)
    assert not accepts(XenForoSha(), stored, "foobar", Beside(salt="x"))


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [
        (XenForoSha(), ARRAY_256, "lètmein"),
        (XenForoSha(), ARRAY_1, "lètmein"),
        (XenForoBcrypt(), ARRAY_BCRYPT, "lètmein"),
        # bbPress (tests of its XenForo converter).
        (
            XenForoBcrypt(),
            "$2y$12$J.9fjdYho0cRy2TJAoSiYOtuCxaHV/U/UuTyU180mOX2TENlp0jc6",
            "Correct Horse Battery Staple",
        ),
        # AuthMeReloaded (XfBCryptTest.java).
        (
            XenForoBcrypt(),
            "$2a$10$joIayhGStExKWxNbiqMMPOYFSpQ76HVNjpOB7.QwTmG5q.TiJJ.0e",
            "âË_3(íù*",
        ),
        (XenForoArgon2(), ARRAY_ARGON2, "correct horse"),
    ],
)
def test_published_vectors(scheme: LegacyScheme, stored: str, password: str) -> None:
    """Hashes that others published verify with their password only."""
    row = check_vector(scheme, stored, password)
    assert len(row.blank) == len(stored)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored"), [(XenForoSha(), ARRAY_256), (XenForoSha(), ARRAY_1)]
)
def test_no_altered_text_verifies(scheme: LegacyScheme, stored: str) -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(scheme, stored, "lètmein")


@pytest.mark.parametrize(
    "stored",
    [
        ARRAY_256.replace("s:7:", "s:8:"),
        ARRAY_256.replace("s:64:", "s:40:"),
        ARRAY_256.replace('6:"sha256"', '4:"sha1"'),
        ARRAY_1.replace('4:"sha1"', '6:"sha256"'),
        ARRAY_BCRYPT.replace("s:60:", "s:61:"),
        ARRAY_BCRYPT.replace("s:60:", "s:060:"),
        ARRAY_BCRYPT.replace("a:1", "a:2"),
        ARRAY_ARGON2.replace("s:4:", "s:5:"),
        'a:1:{s:4:"hash";s:10:"0123456789";}',
        'O:8:"stdClass":0:{}',
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What PHP's serialize does not write is none of the formats."""
    assert all(scheme.read(stored) is None for scheme in XENFORO)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(XENFORO),
    stored=close_to(
        ARRAY_256, ARRAY_1, ARRAY_BCRYPT.replace("$10$", "$04$"), ARRAY_ARGON2, SHA1
    ),
    beside=ANY_BESIDE | st.just(SALT),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
