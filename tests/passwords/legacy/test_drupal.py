import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    POOL,
    accepts,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import WorkFactorTooHighError
from credguard.passwords.legacy.drupal import DRUPAL, DrupalSha512
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.work_factor import Ceilings

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in DRUPAL}
# hashcat's example hash of mode 7900; DokuWiki, auth_password.test.php, for the two
# that follow; hashcat's of modes 400 and 3200; md5() of PHP 8.2.
VECTORS = [
    (
        "sha512",
        "$S$C20340258nzjDWpoQthrdNTR02f0pmev0K/5/Nx80WSkOQcPEQRh",
        "hashcat",
    ),
    (
        "sha512",
        "$S$D7JxIm0f7QKO3zjwVS1RH4AW8sYvmLjO0.Rn4swH0JVt6OrZ4yzZ",
        "drupal_sha512",
    ),
    (
        "sha512_md5",
        "U$S$9c47LGZuhR6TvhRQXzymkJIQ3mXthUCc6KDEGTt4B7eOL/H9Ykuy",
        "pouette1234",
    ),
    ("phpass", "$P$946647711V1klyitUYhtB8Yw5DMA/w.", "hashcat"),
    (
        "bcrypt",
        "$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou",
        "hashcat",
    ),
    ("md5", "8743b52063cd84097a65d1633f5c74f5", "hashcat"),
]
MIGRATED = VECTORS[2][1]


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("name", "stored", "password"), VECTORS)
def test_published_vectors(name: str, stored: str, password: str) -> None:
    """Hashes that others published verify with their password and no other."""
    row = check_vector(SCHEMES[f"drupal:{name}"], stored, password)
    assert row.is_shuckable is name.endswith("md5")


@pytest.mark.promise("P8")
def test_altered_texts_match_nothing() -> None:
    """No text close to a hash is another spelling of it."""
    migrated = DrupalSha512(is_migrated=True)
    check_alterations(migrated, MIGRATED, "pouette1234")
    check_alterations(SCHEMES["drupal:md5"], VECTORS[-1][1], "hashcat")


def test_the_mark_of_the_migration_counts() -> None:
    """With U the password went through MD5 first, and without it it did not."""
    assert not accepts(DrupalSha512(), MIGRATED.removeprefix("U"), "pouette1234")
    # The MD5 itself does: that is what the mark says.
    # echo -n pouette1234 | md5sum
    as_md5 = "708c29a0d66c82e828a1d4ace7086008"
    assert accepts(DrupalSha512(), MIGRATED.removeprefix("U"), as_md5)


def test_drupal_hashes_nothing_longer_than_512_bytes() -> None:
    """A longer password is wrong, and costs what a wrong one costs."""
    row = SCHEMES["drupal:bcrypt"].read(VECTORS[4][1])
    assert row is not None
    with POOL.permit() as permit:
        assert row.digest(b"x" * 512, permit)
        assert row.digest(b"x" * 513, permit) == b""


@pytest.mark.promise("P1")
def test_rounds_above_the_ceiling_are_refused() -> None:
    """Drupal's letters go up to 2^30 rounds, which nobody waits for."""
    usual = DrupalSha512().read(VECTORS[0][1].replace("$S$C", "$S$E"))
    huge = DrupalSha512().read(VECTORS[0][1].replace("$S$C", "$S$S"))
    assert usual is not None
    assert huge is not None
    usual.check_cost(Ceilings())
    with pytest.raises(WorkFactorTooHighError):
        huge.check_cost(Ceilings())


@pytest.mark.parametrize(
    "stored",
    [
        VECTORS[0][1][:-1],
        VECTORS[0][1].replace("$S$C", "$S$4"),
        VECTORS[0][1].replace("$S$C", "$S$T"),
        "U" + VECTORS[3][1],
        "u" + VECTORS[0][1],
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Drupal does not write is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in DRUPAL)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[stored for _, stored, _ in VECTORS]),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in DRUPAL:
        check_total(scheme, stored, beside, password)
