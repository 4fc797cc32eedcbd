"""Costs that never go down, guesses that are counted, and clocks that jump."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from credguard import Keyring, PasswordHasher, SecondFactors
from credguard.campaigns import in_list
from credguard.errors import (
    CodeReplayedError,
    CredguardError,
    FactorLockedError,
    LockedOutError,
    PasswordMismatchError,
    StepInFutureError,
    TokenRefusedError,
)
from credguard.passwords import OWASP_19_MIB, Ceilings, WorkFactor
from credguard.passwords.legacy import DJANGO
from credguard.second_factor import NIST_SP_800_63B_4, Window
from credguard.storage import Database
from credguard.storage.table_parts import metadata
from credguard.testing import FrozenClock, RememberedMail
from forums import House, django_hash, house_at, password_of, tokens_in
from handsets import enroll_all
from keepers import CHEAP, NOON, keeper
from phones import enrolled, proof_of
from proving import Proof, sized

WIDTH = sized(everyday=2, prove=3)
MEMORIES = (64, 128, 256)[:WIDTH]
PASSES = (1, 2, 3)[:WIDTH]
LANES = (1, 2, 4)[:WIDTH]
GRID = [
    WorkFactor(memory_kib=memory, passes=passes, lanes=lanes)
    for memory, passes, lanes in product(MEMORIES, PASSES, LANES)
]
CEILINGS = Ceilings(argon2_memory_kib=512)
CYCLES = sized(everyday=2, prove=20, nightly=200)
READER = PasswordHasher(accept=DJANGO)
JUMPS = (
    *(0, 30, 1, -1, -30, -3600, 3600, -60, 61, 86_400, -86_400, 90_000, -7200),
    172_800,
)
REFUSED = {
    "CodeReplayedError",
    "StepInFutureError",
    "CodeMismatchError",
    "LockedOutError",
}
HOUR = timedelta(hours=1)
STEP = timedelta(seconds=30)
NEW = "a quiet harbour at noon"


class TickingClock(FrozenClock):
    """A clock that goes on a little whenever somebody looks at it."""

    def __call__(self) -> datetime:
        """Return the time, a millisecond later than the last one."""
        self.advance(timedelta(milliseconds=1))
        return super().__call__()


def cost_of(stored: str) -> list[int]:
    """Return memory, passes and lanes of a stored Argon2id hash, the outer one."""
    cost = READER.describe(stored).cost
    assert cost
    return [int(number) for number in re.findall(r"\d+", cost)[:3]]


def log_in(hasher: PasswordHasher, stored: str) -> str:
    """Do what a log-in does: verify, and replace the hash where that is due."""
    verified = hasher.verify("x", stored=stored, account_id="17")
    assert verified.needs_rehash is hasher.needs_rehash(stored=stored, account_id="17")
    return hasher.hash("x", account_id="17") if verified.needs_rehash else stored


@pytest.mark.promise("P11")
@pytest.mark.parametrize("kind", ["plain", "to be sealed", "wrapped", "re-keyed"])
def test_no_log_in_lowers_a_cost(keyring: Keyring, proof: Proof, kind: str) -> None:
    """Whatever policy meets whatever hash, no dimension is lower than before."""
    rotated = keyring.rotate()
    rings = {"to be sealed": (None, keyring), "re-keyed": (keyring, rotated)}
    before, after = rings.get(kind, (None, None))
    writers, readers = (
        {
            cost: PasswordHasher(
                work_factor=cost, keyring=ring, ceilings=CEILINGS, accept=DJANGO
            )
            for cost in GRID
        }
        for ring in (before, after)
    )
    for theirs, writer in writers.items():
        stored = writer.hash("x", account_id="17")
        if kind == "wrapped":
            stored = writer.wrap(django_hash("x"), account_id="17")
        for ours, reader in readers.items():
            proof.tried()
            then = log_in(reader, stored)
            pairs = zip(cost_of(then), cost_of(stored), strict=True)
            assert all(new >= old for new, old in pairs)
            is_better = not theirs.exceeds(ours) and theirs != ours
            assert (then != stored) or not is_better
    assert OWASP_19_MIB.memory_kib * OWASP_19_MIB.passes >= 19_456 * 2


@pytest.mark.promise("P11")
def test_no_sweep_lowers_a_cost(keyring: Keyring, proof: Proof) -> None:
    """To re-key or to wrap leaves every number of an Argon2id hash as it is."""
    sweepers = [
        PasswordHasher(work_factor=ours, ceilings=CEILINGS, keyring=keyring)
        for ours in GRID[::3]
    ]
    for theirs in GRID:
        stored = PasswordHasher(work_factor=theirs, ceilings=CEILINGS).hash("x")
        for sweeper in sweepers:
            proof.tried()
            made = str(sweeper.rekey(stored, account_id="17"))
            assert cost_of(made) == cost_of(stored)
            assert sweeper.verify("x", stored=made, account_id="17").scheme


def _accepted(factors: SecondFactors, account_id: str, code: str) -> str:
    try:
        factors.verify(account_id, code)
    except CredguardError as error:
        return type(error).__name__
    return "Verified"


@pytest.mark.promise("P3")
@pytest.mark.parametrize("width", range(3))
def test_no_jump_of_the_clock_brings_a_code_back(
    database: Database, keyring: Keyring, proof: Proof, width: int
) -> None:
    """After each jump, no step is accepted twice, nor one before the last."""
    clock = FrozenClock(NOON)
    # Each cycle another member: who sends so many wrong codes is locked out for good.
    names = [str(cycle) for cycle in range(CYCLES)]
    phones = enroll_all(database, keyring, names)
    factors = SecondFactors(
        database,
        keyring,
        issuer="F",
        window=Window(width, width),
        hasher=CHEAP,
        clock=clock,
    )
    for name, phone in zip(names, phones, strict=True):
        steps: list[int] = []
        for jump in JUMPS:
            clock.advance(timedelta(seconds=jump))
            present = int(clock().timestamp()) // 30
            for offset in range(-width - 1, width + 2):
                proof.tried()
                word = _accepted(factors, name, phone.code(clock(), offset))
                if word != "Verified":
                    assert word in REFUSED
                    continue
                assert abs(offset) <= width
                steps.append(present + offset)
        assert len(steps) >= 2
        assert steps == sorted(set(steps))


@pytest.mark.promise("P3")
def test_a_clock_that_went_back_is_told_and_heals(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """An hour back, codes wait for the clock; they are not taken for wrong ones."""
    clock = FrozenClock(NOON)
    [phone] = enroll_all(database, keyring, ["17"])
    factors = keeper(database, keyring, clock=clock)
    factors.verify("17", phone.code(clock()))
    clock.advance(-HOUR)
    for _ in range(20):
        proof.tried()
        with pytest.raises(StepInFutureError):
            factors.verify("17", phone.code(clock()))
    clock.advance(HOUR)
    with pytest.raises(CodeReplayedError):
        factors.verify("17", phone.code(clock()))
    clock.advance(STEP)
    assert factors.verify("17", phone.code(clock())).factor_id


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    "around",
    [
        datetime(2026, 10, 25, 1, tzinfo=UTC),  # Europe's clocks go back
        datetime(2026, 3, 29, 1, tzinfo=UTC),  # and forward
        datetime(2017, 1, 1, tzinfo=UTC),  # after the leap second of 2016
    ],
)
def test_no_zone_and_no_leap_second_moves_a_code(
    database: Database, keyring: Keyring, proof: Proof, around: datetime
) -> None:
    """A server whose clock tells local time takes the codes of all phones."""
    zone, clock = ZoneInfo("Europe/Berlin"), FrozenClock(around)
    [phone] = enroll_all(database, keyring, ["17"])
    factors = keeper(database, keyring, clock=lambda: clock().astimezone(zone))
    clock.advance(-timedelta(minutes=10))
    for _ in range(40):
        proof.tried()
        assert factors.verify("17", phone.code(clock())).factor_id
        clock.advance(STEP)


@pytest.mark.promise("P19")
def test_a_guesser_has_the_odds_that_are_told(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """
    Who guesses whenever a guess is looked at has 11 in an hour and 100 in all.

    With three codes right at a time: 33 in a million in the first hour, 300 in a
    million until the factor is out of use.
    """
    clock = FrozenClock(NOON)
    [phone] = enroll_all(database, keyring, ["17"])
    factors = keeper(database, keyring, clock=clock)
    looked_at: list[datetime] = []
    while len(looked_at) < NIST_SP_800_63B_4.max_failures:
        proof.tried()
        if _accepted(factors, "17", phone.wrong(clock(), 1)[0]) == "CodeMismatchError":
            looked_at.append(clock())
            continue
        with pytest.raises(LockedOutError) as locked:
            factors.verify("17", phone.code(clock()))
        retry_at = locked.value.retry_at
        assert retry_at is not None
        clock.advance(retry_at - timedelta(microseconds=1) - clock())
        with pytest.raises(LockedOutError):
            factors.verify("17", phone.code(clock()))
        clock.advance(timedelta(microseconds=1))
    first_hour = sum(each - NOON < HOUR for each in looked_at)
    assert first_hour == 11
    for at, each in enumerate(looked_at[11:], start=11):
        assert each - looked_at[at - 1] >= timedelta(minutes=30)
    clock.advance(timedelta(days=365))
    with pytest.raises(FactorLockedError):
        factors.verify("17", phone.code(clock()))


@pytest.mark.promise("P22")
@pytest.mark.parametrize("seconds", [1, 86_400])
def test_a_link_lasts_to_the_second(
    sqlite_url: str,
    tmp_path: Path,
    proof: Proof,
    seconds: int,
) -> None:
    """One second before its end it works, and at its end no more."""
    clock = FrozenClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:
        token = house.guard.forgotten_token("1", lasts=timedelta(seconds=seconds))
        clock.advance(timedelta(seconds=seconds - 1))
        proof.tried(2)
        assert house.guard.check_forgotten(token) == "1"
        clock.advance(timedelta(seconds=1))
        with pytest.raises(TokenRefusedError):
            house.guard.check_forgotten(token)
        with pytest.raises(TokenRefusedError):
            house.guard.redeem_forgotten(token, password=NEW, stored=None)


@pytest.mark.promise("P22")
def test_a_notices_link_lasts_to_the_second_and_ends_with_the_address(
    sqlite_url: str, tmp_path: Path, proof: Proof
) -> None:
    """It ends with its time, with another address, and with a new password."""
    clock = TickingClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:
        mail = RememberedMail()
        campaign = house.swept(in_list(["1", "2", "3"]))
        house.campaigns.send(campaign, mail, worker="sender")
        tokens = tokens_in(mail.messages)
        lifetime = timedelta(days=14)
        house.forum.set_address(2, "another@mail.example")
        house.guard.password_was_set("3")
        for number in (2, 3):
            proof.tried()
            with pytest.raises(TokenRefusedError):
                house.guard.redeem(tokens[number], password=NEW)
        with house.guard._database.read() as connection:
            notice = metadata.tables["credguard_notice"]
            query = select(notice.c.expires_at).where(notice.c.account_id == "1")
            expires_at = connection.scalars(query).one()
        assert expires_at - clock() <= lifetime
        clock.advance(expires_at - clock() - timedelta(seconds=1))
        assert house.campaigns.claim(tokens[1]).account.id == "1"
        clock.advance(timedelta(seconds=1))
        proof.tried()
        with pytest.raises(TokenRefusedError):
            house.campaigns.claim(tokens[1])


@pytest.mark.promise("P22")
def test_no_link_stands_in_the_database(house: House, proof: Proof) -> None:
    """Neither a token nor its secret half is in any table of ours, before or after."""
    mail = RememberedMail()
    campaign = house.swept(in_list(["1", "2", "3"]))
    house.campaigns.send(campaign, mail, worker="sender")
    tokens = [*tokens_in(mail.messages).values(), house.guard.forgotten_token("4")]
    house.guard.redeem(tokens[0], password=NEW)
    halves = [each.rpartition(".")[2] for each in tokens]
    with house.guard._database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                proof.tried()
                assert not any(half in str(tuple(row)) for half in halves)


@pytest.mark.promise("P22")
def test_a_link_is_no_second_factor(
    sqlite_url: str, tmp_path: Path, proof: Proof
) -> None:
    """After a reset by link, a log-in still asks for the same factor's code."""
    clock = TickingClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:
        guard = house.guard
        phones = {number: enrolled(guard, str(number), clock) for number in (1, 2)}
        tokens = {
            number: guard.second_factors.devices.trust(
                str(number), proof=proof_of(guard, phone, clock), epoch=0
            ).token
            for number, phone in phones.items()
        }
        renewed = guard.redeem_forgotten(
            guard.forgotten_token("1"), password=NEW, stored=house.forum.password(1)
        )
        house.forum.set_password(1, renewed.password)
        mail = RememberedMail()
        campaign = house.swept(in_list(["2"]))
        house.campaigns.send(campaign, mail, worker="sender")
        guard.redeem(tokens_in(mail.messages)[2], password=NEW)
        for number, phone in phones.items():
            proof.tried()
            login = guard.log_in(
                NEW, account_id=str(number), stored=house.forum.password(number)
            )
            assert login.second_factor_needed
            with pytest.raises(CredguardError):
                guard.second_factors.devices.check(
                    tokens[number], account_id=str(number), epoch=login.epoch
                )
            assert proof_of(guard, phone, clock)
            with pytest.raises(PasswordMismatchError):
                house.log_in(number, password_of(number))
