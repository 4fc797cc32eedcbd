"""The door with rooms that answer at once: what it asks of whom, and in what order."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from credguard import CredGuard, Keyring, PasswordHasher, PasswordPolicy
from credguard.campaigns.gate import Ruling
from credguard.campaigns.leaked import Leaked
from credguard.campaigns.members import Member
from credguard.campaigns.states import MemberState
from credguard.errors import (
    AccountIdError,
    PasswordMismatchError,
    ResetRequiredError,
    SetupError,
    UnknownKeyError,
)
from credguard.guard import ProofPolicy
from credguard.sessions import JournalPolicy
from credguard.testing import FrozenClock
from forums import django_hash, hasher, policy
from hooked import Remembered

NOON = datetime(2019, 2, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RIGHT = "a quiet harbour at noon"
STORED = django_hash(RIGHT)
ELSEWHERE = django_hash("another quiet harbour")
BOTH = (
    Member("later", "17", MemberState.MUST_RESET, None, None, 1),
    Member("before", "17", MemberState.MUST_RESET, None, None, 1),
)

Ruled = Callable[[Ruling], None]


@pytest.fixture
def guard(sqlite_url: str, keyring: Keyring) -> Iterator[CredGuard]:
    """A door of a forum without a user table of its own."""
    found = CredGuard(
        keyring=keyring,
        database=sqlite_url,
        passwords=hasher(),
        policy=policy(),
        clock=FrozenClock(NOON),
    )
    with closing(found):
        yield found


@pytest.fixture
def ruled(guard: CredGuard, monkeypatch: pytest.MonkeyPatch) -> Ruled:
    """Let the campaigns answer so to every log-in."""

    def answer(ruling: Ruling) -> None:
        monkeypatch.setattr(guard.campaigns, "rule", lambda *_, **__: ruling)

    return answer


def test_the_rooms_are_those_that_are_handed_in(
    sqlite_url: str, keyring: Keyring
) -> None:
    """Where none are, there are some for it."""
    passwords, judging, proofs = hasher(), policy(), ProofPolicy(forum=False)
    given = CredGuard(
        keyring=keyring,
        database=sqlite_url,
        passwords=passwords,
        policy=judging,
        proofs=proofs,
    )
    with closing(given):
        assert given.passwords is passwords
        assert given.policy is judging
        assert given.proofs is proofs
    bare = CredGuard(keyring=keyring, database=sqlite_url)
    with closing(bare):
        assert isinstance(bare.passwords, PasswordHasher)
        assert isinstance(bare.policy, PasswordPolicy)
        assert bare.proofs == ProofPolicy()


def test_two_hooks_of_one_name_are_refused_at_the_door(
    sqlite_url: str, keyring: Keyring
) -> None:
    """Before a campaign could call one in place of the other."""
    hooks = [Remembered("cookies"), Remembered("cookies")]
    with pytest.raises(SetupError, match="a name of its own"):
        CredGuard(keyring=keyring, database=sqlite_url, hooks=hooks)


@pytest.mark.parametrize(
    ("journal", "kept"),
    [(JournalPolicy(retention_days=3), 3), (JournalPolicy(), 90), (None, None)],
)
def test_a_journal_is_kept_where_its_policy_is_given(
    sqlite_url: str, keyring: Keyring, journal: JournalPolicy | None, kept: int | None
) -> None:
    """From the moment on at which the door is made, and with that policy."""
    found = CredGuard(
        keyring=keyring,
        database=sqlite_url,
        passwords=hasher(),
        clock=FrozenClock(NOON),
        journal=journal,
    )
    with closing(found):
        found.log_in(RIGHT, account_id="17", stored=STORED)
        window = found.journal.window(NOON - DAY, NOON)
        assert window.complete_from == (NOON if kept else None)
        entered = found.journal.between(NOON, NOON, reason="a test")
        assert [each.account_id for each in entered] == (["17"] if kept else [])
        assert found.journal._policy.retention_days == (kept or 90)


@pytest.mark.parametrize(
    ("beside", "asked"),
    [
        ((None, None), ("column", "name")),
        (("kept", "kept name"), ("kept", "kept name")),
        (("", ""), ("", "")),
    ],
)
def test_what_stood_beside_a_hash_goes_with_it(
    guard: CredGuard,
    ruled: Ruled,
    monkeypatch: pytest.MonkeyPatch,
    beside: tuple[str | None, str | None],
    asked: tuple[str, str],
) -> None:
    """The columns may say something else by now; for the column's hash they count."""
    verify, given = guard.passwords.verify, []

    def watched(password: str, **how: str | None) -> object:
        given.append((how["stored"], how["salt"], how["username"]))
        return verify(password, stored=how["stored"])

    monkeypatch.setattr(guard.passwords, "verify", watched)
    ruled(Ruling(STORED, 3, salt=beside[0], username=beside[1]))
    log_in = partial(guard.log_in, salt="column", username="name")
    login = log_in(RIGHT, account_id="17", stored=ELSEWHERE)
    assert login.epoch == 3
    assert given == [(STORED, *asked)]


