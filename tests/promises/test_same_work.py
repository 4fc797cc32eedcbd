"""
The same time for everyone, proved by its cause: the work that a refusal takes.

What the time itself is, ``python -m benchmarks.timing`` measures; a busy machine tells
nothing. Here the computations, the statements and the seals of a refusal are counted.
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from credguard import Keyring, PasswordHasher
from credguard.campaigns import in_list
from credguard.errors import CredguardError, PasswordMismatchError, TokenRefusedError
from credguard.keys import Key
from credguard.passwords import WorkFactor
from credguard.passwords.legacy import DJANGO, PHPBB, WERKZEUG
from credguard.passwords.pool import Permit
from credguard.storage.quick import QuickConnection
from credguard.testing import FrozenClock
from forums import House, django_hash, house_at, werkzeug_hash
from keepers import NOON
from phones import enrolled
from proving import Proof, sized

pytestmark = pytest.mark.promise("P9")

COST = WorkFactor(memory_kib=4096, passes=2, lanes=1)
WEAK = WorkFactor(memory_kib=32, passes=1, lanes=1)
TYPED: dict[str, object] = {
    "wrong": "not the password",
    "empty": "",
    "NUL": "not\0the password",
    "surrogate": "not \ud800 the password",
    "too long": "x" * 5_000,
    "none": None,
    "number": 17,
    "far too long": "x" * 1_000_000,
    "bytes": b"not the password",
    "list": ["not the password"],
}
NAMES = list(TYPED)[: sized(everyday=6, prove=len(TYPED))]


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands."""
    return FrozenClock(NOON)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[House]:
    """A forum whose hashes cost enough to be told apart."""
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as found:
        found.guard.passwords = PasswordHasher(
            work_factor=COST,
            keyring=found.keyring,
            accept=DJANGO + WERKZEUG + PHPBB,
        )
        yield found


