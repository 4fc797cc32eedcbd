"""Races of real processes for one row, on every database."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from authenticators import NOON, Authenticator, keeper
from sqlalchemy import select, update

from credguard import Keyring
from credguard.second_factor import rows
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.totp import step_at
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock
from handsets import Handset, enroll_all
from proving import Proof, sized
from racing import PROCESSES, Order, Racers, Round, Scene

ROUNDS = sized(everyday=4, prove=150, nightly=1_000)
NEW_ONES = sized(everyday=4, prove=30, nightly=1_000)  # whose enrollment takes longer
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

    def handsets(self, count: int = ROUNDS, *, recovery: int = 0) -> list[Handset]:
        """Enroll accounts that no other test has."""
        mark = secrets.token_hex(4)
        names = [f"{mark} {number}" for number in range(count)]
        return enroll_all(self.database, self.keyring, names, recovery=recovery)

    def tell(self, rounds: Sequence[Round]) -> list[Counter[str]]:
        """Race, and count what was told in each round."""
        return self.racers.tell(self.scene, rounds)

    def factors(self, handsets: Sequence[Handset]) -> list[Factor]:
        """Return the rows of the factors in force."""
        with self.database.read() as connection:
            found = [
                rows.find(connection, each.account_id, Place.CURRENT)
                for each in handsets
            ]
        return [each for each in found if each is not None]


@pytest.fixture
def course(
    racers: Racers, shared_database: Database, shared_url: str, keyring: Keyring
) -> Course:
    """A course on each database."""
    return Course(racers, shared_database, Scene.at(shared_url, keyring), keyring)


def _digits(zero: str) -> dict[int, str]:
    return {48 + value: chr(ord(zero) + value) for value in range(10)}


def _orders(verb: str, account_id: str, typed: Sequence[object]) -> list[Order]:
    """Share what is typed out among the processes."""
    return [
        {"verb": verb, "account_id": account_id, "codes": list(typed[at::PROCESSES])}
        for at in range(PROCESSES)
    ]


def _verify(handset: Handset, typed: Sequence[object]) -> Round:
    return _orders("verify", handset.account_id, typed)


def _spelled(number: int, code: str) -> list[object]:
    """Return four spellings of a code and four of none, others in each round."""
    good = [ACCEPTED[(number + at) % len(ACCEPTED)] for at in range(4)]
    none = [REFUSED[(4 * number + at) % len(REFUSED)] for at in range(4)]
    return [spell(code) for pair in zip(good, none, strict=True) for spell in pair]


def test_one_code_logs_in_once(course: Course, proof: Proof) -> None:
    """Of one code in eight spellings, four of them none, exactly one is accepted."""
    handsets = course.handsets()
    rounds = [
        _verify(each, _spelled(number, each.code(NOON)))
        for number, each in enumerate(handsets)
    ]
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": 3, "CodeMismatchError": 4}
    assert {each.last_step for each in course.factors(handsets)} == {STEP}


def test_the_first_good_try_is_never_refused(course: Course, proof: Proof) -> None:
    """Beside four wrong codes at once, a code and three recovery codes all count."""
    handsets = course.handsets(recovery=4)
    rounds = [
        _verify(each, [*each.wrong(NOON, 4), each.code(NOON), *each.recovery[:3]])
        for each in handsets
    ]
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told == {"Verified": 4, "CodeMismatchError": 4}
    for factor in course.factors(handsets):
        assert (factor.last_step, factor.recovery_left) == (STEP, 1)


def test_one_code_confirms_once(course: Course, proof: Proof) -> None:
    """Eight processes confirm at once, beside a factor in force: one does."""
    factors = keeper(course.database, course.keyring, clock=FrozenClock(NOON))
    handsets = course.handsets(NEW_ONES)
    phones = []
    for each in handsets:
        vouched = factors.vouch(each.account_id, by="a race")
        phones.append(Authenticator(factors.enroll(each.account_id, proof=vouched)))
    rounds = [
        _orders("confirm", handset.account_id, [phone.code(NOON)] * PROCESSES)
        for handset, phone in zip(handsets, phones, strict=True)
    ]
    told = course.tell(rounds)
    for handset, phone, outcomes in zip(handsets, phones, told, strict=True):
        proof.tried(PROCESSES)
        assert outcomes == {"Confirmed": 1, "FactorStateError": PROCESSES - 1}
        assert factors.verify(handset.account_id, phone.code(NOON, 1)).factor_id
    with course.database.read() as connection:
        ours = second_factor.c.account_id.in_([each.account_id for each in handsets])
        places = connection.scalars(select(second_factor.c.place).where(ours)).all()
    assert list(places) == [Place.CURRENT] * NEW_ONES


def test_the_code_that_confirmed_logs_nobody_in(course: Course, proof: Proof) -> None:
    """Four confirm with a code and four log in with it: it confirms, and no more."""
    factors = keeper(course.database, course.keyring, clock=FrozenClock(NOON))
    rounds = []
    for number in range(NEW_ONES):
        account_id = f"{secrets.token_hex(4)} {number}"
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
    handsets = course.handsets()
    rounds = [_verify(each, each.wrong(NOON, 100)) for each in handsets]
    for told in course.tell(rounds):
        proof.tried(100)
        assert told == {"CodeMismatchError": 5, "LockedOutError": 95}
    assert {each.failures for each in course.factors(handsets)} == {5}


@pytest.mark.promise("P19")
def test_the_hundredth_wrong_code_is_the_last(course: Course, proof: Proof) -> None:
    """After 99 wrong codes in a row, eight more at once are looked at once."""
    handsets = course.handsets()
    names = [each.account_id for each in handsets]
    with course.database.begin() as connection:
        ours = second_factor.c.account_id.in_(names)
        connection.execute(update(second_factor).where(ours).values(failures=99))
    rounds = [_verify(each, each.wrong(NOON, PROCESSES)) for each in handsets]
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told == {"CodeMismatchError": 1, "FactorLockedError": PROCESSES - 1}
    for factor in course.factors(handsets):
        assert (factor.state, factor.failures) == (FactorState.LOCKED, 100)


def test_one_recovery_code_logs_in_once(course: Course, proof: Proof) -> None:
    """Of one recovery code in eight spellings exactly one is accepted."""
    handsets = course.handsets(recovery=2)
    rounds = []
    for handset in handsets:
        code = handset.recovery[0]
        bare = code.replace("-", "")
        typed = [code, code.lower(), bare, bare.lower(), f" {code} ", " ".join(bare)]
        typed += [code.replace("-", " "), code]
        rounds.append(_verify(handset, typed))
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told == {"Verified": 1, "CodeReplayedError": PROCESSES - 1}
    assert {each.recovery_left for each in course.factors(handsets)} == {1}


def test_eight_recovery_codes_at_once_all_log_in(course: Course, proof: Proof) -> None:
    """Different codes do not stand in each other's way."""
    handsets = course.handsets(recovery=PROCESSES)
    rounds = [_verify(each, each.recovery) for each in handsets]
    for told in course.tell(rounds):
        proof.tried(PROCESSES)
        assert told == {"Verified": PROCESSES}
    assert {each.recovery_left for each in course.factors(handsets)} == {0}


@pytest.mark.promise("P19")
def test_every_guess_of_both_kinds_counts(course: Course, proof: Proof) -> None:
    """Wrong codes and wrong recovery codes at once are looked at five times in all."""
    rounds = []
    for handset in course.handsets(recovery=4):
        typed = handset.wrong(NOON, 8)
        typed += ["3-0000-0000-0000-0000"] * 8
        rounds.append(_verify(handset, typed))
    for told in course.tell(rounds):
        proof.tried(16)
        assert told == {"CodeMismatchError": 5, "LockedOutError": 11}
