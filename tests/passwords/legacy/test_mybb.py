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
from credguard.passwords.legacy import MYBB
from credguard.passwords.legacy.mybb import MyBB
from credguard.passwords.legacy.scheme import Beside

# hashcat (src/modules/module_02811.c).
STORED, BESIDE = "022f7e02b3314f7d0968f73c00ba759f", Beside(salt="67588")


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "salt", "password"),
    [
        (STORED, "67588", "hashcat"),
        # phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, md5_mybb).
        ("b86ee7e24008bfd2890dcfab1ed31333", "yeOtfFO6", "foobar"),
        # AuthMeReloaded (MyBBTest.java).
        ("57c7a16d860833db5030738f5a465d2b", "acdc14e6", "password"),
        ("d602f38fb59ad9e185d5604f5d4ddb36", "4b5534a4", "&^%te$t?Pw@_"),
        ("b3c39410d0ab8ae2a65c257820797fad", "e5a6cb14", "âË_3(íù*"),
    ],
)
def test_published_vectors(stored: str, salt: str, password: str) -> None:
    """Hashes that others published verify with their password and salt only."""
    row = check_vector(MyBB(), stored, password, Beside(salt=salt))
    assert row.is_shuckable
    check_needs(MyBB(), stored, password, Beside(salt=salt))
    assert not accepts(MyBB(), stored, password, Beside(salt=salt + "x"))


def test_an_old_board_says_its_character_set() -> None:
    """A board before UTF-8 hashed the bytes that browsers sent."""
    # Re-computed with PHP 8.2: md5(md5("yeOtfFO6") . md5("f\xF6\x80 &#1078;")).
    stored = "165960eba192b19c2afccaf23968fa0d"
    beside = Beside(salt="yeOtfFO6")
    scheme = MyBB(charset="cp1252")
    check_vector(scheme, stored, "fö€ ж", beside)
    assert not accepts(MyBB(), stored, "fö€ ж", beside)
    assert scheme.name == "mybb:md5-cp1252"
    with pytest.raises(SetupError):
        MyBB("klingon")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(MyBB(), STORED, "hashcat", BESIDE)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from((*MYBB, MyBB("euc_jp"))),
    stored=close_to(STORED),
    beside=ANY_BESIDE | st.just(BESIDE),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: MyBB, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
