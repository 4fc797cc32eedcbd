import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import argon2
import pytest

from credguard.errors import (
    BusyError,
    CredguardError,
    PasswordMismatchError,
    PasswordUnhashableError,
    SetupError,
    StoredDataError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.passwords import (
    CHEAPEST,
    DJANGO,
    OWASP_19_MIB,
    RFC_9106_LOW_MEMORY,
    WERKZEUG,
    Ceilings,
    PasswordHasher,
    WorkFactor,
)
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.phc import read_phc
from credguard.passwords.pool import Permit

COST = WorkFactor(memory_kib=64, passes=2, lanes=1)
HASHER = PasswordHasher(work_factor=COST)
PASSWORD = "correct horse battery staple"
STORED = HASHER.hash(PASSWORD)
MD5 = "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"  # of lètmein, by Django's tests
TOO_HIGH = STORED.replace("m=64", "m=262145")
OUT_OF_USE = (None, "", "!", "!EtHkDgKxqs1bHeXFV5Z2ldLeFf66gj1GpwVA1Y", "cgretired1:x")


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the work of each Argon2 computation that the test causes."""
    works: list[int] = []
    true_compute = Permit.compute

    def watched(
        permit: Permit, password: bytes, *, work_factor: WorkFactor, **rest: bytes
    ) -> bytes:
        works.append(work_factor.work)
        return true_compute(permit, password, work_factor=work_factor, **rest)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Permit, "compute", watched)
    return works


def test_the_right_password_verifies_and_another_does_not() -> None:
    """The password that was hashed is proved; another one is refused."""
    verified = HASHER.verify(PASSWORD, stored=STORED)
    assert (verified.scheme, verified.needs_rehash) == ("argon2id", False)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(PASSWORD + " ", stored=STORED)


def test_a_hash_is_salted_and_tells_its_cost() -> None:
    """Two hashes of one password differ; 16 bytes of salt, 32 of tag, our cost."""
    phc = read_phc(STORED)
    assert phc is not None
    assert (len(phc.salt), len(phc.tag), phc.cost.work_factor) == (16, 32, COST)
    assert HASHER.hash(PASSWORD) != STORED


def test_the_default_is_owasp_and_fits_the_forums_column() -> None:
    """A new hash costs 19 MiB and two passes, and fits Django's 128 characters."""
    stored = PasswordHasher().hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(stored) == 97
    assert PasswordHasher().work_factor == OWASP_19_MIB


def test_argon2_cffi_agrees_both_ways() -> None:
    """What argon2-cffi writes verifies here, and what we write verifies there."""
    theirs = argon2.PasswordHasher(1, 64, 2)
    assert HASHER.verify(PASSWORD, stored=theirs.hash(PASSWORD)).scheme == "argon2id"
    assert theirs.verify(STORED, PASSWORD)
    argon2i = argon2.PasswordHasher(1, 64, 2, type=argon2.Type.I).hash(PASSWORD)
    verified = HASHER.verify(PASSWORD, stored=argon2i)
    assert (verified.scheme, verified.needs_rehash) == ("argon2i", True)


@pytest.mark.parametrize(
    ("hashed", "typed"),
    [("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9"), ("Å", "\u212b")],
)
def test_a_password_typed_in_another_form_verifies(hashed: str, typed: str) -> None:
    """NFC and NFD of one text are one password, in our hashes and in legacy ones."""
    foreign = argon2.PasswordHasher(1, 64, 1).hash(hashed)
    for stored in (HASHER.hash(hashed), foreign, f"argon2{foreign}"):
        assert HASHER.verify(typed, stored=stored).scheme.endswith(("argon2id", "n2"))
        assert HASHER.verify(hashed, stored=stored).scheme.endswith(("argon2id", "n2"))


@pytest.mark.parametrize("password", ["a\x00b", "\x00", " ", "x" * 4096, "🔐"])
def test_odd_passwords_are_passwords(password: str) -> None:
    """NUL, spaces, 4,096 bytes and emoji are hashed whole."""
    stored = HASHER.hash(password)
    assert HASHER.verify(password, stored=stored).needs_rehash is False
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password[:-1] or "x", stored=stored)


UNHASHABLE = ("", "a" * 4097, "x" * 10_000_000, "\ud800", "ok\udfff", None, b"x", 1)


