"""Whatever is typed where a password is expected: one rule, everywhere, and at once."""

import time
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from credguard import PasswordHasher
from credguard.errors import (
    CredguardError,
    PasswordMismatchError,
    PasswordRejectedError,
    PasswordUnhashableError,
    StoredDataError,
)
from credguard.passwords import CHEAPEST
from credguard.passwords.preparing import MAX_PASSWORD_BYTES
from credguard.screening.common_passwords import CommonPasswords
from forums import NEW_PASSWORD, House, house_at, password_of
from proving import Proof, sized
from stored_rows import LOW, MAY_BE_REFUSED, StoredRow, stored_rows

GOOD = "a quiet harbour at noon"
NFC = unicodedata.normalize("NFC", "an ångström is a small thing")
MOST_SECONDS = 0.005


class Shouting(str):
    """A text of another class, which says that it equals everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


# No text, empty, above 4,096 bytes, or without a form in UTF-8: nobody can have it.
UNHASHABLE: dict[str, object] = {
    "none": None,
    "zero": 0,
    "number": 15,
    "float": 1.5,
    "nan": float("nan"),
    "false": False,
    "true": True,
    "bytes": GOOD.encode(),
    "bytearray": bytearray(GOOD, "ascii"),
    "memoryview": memoryview(GOOD.encode()),
    "list": [GOOD],
    "tuple": (GOOD,),
    "dict": {"password": GOOD},
    "set": {GOOD},
    "object": object(),
    "class": str,
    "empty": "",
    "empty of another class": Shouting(""),
    "4,097 bytes": "x" * (MAX_PASSWORD_BYTES + 1),
    "4,098 bytes of two each": "é" * (MAX_PASSWORD_BYTES // 2 + 1),
    "10 MB": "x" * 10_000_000,
    "10 MB of four bytes": "\U0001f600" * 2_500_000,
    "high surrogate": "a quiet harbour at \ud800 noon",
    "low surrogate": "\udfff",
    "surrogates in the wrong order": "\udc00\ud800 a quiet harbour",
    "a pair of surrogates": "\ud83d\ude00 a quiet harbour",
    "a surrogate at the end": GOOD + "\udcff",
}
HASHABLE: dict[str, str] = {
    "one letter": "x",
    "one space": " ",
    "NUL": "\0",
    "NUL in the middle": "a quiet\0harbour at noon",
    "NUL at the end": GOOD + "\0",
    "line end": GOOD + "\n",
    "4,096 bytes": "x" * MAX_PASSWORD_BYTES,
    "4,096 bytes of four each": "\U0001f600" * (MAX_PASSWORD_BYTES // 4),
    "73 bytes": "x" * 73,
    "composed": NFC,
    "decomposed": unicodedata.normalize("NFD", NFC),
    "compatible": "ﬁne ﬀ Ⅳ ｆｕｌｌ",
    "only marks": "\u0301" * 40,
    "right to left": "\u202e" + GOOD + "\u2066",
    "zero width": "\u200b\u200d\ufeff\u2060",
    "no characters": "\ufffe\uffff\U0010ffff\ufdd0",
    "private use": "\ue000\U000f0000",
    "unassigned": "\u0378\U000e0fff",
    "controls": "\x01\x1b[31m\x7f\x85",
    "another class": Shouting(GOOD),
}
# Every third of them for each format, so that all are tried with a third of all.
STRIDE = sized(everyday=3, prove=1)
ROWS = stored_rows()


def typed(value: object) -> str:
    """Return *value*, which may be anything, as a type checker wants it."""
    return value  # type: ignore[return-value]  # that is what is tried


def check_soon(call: Callable[[], object], *kinds: type[CredguardError]) -> None:
    """Assert that *call* is refused by one of *kinds*, in a few milliseconds."""
    fastest = min(_refused(call, kinds) for _ in range(2))
    if fastest >= MOST_SECONDS:  # something was loaded, or the machine is crowded
        fastest = min(_refused(call, kinds) for _ in range(20))
    assert fastest < MOST_SECONDS


def _refused(
    call: Callable[[], object], kinds: tuple[type[CredguardError], ...]
) -> float:
    started = time.process_time()
    with pytest.raises(kinds):
        call()
    return time.process_time() - started


@pytest.mark.promise("P7")
@pytest.mark.parametrize("place", range(len(ROWS)), ids=lambda at: ROWS[at].scheme.name)
def test_each_format_has_the_same_rule(place: int, proof: Proof) -> None:
    """What cannot be hashed is a wrong password for each format, and at once."""
    row = ROWS[place]
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=(row.scheme,), ceilings=LOW)
    for name in list(UNHASHABLE)[place % STRIDE :: STRIDE]:
        check_soon(
            partial(_verify, hasher, row, UNHASHABLE[name]),
            PasswordMismatchError,
        )
        proof.tried()
    for name in list(HASHABLE)[place % STRIDE :: STRIDE]:
        kinds: tuple[type[CredguardError], ...] = (PasswordMismatchError,)
        if row.scheme.name in MAY_BE_REFUSED:
            kinds = (PasswordMismatchError, StoredDataError)
        with pytest.raises(kinds):
            _verify(hasher, row, HASHABLE[name])
        proof.tried()


def _verify(hasher: PasswordHasher, row: StoredRow, password: object) -> object:
    return hasher.verify(
        typed(password),
        stored=row.stored,
        salt=row.beside.salt,
        username=row.beside.username,
    )


@pytest.mark.promise("P7")
def test_our_own_formats_have_the_same_rule(proof: Proof) -> None:
    """What can be hashed verifies, composed or not; all else is refused by name."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=())
    stored = hasher.hash(GOOD + "!")
    for odd in map(typed, UNHASHABLE.values()):
        check_soon(partial(hasher.hash, odd), PasswordUnhashableError)
        for row in (stored, None, "", "!", "unreadable"):
            check_soon(
                partial(hasher.verify, odd, stored=row),
                PasswordMismatchError,
                StoredDataError,
            )
        proof.tried(6)
    for password in HASHABLE.values():
        made = hasher.hash(password)
        for form in ("NFC", "NFD"):
            other = unicodedata.normalize(form, str(password))
            assert hasher.verify(other, stored=made).scheme == "argon2id"
        for less in (password[:-1], password + "\0", password + " ", password[1:]):
            with pytest.raises(PasswordMismatchError):
                hasher.verify(less, stored=made)
        proof.tried(7)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum on SQLite with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together") as found:
        yield found


