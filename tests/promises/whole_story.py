"""
One story through every room, told without asserts: `python whole_story.py FOLDER`.

It prints one digest of all that was answered and of every row that was stored. Time
and randomness are its own, so that each interpreter, whatever its habits, must print
the same. A wrong answer raises `Untold`; with `-O` an assert would not.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import secrets
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
if __name__ in {"__main__", "__mp_main__"}:
    # An isolated interpreter (-I) passes PYTHONPATH over.
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]


class Dice:
    """Draws what is random, for credguard's modules the same in each telling."""

    def __init__(self) -> None:
        self._drawn = 0
        self._urandom = os.urandom

    def __call__(self, size: int | None = None) -> bytes:
        """Return *size* bytes."""
        if not _is_ours(sys._getframe(1)):  # what others draw differs by their version
            return self._urandom(size or 32)
        self._drawn += 1
        return hashlib.shake_256(b"a story %d" % self._drawn).digest(size or 32)


def _is_ours(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals["__name__"] == "secrets":
        frame = frame.f_back
    return frame is not None and frame.f_globals["__name__"].startswith("credguard.")


if __name__ in {"__main__", "__mp_main__"}:
    # Before our modules are loaded: some keep the function itself.
    secrets.token_bytes = os.urandom = Dice()  # type: ignore[assignment]  # as called

from credguard import CredGuard, Keyring, PasswordHasher, PasswordPolicy
from credguard.accounts import SqlAccounts
from credguard.campaigns import (
    created_before,
    credential_set_before,
    in_list,
    plan_file,
)
from credguard.campaigns.approval_policy import ApprovalPolicy
from credguard.campaigns.approver_keys import ApproverKey
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    CredguardError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SealBrokenError,
    SessionRefusedError,
    SessionSwappedError,
    TokenRefusedError,
)
from credguard.incidents import Incidents
from credguard.keys import Key
from credguard.passwords import CHEAPEST
from credguard.screening import CommonPasswords, estimate
from credguard.screening.corpus import (
    Corpus,
    CorpusWriter,
    Kind,
    Origin,
    Shape,
    Width,
    read_lines,
)
from credguard.second_factor import SecondFactors
from credguard.second_factor.totp import code_at, step_at
from credguard.sessions import JournalPolicy
from credguard.storage import audit
from credguard.storage.audit_head import to_line
from credguard.testing import FrozenClock, RememberedMail
from forums import COLUMNS, LETTER, MEMBERS, Forum, django_hash, password_of, tokens_in
from keepers import CHEAP

# The clocks of Berlin go from 3 to 2 an hour later.
AUTUMN_NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
KEY, OLDER_KEY = (hashlib.sha256(each).digest() for each in (b"one", b"older"))
GOOD = "a quiet harbour at noon"
SIGNER = ApproverKey(hashlib.sha256(b"a signer").digest())
APPROVAL = ApprovalPolicy(needed=2, approvers={"alice": None, "bob": SIGNER.public})
PERIOD = timedelta(seconds=30)
LISTED = {"password": 300, "пароль": 12, "İstanbul şifre": 7}
INCIDENT = {
    "what_happened": "Somebody copied the table of members.",
    "cyber": "yes",
    "found_how": "A member reported it.",
    "discovered_at": "2026-10-24T21:00Z",
    "happened_from": "2026-10-20T14:00Z",
    "happened_until": "2026-10-23T09:00Z",
    "data": "basic personal identifiers; identification data",
    "people_at_most": "4000",
    "people": "users",
    "consequences": "Passwords may be guessed.",
    "likelihood": "likely",
    "people_told": "about to",
    "organisation": "Machina Ltd",
    "contact": "privacy@machina.example",
    "what_to_do": "Choose a new password.",
}


class Untold(Exception):  # noqa: N818  # no error of ours; the story cannot go on
    """An answer was not what it has to be."""


class Ticking(FrozenClock):
    """A clock that goes on by a millisecond each time it is looked at."""

    def __call__(self) -> datetime:
        """Return the instant, and go on."""
        self.advance(timedelta(milliseconds=1))
        return super().__call__()


