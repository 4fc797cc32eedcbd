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

from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.legacy.wordpress import (
    WORDPRESS,
    WordPressBcrypt,
    WordPressMd5,
    WordPressPhpass,
    WordPressPlainBcrypt,
)

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in WORDPRESS}
# WordPress/php-wasm demo of WordPress 6.8, of "admin"; hashcat's example hashes of
# modes 400 and 3200; then md5() of PHP 8.2.
VECTORS = {
    "bcrypt": (
        "$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES",
        "admin",
    ),
    "phpass": ("$P$946647711V1klyitUYhtB8Yw5DMA/w.", "hashcat"),
    "plain_bcrypt": (
        "$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou",
        "hashcat",
    ),
    "md5": ("8743b52063cd84097a65d1633f5c74f5", "hashcat"),
}
# PHP 8.2, the functions as in wp_hash_password, with the salt of crypt() fixed:
# '$wp' . crypt(base64_encode(hash_hmac('sha384', trim(addslashes($password)),
# 'wp-sha384', true)), '$2y$05$abcdefghijklmnopqrstuu'), of " O'Brien\\ ".
SLASHED = "$wp$2y$05$abcdefghijklmnopqrstuuxG8TjttjuQUZG2ZSSqJtMU6smVG89i."
# The same without addslashes(), of "O'Brien".
UNSLASHED = "$wp$2y$05$abcdefghijklmnopqrstuuV7wDCKGsG4s2RIrcaQ5e3MZS4M4H3rm"
# crypt() and md5() of PHP 8.2, of addslashes("O'Brien").
PLAIN_SLASHED = "$2y$05$abcdefghijklmnopqrstuuwlRUtKdQjaQ1LyT7sT1uQnUoXvTtj8K"
MD5_SLASHED = "1ea4cda48bf520f508c861214bce44f4"


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    """What others published or PHP computes verifies with its password only."""
    check_vector(SCHEMES[f"wordpress:{name}"], *VECTORS[name])


def test_what_browsers_send_is_slashed_and_trimmed() -> None:
    """WordPress hashes quotes with a backslash and no space around."""
    check_vector(WordPressBcrypt(), SLASHED, " O'Brien\\ ")
    check_vector(WordPressPlainBcrypt(), PLAIN_SLASHED, "O'Brien")
    check_vector(WordPressMd5(), MD5_SLASHED, "O'Brien")
    assert accepts(WordPressMd5(), MD5_SLASHED, "\t O'Brien\n")
    assert accepts(WordPressPhpass(), VECTORS["phpass"][0], " hashcat ")


def test_what_programs_set_is_not_slashed() -> None:
    """The other reading has a name of its own, and they exclude each other."""
    unslashed = WordPressBcrypt(is_slashed=False)
    assert unslashed.name == "wordpress:bcrypt-unslashed"
    check_vector(unslashed, UNSLASHED, "O'Brien")
    assert not accepts(WordPressBcrypt(), UNSLASHED, "O'Brien")


def test_nothing_but_spaces_is_nobodys_password() -> None:
    """A row of the empty password does not let in whoever types a space."""
    # md5('') of RFC 1321; the bcrypt of PHP 8.2's crypt('').
    assert not accepts(WordPressMd5(), "d41d8cd98f00b204e9800998ecf8427e", " ")
    empty = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"
    assert not accepts(WordPressPlainBcrypt(), empty, " ")
    assert not accepts(WordPressPlainBcrypt(is_slashed=False), empty, "\x00x")


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password"),
    [
        (WordPressBcrypt(), SLASHED, " O'Brien\\ "),
        (WordPressPlainBcrypt(), PLAIN_SLASHED, "O'Brien"),
        (WordPressMd5(), MD5_SLASHED, "O'Brien"),
        (WordPressPhpass(), VECTORS["phpass"][0], "hashcat"),
    ],
)
def test_altered_texts_match_nothing(
    scheme: LegacyScheme, stored: str, password: str
) -> None:
    """No text close to a hash is another spelling of it, but for bcrypt's letter."""
    letters = tuple(stored.replace("$2y$", f"$2{letter}$") for letter in "ab")
    check_alterations(scheme, stored, password, but=letters)


def test_shapes_do_not_overlap() -> None:
    """Each text is of one of WordPress's formats and no other."""
    for stored, _ in VECTORS.values():
        assert sum(scheme.read(stored) is not None for scheme in WORDPRESS) == 1
    assert all(scheme.read("$wp" + MD5_SLASHED) is None for scheme in WORDPRESS)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[stored for stored, _ in VECTORS.values()]),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in WORDPRESS:
        check_total(scheme, stored, beside, password)
