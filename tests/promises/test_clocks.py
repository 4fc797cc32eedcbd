"""P3, P13, P19: clocks that jump, leap and change zone let nobody in twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from credguard import Keyring, SecondFactors
from credguard.campaigns.states import AccountState
from credguard.errors import (
    CampaignStateError,
    FactorLockedError,
    LockedOutError,
    RefusedError,
    SessionRefusedError,
    StepInFutureError,
    TokenRefusedError,
)
from credguard.second_factor import Verified
from credguard.second_factor.limits import NIST_SP_800_63B_4
from credguard.storage import Database, audit
from credguard.testing import FrozenClock, RememberedMail
from forums import House, address_of, house_at, password_of
from keepers import NOON, keeper
from phones import Phone, seed_of
from proving import Proof, sized

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
JUMPS = (-DAY, -HOUR, -30 * SECOND, -SECOND, SECOND, 30 * SECOND, HOUR, DAY)
WALK = sized(everyday=400, prove=5_000, nightly=50_000)
RUNS = sized(everyday=2, prove=10, nightly=100)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Kiritimati",  # fourteen hours ahead
    "America/St_Johns",
)
# Summer time ends and begins in Berlin, in New York and on Lord Howe; a leap second;
# the first instant of a year; the end of a 32-bit clock.
INSTANTS = (
    datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 59, 50, tzinfo=UTC),
    datetime(2026, 4, 4, 14, 59, 50, tzinfo=UTC),
    datetime(2016, 12, 31, 23, 59, 50, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 59, 50, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 0, tzinfo=UTC),
)


class JumpingClock(FrozenClock):
    """A clock that goes on a second at a time, and now and then jumps."""

    def __init__(self, seed: int, *, often: float) -> None:
        super().__init__(NOON)
        self._draw = random.Random(seed)
        self._often = often

    def __call__(self) -> datetime:
        """Return the instant, after it went on or jumped."""
        jumps = self._draw.random() < self._often
        # It does not drift away: what jumped forwards comes back some day.
        back = -DAY if super().__call__() - NOON > 3 * DAY else None
        self.advance(back or (self._draw.choice(JUMPS) if jumps else SECOND))
        return super().__call__()


def enrolled(factors: SecondFactors, clock: FrozenClock, account: str) -> Phone:
    """Return an account's phone after its factor was confirmed."""
    phone = Phone(account, seed_of(factors.enroll(account).key))
    factors.confirm(account, phone.code(clock()))
    clock.advance(timedelta(seconds=30))
    return phone


