"""Nobody gets another's answer: between threads, tasks that give up, and forks."""

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.errors import CodeReplayedError, PasswordMismatchError
from credguard.screening.strength import estimate
from credguard.storage import Database
from credguard.testing import CHEAPEST, FrozenClock
from forums import policy
from handsets import enroll_all
from keepers import NOON, keeper
from proving import Proof, sized

CALLS = sized(everyday=1_000, prove=10_000, nightly=100_000)
THREADS = 8
CANCELED = sized(everyday=300, prove=3_000, nightly=100_000)
TOKENS = sized(everyday=2_000, prove=10_000, nightly=100_000)
LONG = timedelta(minutes=5)

pytestmark = pytest.mark.promise("P6")


@pytest.fixture
def _eager_threads() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def guard(sqlite_url: str, keyring: Keyring) -> Iterator[CredGuard]:
    """A door whose hashes cost little, and whose calls wait long."""
    hasher = PasswordHasher(
        work_factor=CHEAPEST, keyring=keyring, permits=4, patience=LONG
    )
    guard = CredGuard(
        keyring=keyring, database=sqlite_url, passwords=hasher, policy=policy()
    )
    yield guard
    guard.close()


def in_threads(work: Callable[[int], int]) -> int:
    """Run *work* in eight threads that begin together; add up what they return."""
    start = threading.Barrier(THREADS)

    def one(number: int) -> int:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(THREADS)))


