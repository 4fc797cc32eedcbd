import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import PasswordMismatchError, SetupError, WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy import PHPBB, LegacyScheme
from credguard.passwords.legacy.mybb import MyBB
from credguard.passwords.legacy.phpbb import (
    PhpBB2,
    PhpBBArgon2,
    PhpBBBcrypt,
    PhpBBConverted,
    PhpBBPhpass,
)
from credguard.passwords.legacy.phpbb_layered import PhpBBLayered
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.smf import Smf
from credguard.passwords.legacy.vbulletin import VBulletin
from credguard.passwords.legacy.woltlab import Wcf2

# phpBB 4.0.0-a2 (tests/passwords/drivers_test.php), of a form sent in ISO-8859-1.
MD5 = "ae2fc75e20ee25d4520766788fbc96ae"
PHPASS_MD5 = "$H$966CepJh9RC3hFIm7aKywR6jEn0kpA0"
# DokuWiki (_test/tests/inc/auth_password.test.php).
PHPASS = "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
# phpBB's own tests of layered hashes (tests/passwords/manager_test.php of 3.1).
LAYERED = "$H\\2y$7RsqOrLNk$10\\vw31ldi5VPlyG2t5HxqIKe$yFv5dvOFakbr/GBBC0oyfIGMOkSD1dq"
LAYERED_MD5 = (
    "$H\\2y$7RsqOrLNk$10\\vw31ldi5VPlyG2t5HxqIKe$Aevp.Ptx1lbafMKDSGRhyMEDsrf4Sda"
)

# Made by running phpBB 4.0.0-a2's type_cast_helper.php, manager.php and drivers in
# PHP 8.2 on this password, which it turns into "a&lt;b &amp; &quot;c&quot; &gt; 'd'\".
ESCAPED = " a<b & \"c\" > 'd'\\\x00 "
ESCAPED_ROWS: tuple[tuple[LegacyScheme, str], ...] = (
    (
        PhpBBBcrypt(),
        "$2y$10$3.adLX3LHLKeWeDfLJ.WjuYtbI2DG18TBWQRASOHIZJRfaA47796a",
    ),
    (
        PhpBBArgon2(),
        (
            "phpbb$argon2id$v=19$m=65536,t=4,p=2"
            "$L3F1bVA5ZW9Zc0hoZ1dTWg$l8QBhHeXPj14pMQFfPNipqEaOyxEUg9dAzXKvd2Apao"
        ),
    ),
    (
        PhpBBArgon2(),
        (
            "phpbb$argon2i$v=19$m=65536,t=4,p=2"
            "$UDNLQk5iQURGM1dIMXBlRg$qJjxW2wo/KHN/7TEX2LSHMMEFvz4E42ZZHB7JxkLiIY"
        ),
    ),
    (PhpBBPhpass(), "$H$9Wu8RF7T9djyPK3RXBNG9Qtwy5HI6Z."),
    (
        PhpBBLayered(),
        "$H\\2y$9GS5E8AZz$10\\9EyaPrrOSF5c3iCTp3Wp8O$Vgml1DP/qbx5Vu2ki4UDi0Q3hP43EzW",
    ),
    (
        PhpBBLayered(is_from_phpbb_2=True),
        "$H\\2y$9V2nJtgvV$10\\TtP37rndPCPLAfg2ys0gs.$TCAwqPDSJuQzdSakogjwXwY9MdOiAze",
    ),
)
# As above, of 80 digits: PHP's bcrypt takes 72.
CUT = "$2y$10$.tDG4h5v7OPw6akwikUvb.EJs0E0EhfsEbUkiD/UrbeuaN4roJ03W"

