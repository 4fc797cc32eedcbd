"""The classes of accounts whose refusals are timed."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import bcrypt
from benchmarks.timing.sampling import CONTROL, REFERENCE, WARM_UP, Work
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, select

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import LetterTemplate, in_list
from credguard.errors import CredguardError
from credguard.passwords import WorkFactor
from credguard.passwords.legacy import CRYPT, DJANGO, PHPBB, WERKZEUG

ACCEPT = DJANGO + WERKZEUG + PHPBB + CRYPT
LETTER = LetterTemplate(
    site="Forum",
    reason="A trial.",
    sender_name="Forum",
    sender_address="help@forum.example",
    link="https://forum.example/reset#{token}",
)
PARTS = MetaData()
MEMBERS = Table(
    "members",
    PARTS,
    Column("id", String(40), primary_key=True),
    Column("password", String(255)),
    Column("address", String(255)),
)
RETIRED = "retired by a campaign"


class Trial:
    """
    A forum of as many accounts as there are samples.

    Args:
        folder: Where its database is made.

        cost: The work factor of its hashes.

        samples: How many accounts of a class there are.
    """

    title = ""
    is_judged = True

    def __init__(self, folder: Path, cost: WorkFactor, samples: int) -> None:
        folder.mkdir()
        url = f"sqlite:///{folder / 'forum.db'}"
        engine = create_engine(url)
        PARTS.create_all(engine)
        self.number = samples + WARM_UP
        self.keyring = Keyring.generate()
        columns = Columns(id="id", password="password", address="address")
        self.accounts = SqlAccounts(url, table="members", columns=columns)
        self.guard = CredGuard(
            keyring=self.keyring,
            database=url,
            accounts=self.accounts,
            passwords=PasswordHasher(
                work_factor=cost, keyring=self.keyring, accept=ACCEPT, permits=1
            ),
        )
        self.engine, self.cost = engine, cost
        # Drawn before, so that none is in a cache of the processor when it is used.
        self.typed = [secrets.token_urlsafe(12) for _ in range(self.number)]
        self.nobody = [f"nobody-{each}" for each in range(self.number)]

    def refused(self, call: Callable[[int], object]) -> Work:
        """Return *call*, which has to end in a refusal."""

        def work(number: int) -> None:
            try:
                call(number)
            except CredguardError:
                return
            raise AssertionError

        return work

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()
        self.accounts.close()
        self.guard.close()


class LogIns(Trial):
    """Log-ins with a wrong password, by what is stored."""

    title = "A log-in with a wrong password, by what is stored"

    def works(self) -> dict[str, Work]:
        """Return what is timed for each class."""
        rows = self._rows()
        works = {
            name: self._class(name, make)
            for name, make in rows.items()
            if name != RETIRED
        }
        return {
            REFERENCE: self._nobody(),
            CONTROL: self._nobody(),
            "an id without a row": self._without_row(),
            **works,
            RETIRED: self._retired(rows[RETIRED]),
        }

    def _rows(self) -> dict[str, Callable[[str], str | None]]:
        hasher = self.guard.passwords
        bare = PasswordHasher(work_factor=self.cost, accept=ACCEPT)
        lower = WorkFactor(
            memory_kib=self.cost.memory_kib // 2, passes=1, lanes=self.cost.lanes
        )
        weak = PasswordHasher(work_factor=lower, accept=ACCEPT)
        # Hashes of one password will do: the salts and the accounts are all different.
        current = bare.hash("password")
        low = weak.hash("password")
        by_bcrypt = bcrypt.hashpw(b"password", bcrypt.gensalt(4)).decode()
        return {
            "current": lambda _: current,
            "current, peppered": lambda each: hasher.rekey(current, account_id=each),
            "another account's": lambda _: hasher.rekey(current, account_id="x"),
            "wrapped": lambda each: hasher.wrap(_md5(), account_id=each),
            "Django's MD5": lambda _: _md5(),
            "Django's PBKDF2, 1,000": lambda _: f"pbkdf2_sha256$1000$salt${'A' * 43}=",
            "phpBB, 2,048": lambda _: "$H$912345678" + "." * 22,
            "bcrypt, 4": lambda _: by_bcrypt,
            "weak": lambda _: low,
            "no password": lambda _: None,
            "unusable": lambda _: "!",
            "unreadable": lambda _: "not a hash",
            "above a ceiling": lambda _: current.replace("$m=", "$m=99"),
            RETIRED: lambda _: current,
        }

    def _class(self, name: str, make: Callable[[str], str | None]) -> Work:
        names = [f"{name}-{each}" for each in range(self.number)]
        stored = [make(each) for each in names]
        return self.refused(
            lambda number: self.guard.log_in(
                self.typed[number], account_id=names[number], stored=stored[number]
            )
        )

    def _nobody(self) -> Work:
        return self.refused(
            lambda number: self.guard.log_in(
                self.typed[number], account_id=None, stored=None
            )
        )

    def _without_row(self) -> Work:
        return self.refused(
            lambda number: self.guard.log_in(
                self.typed[number], account_id=self.nobody[number], stored=None
            )
        )

    def _retired(self, make: Callable[[str], str | None]) -> Work:
        names = [f"retired-{each}" for each in range(self.number)]
        rows = [
            {"id": each, "password": make(each), "address": f"{each}@x.example"}
            for each in names
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(MEMBERS), rows)
        plan = self.guard.campaigns.plan(in_list(names), letter=LETTER)
        campaign = self.guard.campaigns.start(plan)
        self.guard.campaigns.sweep(campaign, worker="a trial")
        with self.engine.connect() as connection:
            marked = {
                str(row.id): row.password
                for row in connection.execute(select(MEMBERS)).all()
            }
        return self.refused(
            lambda number: self.guard.log_in(
                self.typed[number],
                account_id=names[number],
                stored=marked[names[number]],
            )
        )


class Links(Trial):
    """The asking for links."""

    title = "A link for who forgot the password, by whose it is"

    def works(self) -> dict[str, Work]:
        """Return what is timed for each class."""
        known = [f"known-{each}" for each in range(self.number)]
        for each in known:
            self.guard.password_was_set(each)
        return {
            REFERENCE: lambda number: self.guard.forgotten_token(self.nobody[number]),
            CONTROL: lambda number: self.guard.forgotten_token(self.nobody[number]),
            "an account": lambda number: self.guard.forgotten_token(known[number]),
        }


class Redemptions(Trial):
    """The use of links that are none."""

    title = "The use of a link that is refused, by why"
    # Who holds a link that was a real one had the mail, and learns nothing new.
    is_judged = False

    def works(self) -> dict[str, Work]:
        """Return what is timed for each class."""
        used = [self.guard.forgotten_token(f"used-{n}") for n in range(self.number)]
        stray = [
            self.keyring.seal(b"x" * 40, purpose="another", owner="")
            for _ in range(self.number)
        ]
        again = [
            self.keyring.seal(b"x" * 40, purpose="another", owner="")
            for _ in range(self.number)
        ]
        for number in range(self.number):
            self.guard.sign_out_everywhere(f"used-{number}")
        return {
            REFERENCE: self._redeem(stray),
            CONTROL: self._redeem(again),
            "used up": self._redeem(used),
            "a campaign's, made up": self.refused(
                lambda number: self.guard.redeem(stray[number], password="x" * 20)
            ),
        }

    def _redeem(self, tokens: list[str]) -> Work:
        return self.refused(
            lambda number: self.guard.redeem_forgotten(
                tokens[number], password="a quiet harbour at noon", stored=None
            )
        )


def _md5() -> str:
    return f"md5$salt${hashlib.md5(b'saltpassword').hexdigest()}"  # noqa: S324
