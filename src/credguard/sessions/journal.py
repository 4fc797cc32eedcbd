"""
The log-in journal: who logged in when, for as long as it is kept and no longer.

It answers, days after a fault, who was logged in within a window and which log-ins may
have been crossed. Every reading of it stands in the audit log, with a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from credguard._clock import Clock
from credguard._exact import exact_arguments
from credguard._random import random_text
from credguard._text import to_base64url
from credguard.keys import Keyring
from credguard.sessions.crossing import Crossing, Entry, crossings
from credguard.sessions.journal_policy import JournalPolicy, canonical
from credguard.sessions.stamps import browser_name, owner_name
from credguard.storage import audit
from credguard.storage.database import Database, insert_new
from credguard.storage.session_tables import journal, login

MAX_REASON_CHARACTERS = 500

_PAGE = 2_000
_NETWORK = "journal network"
_NETWORK_BYTES = 16
_ID_BYTES = 16
_ONLY = 1  # the journal's own row


@dataclass(frozen=True, slots=True)
class Window:
    """
    What the journal can say of a span of time.

    Attributes:
        start: From when on, widened by the skew of clocks.

        end: Until when.

        complete_from: From when on the journal has every log-in; None if from no
            time in the window.
    """

    start: datetime
    end: datetime
    complete_from: datetime | None

    @property
    def is_complete(self) -> bool:
        """True if no log-in of the window is missing."""
        return self.complete_from is not None and self.complete_from <= self.start


@exact_arguments()
class Journal:
    """
    The log-ins of the last while.

    Args:
        database: Where the credguard_* tables are.

        keyring: Makes the pseudonyms.

        policy: What is kept, and how long.

        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        policy: JournalPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._policy = policy
        self._clock = clock

    @classmethod
    def standing(
        cls, database: Database, keyring: Keyring, *, clock: Clock
    ) -> "Journal":
        """Return the journal with the policy that the forum's code last began with."""
        with database.read() as connection:
            row = connection.execute(select(journal)).first()
        policy = JournalPolicy()
        if row is not None:
            policy = JournalPolicy(
                retention_days=row.retention_days, skew_seconds=row.skew_seconds
            )
        return cls(database, keyring, policy=policy, clock=clock)

    def begin(self) -> None:
        """Keep since when log-ins are written, and with which policy."""
        policy = {
            "retention_days": self._policy.retention_days,
            "skew_seconds": self._policy.skew_seconds,
        }
        with self._database.read() as connection:
            row = connection.execute(select(journal)).mappings().first()
        if row is not None and all(row[name] == policy[name] for name in policy):
            return
        new = {"id": _ONLY, "begun_at": self._clock(), "purged_until": None}
        with self._database.begin() as connection:
            insert_new(connection, journal, [new | policy])
            connection.execute(update(journal).values(**policy))

    def enter(
        self, account_id: str, *, browser: str, network: str, at: datetime
    ) -> None:
        """
        Write a log-in down.

        Args:
            account_id: Who.

            browser: As the stamp has it.

            network: The address that it came from; empty if it is not known.

            at: When.
        """
        key_id = self._keyring.current.id
        values = {
            "id": random_text(_ID_BYTES),
            "at": at,
            "account_id": account_id,
            "owner": owner_name(self._keyring, account_id, key_id),
            "browser": browser_name(self._keyring, browser, key_id),
            "network": self._network(network),
            "network_range": self._policy.range_of(network),
        }
        with self._database.begin() as connection:
            connection.execute(insert(login).values(values))

    def window(self, start: datetime, end: datetime) -> Window:
        """Say what the journal has of a span of time, before any of it is read."""
        skew = self._policy.skew
        start, end = start - skew, end + skew
        with self._database.read() as connection:
            row = connection.execute(select(journal)).first()
        if row is None:
            return Window(start, end, None)
        kept_from = self._clock() - self._policy.retention
        complete = max(row.begun_at, row.purged_until or kept_from, kept_from)
        return Window(start, end, complete if complete <= end else None)

    def between(self, start: datetime, end: datetime, *, reason: str) -> list[Entry]:
        """
        Return the log-ins of a window; who looked, and why, is kept.

        Args:
            start: From when on. A session lasts longer than its log-in: to find who
                was logged in, begin as much earlier as sessions last.

            end: Until when.

            reason: Why somebody looks; the audit log keeps it.

        Returns:
            Account and time of each, the oldest first. Ask `window` whether any are
            missing.
        """
        window = self.window(start, end)
        found = list(self._entries(window))
        self._note("journal read", window, reason=reason, found=len(found))
        return found

    def crossed(
        self, start: datetime, end: datetime, *, within: timedelta, reason: str
    ) -> list[Crossing]:
        """
        Return pairs of log-ins that came so close that they may have been crossed.

        Args:
            start: From when on.

            end: Until when.

            within: How close; of 4,000 log-ins in two days about 14 come within 0.1
                s of another, and 200 within 1 s. Clocks that differ are allowed for.

            reason: Why somebody looks; the audit log keeps it.
        """
        window = self.window(start, end)
        apart = within + self._policy.skew
        found = list(crossings(self._entries(window), within=apart))
        self._note("journal crossings read", window, reason=reason, found=len(found))
        return found

    def purge(self) -> int:
        """
        Delete the entries whose time is over; run it every day.

        Returns:
            How many were deleted.
        """
        now = self._clock()
        before, gone = now - self._policy.retention, 0
        while True:
            with self._database.begin() as connection:
                old = select(login.c.id).where(login.c.at < before).limit(_PAGE)
                ids = list(connection.execute(old).scalars())
                if ids:
                    connection.execute(delete(login).where(login.c.id.in_(ids)))
                    gone += len(ids)
                    continue
                connection.execute(update(journal).values(purged_until=before))
                detail = {"entries": gone, "before": before.isoformat()}
                audit.record(
                    connection,
                    self._keyring,
                    event="journal purged",
                    detail=detail,
                    now=now,
                )
                return gone

    def _entries(self, window: Window) -> Iterator[Entry]:
        # What should have been purged is not shown either.
        start = max(window.start, self._clock() - self._policy.retention)
        with self._database.read() as connection:
            query = (
                select(login.c.at, login.c.id, login.c.account_id)
                .where(login.c.at >= start, login.c.at <= window.end)
                .order_by(login.c.at, login.c.id)
                .limit(_PAGE)
            )
            page = connection.execute(query).all()
            while page:
                for row in page:
                    yield Entry(row.account_id, row.at)
                beyond = tuple_(login.c.at, login.c.id) > (page[-1].at, page[-1].id)
                page = connection.execute(query.where(beyond)).all()

    def _note(self, event: str, window: Window, *, reason: str, found: int) -> None:
        detail = {
            "from": window.start.isoformat(),
            "until": window.end.isoformat(),
            "found": found,
            "reason": reason[:MAX_REASON_CHARACTERS],
        }
        with self._database.begin() as connection:
            audit.record(
                connection,
                self._keyring,
                event=event,
                detail=detail,
                now=self._clock(),
            )

    def _network(self, address: str) -> str | None:
        written = canonical(address)
        if written is None:
            return None
        tag = self._keyring.tag(written.encode(), purpose=_NETWORK)
        return to_base64url(tag[:_NETWORK_BYTES])


def account_of(
    connection: Connection, *, owner: str = "", browser: str = ""
) -> str | None:
    """Return the account that last logged in under a pseudonym, None if none did."""
    which = login.c.owner == owner if owner else login.c.browser == browser
    query = select(login.c.account_id).where(which)
    found = connection.execute(query.order_by(login.c.at.desc()).limit(1)).scalar()
    return None if found is None else str(found)