@pytest.mark.parametrize(
    "password", UNHASHABLE, ids=lambda password: str(type(password))
)
@pytest.mark.parametrize("stored", [None, STORED, MD5])
def test_an_unhashable_password_is_only_a_mismatch(
    password: object, stored: str | None, computed: list[int]
) -> None:
    """It cannot be the right one, and it costs what any wrong one costs."""
    with pytest.raises(PasswordUnhashableError):
        HASHER.hash(cast("str", password))
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(cast("str", password), stored=stored)
    assert sum(computed) == COST.work


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        *((text, PasswordMismatchError) for text in OUT_OF_USE),
        (STORED, PasswordMismatchError),
        (MD5, PasswordMismatchError),
        ("garbage", UnreadableHashError),
        ("x" * 1024, UnreadableHashError),
        ("x" * 1025, WorkFactorTooHighError),
        (b"bytes", UnreadableHashError),
        (0, UnreadableHashError),
        ("\ud800", UnreadableHashError),
        (STORED[:-1], UnreadableHashError),
        (STORED + "\x00junk", UnreadableHashError),
        (TOO_HIGH, WorkFactorTooHighError),
    ],
)
@pytest.mark.parametrize(("password", "forms"), [("wrong", 1), ("fälsch", 2)])
def test_a_wrong_password_costs_the_same_whatever_is_stored(
    stored: object,
    error: type[CredguardError],
    password: str,
    forms: int,
    computed: list[int],
) -> None:
    """Unknown, retired, unusable, weak, unreadable or current: the work is one."""
    with pytest.raises(error) as caught:
        HASHER.verify(password, stored=cast("str", stored))
    assert type(caught.value) is error
    assert sum(computed) == forms * COST.work


def test_a_machine_that_refuses_an_algorithm_costs_the_same(
    monkeypatch: pytest.MonkeyPatch, computed: list[int]
) -> None:
    """A row that turns out to be unreadable only when it is computed is padded too."""

    def refuse(*_args: object, **_kwargs: object) -> bytes:
        raise UnreadableHashError

    row = HASHER._reader.parse(MD5, NOTHING_BESIDE)
    assert row is not None
    monkeypatch.setattr(type(row.row), "digest", refuse)
    with pytest.raises(UnreadableHashError):
        HASHER.verify("wrong", stored=MD5)
    assert sum(computed) == COST.work


@pytest.mark.parametrize("passes", [1, 2])
def test_a_cheaper_argon2_row_is_padded(passes: int, computed: list[int]) -> None:
    """A row below our cost is filled up to it, and one at our cost is not."""
    cheap = argon2.PasswordHasher(passes, 64, 1).hash(PASSWORD)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify("wrong", stored=cheap)
    assert sum(computed) == COST.work


def test_a_dearer_row_is_not_padded(computed: list[int]) -> None:
    """A row above our cost is computed once and nothing is added."""
    dear = argon2.PasswordHasher(5, 64, 1).hash(PASSWORD)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify("wrong", stored=dear)
    assert computed == [5 * 64]


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ((64, 2, 1), False),
        ((64, 1, 1), True),
        ((32, 2, 1), True),
        ((32, 1, 1), True),
        ((65, 2, 1), False),
        ((64, 3, 1), False),
        ((64, 2, 2), False),
        ((32, 3, 1), False),  # less memory and more passes: kept
        ((1024, 1, 1), False),
        ((32, 1, 2), False),
    ],
)
def test_no_cost_is_ever_lowered(cost: tuple[int, int, int], *, expected: bool) -> None:
    """A hash is replaced only where no number of it is above ours."""
    memory_kib, passes, lanes = cost
    stored = argon2.PasswordHasher(passes, memory_kib, lanes).hash(PASSWORD)
    assert HASHER.needs_rehash(stored=stored) is expected
    assert HASHER.verify(PASSWORD, stored=stored).needs_rehash is expected
    # Behind Django's prefix an equal cost is replaced as well: the text gets better.
    is_below = expected or cost == (64, 2, 1)
    assert HASHER.needs_rehash(stored=f"argon2{stored}") is is_below


def test_needs_rehash_of_what_is_no_hash() -> None:
    """A row out of use is left alone; one that is not readable is an error."""
    assert HASHER.needs_rehash(stored=MD5) is True
    for text in OUT_OF_USE:
        assert HASHER.needs_rehash(stored=cast("str", text)) is False
    with pytest.raises(UnreadableHashError):
        HASHER.needs_rehash(stored="garbage")
    with pytest.raises(WorkFactorTooHighError):
        HASHER.needs_rehash(stored=TOO_HIGH)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, "unusable"),
        ("", "unusable"),
        ("!", "unusable"),
        ("cgretired1:", "retired"),
        ("cgretired1:" + "x" * 5000, "retired"),
        ("CGRETIRED1:", "unreadable"),
        (STORED, "argon2id"),
        (TOO_HIGH, "argon2id"),
        (STORED.replace("argon2id", "argon2i"), "argon2i"),
        ("argon2" + STORED, "django:argon2"),
        (MD5, "django:md5"),
        ("x" * 5000, "unreadable"),
        (b"bytes", "unreadable"),
        (0, "unreadable"),
        (STORED[:60], "unreadable"),
    ],
)
def test_identify_names_any_row(
    stored: object, expected: str, computed: list[int]
) -> None:
    """Each row is named without a computation."""
    assert HASHER.identify(cast("str", stored)) == expected
    assert computed == []