SCHEMES = (*PHPBB, PhpBBPhpass(is_from_phpbb_2=True), PhpBBLayered(is_escaped=False))
TEXTS = close_to(
    MD5,
    "$CP$" + MD5,
    PHPASS,
    "$CP$" + PHPASS_MD5,
    LAYERED.replace("10\\", "04\\"),
    CUT.replace("$10$", "$04$"),
    "phpbb$argon2id$v=19$m=64,t=1,p=1$bm8gc2FsdGE$" + "A" * 43,
)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [
        (PhpBB2(charset="latin-1"), MD5, "fööbar"),
        (PhpBB2(), MD5, "fööbar"),
        (PhpBBConverted(PhpBB2()), "$CP$" + MD5, "fööbar"),
        (PhpBBPhpass(is_from_phpbb_2=True), PHPASS_MD5, "fööbar"),
        (
            PhpBBConverted(PhpBBPhpass(is_from_phpbb_2=True)),
            "$CP$" + PHPASS_MD5,
            "fööbar",
        ),
        (PhpBBPhpass(), PHPASS, "test12345"),
        # AuthMeReloaded (PhpBBTest.java), of passwords that it does not escape.
        (PhpBBPhpass(), "$H$7MaSGQb0xe3Fp/a.Q.Ewpw.UKfCv.t0", "password"),
        (
            PhpBBPhpass(is_escaped=False),
            "$H$7G65SXRPbR69jLg.qZTjtqsw36Ciw7.",
            "&^%te$t?Pw@_",
        ),
        (
            PhpBBBcrypt(),
            "$2a$10$2B/HAJ3MeoxGQgqLM6GDlOBqd.2uzLPi1VznXlrXcayLixSaRIWqC",
            "âË_3(íù*",
        ),
        (PhpBBLayered(), LAYERED, "123456"),
        (PhpBBLayered(is_from_phpbb_2=False), LAYERED, "123456"),
        (PhpBBLayered(), LAYERED_MD5, "123456"),
        (PhpBBLayered(is_from_phpbb_2=True), LAYERED_MD5, "123456"),
    ],
)
def test_published_vectors(scheme: LegacyScheme, stored: str, password: str) -> None:
    """Hashes that others published verify with their password only."""
    check_vector(scheme, stored, password)


@pytest.mark.parametrize(("scheme", "stored"), ESCAPED_ROWS)
def test_phpbb_3_hashes_what_it_escaped(scheme: LegacyScheme, stored: str) -> None:
    """What phpBB's own code made of a password with HTML in it verifies."""
    check_vector(scheme, stored, ESCAPED)
    assert accepts(scheme, stored, ESCAPED.strip(" \x00"))


# phpBB 4.0.0-a2 (tests/passwords/manager_test.php), each of "foobar".
@pytest.mark.parametrize(
    ("original", "stored", "beside"),
    [
        (
            Smf(),
            "$CP$6f9e2a1899e1f15708fd2e554103480eb53e8b57",
            Beside(username="test"),
        ),
        (MyBB(), "$CP$b86ee7e24008bfd2890dcfab1ed31333", Beside(salt="yeOtfFO6")),
        (VBulletin(), "$CP$b452c54c44c588fc095d2d000935c470", Beside(salt="9^F")),
        (
            Wcf2(),
            "$CP$$2a$08$p8h14U0jsEiVb1Luy.s8oOTXSQ0hVWUXpcNGBoCezeYNXrQyCKHfi",
            Beside(),
        ),
    ],
)
def test_a_converted_board_says_what_it_was(
    original: LegacyScheme, stored: str, beside: Beside
) -> None:
    """Behind ``$CP$`` stands what the caller says, with the columns that it needs."""
    scheme = PhpBBConverted(original)
    row = check_vector(scheme, stored, "foobar", beside)
    inner = original.read(stored[4:], beside)
    assert inner is not None
    assert (row.work, row.cost) == (inner.work, inner.cost)
    assert row.is_shuckable is inner.is_shuckable
    assert scheme.read(stored[4:], beside) is None


def test_phpbb_2_quotes_what_the_browser_sends() -> None:
    """Quotes get a backslash, and what the character set lacks is a reference."""
    # Re-computed with PHP 8.2: md5(addslashes("it's \"\\\" \x80 &#1078;")).
    stored = "f0358eb1f6404e504386f40450b4bc8b"
    password = 'it\'s "\\" € ж'
    check_vector(PhpBB2(), stored, password)
    assert not accepts(PhpBB2(charset="utf-8"), stored, password)


def test_bcrypt_is_cut_as_php_cuts() -> None:
    """Of a longer password PHP takes 72 bytes, and of a NUL what precedes it."""
    password = "0123456789" * 8
    check_vector(PhpBBBcrypt(), CUT, password)
    assert accepts(PhpBBBcrypt(), CUT, password[:72])
    assert not accepts(PhpBBBcrypt(), CUT, password[:71])
    assert accepts(PhpBBBcrypt(is_escaped=False), CUT, password + "\x00x")


