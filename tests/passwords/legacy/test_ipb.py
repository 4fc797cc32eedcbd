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
from credguard.passwords.legacy import IPB, LegacyScheme
from credguard.passwords.legacy.ipb import Ipb, IpsBcrypt
from credguard.passwords.legacy.scheme import Beside

# hashcat (src/modules/module_02811.c).
STORED, BESIDE = "022f7e02b3314f7d0968f73c00ba759f", Beside(salt="67588")
# AuthMeReloaded (Ipb4Test.java), its salt as Invision Community draws it.
BCRYPT = "$2a$13$leEvXu77OIwPwNvtZIJvaeAx8EItGHuR3nIlq8416g0gXeJaQdrr2"
BCRYPT_SALT = "leEvXu77OIwPwNvtZIJval"


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "salt", "password"),
    [
        (Ipb(), STORED, "67588", "hashcat"),
        # AuthMeReloaded (Ipb3Test.java); it does not escape.
        (Ipb(), "f8ecea1ce42b5babef369ff7692dbe3f", "1715b", "password"),
        (Ipb(), "383d7b9e2b707d6e894ec7b30e3032c3", "fa9fd", "âË_3(íù*"),
        (
            Ipb(is_cleaned=False),
            "a77ca982373946d5800430bd2947ba11",
            "a7725",
            "&^%te$t?Pw@_",
        ),
        # Re-computed with PHP 8.2, by the table that XenForo 2.3 takes IPB 3 over
        # with (src/XF/Authentication/IpsForums3x.php) ...
        (
            Ipb(),
            "e16c2225dd3d356533aa5eb3e4cdd18f",
            "aB3$x",
            "a&b\\c!d$e\"f<g>h'i",
        ),
        # ... and by the steps of Invision Community 4's own legacyEscape.
        (Ipb(), "266183a617043e9895e6612fbb153386", "aB3$x", "<!--x--><SCRIPT>\\"),
    ],
)
def test_published_vectors(scheme: Ipb, stored: str, salt: str, password: str) -> None:
    """Hashes that others published verify with their password and salt only."""
    row = check_vector(scheme, stored, password, Beside(salt=salt))
    assert row.is_shuckable
    check_needs(scheme, stored, password, Beside(salt=salt))


def test_invision_community_4_stores_the_whole_string() -> None:
    """Its salt's column is not needed, and must not contradict."""
    check_vector(IpsBcrypt(), BCRYPT, "password", Beside(salt=BCRYPT_SALT))
    assert IpsBcrypt().read(BCRYPT) is not None
    assert IpsBcrypt().read(BCRYPT, Beside(salt="")) is not None
    assert IpsBcrypt().read(BCRYPT, Beside(salt="x" + BCRYPT_SALT[1:])) is None
    assert IpsBcrypt().read(STORED, BESIDE) is None


def test_the_name_says_what_is_not_the_default() -> None:
    """Two schemes that differ have two names."""
    assert Ipb("cp1251", is_cleaned=False).name == "ipb:md5-cp1251-raw"
    with pytest.raises(SetupError):
        Ipb("klingon")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(Ipb(), STORED, "hashcat", BESIDE)
    assert not accepts(Ipb(), STORED, "hashcat", Beside(salt="67589"))


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from((*IPB, Ipb("cp1251"))),
    stored=close_to(STORED, BCRYPT.replace("13", "04")),
    beside=ANY_BESIDE | st.just(BESIDE),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
