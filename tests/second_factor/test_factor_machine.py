"""A forum's second factors against a model of what must come of each step."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from authenticators import NOON, Authenticator, enrolled, keeper
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from credguard import Keyring, SecondFactors
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    FactorLockedError,
    FactorStateError,
    LockedOutError,
    RefusedError,
    StepUpRequiredError,
)
from credguard.second_factor import Window, rows
from credguard.second_factor.factor import FactorState, Place
from credguard.second_factor.limits import NIST_SP_800_63B_4
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock

ACCOUNT = "17"


class Forum(RuleBasedStateMachine):
    """
    One account, its phones, its recovery codes, and somebody who guesses.

    The model knows the phone in force, the last step, the wrong codes in a row, and
    which recovery codes are left.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{Path(self.folder.name) / 'f.db'}")
        prepare(self.database)
        self.keyring = Keyring.generate()
        self.clock = FrozenClock(NOON)
        self.pending: Authenticator | None = None
        self.pending_until = NOON
        self.pending_failures = 0
        self.phone: Authenticator | None = None
        self.last_step = -1
        self.failures = 0
        self.retry_at: datetime | None = None
        self.unused: set[str] = set()
        self.used: set[str] = set()
        self.proof: tuple[str, datetime] | None = None

    @property
    def factors(self) -> SecondFactors:
        """The keeper, with the keyring as it is now."""
        return keeper(self.database, self.keyring, clock=self.clock)

    @property
    def fresh_proof(self) -> str | None:
        """What a session may have kept, and that is still good."""
        if self.proof and self.clock() - self.proof[1] <= timedelta(minutes=10):
            return self.proof[0]
        return None

    @property
    def must_wait(self) -> bool:
        """True if no code is looked at now."""
        return self.retry_at is not None and self.clock() < self.retry_at

    @rule(seconds=st.integers(1, 200))
    def wait(self, seconds: int) -> None:
        """Some time passes."""
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def wait_as_told(self) -> None:
        """Everybody waits until codes are looked at again."""
        if self.retry_at is not None and self.must_wait:
            self.clock.advance(self.retry_at - self.clock())

    @rule()
    def rotate(self) -> None:
        """A new key comes on the ring."""
        if len(self.keyring.ids) < 5:
            self.keyring = self.keyring.rotate()

    @rule()
    def reseal(self) -> None:
        """All seeds go under the current key."""
        factors = self.factors
        factors.reseal(worker="one")
        assert set(factors.key_counts()) <= {self.keyring.current.id}

    @rule(steps_up=st.booleans())
    def enroll(self, *, steps_up: bool) -> None:
        """Somebody begins an enrollment, with a proof or without."""
        proof = self.fresh_proof if steps_up else None
        if self.phone is not None and proof is None:
            with pytest.raises(StepUpRequiredError):
                self.factors.enroll(ACCOUNT, proof=proof)
            return
        enrollment = self.factors.enroll(ACCOUNT, proof=proof)
        self.pending, self.pending_failures = Authenticator(enrollment), 0
        self.pending_until = enrollment.expires_at

    @precondition(lambda self: self.pending is not None)
    @rule(right=st.booleans())
    def confirm(self, *, right: bool) -> None:
        """A code of the new phone is typed, or a wrong one."""
        phone = self.pending
        assert phone
        now = self.clock()
        code = phone.code(now) if right else phone.wrong(now)
        if now >= self.pending_until:
            with pytest.raises(FactorStateError):
                self.factors.confirm(ACCOUNT, code)
            return
        try:
            confirmed = self.factors.confirm(ACCOUNT, code)
        except LockedOutError:
            assert self.pending_failures >= 5
            return
        except CodeMismatchError:
            assert not right
            self.pending_failures += 1
            return
        assert right
        self.phone, self.pending = phone, None
        self.last_step = step_at(int(now.timestamp()))
        self.failures, self.retry_at = 0, None
        self.unused, self.used = set(confirmed.recovery.codes), set()
        self.proof = (confirmed.proof, now)

    @precondition(lambda self: self.phone is not None)
    @rule(offset=st.integers(-3, 3))
    def verify(self, offset: int) -> None:
        """A code of about now is typed."""
        assert self.phone
        now = self.clock()
        step = step_at(int(now.timestamp())) + offset
        code = code_at(self.phone.seed, step)
        is_near = -1 <= offset <= 1
        if not is_near and code in {self.phone.code(now, at) for at in (-1, 0, 1)}:
            return
        expected: type[RefusedError] | None = None
        if self.must_wait:
            expected = LockedOutError
        elif not is_near:
            expected = CodeMismatchError
        elif step <= self.last_step:
            expected = CodeReplayedError
        self.attempt(code, expected)
        if expected is None:
            self.last_step = step

    @precondition(lambda self: self.phone is not None)
    @rule(data=st.data(), again=st.booleans())
    def recover(self, data: st.DataObject, *, again: bool) -> None:
        """A recovery code is typed, an unused one or a used one."""
        codes = sorted(self.used if again else self.unused)
        if not codes:
            return
        code = data.draw(st.sampled_from(codes))
        expected: type[RefusedError] | None = CodeReplayedError if again else None
        if self.attempt(code, LockedOutError if self.must_wait else expected):
            self.unused.discard(code)
            self.used.add(code)

    @precondition(lambda self: self.phone is not None)
    @rule(typed=st.sampled_from(["", "x", "0-0000-0000-0000-0000", "１２３４５６"]))
    def guess(self, typed: str) -> None:
        """Something is typed that is never right."""
        self.attempt(typed, LockedOutError if self.must_wait else CodeMismatchError)

    def attempt(self, typed: str, expected: type[RefusedError] | None) -> bool:
        """Verify, keep what comes of it, and return True if it was accepted."""
        try:
            verified = self.factors.verify(ACCOUNT, typed)
        except RefusedError as refused:
            assert type(refused) is expected  # noqa: PT017  # or none was expected
            if expected is CodeMismatchError:
                self.failures += 1
                delay = NIST_SP_800_63B_4.delay_after(self.failures)
                self.retry_at = None if delay is None else self.clock() + delay
            return False
        assert expected is None
        self.failures, self.retry_at = 0, None
        self.proof = (verified.proof, self.clock())
        return True

    @precondition(lambda self: self.phone is not None)
    @rule()
    def replace_codes(self) -> None:
        """The person asks for new recovery codes."""
        proof = self.fresh_proof
        if proof is None:
            with pytest.raises(StepUpRequiredError):
                self.factors.replace_recovery_codes(ACCOUNT, proof=proof)
            return
        new = self.factors.replace_recovery_codes(ACCOUNT, proof=proof)
        self.unused, self.used = set(new.codes), set()

    @rule()
    def disable(self) -> None:
        """The person takes the factor out of use."""
        if self.phone is not None and self.fresh_proof is None:
            with pytest.raises(StepUpRequiredError):
                self.factors.disable(ACCOUNT, proof=None)
            return
        told = self.factors.disable(ACCOUNT, proof=self.fresh_proof)
        assert told.was_enrolled == (self.phone is not None)
        self.phone = self.pending = self.proof = None

    @invariant()
    def the_row_is_as_the_model_says(self) -> None:
        """State, step, count and recovery codes agree after every step."""
        with self.database.read() as connection:
            found = rows.find(connection, ACCOUNT, Place.CURRENT)
        if self.phone is None:
            assert found is None or found.state is FactorState.DISABLED
            return
        assert found
        assert found.state is FactorState.ACTIVE
        assert found.failures == self.failures
        assert found.last_step == self.last_step
        assert found.recovery_left == len(self.unused)

    def teardown(self) -> None:
        """Let go of the database."""
        self.database.close()
        self.folder.cleanup()