def test_layers_may_be_either_or_said_to_be_one() -> None:
    """A row that may hide phpBB 2's MD5 costs both, also when it is wrapped."""
    either = PhpBBLayered().read(LAYERED)
    plain = PhpBBLayered(is_from_phpbb_2=False).read(LAYERED)
    md5 = PhpBBLayered(is_from_phpbb_2=True).read(LAYERED_MD5)
    assert either is not None
    assert plain is not None
    assert md5 is not None
    assert either.cost == plain.cost == "c=10 over c=9"
    assert either.work == 2 * plain.work == 2 * md5.work
    assert (plain.is_shuckable, md5.is_shuckable) == (False, True)
    assert either.is_shuckable
    assert not accepts(PhpBBLayered(is_from_phpbb_2=False), LAYERED_MD5, "123456")
    assert not accepts(PhpBBLayered(is_from_phpbb_2=True), LAYERED, "123456")
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=[PhpBBLayered()])
    for stored in (LAYERED, LAYERED_MD5):
        wrapped = hasher.wrap(stored)
        assert hasher.verify("123456", stored=wrapped).needs_rehash
        with pytest.raises(PasswordMismatchError):
            hasher.verify("1234567", stored=wrapped)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [
        (PhpBB2(), MD5, "fööbar"),
        (PhpBBConverted(PhpBB2()), "$CP$" + MD5, "fööbar"),
        (PhpBBPhpass(), "$H$7MaSGQb0xe3Fp/a.Q.Ewpw.UKfCv.t0", "password"),
    ],
)
def test_no_altered_text_verifies(
    scheme: LegacyScheme, stored: str, password: str
) -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(scheme, stored, password)


@pytest.mark.parametrize(
    "stored",
    [
        LAYERED.replace("H\\2y", "P\\2y"),
        LAYERED.replace("2y", "2x"),
        LAYERED.replace("\\2y", "\\2y\\2a"),
        LAYERED.replace("10\\", "3\\"),
        LAYERED.replace("HxqIKe$", "HxqIKf$"),
        LAYERED[:-1] + "r",
        PHPASS.replace("$9", "$4"),
        PHPASS.replace("$9", "$T"),
        PHPASS[:-1] + "2",
        "phpbb" + PHPASS,
        "$argon2id$v=19$m=64,t=1,p=1$bm8gc2FsdGE$" + "A" * 43 + "=",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What phpBB does not write is none of its formats."""
    assert all(scheme.read(stored) is None for scheme in PHPBB)


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    "stored",
    [
        PHPASS.replace("$H$9", "$H$S"),
        LAYERED.replace("$7Rs", "$SRs"),
        LAYERED.replace("$10\\", "$31\\"),
        CUT.replace("$10$", "$31$"),
        "$CP$" + PHPASS_MD5.replace("$9", "$S"),
        "phpbb$argon2id$v=19$m=9999999,t=1,p=1$bm8gc2FsdGE$" + "A" * 43,
    ],
)
def test_cost_above_the_ceiling_is_refused_before_work(stored: str) -> None:
    """A row that asks for too much is refused and never computed."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=PHPBB)
    with pytest.raises(WorkFactorTooHighError):
        hasher.verify("password", stored=stored)


def test_the_name_says_what_is_not_the_default() -> None:
    """Two schemes that differ have two names, so that a wrapped row finds its own."""
    assert PhpBB2("latin-1").name == "phpbb:md5-iso8859-1"
    assert PhpBBPhpass(is_escaped=False).name == "phpbb:phpass-raw"
    assert PhpBBLayered(is_from_phpbb_2=True).name == "phpbb:layered-md5"
    names = [scheme.name for scheme in PHPBB]
    assert len(set(names)) == len(names)


def test_a_character_set_that_no_forum_used_is_refused() -> None:
    """A misspelt character set is found when the scheme is made."""
    for charset in ("klingon", "utf-16", "base64", ""):
        with pytest.raises(SetupError):
            PhpBB2(charset)
        with pytest.raises(SetupError):
            PhpBBPhpass(charset=charset)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(SCHEMES),
    stored=TEXTS,
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
