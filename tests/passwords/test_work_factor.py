from dataclasses import asdict

import pytest

from credguard.errors import SetupError, WorkFactorTooHighError
from credguard.passwords import (
    CHEAPEST,
    OWASP_19_MIB,
    OWASP_46_MIB,
    RFC_9106_LOW_MEMORY,
    Ceilings,
    WorkFactor,
)
from credguard.passwords.work_factor import (
    OWASP_7_MIB,
    OWASP_9_MIB,
    OWASP_12_MIB,
    refuse_above,
)


@pytest.mark.parametrize(
    ("memory_kib", "passes", "lanes"),
    [
        (7, 1, 1),
        (15, 1, 2),
        (8, 0, 1),
        (8, 1, 0),
        (2**32, 1, 1),
        (8, 2**32, 1),
        (2**31, 1, 2**24),
        (True, 1, 1),
        (8, True, 1),
        (8.0, 1, 1),
        ("8", 1, 1),
    ],
)
def test_numbers_outside_rfc_9106_are_refused(
    memory_kib: int, passes: int, lanes: int
) -> None:
    """A work factor that Argon2 does not define cannot be made."""
    with pytest.raises(SetupError):
        WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes)


def test_the_ends_of_rfc_9106_are_accepted() -> None:
    """The least and the most that RFC 9106 allows are work factors."""
    assert WorkFactor(memory_kib=8, passes=1, lanes=1) == CHEAPEST
    most = WorkFactor(memory_kib=2**32 - 1, passes=2**32 - 1, lanes=2**24 - 1)
    assert most.work == (2**32 - 1) ** 2


def test_named_work_factors_hold_what_their_source_says() -> None:
    """The profiles are OWASP's five and RFC 9106's second option."""
    written = [
        (factor.memory_kib, factor.passes, factor.lanes)
        for factor in (
            OWASP_7_MIB,
            OWASP_9_MIB,
            OWASP_12_MIB,
            OWASP_19_MIB,
            OWASP_46_MIB,
            RFC_9106_LOW_MEMORY,
        )
    ]
    assert written == [
        (7 * 1024, 5, 1),
        (9 * 1024, 4, 1),
        (12 * 1024, 3, 1),
        (19 * 1024, 2, 1),
        (46 * 1024, 1, 1),
        (64 * 1024, 3, 4),
    ]


@pytest.mark.parametrize(
    ("more", "exceeds"),
    [
        ((0, 0, 0), False),
        ((-1, -1, -1), False),
        ((1, -1, -1), True),
        ((-1, 1, -1), True),
        ((-1, -1, 1), True),
    ],
)
def test_one_number_above_is_enough_to_exceed(
    more: tuple[int, int, int], *, exceeds: bool
) -> None:
    """And nothing exceeds itself."""
    this = WorkFactor(memory_kib=64, passes=3, lanes=2)
    other = WorkFactor(memory_kib=64 + more[0], passes=3 + more[1], lanes=2 + more[2])
    assert other.exceeds(this) is exceeds


@pytest.mark.parametrize(
    "name",
    [
        "argon2_memory_kib",
        "argon2_passes",
        "argon2_lanes",
        "pbkdf2_iterations",
        "bcrypt_cost",
        "scrypt_bytes",
        "stored_characters",
        "crypt_rounds",
        "phpass_rounds",
    ],
)
@pytest.mark.parametrize("value", [0, -1, True, 1.0, 2**40])
def test_a_ceiling_that_means_nothing_is_refused(name: str, value: int) -> None:
    """A ceiling is a positive whole number that the algorithm can reach."""
    with pytest.raises(SetupError):
        Ceilings(**{name: value})


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("argon2_memory_kib", 2**32 - 1),  # RFC 9106 section 3.1
        ("argon2_passes", 2**32 - 1),
        ("argon2_lanes", 2**24 - 1),
        ("pbkdf2_iterations", 2**31 - 1),
        ("bcrypt_cost", 31),
        ("scrypt_bytes", 2**31 - 2**21),
        ("stored_characters", 65_536),
        ("crypt_rounds", 2**32 - 1),
        ("phpass_rounds", 2**30),
    ],
)
def test_a_ceiling_is_no_higher_than_its_algorithm_goes(name: str, most: int) -> None:
    """From one to what the algorithm knows."""
    for ceiling in (1, most):
        assert getattr(Ceilings(**{name: ceiling}), name) == ceiling
    with pytest.raises(SetupError):
        Ceilings(**{name: most + 1})


def test_the_default_ceilings_are_those_that_are_documented() -> None:
    """What Django, Werkzeug, OWASP and RFC 9106's second option write is below."""
    assert asdict(Ceilings()) == {
        "argon2_memory_kib": 256 * 1024,
        "argon2_passes": 16,
        "argon2_lanes": 16,
        "pbkdf2_iterations": 5_000_000,
        "bcrypt_cost": 16,
        "scrypt_bytes": 256 * 1024 * 1024,
        "stored_characters": 1024,
        "crypt_rounds": 2_000_000,
        "phpass_rounds": 2**17,
    }


@pytest.mark.parametrize(
    ("memory_kib", "passes", "lanes", "allowed"),
    [
        (64, 3, 2, True),
        (65, 3, 2, False),
        (64, 4, 2, False),
        (64, 3, 3, False),
        (1, 1, 1, True),
    ],
)
def test_each_number_has_its_own_ceiling(
    memory_kib: int, passes: int, lanes: int, *, allowed: bool
) -> None:
    """A hash is allowed if none of its three numbers is above."""
    ceilings = Ceilings(argon2_memory_kib=64, argon2_passes=3, argon2_lanes=2)
    assert ceilings.allow(memory_kib, passes, lanes) is allowed


def test_the_ceiling_itself_is_allowed() -> None:
    """Only what is above the ceiling is refused, and the error names the ceiling."""
    refuse_above(16, 16, "passes")
    with pytest.raises(WorkFactorTooHighError, match="passes above the ceiling of 16"):
        refuse_above(16, 17, "passes")
