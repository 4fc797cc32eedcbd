"""Races of real processes for one row, on every database."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from authenticators import NOON, Authenticator, enrolled, keeper
from sqlalchemy import select

from credguard import Keyring
from credguard.second_factor import rows
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.totp import step_at
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock
from proving import Proof, sized
from racing import PROCESSES, Order, Racers, Round, Scene

ROUNDS = sized(everyday=4, prove=150, nightly=1000)
STEP = step_at(int(NOON.timestamp()))

ACCEPTED: list[Callable[[str], object]] = [
    str,
    lambda code: f"{code[:3]} {code[3:]}",
    lambda code: f"{code[:3]}-{code[3:]}",
    lambda code: f"  {code} ",
    " ".join,
    "-".join,
]
REFUSED: list[Callable[[str], object]] = [
    lambda code: code.translate(_digits("０")),  # full width
    lambda code: code.translate(_digits("٠")),  # Arabic-Indic
    lambda code: code.translate(_digits("०")),  # Devanagari
    lambda code: code.translate(_digits("𝟎")),  # mathematical bold
    lambda code: code.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")),
    lambda code: f"{code}\n",
    lambda code: f"\t{code}",
    lambda code: f"{code}\0",
    lambda code: f"+{code}",
    lambda code: f"{code[:3]}_{code[3:]}",
    lambda code: f"0{code}",
    lambda code: f"{code}.0",
    lambda code: f"{code[:3]}\u00a0{code[3:]}",
    lambda code: f"{code[:3]}\u200b{code[3:]}",
    lambda code: f"{code[:3]}\ud800{code[3:]}",
    int,
    float,
    str.encode,
    lambda code: [code],
    lambda _: None,
]

pytestmark = pytest.mark.promise("P3")


@dataclass
class Course:
    """A database in which processes race for factors, one round an account."""

    racers: Racers
    database: Database
    scene: Scene
    keyring: Keyring
    names: list[str]

    def enrolled(self, account_id: str) -> Authenticator:
        """Return the phone of an account with a factor in force."""
        return enrolled(self.database, self.keyring, account_id)

    def tell(self, rounds: Sequence[Round]) -> list[Counter[str]]:
        """Race, and count what was told in each round."""
        return self.racers.tell(self.scene, rounds)

    def factor(self, account_id: str) -> Factor:
        """Return the row of the factor in force."""
        with self.database.read() as connection:
            found = rows.find(connection, account_id, Place.CURRENT)
        assert found
        return found


@pytest.fixture
def course(
    racers: Racers, shared_database: Database, shared_url: str, keyring: Keyring
) -> Course:
    """A course on each database, with accounts that no other test has."""
    mark = secrets.token_hex(4)
    names = [f"{mark} {number}" for number in range(ROUNDS)]
    scene = Scene.at(shared_url, keyring)
    return Course(racers, shared_database, scene, keyring, names)


def _digits(zero: str) -> dict[int, str]:
    return {48 + value: chr(ord(zero) + value) for value in range(10)}


def _orders(verb: str, account_id: str, typed: Sequence[object]) -> list[Order]:
    """Share what is typed out among the processes."""
    return [
        {"verb": verb, "account_id": account_id, "codes": list(typed[at::PROCESSES])}
        for at in range(PROCESSES)
    ]


def test_one_code_logs_in_once(course: Course, proof: Proof) -> None:
    """Of one code in eight spellings, four of them none, exactly one is accepted."""
    rounds = []
    for number, account_id in enumerate(course.names):
        code = course.enrolled(account_id).code(NOON)
        typed = [
            spell(code)
            for at in range(PROCESSES // 2)
            for spell in (
                ACCEPTED[(number + at) % len(ACCEPTED)],
                REFUSED[(4 * number + at) % len(REFUSED)],
            )
        ]
        rounds.append(_orders("verify", account_id, typed))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": 3, "CodeMismatchError": 4}
        assert course.factor(account_id).last_step == STEP


def test_the_first_good_try_is_never_refused(course: Course, proof: Proof) -> None:
    """Beside four wrong codes at once, a code and three recovery codes all count."""
    rounds = []
    for account_id in course.names:
        phone = course.enrolled(account_id)
        wrong = [phone.wrong(NOON, at) for at in range(4)]
        good = [phone.code(NOON), *phone.recovery[:3]]
        rounds.append(_orders("verify", account_id, [*wrong, *good]))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"Verified": 4, "CodeMismatchError": 4}
        factor = course.factor(account_id)
        assert (factor.last_step, factor.recovery_left) == (STEP, 7)


def test_one_code_confirms_once(course: Course, proof: Proof) -> None:
    """Eight processes confirm at once, beside a factor in force: one does."""
    factors = keeper(course.database, course.keyring, clock=FrozenClock(NOON))
    rounds, phones = [], []
    for account_id in course.names:
        course.enrolled(account_id)
        vouched = factors.vouch(account_id, by="a race")
        phones.append(
            (account_id, Authenticator(factors.enroll(account_id, proof=vouched)))
        )
        codes = [phones[-1][1].code(NOON)] * PROCESSES
        rounds.append(_orders("confirm", account_id, codes))
    for (account_id, phone), told in zip(phones, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"Confirmed": 1, "FactorStateError": PROCESSES - 1}
        assert factors.verify(account_id, phone.code(NOON, 1)).factor_id
    with course.database.read() as connection:
        ours = second_factor.c.account_id.in_(course.names)
        places = connection.scalars(select(second_factor.c.place).where(ours)).all()
    assert list(places) == [Place.CURRENT] * ROUNDS


def test_the_code_that_confirmed_logs_nobody_in(course: Course, proof: Proof) -> None:
    """Four confirm with a code and four log in with it: it confirms, and no more."""
    factors = keeper(course.database, course.keyring, clock=FrozenClock(NOON))
    rounds = []
    for account_id in course.names:
        codes = [Authenticator(factors.enroll(account_id)).code(NOON)] * PROCESSES
        half = PROCESSES // 2
        confirm = _orders("confirm", account_id, codes)[:half]
        rounds.append([*confirm, *_orders("verify", account_id, codes)[half:]])
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told["Confirmed"] == 1
        assert told["FactorStateError"] + told["CodeReplayedError"] == PROCESSES - 1


@pytest.mark.promise("P19")
def test_every_guess_counts(course: Course, proof: Proof) -> None:
    """Of a hundred different guesses at once exactly five are looked at."""
    rounds = []
    for account_id in course.names:
        phone = course.enrolled(account_id)
        guesses = [phone.wrong(NOON, at) for at in range(100)]
        rounds.append(_orders("verify", account_id, guesses))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(100)
        assert told == {"CodeMismatchError": 5, "LockedOutError": 95}
        assert course.factor(account_id).failures == 5


@pytest.mark.promise("P19")
def test_the_hundredth_guess_is_counted_by_all(course: Course, proof: Proof) -> None:
    """After 99 wrong codes in a row, one of eight more is the last."""
    rounds = []
    for account_id in course.names:
        phone = course.enrolled(account_id)
        with course.database.begin() as connection:
            wrong_before = second_factor.update().values(failures=99)
            connection.execute(
                wrong_before.where(second_factor.c.account_id == account_id)
            )
        codes = [phone.wrong(NOON, at) for at in range(PROCESSES)]
        rounds.append(_orders("verify", account_id, codes))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"CodeMismatchError": 1, "FactorLockedError": PROCESSES - 1}
        factor = course.factor(account_id)
        assert (factor.state, factor.failures) == (FactorState.LOCKED, 100)


def test_one_recovery_code_logs_in_once(course: Course, proof: Proof) -> None:
    """Of one recovery code in eight spellings exactly one is accepted."""
    rounds = []
    for number, account_id in enumerate(course.names):
        phone = course.enrolled(account_id)
        code = phone.recovery[number % 10]
        bare = code.replace("-", "")
        typed = [code, code.lower(), bare, bare.lower(), f" {code} ", " ".join(bare)]
        typed += [code.replace("-", " "), code]
        rounds.append(_orders("verify", account_id, typed))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": PROCESSES - 1}
        assert course.factor(account_id).recovery_left == 9


def test_eight_recovery_codes_at_once_all_log_in(course: Course, proof: Proof) -> None:
    """Different codes do not stand in each other's way."""
    rounds = []
    for account_id in course.names:
        phone = course.enrolled(account_id)
        codes = phone.recovery[:PROCESSES]
        rounds.append(_orders("verify", account_id, codes))
    for account_id, told in zip(course.names, course.tell(rounds), strict=True):
        proof.tried(PROCESSES)
        assert told == {"Verified": PROCESSES}
        assert course.factor(account_id).recovery_left == 2


@pytest.mark.promise("P19")
def test_every_guess_of_both_kinds_counts(course: Course, proof: Proof) -> None:
    """Wrong codes and wrong recovery codes at once are looked at five times in all."""
    rounds = []
    for account_id in course.names:
        phone = course.enrolled(account_id)
        wrong = [
            phone.wrong(NOON, at) if at % 2 else "3-0000-0000-0000-0000"
            for at in range(16)
        ]
        rounds.append(_orders("verify", account_id, wrong))
    totals: Counter[str] = Counter()
    for told in course.tell(rounds):
        proof.tried(16)
        assert told == {"CodeMismatchError": 5, "LockedOutError": 11}
        totals += told
    assert totals.total() == 16 * ROUNDS
