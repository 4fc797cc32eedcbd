import time
from datetime import timedelta

import pytest

from credguard.errors import (
    CredguardError,
    PasswordMismatchError,
    SetupError,
    UnreadableHashError,
)
from credguard.keys import Keyring
from credguard.passwords import CHEAPEST, PasswordHasher, WorkFactor, WriteFormat
from credguard.passwords.padding import check_floor, spend, wait_until
from credguard.passwords.pool import Permit

COST = WorkFactor(memory_kib=640, passes=2, lanes=1)
RING = Keyring.generate()
MD5 = "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3"  # of lètmein, by Django's tests


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[WorkFactor]:
    """Return the cost of each Argon2 computation that the test causes."""
    costs: list[WorkFactor] = []

    def watched(
        _permit: Permit, _password: bytes, *, work_factor: WorkFactor, **_: object
    ) -> bytes:
        costs.append(work_factor)
        return bytes(32)

    monkeypatch.setattr(Permit, "compute", watched)
    return costs


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (-1, []),
        (0, []),
        (20, []),  # a sixty-fourth of a hash is not worth a call
        (21, [(21, 1)]),
        (640, [(640, 1)]),
        (641, [(320, 2)]),
        (1280, [(640, 2)]),
        (1281, [(427, 3)]),
        (12_800, [(640, 20)]),
    ],
)
@pytest.mark.promise("P9")
def test_what_is_left_is_computed(
    work: int, expected: list[tuple[int, int]], computed: list[WorkFactor]
) -> None:
    """The work is met to a KiB or two, in no more memory than a new hash takes."""
    with PasswordHasher(work_factor=COST)._pool.permit() as permit:
        spend(permit, work, like=COST)
    assert [(cost.memory_kib, cost.passes) for cost in computed] == expected


def test_lanes_have_their_least_memory(computed: list[WorkFactor]) -> None:
    """Little work for many lanes takes what Argon2 asks for at least."""
    wide = WorkFactor(memory_kib=640, passes=1, lanes=16)
    with PasswordHasher(work_factor=COST)._pool.permit() as permit:
        spend(permit, 11, like=wide)
    assert computed == [WorkFactor(memory_kib=128, passes=1, lanes=16)]


@pytest.mark.parametrize(("password", "forms"), [("wrong", 1), ("fälsch", 2)])
@pytest.mark.parametrize("account_id", ["17", "18", None])
@pytest.mark.promise("P9")
def test_a_wrong_password_costs_the_same_on_our_own_rows(
    password: str, forms: int, account_id: str | None
) -> None:
    """Peppered, wrapped, moved, under a lost key: the work is that of any account."""
    peppered = PasswordHasher(work_factor=COST, keyring=RING)
    own = PasswordHasher(work_factor=COST, write_format=WriteFormat.V1)
    lost = PasswordHasher(work_factor=COST, keyring=Keyring.generate())
    rows = [
        None,
        peppered.hash("right", account_id="17"),
        peppered.wrap(MD5, account_id="17"),
        own.hash("right"),
        own.wrap(MD5),
        lost.hash("right"),
        own.hash("right").replace("$cgh1$", "$cgh2$"),
    ]
    for row in rows:
        with pytest.MonkeyPatch.context() as patched:
            works: list[int] = []

            def watched(
                _permit: Permit,
                _password: bytes,
                *,
                work_factor: WorkFactor,
                found: list[int] = works,
                **_: object,
            ) -> bytes:
                found.append(work_factor.work)
                return bytes(32)

            patched.setattr(Permit, "compute", watched)
            with pytest.raises(CredguardError):
                peppered.verify(password, stored=row, account_id=account_id)
        assert sum(works) == forms * COST.work


def test_a_form_that_is_recorded_is_computed_once(computed: list[WorkFactor]) -> None:
    """The right password of a text of our own takes one computation and no more."""
    own = PasswordHasher(work_factor=COST, write_format=WriteFormat.V1)
    stored = own.hash("caf\u00e9")
    computed.clear()
    own.verify("cafe\u0301", stored=stored)
    assert computed == [COST]


def test_a_form_that_is_recorded_is_the_only_one() -> None:
    """Bytes that are not normalized never made a hash of ours."""
    own = PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat.V1)
    stored = own.hash("cafe\u0301")
    own.verify("caf\u00e9", stored=stored)
    own.verify("cafe\u0301", stored=stored)


@pytest.mark.promise("P9")
def test_a_floor_is_waited_for_after_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refusal takes as long, a right password does not wait."""
    now = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)

    hasher = PasswordHasher(
        work_factor=CHEAPEST, permits=1, floor=timedelta(seconds=0.5)
    )
    stored = hasher.hash("right")
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    hasher.verify("right", stored=stored)
    assert slept == []
    for row, error in (
        (stored, PasswordMismatchError),
        (None, PasswordMismatchError),
        ("garbage", UnreadableHashError),
    ):
        with pytest.raises(error):
            hasher.verify("wrong", stored=row)
    assert slept == [0.5, 0.5, 0.5]


def test_no_permit_is_held_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others log in while a refusal waits for its floor."""
    hasher = PasswordHasher(
        work_factor=CHEAPEST,
        permits=1,
        patience=timedelta(0),
        floor=timedelta(seconds=30),
    )
    stored = hasher.hash("right")
    found: list[str] = []

    def sleep(_seconds: float) -> None:
        found.append(hasher.verify("right", stored=stored).scheme)

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(PasswordMismatchError):
        hasher.verify("wrong", stored=stored)
    assert found == ["argon2id"]


def test_an_instant_that_has_passed_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that takes longer than the floor is not made longer still."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("slept"))
    wait_until(time.monotonic() - 1)


@pytest.mark.parametrize("seconds", [-0.001, 30.001, 10**6])
def test_a_floor_that_makes_no_sense_is_refused(seconds: float) -> None:
    """Neither the past nor longer than people and proxies wait."""
    with pytest.raises(SetupError):
        PasswordHasher(floor=timedelta(seconds=seconds))


def test_floors() -> None:
    """None is no floor, and the longest is 30 seconds."""
    assert check_floor(None) == 0
    assert check_floor(timedelta(seconds=30)) == 30
