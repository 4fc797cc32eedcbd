"""
The play: a breach is noticed, everybody is locked, told and let in again.

Every command of the operator is the real command, in a process of its own; the
members come through the door that a forum's code would use.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns.states import AccountState
from credguard.campaigns.status import Status
from credguard.drill.forum import Forum
from credguard.drill.mail import Mail
from credguard.drill.mail_sink import MailSink
from credguard.drill.members import BREACHED, answer
from credguard.drill.operator import Operator
from credguard.drill.range_server import RangeServer
from credguard.errors import (
    CredguardError,
    DrillFailedError,
    PasswordMismatchError,
    ResetRequiredError,
    SessionRefusedError,
)
from credguard.guard import CredGuard
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher
from credguard.screening import AnyOf, CommonPasswords, PasswordPolicy, RangeService

REASON = "On 7 November somebody copied our database, with the hashes of all passwords."

_RATE = 5_000  # the sink takes what it gets; a real provider sets the rate
_DEADLINE = 2  # seconds for a message on this machine
_MOST_VISITORS = 25  # members with a session when it begins
_ANSWERING = 10  # one in ten
_GLANCE = 0.02


@dataclass(frozen=True, slots=True)
class Setting:
    """
    Where and how a drill is played.

    Attributes:
        folder: An empty folder for all its files.

        accounts: How many members the forum has.

        range_url: A range service to ask, None for the drill's own.

        environment: What the operator's commands find in theirs.

        threads: How many members come at once.

        say: Prints a line.
    """

    folder: Path
    accounts: int
    range_url: str | None
    environment: Mapping[str, str]
    threads: int
    say: Callable[[str], None]


@dataclass(slots=True)
class Play:
    """A drill in progress."""

    setting: Setting
    forum: Forum = field(init=False)
    keyring: Keyring = field(init=False)
    operator: Operator = field(init=False)
    times: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forum = Forum(self.setting.folder / "forum.sqlite")
        self.keyring = Keyring.generate()
        self.operator = Operator(
            folder=self.setting.folder,
            environment=self.setting.environment,
            keyring=self.keyring,
            say=self.setting.say,
        )

    def go(self) -> Status:
        """
        Play it from the forum's founding to the report.

        Returns:
            The campaign's numbers at the end.

        Raises:
            DrillFailedError: Something happened that must not.
        """
        with ExitStack() as stack:
            with self._timed("make the forum"):
                self.forum.build(self.setting.accounts)
                self._write_settings()
            sink = stack.enter_context(MailSink(self.setting.folder / "mails.jsonl"))
            url = self.setting.range_url
            if url is None:
                url = stack.enter_context(RangeServer({BREACHED: 12_345})).url
            ranges = stack.enter_context(closing(RangeService(url)))
            guard = self._guard(ranges)
            sessions = self._sessions(guard)
            with self._timed("check the accounts"):
                self.operator.run("accounts", "check")
            with self._timed("plan"):
                self._plan()
            with self._timed("lock and retire"):
                self.operator.run("campaign", "start", "plan.toml", "--yes")
            self._check_locked(guard, sessions)
            with self._timed("tell"):
                kills = self._tell(sink)
            self._check_told(guard, sink, kills)
            with self._timed("members answer"):
                self._answer(guard, sink)
            with self._timed("count and report"):
                return self._report(guard)

    def _write_settings(self) -> None:
        settings = self.setting.folder / "credguard.toml"
        settings.write_text(self.forum.settings, encoding="utf-8")

    def _guard(self, ranges: RangeService) -> CredGuard:
        columns = Columns(
            name="username",
            created_at="date_joined",
            last_login_at="last_login",
            is_active="is_active",
            is_staff="is_staff",
        )
        accounts = SqlAccounts(self.forum.url, table="auth_user", columns=columns)
        lists = AnyOf(CommonPasswords(), ranges)
        return CredGuard(
            keyring=self.keyring,
            database=self.forum.url,
            accounts=accounts,
            passwords=PasswordHasher(),
            policy=PasswordPolicy(blocklist=lists, site=("machina",)),
        )

    def _sessions(self, guard: CredGuard) -> dict[str, tuple[str, str]]:
        """Log some members in; return their names and stamps by account."""
        sessions = {}
        visitors = min(_MOST_VISITORS, 2 + self.setting.accounts // 100)
        for account_id, name in self._able(self.forum.some_members(visitors)):
            login = guard.log_in(
                self.forum.password_of(name),
                account_id=account_id,
                stored=self.forum.stored(account_id),
            )
            sessions[account_id] = (name, login.session)
        self.setting.say(f"{len(sessions)} members are logged in.")
        return sessions

    def _plan(self) -> None:
        self.operator.run(
            "campaign",
            "plan",
            "everyone",
            "--reason",
            REASON,
            "--rate",
            str(_RATE),
            "--out",
            "plan.toml",
        )

    def _check_locked(
        self, guard: CredGuard, sessions: dict[str, tuple[str, str]]
    ) -> None:
        for account_id, (name, stamp) in sessions.items():
            check = partial(guard.check_session, stamp, account_id=account_id)
            self._must_raise(SessionRefusedError, check)
            stored, old = self.forum.stored(account_id), self.forum.password_of(name)
            log_in = partial(guard.log_in, account_id=account_id, stored=stored)
            self._must_raise(ResetRequiredError, partial(log_in, old))
            self._must_raise(PasswordMismatchError, partial(log_in, "not the password"))
        self.setting.say(
            f"{len(sessions)} sessions are over; with the old password members are "
            "sent to the reset page, with another they are refused."
        )

    def _tell(self, sink: MailSink) -> int:
        """Run the notices, kill the run in the middle, and run it again."""
        arguments = (
            "campaign",
            "run",
            "--smtp",
            sink.url,
            "--deadline",
            f"{_DEADLINE}",
        )
        with self.operator.begin(*arguments) as running:
            enough = self.setting.accounts * 150  # octets: about half of the mails
            while running.poll() is None and self._sunk() < enough:
                time.sleep(_GLANCE)
            kills = int(running.poll() is None)
            running.kill()
        if kills:
            self.setting.say("The run was killed (kill -9) in the middle. Once more:")
        self.operator.run(*arguments)
        return kills

    def _sunk(self) -> int:
        path = self.setting.folder / "mails.jsonl"
        return path.stat().st_size if path.exists() else 0

    def _check_told(self, guard: CredGuard, sink: MailSink, kills: int) -> None:
        status = self._status(guard)
        mails = sum(1 for _ in sink.mails())
        letters = len({mail.message_id for mail in sink.mails()})
        links = len({mail.link for mail in sink.mails()})
        self.setting.say(
            f"{letters:,} members were told, in {mails:,} messages after {kills} kill; "
            f"{mails - letters} came twice, with the same Message-ID and link."
        )
        if not letters == links == status.told or mails - letters > kills:
            self._fail("members were told twice, or not at all")

    def _answer(self, guard: CredGuard, sink: MailSink) -> None:
        found = answer(
            guard,
            self.forum,
            self._answering(sink),
            threads=self.setting.threads,
        )
        told = ", ".join(f"{count} {why}" for why, count in found.refusals.items())
        self.setting.say(
            f"{found.reset:,} members chose a new password and logged in with it; "
            f"refused on the way: {told or 'nothing'}."
        )
        if found.faults:
            self._fail("; ".join(found.faults[:5]))

    def _answering(self, sink: MailSink) -> Iterator[Mail]:
        """Yield one in ten of the members that were told, each once."""
        seen: set[str] = set()
        for number, mail in enumerate(sink.mails()):
            if number % _ANSWERING == 0 and mail.recipient not in seen:
                seen.add(mail.recipient)
                if any(self._able([self.forum.member_at(mail.recipient)])):
                    yield mail

    def _able(self, members: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield the members whose old hashes can be compared with here."""
        for account_id, name in members:
            # Without the extra "legacy", bcrypt hashes cannot be.
            if "bcrypt" not in self.forum.scheme_of(name) or find_spec("bcrypt"):
                yield account_id, name

    def _report(self, guard: CredGuard) -> Status:
        self.operator.run("campaign", "status")
        self.operator.run("audit", "verify")
        self.operator.run("campaign", "report")
        status = self._status(guard)
        if not status.adds_up or status.counts.get(AccountState.QUEUED):
            self._fail("the counts do not add up")
        return status

    def _status(self, guard: CredGuard) -> Status:
        return guard.campaigns.status(guard.campaigns.every()[0].id)

    def _must_raise(
        self, expected: type[CredguardError], act: Callable[[], object]
    ) -> None:
        try:
            act()
        except expected:
            return
        self._fail(f"{expected.__name__} was due and did not come")

    def _fail(self, what: str) -> None:
        message = f"the drill failed: {what}"
        raise DrillFailedError(message)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.times[step] = time.monotonic() - started