@pytest.mark.usefixtures("_eager_threads")
def test_threads_get_their_own_verdicts(keyring: Keyring, proof: Proof) -> None:
    """Each thread has passwords of its own; each is right for its owner alone."""
    hasher = PasswordHasher(
        work_factor=CHEAPEST, keyring=keyring, permits=4, patience=LONG
    )
    stored = [
        hasher.hash(f"password {number}", account_id=f"{number}")
        for number in range(THREADS)
    ]

    def work(number: int) -> int:
        draw, mine = random.Random(number), f"{number}"
        for _ in range(CALLS // THREADS):
            typed = draw.choice([number, draw.randrange(THREADS)])
            try:
                hasher.verify(
                    f"password {typed}", stored=stored[number], account_id=mine
                )
                right = True
            except PasswordMismatchError:
                right = False
            assert right is (typed == number)
        return CALLS // THREADS

    proof.tried(in_threads(work))


@pytest.mark.usefixtures("_eager_threads")
def test_threads_get_their_own_estimates(proof: Proof) -> None:
    """A word of one account never weakens or strengthens another's password."""
    words = [f"zq{letter * 3}vexwort" for letter in "abcdefgh"]
    alone = [
        [estimate(f"{text}7k", context=[word]).guesses for text in words]
        for word in words
    ]

    def work(number: int) -> int:
        draw = random.Random(number)
        for _ in range(CALLS // THREADS // 4):
            other = draw.randrange(THREADS)
            found = estimate(f"{words[other]}7k", context=[words[number]])
            assert found.guesses == alone[number][other]
        return CALLS // THREADS // 4

    proof.tried(in_threads(work))


@pytest.mark.usefixtures("_eager_threads")
def test_threads_get_their_own_sessions(guard: CredGuard, proof: Proof) -> None:
    """Each log-in's stamp is its account's, and no other's password logs it in."""
    stored = [
        guard.sign_up(f"the password of {number}", account_id=f"{number}")
        for number in range(THREADS)
    ]

    def work(number: int) -> int:
        draw, mine = random.Random(number), f"{number}"
        for _ in range(CALLS // THREADS // 4):
            typed = draw.choice([number, draw.randrange(THREADS)])
            try:
                login = guard.log_in(
                    f"the password of {typed}", account_id=mine, stored=stored[number]
                )
            except PasswordMismatchError:
                assert typed != number
                continue
            assert typed == number
            session = guard.check_session(login.session, account_id=mine)
            assert session.account_id == mine
        return CALLS // THREADS // 4

    proof.tried(in_threads(work))


@pytest.mark.usefixtures("_eager_threads")
def test_threads_get_their_own_codes(
    database: Database, keyring: Keyring, proof: Proof
) -> None:
    """Of eight threads with one keeper, each verifies its own accounts' codes."""
    count = CALLS // 8
    handsets = enroll_all(database, keyring, [f"account {at}" for at in range(count)])
    factors = keeper(database, keyring, clock=FrozenClock(NOON))

    def work(number: int) -> int:
        mine = handsets[number::THREADS]
        for each in mine:
            verified = factors.verify(each.account_id, each.code(NOON))
            assert (verified.account_id, verified.factor_id) == (
                each.account_id,
                each.factor_id,
            )
            with pytest.raises(CodeReplayedError):
                factors.verify(each.account_id, each.code(NOON))
        return 2 * len(mine)

    proof.tried(in_threads(work))


def test_a_task_that_gives_up_leaves_nothing_for_the_next(
    guard: CredGuard, proof: Proof
) -> None:
    """Log-ins whose tasks are cancelled at any moment disturb no other's answer."""
    stored = {
        f"{number}": guard.sign_up(f"the password of {number}", account_id=f"{number}")
        for number in range(20)
    }
    draw = random.Random(11)
    answered = canceled = 0

    async def one(number: int) -> None:
        mine = f"{number % 20}"
        typed = mine if draw.random() < 0.7 else f"{draw.randrange(20)}"
        try:
            login = await asyncio.to_thread(
                guard.log_in,
                f"the password of {typed}",
                account_id=mine,
                stored=stored[mine],
            )
        except PasswordMismatchError:
            assert typed != mine
            return
        assert typed == mine
        session = await asyncio.to_thread(
            guard.check_session, login.session, account_id=mine
        )
        assert session.account_id == mine

    async def crowd() -> None:
        nonlocal answered, canceled
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        for low in range(0, CANCELED, 20):
            tasks = [asyncio.create_task(one(low + at)) for at in range(20)]
            for task in tasks:
                if draw.random() < 0.4:
                    await asyncio.sleep(draw.random() * 0.002)
                    task.cancel()
            for found in await asyncio.gather(*tasks, return_exceptions=True):
                assert found is None or isinstance(found, asyncio.CancelledError)
                canceled += found is not None
                answered += found is None

    asyncio.run(crowd())
    proof.tried(answered)
    proof.injected(canceled)
    assert answered
    assert canceled


_FORK = """
import os, sys
from credguard import Keyring
from credguard._sealed import Binding
from credguard.guard.forgotten_tokens import ForgottenToken, write_token
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.second_factor.recovery import draw_codes
from credguard._random import random_text
from credguard.campaigns.outbox import _new_id
from datetime import datetime, UTC

ring, hasher = Keyring.generate(), PasswordHasher(work_factor=CHEAPEST)
now = datetime(2026, 11, 22, tzinfo=UTC)
draws = [
    lambda: write_token(ring, ForgottenToken("17", 1, now, now)),
    lambda: ring.seal(b"x", purpose="seed", owner="17", part="1"),
    lambda: hasher.hash("x"),
    lambda: draw_codes(1)[0],
    lambda: random_text(32),
    lambda: _new_id(now),
    lambda: Keyring.generate().reveal(),
]
for draw in draws:
    draw()  # whatever is made once is made before the fork

each = int(sys.argv[1]) // 8 // len(draws)

def tell():
    for draw in draws:
        for _ in range(each):
            print(draw())
    sys.stdout.flush()

for _ in range(7):
    child = os.fork()
    if child == 0:
        tell()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0  # one after the other: they share the output
tell()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_what_is_drawn_after_a_fork_is_drawn_by_nobody_else(proof: Proof) -> None:
    """Parent and children draw tokens, salts, nonces, codes and keys: no two alike."""
    done = subprocess.run(
        [sys.executable, "-c", _FORK, str(TOKENS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    drawn = done.stdout.split("\n")[:-1]
    proof.tried(len(drawn))
    assert len(drawn) > TOKENS * 0.9
    assert len(set(drawn)) == len(drawn)