TestForum = Forum.TestCase
TestForum.settings = settings(
    max_examples=max(15, settings().max_examples // 20), stateful_step_count=25
)


@pytest.mark.promise("P3")
@pytest.mark.parametrize("width", range(3))
def test_each_code_is_accepted_once_in_virtual_time(
    database: Database, keyring: Keyring, width: int
) -> None:
    """Through two hundred seconds, at every second, each step logs in once at most."""
    phone = enrolled(database, keyring, "17")
    clock = FrozenClock(NOON)
    factors = SecondFactors(
        database,
        keyring,
        issuer="Forum",
        window=Window(width, width),
        clock=clock,
    )
    accepted: list[int] = []
    first = step_at(int(NOON.timestamp()))
    for _ in range(200):
        present = step_at(int(clock().timestamp()))
        for step in range(present - width, present + width + 1):
            with suppress(CodeReplayedError):
                factors.verify("17", code_at(phone.seed, step))
                accepted.append(step)
        clock.advance(timedelta(seconds=1))
    assert accepted == sorted(set(accepted))
    assert accepted[0] == first - width
    assert accepted[-1] - first == (10 + 199) // 30 + width


CODES: list[Callable[[str], str]] = [
    str,
    lambda code: f" {code}",
    lambda code: f"{code} ",
    lambda code: f"{code[:3]} {code[3:]}",
    lambda code: f"{code[:3]}-{code[3:]}",
    "-".join,
    " ".join,
    lambda code: f"  {code[:2]} {code[2:4]} {code[4:]}  ",
    lambda code: f"{code[:3]}  {code[3:]}",
    lambda code: f"{code[:3]} - {code[3:]}",
    lambda code: f"-{code}-",
    lambda code: f"{code}--",
    lambda code: f" -{code}",
    lambda code: f"{code[0]} {code[1:]}",
    lambda code: f"{code[:5]}-{code[5]}",
]


@pytest.mark.promise("P3")
@pytest.mark.parametrize("first", range(0, 15, 7))
def test_another_spelling_is_the_same_code(
    database: Database, keyring: Keyring, clock: FrozenClock, first: int
) -> None:
    """Of fifteen spellings of a code the first that comes is accepted, and no other."""
    phone = enrolled(database, keyring, "17")
    factors = keeper(database, keyring, clock=clock)
    code = phone.code(clock())
    spellings = [spell(code) for spell in [*CODES[first:], *CODES[:first]]]
    assert factors.verify("17", spellings[0]).factor_id
    for spelled in spellings[1:]:
        with pytest.raises(CodeReplayedError):
            factors.verify("17", spelled)


@pytest.mark.promise("P19")
def test_a_locked_factor_stays_locked(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """After the hard stop nothing but a new binding helps, whoever waits how long."""
    phone = enrolled(database, keyring, "17")
    factors = keeper(database, keyring, clock=clock)
    for _ in range(100):
        clock.advance(timedelta(hours=1))
        with pytest.raises(CodeMismatchError):
            factors.verify("17", "x")
    for days in (0, 1, 365):
        clock.advance(timedelta(days=days))
        for typed in (phone.code(clock()), phone.recovery[0]):
            with pytest.raises(FactorLockedError):
                factors.verify("17", typed)
