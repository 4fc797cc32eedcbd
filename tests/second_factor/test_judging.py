"""The rules of a factor: what an attempt comes to, and the row it leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from credguard.errors import SetupError
from credguard.second_factor.factor import (
    PENDING_LIFETIME,
    Factor,
    FactorState,
    Place,
    new_factor,
)
from credguard.second_factor.judging import Ruling, Verdict, judge
from credguard.second_factor.limits import MAX_FAILURES, NIST_SP_800_63B_4, Limits
from credguard.second_factor.totp import RFC_6238_DRIFT, code_at, step_at

SEED = b"12345678901234567890"
NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
PERIOD = timedelta(seconds=30)


def open_seed(_factor: Factor) -> bytes:
    """Return the one seed of these tests."""
    return SEED


def never_open(_factor: Factor) -> bytes:
    """Fail: no code was to be looked at."""
    pytest.fail("the seed was opened")


def code(now: datetime, offset: int = 0) -> str:
    """Return the right code at *now*, or some steps beside it."""
    return code_at(SEED, step_at(int(now.timestamp())) + offset)


def wrong(now: datetime) -> str:
    """Return a code that is right nowhere near *now*."""
    near = {code(now, offset) for offset in range(-4, 5)}
    return next(text for text in map("{:06d}".format, range(10)) if text not in near)


def tried(
    factor: Factor,
    typed: str,
    now: datetime = NOW,
    limits: Limits = NIST_SP_800_63B_4,
) -> Ruling:
    """Judge what was typed, by the usual window."""
    return judge(
        factor,
        typed,
        open_seed=open_seed,
        now=now,
        window=RFC_6238_DRIFT,
        limits=limits,
    )


@pytest.fixture
def pending() -> Factor:
    """A factor that was just enrolled."""
    return new_factor("17", "a-factor", sealed="under seal", now=NOW)


@pytest.fixture
def active(pending: Factor) -> Factor:
    """A factor that was confirmed ten minutes ago."""
    return replace(
        tried(pending, code(NOW)).factor,
        last_step=step_at(int(NOW.timestamp())) - 20,
    )


def test_a_new_factor_is_pending(pending: Factor) -> None:
    """A new factor lapses after a quarter of an hour, and nothing was tried on it."""
    assert pending.state is FactorState.PENDING
    assert pending.place is Place.PENDING
    assert pending.expires_at == NOW + PENDING_LIFETIME
    assert (pending.failures, pending.version, pending.last_step) == (0, 0, None)


def test_a_right_code_confirms_and_is_used_up(pending: Factor) -> None:
    """The code that confirms a factor does not log anybody in afterwards."""
    ruling = tried(pending, code(NOW))
    assert ruling.verdict is Verdict.ACCEPTED
    assert ruling.factor.state is FactorState.ACTIVE
    assert ruling.factor.place is Place.CURRENT
    assert ruling.factor.expires_at is None
    assert ruling.factor.version == pending.version + 1
    again = tried(ruling.factor, code(NOW))
    assert again == Ruling(Verdict.REPLAYED, ruling.factor)


def test_a_pending_factor_lapses(pending: Factor) -> None:
    """From the instant of its expiry a pending factor is as good as missing."""
    last = NOW + PENDING_LIFETIME - timedelta(microseconds=1)
    assert tried(pending, code(last), last).verdict is Verdict.ACCEPTED
    late = NOW + PENDING_LIFETIME
    assert tried(pending, code(late), late) == Ruling(Verdict.MISSING, pending)


@pytest.mark.parametrize(
    "typed", ["", "12345", "１２３４５６", "12345\ud800", "12345678901"]
)
def test_what_is_no_code_counts_as_a_wrong_one(active: Factor, typed: str) -> None:
    """Anything that may be sent is a wrong code, and is counted."""
    ruling = tried(active, typed)
    assert ruling.verdict is Verdict.MISMATCH
    assert ruling.factor == replace(active, failures=1, version=active.version + 1)


def test_a_right_code_clears_the_count(active: Factor) -> None:
    """Wrong codes count only in a row."""
    failed = tried(tried(active, wrong(NOW)).factor, wrong(NOW)).factor
    assert failed.failures == 2
    accepted = tried(failed, code(NOW))
    assert accepted.verdict is Verdict.ACCEPTED
    assert accepted.factor.failures == 0


def test_a_used_code_is_no_guess(active: Factor) -> None:
    """Sending a form twice costs a person no attempt, and writes nothing."""
    used = tried(active, code(NOW)).factor
    for offset in (0, -1):
        ruling = tried(used, code(NOW, offset))
        assert ruling.verdict is Verdict.REPLAYED
        assert ruling.factor is used


@pytest.mark.promise("P19")
def test_the_fifth_wrong_code_makes_wait(active: Factor) -> None:
    """After five wrong codes not even a right one is looked at for a while."""
    for _ in range(5):
        ruling = tried(active, wrong(NOW))
        assert ruling.verdict is Verdict.MISMATCH
        active = ruling.factor
    assert active.retry_at == NOW + timedelta(seconds=30)
    early = active.retry_at - timedelta(microseconds=1)
    ruling = judge(
        active,
        code(early),
        open_seed=never_open,
        now=early,
        window=RFC_6238_DRIFT,
        limits=NIST_SP_800_63B_4,
    )
    assert ruling == Ruling(Verdict.TOO_EARLY, active)
    then = tried(active, code(active.retry_at), active.retry_at)
    assert then.verdict is Verdict.ACCEPTED
    assert then.factor.retry_at is None


@pytest.mark.promise("P19")
def test_delays_double_up_to_an_hour() -> None:
    """The delays are those that NIST SP 800-63B-4 names: 30 seconds to an hour."""
    delays = [NIST_SP_800_63B_4.delay_after(failures) for failures in range(1, 15)]
    seconds = [delay and delay.total_seconds() for delay in delays]
    assert seconds == [None] * 4 + [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert NIST_SP_800_63B_4.delay_after(10**9) == timedelta(hours=1)


@given(
    free=st.integers(1, MAX_FAILURES),
    first=st.timedeltas(timedelta(microseconds=1), timedelta(days=1)),
    more=st.timedeltas(timedelta(0), timedelta(days=1)),
    failures=st.integers(0, 10**6),
)
def test_no_delay_shrinks_or_passes_its_ceiling(
    free: int, first: timedelta, more: timedelta, failures: int
) -> None:
    """Each wrong code makes the delay longer or leaves it, within its bounds."""
    limits = Limits(free, first, min(first + more, timedelta(days=1)))
    now, then = limits.delay_after(failures), limits.delay_after(failures + 1)
    assert (now is None) == (failures < free)
    if now is not None:
        assert then is not None
        assert limits.first_delay <= now <= then <= limits.longest_delay


@pytest.mark.promise("P19")
def test_the_hundredth_wrong_code_is_the_last(active: Factor) -> None:
    """A hundred wrong codes in a row put a factor out of use, and forget its seed."""
    now, looked_at = NOW, 0
    while active.state is FactorState.ACTIVE:
        now = active.retry_at or now
        ruling = tried(active, wrong(now), now)
        assert ruling.verdict is Verdict.MISMATCH
        active, looked_at = ruling.factor, looked_at + 1
    assert looked_at == 100  # NIST SP 800-63B-4 section 3.2.2
    assert active.state is FactorState.LOCKED
    assert active.place is Place.CURRENT
    assert active.sealed is None
    later = now + timedelta(days=365)
    assert tried(active, code(later), later) == Ruling(Verdict.LOCKED, active)


def test_a_pending_factor_is_not_guessed_at_for_ever(pending: Factor) -> None:
    """Too many wrong codes end an enrollment; it does not come in force as locked."""
    limits = Limits(3, timedelta(seconds=1), timedelta(seconds=1), max_failures=3)
    for _ in range(3):
        pending = tried(pending, wrong(NOW), NOW, limits).factor
    assert pending.state is FactorState.PENDING
    assert tried(pending, code(NOW), NOW, limits).verdict is Verdict.MISSING


def test_a_disabled_factor_accepts_nothing(active: Factor) -> None:
    """A factor that was disabled is as good as missing."""
    gone = replace(active, state=FactorState.DISABLED, sealed=None)
    assert tried(gone, code(NOW)) == Ruling(Verdict.MISSING, gone)


def test_local_time_makes_no_difference(active: Factor) -> None:
    """The instant counts, and not the zone in which somebody wrote it down."""
    zoned = NOW.astimezone(tz=None)
    assert tried(active, code(NOW), zoned).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("free", "first", "longest", "most"),
    [
        (0, 30, 60, 100),
        (5, 30, 60, 101),
        (6, 30, 60, 5),
        (5, 0, 60, 100),
        (5, 61, 60, 100),
        (5, 30, 86_401, 100),
    ],
)
def test_limits_have_ranges(free: int, first: int, longest: int, most: int) -> None:
    """No limit lets more than a hundred wrong codes through or waits past a day."""
    with pytest.raises(SetupError):
        Limits(free, timedelta(seconds=first), timedelta(seconds=longest), most)


def test_a_factor_does_not_show_its_seal(active: Factor) -> None:
    """The repr of a row leaves out what is under seal."""
    assert "under seal" not in repr(active)


class Attempts(RuleBasedStateMachine):
    """Right, wrong and used codes at any time: what holds after all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.factor = tried(
            new_factor("17", "a-factor", sealed="under seal", now=NOW), code(NOW)
        ).factor
        self.misses = 0

    @rule(seconds=st.integers(0, 120))
    def wait(self, seconds: int) -> None:
        """Some time passes."""
        self.now += timedelta(seconds=seconds)

    @rule()
    def wait_as_told(self) -> None:
        """The person waits until codes are looked at again."""
        self.now = max(self.now, self.factor.retry_at or self.now)

    @rule(offset=st.integers(-3, 3))
    def type_code(self, offset: int) -> None:
        """A code of about now is typed."""
        self.attempt(code(self.now, offset))

    @rule()
    def guess(self) -> None:
        """A wrong code is typed."""
        self.attempt(wrong(self.now))

    def attempt(self, typed: str) -> None:
        """Judge a code and check what came of it."""
        before, ruling = self.factor, tried(self.factor, typed, self.now)
        must_wait = before.retry_at is not None and self.now < before.retry_at
        assert (ruling.verdict is Verdict.TOO_EARLY) == must_wait
        if ruling.verdict is Verdict.ACCEPTED:
            assert ruling.factor.last_step
            assert before.last_step
            assert ruling.factor.last_step > before.last_step
            self.misses = 0
        elif ruling.verdict is Verdict.MISMATCH:
            self.misses += 1
        else:
            assert ruling.factor is before
        if ruling.factor is not before:
            assert ruling.factor.version == before.version + 1
        self.factor = ruling.factor

    @invariant()
    def every_miss_is_counted(self) -> None:
        """The row knows how many wrong codes there were in a row."""
        assert self.factor.failures == self.misses


TestAttempts = Attempts.TestCase
