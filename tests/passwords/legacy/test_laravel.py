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

from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy.laravel import FLARUM, LARAVEL, VANILLA, PhpBcrypt
from credguard.passwords.legacy.scheme import Beside

# The manual of PHP, password_verify.
OF_THE_MANUAL = "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a"
# hashcat's example hash of mode 400.
OF_400 = "$P$946647711V1klyitUYhtB8Yw5DMA/w."
# PHP 8.2: crypt('hash', '$2y$05$abcdefghijklmnopqrstuu').
CHEAP = "$2y$05$abcdefghijklmnopqrstuuwpB6yPmmLH6/VTFV9NF2ooeKWmXxCWO"
# DokuWiki, auth_password.test.php, by an OpenBSD; of "lemmybcrypt12hash".
OF_OPENBSD = "$2b$12$zMBuY6QAGXuT6elIbadavO1JTI6DfaGe1MpfBthG/nt6mkodwmKAi"


@pytest.mark.promise("P8")
@pytest.mark.parametrize("scheme", [LARAVEL[0], FLARUM[0], VANILLA[0]])
def test_published_vectors(scheme: PhpBcrypt) -> None:
    """PHP's own example verifies with its password and no other."""
    check_vector(scheme, OF_THE_MANUAL, "rasmuslerdorf")


def test_more_published_vectors() -> None:
    """So do bcrypt by another system, and Vanilla's older format."""
    check_vector(LARAVEL[0], OF_OPENBSD, "lemmybcrypt12hash")
    check_vector(VANILLA[1], OF_400, "hashcat")


def test_php_stops_at_nul_and_at_72_bytes() -> None:
    """A password is compared as far as PHP's password_verify looks at it."""
    # PHP 8.2: password_verify("hash\\0dog", CHEAP) is true.
    assert accepts(LARAVEL[0], CHEAP, "hash\x00dog")
    # PHP 8.2: crypt(str_repeat('x', 72), '$2y$05$abcdefghijklmnopqrstuu').
    long = "$2y$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q"
    assert accepts(LARAVEL[0], long, "x" * 72)
    assert accepts(LARAVEL[0], long, "x" * 73)
    assert not accepts(LARAVEL[0], long, "x" * 71)
    empty = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"
    assert not accepts(LARAVEL[0], empty, "\x00x")


def test_phps_argon2_needs_no_scheme() -> None:
    """A PHC string by PHP is read by any hasher as an Argon2 of its own."""
    # PHP 8.2: password_hash('hashcat', PASSWORD_ARGON2ID, ['memory_cost' => 1024,
    # 'time_cost' => 1, 'threads' => 1]).
    stored = (
        "$argon2id$v=19$m=1024,t=1,p=1$b1J4VWZycTVkYksveEZpRQ$zOhVXFyyt0U/paRqAIAhJ9"
        "r8XR0mRNOHA8FQG4vcPfA"
    )
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=LARAVEL)
    assert hasher.verify("hashcat", stored=stored).scheme == "argon2id"


@pytest.mark.promise("P8")
def test_altered_texts_match_nothing() -> None:
    """No text close to a hash is another spelling of it, but for bcrypt's letter."""
    letters = tuple(CHEAP.replace("$2y$", f"$2{letter}$") for letter in "ab")
    check_alterations(LARAVEL[0], CHEAP, "hash", but=letters)


@pytest.mark.promise("P8")
@given(stored=close_to(*[CHEAP, OF_400]), beside=ANY_BESIDE, password=ANY_PASSWORD)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in LARAVEL + FLARUM + VANILLA:
        check_total(scheme, stored, beside, password)
