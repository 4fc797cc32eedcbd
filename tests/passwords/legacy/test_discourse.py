import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import SetupError, WorkFactorTooHighError
from credguard.passwords.legacy.discourse import (
    DISCOURSE,
    DiscourseAlgorithm,
    DiscoursePbkdf2,
)
from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.work_factor import Ceilings

# discourse/discourse, spec/lib/password_hasher_spec.rb: i=3, salt "mysalt".
DIGITS = "8d4f9a685ff73eef7b06e07ab5889784775290a0a9cebb6eb4492a695c93a51e"
SALT = Beside(salt="mysalt")
JOINED = f"$pbkdf2-sha256$i=3,l=32${DIGITS}"
# PHP 8.2: hash_pbkdf2('sha256', 'hashcat', $salt, 1000, 64), $salt as below.
HEX_SALT = Beside(salt="63c0b1c1b25ed8f2aeed27bb3e5ee1b5")
OF_PHP = "a681cab77f4b9d12b15daa755fabdf9a26328bac57aca06d50268f34935d5717"


@pytest.mark.promise("P8")
def test_published_vectors() -> None:
    """Discourse's own specification verifies, from one column or from two."""
    check_vector(DiscourseAlgorithm(), JOINED, "mypass", SALT)
    check_vector(DiscoursePbkdf2(iterations=3), DIGITS, "mypass", SALT)


def test_the_salt_is_its_characters() -> None:
    """A salt that looks hexadecimal is used as it stands in the column."""
    check_vector(DiscoursePbkdf2(iterations=1000), OF_PHP, "hashcat", HEX_SALT)
    check_needs(DiscoursePbkdf2(iterations=1000), OF_PHP, "hashcat", HEX_SALT)
    check_needs(DiscourseAlgorithm(), JOINED, "mypass", SALT)


@pytest.mark.promise("P8")
def test_altered_texts_match_nothing() -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(DiscourseAlgorithm(), JOINED, "mypass", SALT)
    check_alterations(DiscoursePbkdf2(iterations=3), DIGITS, "mypass", SALT)


def test_iterations_are_part_of_the_name() -> None:
    """What changes the digest changes the name; the default needs no mention."""
    assert DiscoursePbkdf2().name == "discourse:pbkdf2"
    assert DiscoursePbkdf2(iterations=600_000).name == "discourse:pbkdf2+600000"
    row = DiscoursePbkdf2().read(DIGITS, SALT)
    assert row is not None
    assert row.cost == "i=64000"


@pytest.mark.parametrize("iterations", [0, -1, True])
def test_iterations_are_a_positive_whole_number(iterations: int) -> None:
    """Anything else is refused when the scheme is made."""
    with pytest.raises(SetupError):
        DiscoursePbkdf2(iterations=iterations)


@pytest.mark.promise("P1")
def test_iterations_above_the_ceiling_are_refused() -> None:
    """A row that asks for too much is refused."""
    row = DiscourseAlgorithm().read(JOINED.replace("i=3", "i=5000001"), SALT)
    assert row is not None
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings())


@pytest.mark.parametrize(
    "stored",
    [
        JOINED.replace("i=3", "i=03"),
        JOINED.replace("i=3", "i=0"),
        JOINED.replace("l=32", "l=20"),
        JOINED.replace(",l=32", ""),
        JOINED.replace("sha256", "sha512"),
        JOINED + "$",
        DIGITS.upper(),
        DIGITS[:-2],
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Discourse does not write is not taken for its formats."""
    assert all(scheme.read(stored, SALT) is None for scheme in DISCOURSE)


@pytest.mark.promise("P8")
@given(stored=close_to(*[DIGITS, JOINED]), beside=ANY_BESIDE, password=ANY_PASSWORD)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in (DiscourseAlgorithm(), DiscoursePbkdf2(iterations=3)):
        check_total(scheme, stored, beside, password)