@pytest.mark.promise("P7")
def test_each_door_has_the_same_rule(house: House, proof: Proof) -> None:
    """Sign-up, log-in, a change, a link and the policy refuse the same passwords."""
    guard = house.guard
    stored = house.forum.password(1)
    link = guard.forgotten_token("1")
    new = NEW_PASSWORD.format(1)
    rejected = (PasswordRejectedError, PasswordUnhashableError)
    for odd in map(typed, UNHASHABLE.values()):
        with pytest.raises(PasswordMismatchError):
            guard.log_in(odd, account_id="1", stored=stored)
        with pytest.raises(PasswordMismatchError):
            guard.log_in(odd, account_id=None, stored=None)
        with pytest.raises(PasswordMismatchError):
            guard.change_password(odd, new=new, account_id="1", stored=stored)
        with pytest.raises(rejected):
            guard.change_password(
                password_of(1), new=odd, account_id="1", stored=stored
            )
        with pytest.raises(rejected):
            guard.sign_up(odd, account_id="99")
        with pytest.raises(rejected):
            guard.check_new_password(odd, account_id="1", stored=stored)
        with pytest.raises(rejected):
            guard.redeem_forgotten(link, password=odd, stored=stored)
        with pytest.raises(rejected):
            guard.policy.check(odd)
        assert guard.policy.reasons(odd)
        proof.tried(9)
    assert guard.check_forgotten(link) == "1"
    assert house.forum.password(1) == stored


@pytest.mark.promise("P7")
def test_what_can_be_hashed_can_be_judged(house: House, proof: Proof) -> None:
    """Each text that can be hashed is judged, and looked up, without an error."""
    for password in HASHABLE.values():
        house.guard.policy.reasons(password)
        CommonPasswords().look_up(password)
        with pytest.raises(PasswordMismatchError):
            house.guard.log_in(password, account_id="1", stored=house.forum.password(1))
        proof.tried(3)


def test_there_are_forty_inputs() -> None:
    """Nobody takes some away unseen."""
    assert len(UNHASHABLE) + len(HASHABLE) >= 40