@pytest.mark.promise("P3")
def test_no_step_is_accepted_twice_however_the_clock_jumps(
    factors: SecondFactors, clock: FrozenClock, proof: Proof
) -> None:
    """Of each step one code at most, and steps only go up."""
    phone, draw = enrolled(factors, clock, "1"), random.Random(3)
    steps: list[int] = []
    ahead = 0
    for _ in range(WALK):
        clock.advance(draw.choice((*JUMPS, *[15 * SECOND] * 20)))
        step = int(clock().timestamp()) // 30
        try:
            factors.verify("1", phone.code(clock()))
        except RefusedError:
            pass
        except StepInFutureError:
            ahead += 1  # declared, and mended by repair-clock
        else:
            steps.append(step)
        proof.tried()
    assert len(steps) > 1
    assert ahead
    assert all(early < late for early, late in pairwise(steps))
    proof.injected(WALK // 3)


@pytest.mark.promise("P19")
def test_no_jump_buys_a_guess(
    factors: SecondFactors, clock: FrozenClock, proof: Proof
) -> None:
    """Wrong codes are counted whatever the clock does, until the factor is locked."""
    phone, draw, looked_at = enrolled(factors, clock, "1"), random.Random(4), 0
    for _ in range(5_000):
        clock.advance(draw.choice((*JUMPS, DAY, DAY, DAY)))
        wrong = f"{(int(phone.code(clock())) + 500_000) % 10**6:06}"
        try:
            factors.verify("1", wrong)
        except FactorLockedError:
            break
        except LockedOutError:
            pass
        except RefusedError:
            looked_at += 1
        proof.tried()
    else:
        pytest.fail("a factor that is guessed at is never locked")
    assert looked_at == NIST_SP_800_63B_4.max_failures
    proof.injected(looked_at)


@pytest.fixture
def jumping_house(sqlite_url: str, tmp_path: object) -> Iterator[House]:
    """A forum whose clock is set by the test."""
    with house_at(sqlite_url, tmp_path, "together", clock=FrozenClock(NOON)) as house:  # type: ignore[arg-type]
        yield house


@pytest.mark.promise("P13")
def test_what_is_over_stays_over_at_any_time(
    jumping_house: House, proof: Proof
) -> None:
    """An ended session and a used link are refused at every instant."""
    house = jumping_house
    clock = house.clock
    assert isinstance(clock, FrozenClock)
    ended, draw = house.log_in(1, password_of(1)), random.Random(5)
    token = house.guard.forgotten_token("1")
    assert house.guard.check_forgotten(token) == "1"
    house.guard.sign_out_everywhere("1")
    for jump in [*JUMPS, *draw.choices(JUMPS, k=50)]:
        clock.advance(jump)
        with pytest.raises(SessionRefusedError):
            house.guard.check_session(ended, account_id="1")
        with pytest.raises(TokenRefusedError):
            house.guard.check_forgotten(token)
        proof.tried(2)
        proof.injected()


@pytest.mark.promise("P13")
@pytest.mark.parametrize("ahead", [*JUMPS, 0 * SECOND])
def test_a_gate_holds_for_sessions_of_a_wrong_clock(
    jumping_house: House, ahead: timedelta, proof: Proof
) -> None:
    """A session that was opened while the clock was wrong ends with all others."""
    house, clock = jumping_house, jumping_house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(ahead)
    session = house.log_in(1, password_of(1))
    clock.advance(-ahead + SECOND)
    campaign = house.start()
    with pytest.raises(RefusedError):
        house.guard.check_session(session, account_id="1")
    house.campaigns.sweep(campaign, worker="sweeper")
    with pytest.raises(RefusedError):
        house.guard.check_session(session, account_id="1")
    proof.tried(2)
    proof.injected()


def started(house: House) -> str:
    """Open a campaign, again where the clock fell behind its own plan."""
    for _ in range(20):
        with suppress(CampaignStateError):
            return house.start()
    return house.start()


@pytest.mark.promise("P2")
@pytest.mark.parametrize("seed", range(RUNS))
def test_a_campaign_by_a_clock_that_jumps(
    seed: int,
    sqlite_url: str,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
    proof: Proof,
) -> None:
    """Everybody is retired and told once, as by a clock that goes right."""
    clock = JumpingClock(seed, often=0.1)
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:  # type: ignore[arg-type]
        campaign = started(house)
        house.campaigns.sweep(campaign, worker="sweeper")
        carrier = RememberedMail()
        for _ in range(100):
            left = house.campaigns.send(campaign, delivery=carrier, worker="one")
            if not left.queued:
                break
            clock.advance(DAY)
        # A reminder, which days that jumped may make due, is a notice of its own.
        notices = Counter(each.idempotency_key for each in carrier.carried)
        assert set(notices.values()) == {1}
        told = {each.recipient for each in carrier.carried}
        assert house.counted(campaign).counts == {
            AccountState.NO_PASSWORD: 4,
            AccountState.UNREACHABLE: 6,
            AccountState.TOLD: len(told),
        }
        assert address_of(1) in told
        audit.verify(house.guard._database, house.keyring)
    proof.tried(len(told))
    proof.injected(len(told))


@pytest.fixture
def zone(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The zone of this process."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.promise("P15")
@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_a_zone_and_its_summer_time_change_nothing(
    zone: str, database: Database, keyring: Keyring, proof: Proof
) -> None:
    """Codes go on from step to step over each change of the hour."""
    for number, instant in enumerate(INSTANTS):
        clock = FrozenClock(instant)
        factors = keeper(database, keyring, clock=clock)
        phone = enrolled(factors, clock, f"{zone} {number}")
        for _ in range(4):
            verified = factors.verify(phone.account_id, phone.code(clock()))
            assert isinstance(verified, Verified)
            with pytest.raises(RefusedError):
                factors.verify(phone.account_id, phone.code(clock()))
            clock.advance(timedelta(seconds=30))
            proof.tried(2)
        proof.injected()
