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

from credguard.passwords.legacy import WOLTLAB, LegacyScheme
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.woltlab import (
    Wbb2,
    Wcf1,
    Wcf2,
    WoltLabArgon2,
    WoltLabBcrypt,
)

# hashcat (src/modules/module_08400.c).
HASH = "7f8d1951fe48ae3266980c2979c141f60e4415e5"
SALT = Beside(salt="5037864764153886517871426607441768004150")
# phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, bcrypt_wcf2), of "foobar".
TWICE = "$2a$08$p8h14U0jsEiVb1Luy.s8oOTXSQ0hVWUXpcNGBoCezeYNXrQyCKHfi"

# Made by running the algorithms of WoltLab Suite 6.0.18 in PHP 8.2.
PASSWORD = "pässword 'x'"
MADE: tuple[tuple[LegacyScheme, str], ...] = (
    (Wbb2(), "wbb2:38be980fcfa855087f9ea34fcc5bed626e562908"),
    (
        Wcf1(),
        (
            "wcf1:2cf2580d1871559fb0ab938713e5c4367ab717fc"
            ":57196fe9dd15e60347ebae6351e4b590460e4058"
        ),
    ),
    (
        WoltLabBcrypt(),
        "Bcrypt:$2y$12$RyEraKbAj8oAcFTeYvtkL.tdSwCtmY5G4UjRnJs.Fze3m5YlUF4IW",
    ),
    (
        WoltLabArgon2(),
        (
            "Argon2:$argon2i$v=19$m=65536,t=4,p=1"
            "$RWFNT0VWLzc0UnZ4cDJXSQ$vASRq6fcP0cApRMWADxO1v4yMPo8ZHsxvIE6efji8NI"
        ),
    ),
)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password", "beside"),
    [
        (Wcf1(), HASH, "hashcat", SALT),
        # phpBB 4.0.0-a2 (tests/passwords/drivers_test.php, sha1_wcf1).
        (
            Wcf1(),
            "fc46b9d9386167ce365ea3b891bf5dc31ddcd3ff",
            "foobar",
            Beside(salt="1a783e478d63f6422783a868db667aed3a857840"),
        ),
        # AuthMeReloaded (Wbb3Test.java).
        (
            Wcf1(),
            "0fa12e8d96c9e95f73aa91f3b76f8cdc815ec8a5",
            "âË_3(íù*",
            Beside(salt="736be8669f6159ddb2d5b47a3e6428cdb8b324de"),
        ),
        (Wcf2(), TWICE, "foobar", NOTHING_BESIDE),
        (Wcf2(), "DoubleBcrypt:" + TWICE, "foobar", NOTHING_BESIDE),
        # AuthMeReloaded (Wbb4Test.java).
        (
            Wcf2(),
            "$2a$08$ZZu5YH4zwpk0cr2dOYZpF.CkTKMvCBOAtTbAH7AwnOiL.n0mWkgDC",
            "âË_3(íù*",
            NOTHING_BESIDE,
        ),
        # RFC 1321 section A.5, and FIPS 180 (of "abc", by NIST's examples).
        (Wbb2(), "900150983cd24fb0d6963f7d28e17f72", "abc", NOTHING_BESIDE),
        (Wbb2(), "a9993e364706816aba3e25717850c26c9cd0d89d", "abc", Beside(salt="")),
    ],
)
def test_published_vectors(
    scheme: LegacyScheme, stored: str, password: str, beside: Beside
) -> None:
    """Hashes that others published verify with their password and salt only."""
    check_vector(scheme, stored, password, beside)


@pytest.mark.parametrize(("scheme", "stored"), MADE)
def test_what_woltlab_suite_writes_verifies(scheme: LegacyScheme, stored: str) -> None:
    """Texts that name their algorithm and bring their salt verify by themselves."""
    check_vector(scheme, stored, PASSWORD)


def test_burning_board_3_needs_its_salt_and_2_has_none() -> None:
    """Of two digests of one length the salt's column says which it is."""
    check_needs(Wcf1(), HASH, "hashcat", SALT)
    assert Wbb2().read(HASH, SALT) is None
    assert Wbb2().read(HASH) is not None
    assert Wbb2().read("wbb2:" + HASH, SALT) is not None


def test_twice_costs_twice() -> None:
    """A double bcrypt is no plain one, and takes as long as two."""
    twice, once = Wcf2().read(TWICE), WoltLabBcrypt().read("Bcrypt:" + TWICE)
    assert twice is not None
    assert once is not None
    assert twice.work == 2 * once.work
    assert not accepts(WoltLabBcrypt(), "Bcrypt:" + TWICE, "foobar")
    assert accepts(Wcf2(), TWICE, "foobar\x00x")
    assert not accepts(Wcf2(), TWICE, "\x00foobar")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(Wcf1(), HASH, "hashcat", SALT)
    for scheme, stored in MADE[:2]:
        check_alterations(scheme, stored, PASSWORD)


@pytest.mark.parametrize(
    "stored",
    [
        "wbb2:" + HASH[1:],
        "wcf1:" + HASH,
        "wcf1:" + HASH + ":",
        "wcf2:" + HASH,
        "Bcrypt:" + HASH,
        "bcrypt:" + TWICE,
        "Argon2:" + TWICE,
        TWICE[:-1] + "j",
        "DoubleBcrypt:DoubleBcrypt:" + TWICE,
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What WoltLab Suite does not write is none of its formats."""
    assert all(scheme.read(stored, SALT) is None for scheme in WOLTLAB)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(WOLTLAB),
    stored=close_to(HASH, TWICE.replace("08", "04"), *(row[1] for row in MADE)),
    beside=ANY_BESIDE | st.just(SALT),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
