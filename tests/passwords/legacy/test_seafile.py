import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import WorkFactorTooHighError
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.legacy.seafile import SEAFILE
from credguard.passwords.work_factor import Ceilings

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in SEAFILE}
# DokuWiki, _test/tests/inc/auth_password.test.php.
OF_DOKUWIKI = (
    "PBKDF2SHA256$10000$99227b6df52aa1394b5ca0aceee2733dd6c2670c85bbe26c751a2c65e79d"
    "4db7$d61dd1c4df6873c73813fe97f96d0e917792602a33966f3fab0eef154637cc84"
)
# PHP 8.2: hash_pbkdf2('sha256', 'hashcat', $salt, 1000, 64); hash('sha256',
# 'hashcat' . $salt) with the salt of user-mgr.c; sha1('hashcat').
OF_PHP = {
    "pbkdf2_sha256": (
        "PBKDF2SHA256$1000$99227b6d$ca285e478749410f6bbad919ec7270a024d30a367de9760a"
        "f1cc72c204395095"
    ),
    "sha256": "19f73f0a5e8d40e37207b66c70348a621a1291cd041c1852c9af1c1cec2c27b6",
    "sha1": "b89eaac7e61417341b710b727768294d0e6a277b",
}


@pytest.mark.promise("P8")
def test_published_vectors() -> None:
    """A hash by a Seafile that others published verifies."""
    check_vector(SCHEMES["seafile:pbkdf2_sha256"], OF_DOKUWIKI, "@STR0NGpassW0RD")


@pytest.mark.parametrize("name", OF_PHP)
def test_what_php_computes(name: str) -> None:
    """The same by another implementation verifies, and nothing close to it."""
    row = check_vector(SCHEMES[f"seafile:{name}"], OF_PHP[name], "hashcat")
    assert row.is_shuckable is (name == "sha1")
    check_alterations(SCHEMES[f"seafile:{name}"], OF_PHP[name], "hashcat")


@pytest.mark.parametrize(
    "stored",
    [
        OF_DOKUWIKI.replace("$10000$", "$010000$"),
        OF_DOKUWIKI.replace("$10000$", "$0$"),
        OF_DOKUWIKI.replace("$99", "$9"),
        OF_DOKUWIKI.upper(),
        OF_DOKUWIKI[:-2],
        OF_PHP["sha256"][:-1],
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Seafile does not write is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in SEAFILE)


@pytest.mark.promise("P1")
def test_iterations_above_the_ceiling_are_refused() -> None:
    """A row that asks for too much is refused."""
    row = SEAFILE[0].read(OF_DOKUWIKI.replace("$10000$", "$5000001$"))
    assert row is not None
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings())


@pytest.mark.promise("P8")
@given(stored=close_to(*OF_PHP.values()), beside=ANY_BESIDE, password=ANY_PASSWORD)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in SEAFILE:
        check_total(scheme, stored, beside, password)
