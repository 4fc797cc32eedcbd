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
from credguard.passwords.work_factor import refuse_above


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
    """The profiles are OWASP's two and RFC 9106's second option."""
    written = [
        (factor.memory_kib, factor.passes, factor.lanes)
        for factor in (OWASP_19_MIB, OWASP_46_MIB, RFC_9106_LOW_MEMORY)
    ]
    assert written == [(19456, 2, 1), (47104, 1, 1), (65536, 3, 4)]


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
    ],
)
@pytest.mark.parametrize("value", [0, -1, True, 1.0, 2**40])
def test_a_ceiling_that_means_nothing_is_refused(name: str, value: int) -> None:
    """A ceiling is a positive whole number that the algorithm can reach."""
    with pytest.raises(SetupError):
        Ceilings(**{name: value})


def test_the_ceiling_itself_is_allowed() -> None:
    """Only what is above the ceiling is refused, and the error names the ceiling."""
    refuse_above(16, 16, "passes")
    with pytest.raises(WorkFactorTooHighError, match="passes above the ceiling of 16"):
        refuse_above(16, 17, "passes")