class Teller:
    """Keeps what was answered."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def tell(self, what: str, answer: object) -> None:
        """Keep an answer."""
        self.answers.append(f"{what}: {answer}")

    def refuse(
        self, what: str, act: Callable[[], object], kind: type[CredguardError]
    ) -> None:
        """
        Keep that *act* was refused.

        Raises:
            Untold: It was not, or with another error.
        """
        try:
            act()
        except kind as refused:
            self.tell(what, f"{type(refused).__name__}: {refused}")
            return
        message = f"{what}: nothing was refused"
        raise Untold(message)

    def digest(self) -> str:
        """Return the digest of all answers."""
        told = "\n".join(self.answers).encode("utf-8", "surrogatepass")
        return hashlib.sha256(told).hexdigest()


def keyring() -> Keyring:
    """Return a keyring that everybody may know."""
    return Keyring(current=Key(KEY), older=(Key(OLDER_KEY),))


class Story:
    """The forum, its door, and what happens there."""

    def __init__(self, folder: Path, teller: Teller) -> None:
        self.folder, self.teller = folder, teller
        self.clock = Ticking(AUTUMN_NIGHT)
        self.recovery: tuple[str, ...] = ()
        self.tokens: dict[int, str] = {}
        self.plan_text = ""
        self.device = ""
        self.keyring = keyring()
        self.forum = Forum(f"sqlite:///{folder / 'forum.db'}")
        self.forum.make(MEMBERS)
        self.accounts = SqlAccounts(self.forum.url, table="members", columns=COLUMNS)
        self.guard = CredGuard(
            keyring=self.keyring,
            database=self.forum.url,
            accounts=self.accounts,
            passwords=PasswordHasher(keyring=self.keyring, work_factor=CHEAPEST),
            policy=PasswordPolicy(blocklist=CommonPasswords()),
            clock=self.clock,
            journal=JournalPolicy(keeps_networks=True),
            approval=APPROVAL,
        )
        self.factors = SecondFactors(
            self.guard._database,
            self.keyring,
            issuer="Forum",
            hasher=CHEAP,
            clock=self.clock,
        )

    def close(self) -> None:
        """Let go of all connections."""
        self.accounts.close()
        self.guard.close()

    def passwords(self) -> None:
        """Hash, verify, wrap, and refuse."""
        hasher, teller = self.guard.passwords, self.teller
        stored = hasher.hash(GOOD, account_id="77")
        teller.tell("hash", stored)
        teller.tell("verified", hasher.verify(GOOD, stored=stored, account_id="77"))
        for what, act in {
            "wrong": lambda: hasher.verify("x", stored=stored, account_id="77"),
            "nobody's": lambda: hasher.verify(GOOD, stored=None),
        }.items():
            teller.refuse(what, act, PasswordMismatchError)
        teller.refuse(
            "another's",
            lambda: hasher.verify(GOOD, stored=stored, account_id="78"),
            SealBrokenError,
        )
        wrapped = hasher.wrap(django_hash(GOOD), account_id="77")
        teller.tell("wrapped", wrapped)
        teller.tell("of it", hasher.verify(GOOD, stored=wrapped, account_id="77"))
        plain = PasswordHasher(work_factor=CHEAPEST)
        teller.tell("renewed", hasher.needs_rehash(stored=plain.hash(GOOD)))

    def screening(self) -> None:
        """Judge passwords: by length, lists, context and guesses."""
        policy, teller = self.guard.policy, self.teller
        for password in ("password1234567", "ıstanbul İSTANBUL", GOOD, "a" * 300, "\0"):
            codes = [
                each.code for each in policy.reasons(password, context=["harbour"])
            ]
            teller.tell(f"reasons of {password!r}", codes)
            teller.tell("guesses", estimate(password, context=["harbour"]).guesses)
        hashes = {_sha1(each): count for each, count in LISTED.items()}
        lines = "".join(f"{each}:{hashes[each]}\n" for each in sorted(hashes))
        shape, path = Shape(Kind.SHA1, Width.DEFAULT, 1), self.folder / "corpus"
        origin = Origin("a story", source_time=1, built_time=2)
        with CorpusWriter(path, shape=shape, expected=3, origin=origin) as writer:
            writer.add(read_lines(lines.encode(), shape))
            writer.finish()
        teller.tell("corpus", hashlib.sha256(path.read_bytes()).hexdigest())
        with Corpus(path) as corpus:
            for password in (*LISTED, GOOD):
                teller.tell(f"listed {password}", corpus.look_up(password))

    def log_ins(self) -> None:
        """Sign up, log in, check sessions, forget a password."""
        guard, teller = self.guard, self.teller
        stored = guard.sign_up(GOOD, account_id="1", context=("member1",))
        self.forum.set_password(1, stored)
        login = guard.log_in(
            GOOD, account_id="1", stored=stored, browser="b", network="192.0.2.1"
        )
        teller.tell("log-in", (login.session, login.scheme, login.epoch))
        found = guard.check_session(login.session, account_id="1", browser="b")
        teller.tell("session", found)
        teller.refuse(
            "swapped",
            lambda: guard.check_session(login.session, account_id="2", browser="c"),
            SessionSwappedError,
        )
        token = guard.forgotten_token("1")
        new = "another quiet harbour"
        renewed = guard.redeem_forgotten(token, password=new, stored=stored)
        self.forum.set_password(1, renewed.password)
        teller.tell("renewed", renewed.password)
        teller.refuse(
            "the token again",
            lambda: guard.redeem_forgotten(
                token, password=GOOD, stored=renewed.password
            ),
            TokenRefusedError,
        )
        teller.refuse(
            "an old session",
            lambda: guard.check_session(login.session, account_id="1", browser="b"),
            SessionRefusedError,
        )

    def second_factors(self) -> None:
        """Enroll and confirm; each code once, also while clocks are put back."""
        factors, teller = self.factors, self.teller
        enrollment = factors.enroll("1")
        teller.tell("uri", enrollment.uri)
        seed = self._seed("1", "pending")
        confirmed = factors.confirm("1", self._code(seed))
        teller.tell("recovery", confirmed.recovery.codes)
        self.recovery = confirmed.recovery.codes
        for minutes in range(10, 150, 20):
            self.clock.advance(timedelta(minutes=minutes))
            code = self._code(seed)
            teller.tell("code", (code, factors.verify("1", code).means))
            teller.refuse(
                "again", partial(factors.verify, "1", code), CodeReplayedError
            )
        teller.refuse("wrong", lambda: factors.verify("1", "000000"), CodeMismatchError)
        used = confirmed.recovery.codes[3].lower()
        teller.tell("recovery code", factors.verify("1", used).recovery_left)
        teller.refuse("used", lambda: factors.verify("1", used), CodeReplayedError)
        factors.enroll("2")
        verified = factors.verify("1", self._code(seed, 1))
        trusted = factors.devices.trust("1", proof=verified.proof, epoch=1, name="Böx")
        teller.tell("device", trusted)
        self.device = trusted.token or ""

    def campaign(self) -> str:
        """Plan, approve, start, sweep, tell and redeem; return the campaign."""
        campaigns, teller = self.guard.campaigns, self.teller
        scope = created_before(self.clock()) & ~in_list(["60", "59"])
        scope &= credential_set_before(self.clock()) | ~in_list(["58"])
        plan = campaigns.plan(scope, letter=LETTER, rate=100_000.0)
        self.plan_text = plan_file.write(plan)
        teller.tell("plan", self.plan_text)
        campaigns.approve(plan, approver="alice")
        campaigns.approve(plan, approver="bob", key=SIGNER)
        made = campaigns.start(plan)
        stored = self.forum.password(2)
        teller.refuse(
            "locked",
            lambda: self.guard.log_in(password_of(2), account_id="2", stored=stored),
            ResetRequiredError,
        )
        campaigns.sweep(made, worker="sweeper")
        teller.tell("swept", json.dumps(self.forum.passwords(), sort_keys=True))
        self.clock.advance(timedelta(hours=1))
        mail = RememberedMail()
        campaigns.send(made, mail, worker="sender")
        tokens = self.tokens = tokens_in(mail.messages)
        teller.tell("mail", [each.as_string() for each in mail.messages[:3]])
        teller.refuse(
            "the leaked password",
            lambda: self.guard.redeem(tokens[3], password=password_of(3)),
            PasswordRejectedError,
        )
        for number in (3, 5):
            done = self.guard.redeem(
                tokens[number], password=f"a new harbor, evening {number}"
            )
            teller.tell("redeemed", done.account_id)
        status = campaigns.status(made)
        if not status.adds_up:
            message = "the campaign does not add up"
            raise Untold(message)
        teller.tell("status", sorted(status.counts.items()))
        return made

    def incident(self, campaign: str) -> None:
        """Answer everything, report, revise, and tell in public."""
        incidents = Incidents(self.guard._database, self.keyring, clock=self.clock)
        made = incidents.open("Copied table", aware_at=AUTUMN_NIGHT, by="the duty")
        for field, value in INCIDENT.items():
            incidents.revise(made, field, value, by="the duty", why="as counted")
        incidents.count(made, "copied", ["1", "2"], source="the scope", by="the duty")
        incidents.note(made, "locked", by="the duty", campaign_id=campaign)
        self.teller.tell("report", incidents.sent(made, by="the duty"))
        self.teller.tell("statement", incidents.statement(made))
        self.teller.tell("notice", incidents.notice(made, affected=True))

    def cellar(self) -> None:
        """Seal, open, and refuse what was moved; verify the audit log."""
        ring, teller = self.keyring, self.teller
        sealed = ring.seal(b"a seed", purpose="story", owner="1", part="a")
        teller.tell("sealed", sealed)
        opened = ring.open(sealed, purpose="story", owner="1", part="a")
        if opened != b"a seed":
            message = "what was sealed did not come back"
            raise Untold(message)
        for change in ({"owner": "2"}, {"part": "b"}, {"purpose": "other"}):
            where = {"purpose": "story", "owner": "1", "part": "a"} | change
            teller.refuse(
                f"moved {change}",
                partial(ring.open, sealed, **where),
                SealBrokenError,
            )
        teller.tell("audit", to_line(audit.verify(self.guard._database, ring)))

    def rows(self) -> None:
        """Keep every row of every table."""
        with sqlite3.connect(self.folder / "forum.db") as connection:
            rows = [each for each in connection.iterdump() if each.startswith("INSERT")]
            self.teller.tell("rows", "\n".join(sorted(rows)))
        connection.close()

    def _code(self, seed: bytes, ahead: int = 0) -> str:
        return code_at(seed, step_at(int(self.clock().timestamp())) + ahead)

    def _seed(self, account_id: str, place: str) -> bytes:
        with sqlite3.connect(self.folder / "forum.db") as connection:
            query = "SELECT id, sealed FROM credguard_second_factor WHERE "
            query += "account_id = ? AND place = ?"
            found = connection.execute(query, (account_id, place)).fetchone()
        connection.close()
        where = {"purpose": "totp seed", "owner": account_id, "part": found[0]}
        return self.keyring.open(found[1], **where)


def _sha1(password: str) -> str:
    digest = hashlib.sha1(password.encode(), usedforsecurity=False)
    return digest.hexdigest().upper()


def tell(folder: Path) -> Teller:
    """Tell the story in *folder*, and return what was answered."""
    teller = Teller()
    story = Story(folder, teller)
    story.passwords()
    story.screening()
    story.log_ins()
    story.second_factors()
    made = story.campaign()
    story.incident(made)
    story.cellar()
    story.close()
    story.rows()
    return teller


def _print(folder: Path, *, whole: bool) -> None:
    teller = tell(folder)
    if whole:
        print("\n".join(teller.answers).encode("utf-8", "backslashreplace").decode())
    print(f"{len(teller.answers)} answers, {teller.digest()}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty folder")
    parser.add_argument("--start", choices=["fork", "spawn"], help="in a child process")
    parser.add_argument("--whole", action="store_true", help="print all answers too")
    options = parser.parse_args()
    if options.start:
        context = multiprocessing.get_context(options.start)
        how = {"whole": options.whole}
        child = context.Process(target=_print, args=(options.folder,), kwargs=how)
        child.start()
        child.join()
        sys.exit(child.exitcode)
    _print(options.folder, whole=options.whole)
