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
from credguard.passwords.legacy.mediawiki import MEDIAWIKI
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.work_factor import Ceilings

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in MEDIAWIKI}
# MediaWiki, tests/phpunit/includes/password: MWOldPasswordTest, MWSaltedPasswordTest,
# Pbkdf2PasswordTest, BcryptPasswordTest and Argon2PasswordTest.
OF_MEDIAWIKI = [
    ("a", ":A:5f4dcc3b5aa765d61d8327deb882cf99", "password"),
    ("b", ":B:salt:9842afc7cb949c440c51347ed809362f", "password"),
    ("pbkdf2", ":pbkdf2:sha1:1:20:c2FsdA==:DGDID5YfDnHzqbUkr2ASBi/gN6Y=", "password"),
    (
        "pbkdf2",
        ":pbkdf2:sha1:4096:16:c2EAbHQ=:Vvpqp1VICZ3MN9fwNCXgww==",
        "pass\x00word",
    ),
    (
        "bcrypt",
        ":bcrypt:5$CCCCCCCCCCCCCCCCCCCCC.$E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "U*U",
    ),
    (
        "argon2",
        (
            ":argon2:$argon2i$v=19$m=1024,t=2,p=2$RHpGTXJPeFlSV2NDTEswNA$VeW7rumZY4p"
            "L8XO4KeQkKD43r5uX3eazVJRtrFN7lNc"
        ),
        "password",
    ),
]
# DokuWiki, _test/tests/inc/auth_password.test.php.
OF_DOKUWIKI = ":B:838c83e1:e4ab7024509eef084cdabd03d8b2972c"
# PHP 8.2, as LayeredParameterizedPassword.php layers them: hash_pbkdf2('sha256',
# md5('hashcat'), $salt, 1000, 128, true), and over md5("838c83e1-" . md5('hashcat')).
LAYERED = {
    "pbkdf2-legacy_a": (
        ":pbkdf2-legacyA:!sha256:1000:128!!kkdejKlBYFV7+LP2m2thYA==!LSLWQLw+GeSHYmDB"
        "TvvoEHscaDkKZtlI8B7Auz18ukpaCTcZrDBpV8Y68Axehmyu0D4rmN8AuU2GBJ6B0pbP6cGtYTg"
        "236h79UI9m9OPcBYiebjpTkXzjrov5p9XY+JYSmiFG7KqjhTe73B3xG9ym87Vzi5UtyxBPDpWRr"
        "SigEc="
    ),
    "pbkdf2-legacy_b": (
        ":pbkdf2-legacyB:!sha256:1000:128!838c83e1!kkdejKlBYFV7+LP2m2thYA==!y9r1obQ+"
        "LeXIEaQ8wL1cElx/kmkCKDjg1kJ8KMCRazOFhbKDa3PxXd+ws/1jtlETqlY3o1o8FnrzmgcRBZa"
        "BttTrWaU+TqWSwN8x3bblGCh23AkaNygYryrklBHF4p520bbDA235ktDnO4GshWU0JzCX6He8rI"
        "C8lc5UU+vl7Ag="
    ),
}
# PHP 8.2: hash_pbkdf2('sha512', 'hashcat', $salt, 3000, 64, true).
OF_SHA512 = (
    ":pbkdf2:sha512:3000:64:kkdejKlBYFV7+LP2m2thYA==:HrphytV/pRqDVUWWf/xDD0GAHdLjvpu"
    "HWGKHqM/UgpwBRaQAJsEh8T8sjdraLF3pKYKUUFNtWRf1+iI2aV2xVQ=="
)
PBKDF2 = OF_MEDIAWIKI[2][1]


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("name", "stored", "password"), OF_MEDIAWIKI)
def test_published_vectors(name: str, stored: str, password: str) -> None:
    """MediaWiki's own examples verify with their password and no other."""
    row = check_vector(SCHEMES[f"mediawiki:{name}"], stored, password)
    assert row.is_shuckable is (name in {"a", "b"})


@pytest.mark.parametrize("name", LAYERED)
def test_layered_rows(name: str) -> None:
    """What was wrapped without log-ins verifies, its older salt included."""
    stored = LAYERED[name]
    row = check_vector(SCHEMES[f"mediawiki:{name}"], stored, "hashcat")
    assert row.is_shuckable is True
    assert row.cost == "i=1000"


def test_more_vectors() -> None:
    """So do others' examples of the salted and the present format."""
    check_vector(SCHEMES["mediawiki:b"], OF_DOKUWIKI, "password")
    check_vector(SCHEMES["mediawiki:pbkdf2"], OF_SHA512, "hashcat")


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("name", "stored", "password"), OF_MEDIAWIKI[:3])
def test_altered_texts_match_nothing(name: str, stored: str, password: str) -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(SCHEMES[f"mediawiki:{name}"], stored, password)


def test_altered_layers_match_nothing() -> None:
    """No text close to a layered hash is another spelling of it."""
    for name, stored in LAYERED.items():
        check_alterations(SCHEMES[f"mediawiki:{name}"], stored, "hashcat")


@pytest.mark.parametrize(
    "stored",
    [
        ":A:salt:9842afc7cb949c440c51347ed809362f",
        ":B::9842afc7cb949c440c51347ed809362f",
        ":C:9842afc7cb949c440c51347ed809362f",
        PBKDF2.replace(":1:", ":01:"),
        PBKDF2.replace(":20:", ":16:"),
        PBKDF2.replace(":20:", ":020:"),
        PBKDF2.replace("sha1", "whirlpool"),
        PBKDF2.replace("c2FsdA==", "c2FsdA"),
        ":pbkdf2:sha1:1:4:c2FsdA==:DGDIDw==",  # too short to mean anything
        ":bcrypt:05$CCCCCCCCCCCCCCCCCCCCC.$E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ":bcrypt:3$CCCCCCCCCCCCCCCCCCCCC.$E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ":argon2:argon2i",
        LAYERED["pbkdf2-legacy_a"].replace("legacyA", "legacyB"),
        LAYERED["pbkdf2-legacy_b"].replace("legacyB", "legacyA"),
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What MediaWiki does not write is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in MEDIAWIKI)


def test_blocks_count_towards_the_ceiling() -> None:
    """A tag of four blocks costs four times the iterations that the text names."""
    row = SCHEMES["mediawiki:pbkdf2-legacy_a"].read(
        LAYERED["pbkdf2-legacy_a"].replace(":1000:", ":1300000:")
    )
    assert row is not None
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings())


def test_shapes_do_not_overlap() -> None:
    """Each text is of one of MediaWiki's formats and no other."""
    for stored in [*LAYERED.values(), *(row[1] for row in OF_MEDIAWIKI)]:
        assert sum(scheme.read(stored) is not None for scheme in MEDIAWIKI) == 1


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[row[1] for row in OF_MEDIAWIKI], *LAYERED.values()),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in MEDIAWIKI:
        check_total(scheme, stored, beside, password)
