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
from credguard.passwords.legacy import SMF, LegacyScheme
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.legacy.smf import LowerCase, Smf, SmfBcrypt

# hashcat (src/modules/module_00121.c), which calls the name a salt.
STORED, BESIDE = "d27c0a627a45db487af161fcc3a4005d88eb8a1f", Beside(username="25551135")
# Made by running hash_password and un_htmlspecialchars of SMF 2.1.5 in PHP 8.2, with
# bcrypt_hash_cost set to 6; the digest below with PHP's strtolower in their place.
NAME = Beside(username="ÄÖÜ Åsa")
TYPED = "pässword &lt;x&gt; &#39;&nbsp;&"
BCRYPT = "$2y$06$mA.IeYkdhcRKU8KSVW6tPugIsJ94iUF8smb3hfGqPbEsGfPBC8zoW"
SHA1 = "0c5ac6b228ed05d2092e55334ceda6a514e18340"
# As above, of 60 times "u" and "0123456789abcdef": PHP's bcrypt takes 72 bytes.
CUT = "$2y$06$FvFTk4GWAKX0Bgg3uLchY.GHDk9XhyUQZbvs632pLrP.1EBn5PNa6"


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "username", "password"),
    [
        (STORED, "25551135", "hashcat"),
        # phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, sha1_smf).
        ("6f9e2a1899e1f15708fd2e554103480eb53e8b57", "test", "foobar"),
        # AuthMeReloaded (SmfTest.java).
        ("9b361c66977bb059d460a20d3c21fb3394772df5", "Test_Player00", "password"),
        ("8d4b84544e0891be8c183fe9b1003cfac18c51a1", "Test_Player00", "&^%te$t?Pw@_"),
        ("03cca5af1eb0a93be47777651b2e7be4fd5d537d", "Test_Player00", "âË_3(íù*"),
        (SHA1, "ÄÖÜ Åsa", TYPED),
    ],
)
def test_published_vectors(stored: str, username: str, password: str) -> None:
    """Hashes that others published verify with their password and name only."""
    beside = Beside(username=username)
    row = check_vector(Smf(), stored, password, beside)
    assert not row.is_shuckable
    check_needs(Smf(), stored, password, beside)
    assert accepts(Smf(), stored, password, Beside(username=username.swapcase())) is (
        username.isascii()
    )
    assert not accepts(Smf(), stored, password, Beside(username=username + "x"))


def test_bcrypt_is_of_name_and_password() -> None:
    """SMF 2.1 lowers all letters of the name and decodes the password's entities."""
    check_vector(SmfBcrypt(), BCRYPT, TYPED, NAME)
    check_needs(SmfBcrypt(), BCRYPT, TYPED, NAME)
    assert accepts(SmfBcrypt(), BCRYPT, "pässword <x> ' &", NAME)
    assert accepts(SmfBcrypt(), BCRYPT, TYPED, Beside(username="äÖü åSA"))
    assert not accepts(SmfBcrypt(), BCRYPT, TYPED, Beside(username="äöü åsb"))
    ascii_only = SmfBcrypt(lower_case=LowerCase.ASCII)
    assert not accepts(ascii_only, BCRYPT, TYPED, NAME)


def test_bcrypt_is_cut_as_php_cuts() -> None:
    """Of name and password together PHP takes 72 bytes."""
    beside = Beside(username="U" * 60)
    check_vector(SmfBcrypt(), CUT, "0123456789abcdef", beside)
    assert accepts(SmfBcrypt(), CUT, "0123456789ab!", beside)
    assert not accepts(SmfBcrypt(), CUT, "0123456789a!", beside)


def test_a_name_that_hides_the_password_is_unreadable() -> None:
    """Where nothing of a password counts, none is let in."""
    for username in ("u" * 72, "ä" * 36, "u\x00"):
        assert SmfBcrypt().read(CUT, Beside(username=username)) is None
    assert SmfBcrypt().read(CUT, Beside(username="u" * 71)) is not None
    assert not accepts(SmfBcrypt(), CUT, "\x00", Beside(username="U" * 60))


def test_an_old_board_says_its_character_set_and_locale() -> None:
    """A board before UTF-8 hashed bytes, and its locale may have known umlauts."""
    # Re-computed with PHP 8.2: sha1("\xE4\xF6\xFC \xE5sa" . "p\xE4ssword").
    stored = "bb18b20de1033d8c661da7bf8a9f3299ec2354ab"
    scheme = Smf(charset="cp1252", lower_case=LowerCase.UNICODE)
    check_vector(scheme, stored, "pässword", NAME)
    assert scheme.name == "smf:sha1-cp1252-unicode"
    assert not accepts(Smf(charset="cp1252"), stored, "pässword", NAME)
    assert not accepts(Smf(), stored, "pässword", NAME)
    with pytest.raises(SetupError):
        Smf(charset="klingon")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(Smf(), STORED, "hashcat", BESIDE)
    versions = (BCRYPT.replace("$2y", "$2a"), BCRYPT.replace("$2y", "$2b"))
    check_alterations(SmfBcrypt(), BCRYPT, TYPED, NAME, but=versions)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from((*SMF, Smf(charset="cp1252"))),
    stored=close_to(STORED, BCRYPT.replace("06", "04")),
    beside=ANY_BESIDE | st.just(BESIDE) | st.just(NAME),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