def test_only_accepted_schemes_are_compared() -> None:
    """What is not in accept is unreadable; a bundle alone reads only its own."""
    alone = PasswordHasher(work_factor=CHEAPEST, accept=())
    assert alone.identify(MD5) == "unreadable"
    assert alone.identify(STORED) == "argon2id"
    werkzeug = PasswordHasher(work_factor=CHEAPEST, accept=WERKZEUG)
    with pytest.raises(UnreadableHashError):
        werkzeug.verify("lètmein", stored=MD5)


class _Impostor:
    """A scheme that takes one of our names."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, _stored: str, _beside: Beside = NOTHING_BESIDE) -> None:
        """Read nothing."""


@pytest.mark.parametrize(
    "name",
    [
        "argon2id",
        "argon2i",
        "retired",
        "unusable",
        "wrapped:x",
        "",
        "Upper",
        "a b",
        "a$b",
        "x" * 65,
    ],
)
def test_a_scheme_with_one_of_our_names_is_refused(name: str) -> None:
    """Counts by name would lie, and wrapped texts hold no other characters."""
    with pytest.raises(SetupError):
        PasswordHasher(accept=[_Impostor(name)])
    with pytest.raises(SetupError):
        PasswordHasher(accept=DJANGO + DJANGO)


@pytest.mark.parametrize(
    "ceilings",
    [
        Ceilings(argon2_memory_kib=65_535),
        Ceilings(argon2_passes=2),
        Ceilings(argon2_lanes=3),
    ],
)
def test_a_work_factor_above_the_ceilings_is_refused(ceilings: Ceilings) -> None:
    """A hasher that could not read its own hashes is not made."""
    with pytest.raises(SetupError):
        PasswordHasher(work_factor=RFC_9106_LOW_MEMORY, ceilings=ceilings)


def test_ceilings_can_be_raised() -> None:
    """A row above the default ceiling verifies where the caller allows it."""
    stored = argon2.PasswordHasher(17, 64, 1).hash(PASSWORD)
    with pytest.raises(WorkFactorTooHighError):
        HASHER.verify(PASSWORD, stored=stored)
    raised = PasswordHasher(work_factor=COST, ceilings=Ceilings(argon2_passes=17))
    assert raised.verify(PASSWORD, stored=stored).needs_rehash is False


@pytest.mark.parametrize(
    "ask",
    [
        lambda hasher: hasher.hash(PASSWORD),
        lambda hasher: hasher.verify(PASSWORD, stored=STORED),
        lambda hasher: hasher.verify("lètmein", stored=MD5),
        lambda hasher: hasher.verify(PASSWORD, stored=None),
        lambda hasher: hasher.verify(PASSWORD, stored="garbage"),
    ],
)
def test_no_permit_is_busy_whatever_is_stored(
    ask: Callable[[PasswordHasher], object],
) -> None:
    """Without a permit nothing is decided, for right and wrong and unknown alike."""
    hasher = PasswordHasher(work_factor=COST, permits=1, patience=timedelta(0))
    with hasher._pool.permit(), pytest.raises(BusyError):
        ask(hasher)
    hasher.identify(STORED)


def test_no_memory_is_busy_and_never_a_mismatch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A right password on a machine without memory is neither right nor wrong."""

    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(Permit, "compute", fail)
    for stored in (STORED, None, "garbage", f"argon2{STORED}"):
        with pytest.raises(BusyError):
            HASHER.verify(PASSWORD, stored=stored)


CANARY = "canary-7f3a91c2d4e8"


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        (CANARY, STORED),
        (CANARY, None),
        (CANARY, MD5),
        (CANARY + "\ud800", STORED),
        (CANARY * 300, STORED),
        ("wrong", f"${CANARY}"),
        ("wrong", f"pbkdf2_sha256$9999999${CANARY}$" + "A" * 43 + "="),
        (CANARY, f"bcrypt$$2b$04${'a' * 21}u{'a' * 31}"),
    ],
)
def test_no_error_carries_an_input(password: str, stored: str | None) -> None:
    """Neither the error nor its chain nor a library frame shows what was typed."""
    with pytest.raises((PasswordMismatchError, StoredDataError)) as caught:
        HASHER.verify(password, stored=stored)
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in f"{error!s}{error!r}{error.args!r}{vars(error)!r}"
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "/credguard/" in frame.f_code.co_filename:
                shown = {
                    name
                    for name, value in frame.f_locals.items()
                    if CANARY in f"{value!r}"
                }
                # Error collectors hide variables by the first of these names.
                assert shown <= {"password", "stored"}
        error = error.__context__


def test_repr_shows_settings_and_no_secret() -> None:
    """The hasher shows its cost and schemes; the proof shows scheme and advice."""
    assert "memory_kib=64" in repr(HASHER)
    assert "django:md5" in repr(HASHER)
    assert repr(HASHER.verify(PASSWORD, stored=STORED)) == (
        "Verified(scheme='argon2id', needs_rehash=False)"
    )