@pytest.fixture
def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was done: KiB that Argon2 filled, statements, and seals that were opened."""
    done: Counter[str] = Counter()
    compute, run, cipher = Permit.compute, QuickConnection._run, Key.cipher

    def computing(permit: Permit, password: bytes, **how: object) -> bytes:
        work_factor = how["work_factor"]
        assert isinstance(work_factor, WorkFactor)
        done["work"] += work_factor.work
        return compute(permit, password, **how)  # type: ignore[arg-type]  # as called

    def running(*given: object) -> None:
        done["statements"] += 1
        run(*given)  # type: ignore[arg-type]  # as it was called

    def sealing(key: Key, purpose: str) -> object:
        done["seals"] += 1
        return cipher(key, purpose)

    def executing(*_: object) -> None:
        done["statements"] += 1

    monkeypatch.setattr(Permit, "compute", computing)
    monkeypatch.setattr(QuickConnection, "_run", running)
    monkeypatch.setattr(Key, "cipher", sealing)
    event.listen(house.guard._database._engine, "before_cursor_execute", executing)
    return done


def rows(house: House, clock: FrozenClock) -> dict[str, tuple[str | None, str | None]]:
    """Return the account and its row, of each kind; the password is another one."""
    guard, forum = house.guard, house.forum
    bare = PasswordHasher(work_factor=COST)
    weak = PasswordHasher(work_factor=WEAK)
    md5 = "md5$salt$" + hashlib.md5(b"saltpassword").hexdigest()  # noqa: S324
    wrapped = guard.passwords.wrap(md5, account_id="10")
    assert wrapped is not None
    forum.set_password(1, guard.passwords.hash("password", account_id="1"))
    enrolled(guard, "3", clock)
    house.swept(in_list(["1", "2"]))
    return {
        "no account": (None, None),
        "an id that nobody has": ("1000", None),
        "no password": ("4", None),
        "unusable": ("5", "!unusable"),
        "current": ("6", bare.hash("password")),
        "peppered": ("7", guard.passwords.hash("password", account_id="7")),
        "with a second factor": ("3", bare.hash("password")),
        "another account's": ("8", guard.passwords.hash("password", account_id="9")),
        "a lost key": (
            "9",
            PasswordHasher(work_factor=COST, keyring=Keyring.generate()).hash("x"),
        ),
        "wrapped": ("10", wrapped),
        "weak": ("11", weak.hash("password")),
        "Django": ("12", django_hash("password")),
        "Werkzeug": ("13", werkzeug_hash("password")),
        "MD5": ("14", md5),
        "phpBB": ("15", "$H$512345678" + "." * 22),
        "unreadable": ("16", "no hash"),
        "above a ceiling": (
            "17",
            bare.hash("password").replace("m=4096,", "m=99999999,"),
        ),
        "retired": ("1", forum.password(1)),
        "retired, of another scheme": ("2", forum.password(2)),
    }


@pytest.mark.parametrize("typed", NAMES)
def test_a_refused_log_in_takes_the_same_work(
    house: House,
    clock: FrozenClock,
    counted: Counter[str],
    typed: str,
    proof: Proof,
) -> None:
    """Whatever stands in the row, and whatever was typed."""
    password: str = TYPED[typed]  # type: ignore[assignment]  # odd
    work, statements, faces = {}, {}, set()
    for name, (account_id, stored) in rows(house, clock).items():
        counted.clear()
        with pytest.raises(CredguardError) as refused:
            house.guard.log_in(password, account_id=account_id, stored=stored)
        # Legacy rows are so cheap here that what they take is not seen.
        work[name] = round(counted["work"] / COST.work, 1)
        statements[name] = counted["statements"]
        if isinstance(refused.value, PasswordMismatchError):
            faces.add((type(refused.value), str(refused.value)))
        proof.tried()
    assert set(work.values()) == {1.0}, work
    assert len(set(statements.values())) == 1, statements
    assert len(faces) == 1


def test_a_row_that_pages_somebody_is_no_row_that_is_guessed(
    house: House, clock: FrozenClock
) -> None:
    """Which rows end in another error than a wrong password: those to be repaired."""
    others = set()
    for name, (account_id, stored) in rows(house, clock).items():
        try:
            house.guard.log_in("x", account_id=account_id, stored=stored)
        except PasswordMismatchError:
            continue
        except CredguardError:
            others.add(name)
    broken = {"another account's", "a lost key", "unreadable", "above a ceiling"}
    assert others == broken


def test_a_link_is_made_with_the_same_work(
    house: House, counted: Counter[str], proof: Proof
) -> None:
    """Whether there is such an account or not, with a password or without."""
    house.swept(in_list(["1"]))
    house.guard.forgotten_token("1")
    done: set[frozenset[tuple[str, int]]] = set()
    for account_id in ("1", "2", "14", "1000", "nobody at all"):
        counted.clear()
        assert house.guard.forgotten_token(account_id)
        done.add(frozenset(counted.items()))
        proof.tried()
    (work,) = done
    assert ("seals", 1) in work


def test_every_refused_link_has_one_face(
    house: House, clock: FrozenClock, proof: Proof
) -> None:
    """Unknown, used, too old, cut, altered, of another purpose: one error."""
    guard = house.guard
    used, old = (guard.forgotten_token("1") for _ in range(2))
    guard.redeem_forgotten(used, password="a quiet harbour at noon", stored=None)
    clock.advance(timedelta(hours=2))
    altered = guard.forgotten_token("2")[:-3] + "AAA"
    faces = set()
    acts: list[Callable[[str], object]] = [
        guard.check_forgotten,
        lambda token: guard.redeem_forgotten(token, password="x", stored=None),
        lambda token: guard.redeem(token, password="x"),
    ]
    for token in ("", "x", used, old, altered, altered[:40], "x" * 10_000):
        for act in acts:
            with pytest.raises(TokenRefusedError) as refused:
                act(token)
            faces.add((type(refused.value), str(refused.value)))
            proof.tried()
    assert len(faces) == 1


COMPARED = {
    "code",
    "digest",
    "mac",
    "proof",
    "seed",
    "signature",
    "stamp",
    "tag",
    "token",
}
SOURCE = Path(__file__).parents[2] / "src" / "credguard"
# Where tags, tokens and codes are compared that come from outside.
COMPARING = (
    "_key.py",
    "_sealed.py",
    "campaigns",
    "guard",
    "keys.py",
    "passwords",
    "second_factor",
    "sessions",
    "storage",
)
# Compared in the open because there is nothing to guess, each for its reason.
OPEN = {
    "campaigns/approvals.py": "digest",  # of a plan, in a database's condition
    "campaigns/atoms.py": "digest",  # of a list of accounts
    "campaigns/bounce_codes.py": "code",  # that a mail server answered
    "campaigns/plan_file.py": "digest",  # of a plan, which is printed
    "campaigns/records.py": "digest",  # of a list, in a database's condition
    "campaigns/suppression.py": "digest",  # of an address, in a database's condition
    "passwords/buffers.py": "tag",  # of RFC 9106's vectors
    "second_factor/leaks/deciding.py": "proof",  # what one may hold, by name
    "second_factor/leaks/leaks.py": "digest",  # of a measure, which is printed
    "second_factor/takeover/taking.py": "seed",  # two Secrets, which are careful
    "storage/audit.py": "mac",  # by who has the keys; no answer goes outside
}


def compared_in_the_open(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield names of what is secret that a == or != compares with something."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        if not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In):
            continue
        sides = (node.left, *node.comparators)
        if any(isinstance(each, ast.Constant) for each in sides):
            continue
        for side in sides:
            name = getattr(side, "attr", getattr(side, "id", ""))
            if name in COMPARED:
                yield name, node.lineno


def test_no_secret_is_compared_in_the_open(proof: Proof) -> None:
    """What comes from outside is compared in a time that tells nothing."""
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        place = str(path.relative_to(SOURCE))
        if not place.startswith(COMPARING):
            continue
        proof.tried()
        for name, _line in compared_in_the_open(ast.parse(path.read_text("utf-8"))):
            if OPEN.get(place) != name:
                found.add((place, name))
    assert found == set()


def test_what_compares_in_the_open_is_found() -> None:
    """The guard's own eyes work."""
    tree = ast.parse("if row.tag == made: pass\nif 'x' == tag: pass\nif a != b: pass")
    assert list(compared_in_the_open(tree)) == [("tag", 1)]
