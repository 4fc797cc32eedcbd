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

from credguard.errors import SetupError
from credguard.passwords.legacy import VBULLETIN, LegacyScheme
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.vbulletin import (
    VBulletin,
    VBulletinArgon2,
    VBulletinBcrypt,
)

# hashcat (src/modules/module_02611.c and module_02711.c), salt of 3 and of 30.
SHORT = ("28f9975808ae2bdc5847b1cda26033ea", Beside(salt="308"))
LONG = (
    "0844fbb2fdeda31884a7a45ec2010bb6",
    Beside(salt="324410183853308365427804872426"),
)
# hashcat (src/modules/module_25600.c).
BCRYPT = "$2a$05$/VT2Xs2dMd8GJKfrXhjYP.DkTjOVrY12yDN7/6I8ZV0q/1lEohLru"
# Made by running Vb5Bcrypt.class.php and Vb5Argon2.class.php of WoltLab Suite 6.0.18
# in PHP 8.2.
WOLTLAB_PASSWORD = "pässword 'x'"
WOLTLAB_BCRYPT = "$2y$12$XHOh.HldH4OWdIFA/FGn8.bcCdFYBBDMItNI4obW0GKVz1YMoxscW"
WOLTLAB_ARGON2 = (
    "vbulletin$argon2i$v=19$m=65536,t=4,p=1$SnJteUxjN2QuamNtZUR5cg"
    "$BRvU3z6z8l3/kJRk/6v7c/Yh4enS2gArvWLej2+SjQI"
)
# Of argon2-cffi 25.1, made of the MD5 that md5sum printed for "correct horse".
ARGON2ID = (
    "vbulletin$argon2id$v=19$m=64,t=1,p=1$c29tZSBzYWx0"
    "$q2+X1xxZnazf4jgM0yGU8dFuL0sM+MKG3Jf0WYIjvbk"
)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("stored", "beside"), [SHORT, LONG])
def test_published_vectors(stored: str, beside: Beside) -> None:
    """Hashes that others published verify with their password and salt only."""
    row = check_vector(VBulletin(), stored, "hashcat", beside)
    assert row.is_shuckable
    check_needs(VBulletin(), stored, "hashcat", beside)
    assert not accepts(VBulletin(), stored, "hashcat", Beside(salt="309"))


# phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, md5_vb).
@pytest.mark.parametrize(
    ("stored", "salt"),
    [
        ("b452c54c44c588fc095d2d000935c470", "9^F"),
        ("f23a8241bd115d270c703213e3ef7f52", "iaU*U%`CBl;/e~>D%do2m@Xf/,KZB0"),
    ],
)
def test_a_salt_is_any_printable_ascii(stored: str, salt: str) -> None:
    """Salts hold what vBulletin draws them from, punctuation included."""
    check_vector(VBulletin(), stored, "foobar", Beside(salt=salt))


def test_the_script_writes_references_beyond_latin_1() -> None:
    """The log-in page's script cuts spaces and sees 16 bits at a time."""
    # Made by running str_to_ent and trim of vBulletin's clientscript/vbulletin_md5.js
    # in Node.js 20, with Node's own MD5.
    stored, beside = "88d3fd09ff1b7b0210d74559a9038abc", Beside(salt="9^F")
    check_vector(VBulletin(), stored, "  Übergröße €ж😀 ", beside)
    assert accepts(VBulletin(), stored, "Übergröße €ж😀", beside)
    assert not accepts(VBulletin("cp1252"), stored, "Übergröße €ж😀", beside)


def test_a_server_that_computed_it_says_in_which_character_set() -> None:
    """Without the script the board's character set is what counts."""
    # django-xenforo (xenforo/tests/test_utils.py), of "lètmein" in UTF-8.
    stored, beside = "2800981dde706669ac6e5fb521e2b44b", Beside(salt="abc")
    check_vector(VBulletin(charset="utf-8"), stored, "lètmein", beside)
    assert not accepts(VBulletin(), stored, "lètmein", beside)


@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [
        (VBulletinBcrypt(), BCRYPT, "hashcat"),
        (VBulletinBcrypt(), WOLTLAB_BCRYPT, WOLTLAB_PASSWORD),
        (VBulletinArgon2(), WOLTLAB_ARGON2, WOLTLAB_PASSWORD),
        (VBulletinArgon2(), ARGON2ID, "correct horse"),
    ],
)
def test_version_5_hashes_the_md5(
    scheme: LegacyScheme, stored: str, password: str
) -> None:
    """Both bcrypt and Argon2 are of the MD5, and not of the password itself."""
    row = check_vector(scheme, stored, password)
    assert row.is_shuckable


def test_an_md5_is_no_password() -> None:
    """Whoever holds a leaked MD5 cannot log in with it."""
    # md5("hashcat") as md5sum prints it.
    assert not accepts(VBulletinBcrypt(), BCRYPT, "8743b52063cd84097a65d1633f5c74f5")


def test_argon2_needs_its_mark() -> None:
    """A bare Argon2 string is not taken: it may as well be one of ours."""
    assert VBulletinArgon2().read(WOLTLAB_ARGON2.removeprefix("vbulletin")) is None
    assert VBulletinArgon2().read("v" + WOLTLAB_ARGON2) is None


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    stored, beside = SHORT
    check_alterations(VBulletin(), stored, "hashcat", beside)
    versions = (BCRYPT.replace("$2a", "$2y"), BCRYPT.replace("$2a", "$2b"))
    check_alterations(VBulletinBcrypt(), BCRYPT, "hashcat", but=versions)


def test_a_character_set_that_no_forum_used_is_refused() -> None:
    """A misspelt character set is found when the scheme is made."""
    for scheme in (VBulletin, VBulletinBcrypt, VBulletinArgon2):
        with pytest.raises(SetupError):
            scheme("klingon")
        assert scheme("cp1251").name.endswith("-cp1251")
    assert VBulletinBcrypt("script").name == "vbulletin:bcrypt-script"


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from((*VBULLETIN, VBulletin("cp1252"))),
    stored=close_to(SHORT[0], BCRYPT.replace("$05$", "$04$"), ARGON2ID),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