def test_the_right_password_of_no_account_is_wrong(
    guard: CredGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands there; the campaigns are asked as for an account."""
    asked = []

    def rule(account_id: str, *, stored: str | None) -> Ruling:
        asked.append((account_id, stored))
        return Ruling(stored, 0)

    monkeypatch.setattr(guard.campaigns, "rule", rule)
    with pytest.raises(PasswordMismatchError):
        guard.log_in(RIGHT, account_id=None, stored=STORED)
    assert guard.log_in(RIGHT, account_id="17", stored=STORED).session
    assert asked == [("", STORED), ("17", STORED)]


@pytest.mark.parametrize("account_id", ["", "x" * 256, "a\0"])
def test_an_odd_id_is_refused_before_anybody_is_asked(
    guard: CredGuard, monkeypatch: pytest.MonkeyPatch, account_id: str
) -> None:
    """It is a mistake of the host, whose accounts have others."""
    monkeypatch.setattr(guard.campaigns, "rule", None)
    with pytest.raises(AccountIdError):
        guard.log_in(RIGHT, account_id=account_id, stored=STORED)


def test_a_better_hash_is_made_where_one_is_due(guard: CredGuard) -> None:
    """And no other."""
    login = guard.log_in(RIGHT, account_id="17", stored=STORED)
    assert login.replacement is not None
    again = guard.log_in(RIGHT, account_id="17", stored=login.replacement)
    assert again.replacement is None


@pytest.mark.usefixtures("guard")
def test_another_keyring_opens_no_door(sqlite_url: str, keyring: Keyring) -> None:
    """It is found at once, and not at the first seal."""
    with pytest.raises(UnknownKeyError):
        CredGuard(keyring=Keyring.generate(), database=sqlite_url)
    with closing(CredGuard(keyring=keyring, database=sqlite_url)) as again:
        assert again.log_in(RIGHT, account_id="17", stored=STORED).epoch == 0


def test_a_closed_door_has_let_go_of_its_database(
    guard: CredGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a process may fork."""
    closed: list[str] = []
    with monkeypatch.context() as watched:
        watched.setattr(guard._database, "close", lambda: closed.append("ours"))
        guard.close()
    assert closed == ["ours"]


def test_a_campaign_is_told_to_whom_has_the_password_alone(
    guard: CredGuard, ruled: Ruled
) -> None:
    """Whoever has it not learns nothing of it."""
    ruled(Ruling(STORED, 3, campaign_id="breach"))
    with pytest.raises(PasswordMismatchError):
        guard.log_in("a wrong password", account_id="17", stored=ELSEWHERE)
    with pytest.raises(ResetRequiredError) as required:
        guard.log_in(RIGHT, account_id="17", stored=ELSEWHERE)
    assert required.value.campaign_id == "breach"


@pytest.mark.parametrize(
    ("leaked", "forum", "lets_in"),
    [
        (ELSEWHERE, True, True),
        (ELSEWHERE, False, False),
        (STORED, True, False),
        (STORED, False, False),
    ],
)
def test_a_password_of_the_forums_own_form_counts_where_it_may(
    guard: CredGuard,
    ruled: Ruled,
    monkeypatch: pytest.MonkeyPatch,
    leaked: str,
    *,
    forum: bool,
    lets_in: bool,
) -> None:
    """If it is another than the leaked one, and the forum's form is a proof."""
    settled = []

    def settle(members: tuple[Member, ...]) -> int:
        settled.append(members)
        return 5

    monkeypatch.setattr(guard.campaigns, "settle_by_forum", settle)
    guard.proofs = ProofPolicy(forum=forum)
    ruled(Ruling(STORED, 3, leaked=(Leaked(leaked),), resolves=BOTH))
    if lets_in:
        login = guard.log_in(RIGHT, account_id="17", stored=STORED)
        assert (login.epoch, settled) == (5, [BOTH])
        return
    with pytest.raises(ResetRequiredError) as required:
        guard.log_in(RIGHT, account_id="17", stored=STORED)
    assert required.value.campaign_id == "later"
    assert settled == []


def test_nothing_is_settled_where_nothing_waits(
    guard: CredGuard, ruled: Ruled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a hash that leaked from elsewhere is no reason to refuse."""
    monkeypatch.setattr(guard.campaigns, "settle_by_forum", None)
    ruled(Ruling(STORED, 3, leaked=(Leaked(STORED),)))
    assert guard.log_in(RIGHT, account_id="17", stored=STORED).epoch == 3
