import pytest
from hypothesis import given
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
from credguard.passwords.legacy.discuz import DISCUZ, DiscuzBcrypt, DiscuzMd5
from credguard.passwords.legacy.scheme import Beside

# hashcat's example hash of mode 2611, md5(md5($pass).$salt).
OF_HASHCAT = "28f9975808ae2bdc5847b1cda26033ea"
SALT = Beside(salt="1a2b3c")
PASSWORD = "密码123"
# PHP 8.2: md5(md5($password) . '1a2b3c') in UTF-8, then of iconv('UTF-8', 'GBK', …),
# then crypt() of the latter with '$2y$05$abcdefghijklmnopqrstuu'.
IN_UTF_8 = "e1b25501b3839e6597d46c27cd281a18"
IN_GBK = "dceef79b1e1d5dd15ed020dd9631c730"
BCRYPT_IN_GBK = "$2y$05$abcdefghijklmnopqrstuukujiPadATQ9kxz805GHGPVgzA5NkSJ6"


@pytest.mark.promise("P8")
def test_published_vectors() -> None:
    """The algorithm's published example verifies with its salt."""
    row = check_vector(DiscuzMd5(), OF_HASHCAT, "hashcat", Beside(salt="308"))
    assert row.is_shuckable is True


def test_character_sets() -> None:
    """A site in GBK hashed what its browsers sent, and its schemes say so."""
    check_vector(DiscuzMd5(), IN_UTF_8, PASSWORD, SALT)
    check_vector(DiscuzMd5(charset="GBK"), IN_GBK, PASSWORD, SALT)
    check_vector(DiscuzBcrypt(charset="gbk"), BCRYPT_IN_GBK, PASSWORD)
    assert DiscuzMd5(charset="GBK").name == "discuz:md5-gbk"
    assert not accepts(DiscuzMd5(), IN_GBK, PASSWORD, SALT)
    with pytest.raises(SetupError):
        DiscuzMd5(charset="klingon")


def test_the_salt_is_needed() -> None:
    """Without its salt's column a digest says nothing."""
    check_needs(DiscuzMd5(), IN_UTF_8, PASSWORD, SALT)


@pytest.mark.promise("P8")
def test_altered_texts_match_nothing() -> None:
    """No text close to a hash is another spelling of it, but for bcrypt's letter."""
    check_alterations(DiscuzMd5(), IN_UTF_8, PASSWORD, SALT)
    letters = tuple(BCRYPT_IN_GBK.replace("$2y$", f"$2{letter}$") for letter in "ab")
    check_alterations(DiscuzBcrypt(charset="gbk"), BCRYPT_IN_GBK, PASSWORD, but=letters)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[IN_UTF_8, BCRYPT_IN_GBK]),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in (*DISCUZ, DiscuzMd5(charset="gbk"), DiscuzBcrypt(charset="big5")):
        check_total(scheme, stored, beside, password)
