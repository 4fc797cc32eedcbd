"""What the drill's members do: they come with their link and choose a password."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from credguard.drill.forum import Forum
from credguard.drill.mail import Mail
from credguard.errors import (
    PasswordMismatchError,
    PasswordRejectedError,
    TokenRefusedError,
)
from credguard.guard import CredGuard
from credguard.screening import ReasonCode

BREACHED = "the quick brown fox jumps over the lazy dog"
"""Long, and in every breach corpus; the drill's range server lists it too."""

_SHORT = "tiny!fish"


@dataclass(frozen=True, slots=True)
class Member:
    """A member that got a notice: whose it is, its name, and its token."""

    account_id: str
    name: str
    token: str


@dataclass(slots=True)
class Answers:
    """
    What came of the members' answers.

    Attributes:
        reset: How many chose a new password and logged in with it.

        refusals: How often which reason was told.

        faults: Things that must not happen, in words.
    """

    reset: int
    refusals: Counter[str]
    faults: list[str]


def answer(
    guard: CredGuard, forum: Forum, mails: Iterator[Mail], *, threads: int
) -> Answers:
    """
    Let members answer their notices.

    Args:
        guard: The door of the forum.

        forum: The forum.

        mails: The notices of those who answer.

        threads: How many come at once.
    """
    found = Answers(0, Counter(), [])
    people = (_member(forum, mail) for mail in mails)
    with ThreadPoolExecutor(threads) as pool:
        for refusals, faults in pool.map(
            lambda numbered: _visit(guard, forum, *numbered), enumerate(people)
        ):
            found.refusals.update(refusals)
            found.faults += faults
            found.reset += not faults
    return found


def _member(forum: Forum, mail: Mail) -> Member:
    account_id, name = forum.member_at(mail.recipient)
    return Member(account_id, name, mail.token)


def _visit(
    guard: CredGuard, forum: Forum, number: int, member: Member
) -> tuple[Counter[str], list[str]]:
    """Play one member; some try first what must be refused."""
    refusals: Counter[str] = Counter()
    faults: list[str] = []
    old, new = forum.password_of(member.name), f"fresh words for {number} winters"
    attempts = [(5, old, ReasonCode.REUSED), (7, BREACHED, ReasonCode.BREACHED)]
    attempts.append((9, _SHORT, ReasonCode.TOO_SHORT))
    for every, password, expected in attempts:
        if number % every == 0:
            refusals[expected] += 1
            if expected not in _reasons(guard, member, password):
                faults.append(f"account {member.account_id}: no '{expected}' was told")
    guard.redeem(member.token, password=new)
    stored = forum.stored(member.account_id)
    login = guard.log_in(new, account_id=member.account_id, stored=stored)
    guard.check_session(login.session, account_id=member.account_id)
    if login.scheme != "argon2id":
        faults.append(f"account {member.account_id}: its hash is {login.scheme}")
    if number % 11 == 0 and not _is_used_up(guard, member, new):
        faults.append(f"account {member.account_id}: its link worked twice")
    if number % 13 == 0 and _logs_in(guard, member, old, stored):
        faults.append(f"account {member.account_id}: the old password still works")
    return refusals, faults


def _reasons(guard: CredGuard, member: Member, password: str) -> list[str]:
    try:
        guard.redeem(member.token, password=password)
    except PasswordRejectedError as refused:
        return [reason.code for reason in refused.reasons]
    return []


def _is_used_up(guard: CredGuard, member: Member, password: str) -> bool:
    try:
        guard.redeem(member.token, password=f"{password}, again")
    except TokenRefusedError:
        return True
    return False


def _logs_in(guard: CredGuard, member: Member, password: str, stored: str) -> bool:
    try:
        guard.log_in(password, account_id=member.account_id, stored=stored)
    except PasswordMismatchError:
        return False
    return True
