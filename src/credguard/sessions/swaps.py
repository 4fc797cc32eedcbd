"""
Swapped sessions: refused, revoked, and recorded with both accounts.

The session that was handed to the wrong browser ends at once, with all others of its
owner. Who came with it is found in the journal, by the cookie that their browser had
before log-in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from credguard._clock import Clock
from credguard._exact import exact_arguments, exact_but_first
from credguard._text import to_base64url
from credguard.errors import BusyError, SetupError, UnavailableError
from credguard.keys import Keyring
from credguard.sessions.epochs import credential_of, raise_epochs
from credguard.sessions.journal import account_of
from credguard.sessions.stamps import Stamp, browser_name, owner_name
from credguard.storage import audit
from credguard.storage.database import Database
from credguard.storage.session_tables import swap, swap_alarm

HOUR = timedelta(hours=1)

_ID_BYTES = 16
_SWAP = "swapped session"
_RECORDED = "The swap is being recorded already."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Swap:
    """
    A session that came from a browser, or for an account, that was not its own.

    Attributes:
        at: When it was found.

        owner_id: The account that the session was made for; None if the journal no
            longer knows.

        other_id: The account that was seen with it: the one that the session record
            named, or the one that last logged in from that browser. None if nobody
            ever did.

        made_at: When the session was made.
    """

    at: datetime
    owner_id: str | None
    other_id: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """
    Several swaps within an hour.

    Attributes:
        at: When the last of them was found.

        swaps: How many in the hour before.
    """

    at: datetime
    swaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPolicy:
    """
    When swapped sessions are an alarm.

    Args:
        alarm_at: How many within an hour; from 1 on.

        on_alarm: Called once an hour at the most, by the process that found the
            swap: page somebody, open an incident. Be quick; what it raises is
            raised to the request.

    Raises:
        SetupError: *alarm_at* is below 1.
    """

    alarm_at: int = 3
    on_alarm: Callable[[Alarm], None] | None = None

    def __post_init__(self) -> None:
        if self.alarm_at < 1:
            message = "swaps are an alarm from 1 an hour on"
            raise SetupError(message)


@exact_arguments()
class Swaps:
    """
    Records swaps.

    Args:
        database: Where the credguard_* tables are.

        keyring: Made the stamps.

        policy: When they are an alarm.

        clock: Tells the time.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        policy: SwapPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._policy = policy
        self._clock = clock

    def found(self, stamp: Stamp, *, account_id: str, browser: str) -> Swap | None:
        """
        End and record a session that was swapped; once, however often it comes.

        Args:
            stamp: Its stamp, which we made.

            account_id: The account that the session record names.

            browser: What the browser sent.

        Returns:
            What was recorded; None if the session was over already.

        Raises:
            StorageUnavailableError: The database is away, locked or full.
        """
        now, keyring = self._clock(), self._keyring
        is_own = stamp.owner == owner_name(keyring, account_id, stamp.key_id)
        seen_in = browser_name(keyring, browser, stamp.key_id)
        try:
            with self._database.begin() as connection:
                if is_own:
                    owner_id: str | None = account_id
                    other_id = account_of(connection, browser=seen_in)
                else:
                    owner_id = account_of(connection, owner=stamp.owner)
                    other_id = account_id
                if self._is_over(connection, stamp, owner_id):
                    return None
                swapped = Swap(now, owner_id, other_id, stamp.made_at)
                self._record(connection, swapped, stamp, browser=seen_in)
                alarm = self._alarm(connection, now)
        except BusyError:
            return None  # another request of the same page came first
        if alarm is not None and self._policy.on_alarm is not None:
            self._policy.on_alarm(alarm)
        return swapped

    def every(self, start: datetime, end: datetime) -> list[Swap]:
        """Return the swaps that were found between two instants, the oldest first."""
        query = (
            select(swap)
            .where(swap.c.at >= start, swap.c.at <= end)
            .order_by(swap.c.at, swap.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Swap(row.at, row.owner_id, row.other_id, row.made_at) for row in rows]

    def _is_over(
        self, connection: Connection, stamp: Stamp, owner_id: str | None
    ) -> bool:
        if owner_id is None:
            return False
        return credential_of(connection, owner_id).epoch != stamp.epoch

    def _record(
        self, connection: Connection, found: Swap, stamp: Stamp, *, browser: str
    ) -> None:
        # One session makes one row, so that one write decides who found it.
        which = f"{stamp.owner}/{stamp.browser}/{stamp.epoch}/{found.made_at}"
        tag = self._keyring.tag(which.encode(), purpose=_SWAP, key_id=stamp.key_id)
        row = insert(swap).values(
            id=to_base64url(tag[:_ID_BYTES]),
            at=found.at,
            owner_id=found.owner_id,
            other_id=found.other_id,
            owner=stamp.owner,
            browser=browser,
            made_at=found.made_at,
        )
        try:
            connection.execute(row)
        except IntegrityError:
            raise BusyError(_RECORDED) from None
        if found.owner_id is not None:
            raise_epochs(connection, [found.owner_id])
        both = {each for each in (found.owner_id, found.other_id) if each is not None}
        audit.record(
            connection,
            self._keyring,
            event="session swapped",
            detail={"accounts": len(both), "made_at": found.made_at.isoformat()},
            now=found.at,
            accounts=sorted(both),
        )

    def _alarm(self, connection: Connection, now: datetime) -> Alarm | None:
        """Return an alarm if there is one and this transaction is to raise it."""
        query = select(func.count()).where(swap.c.at > now - HOUR)
        count = int(connection.execute(query).scalar_one())
        if count < self._policy.alarm_at:
            return None
        last = connection.execute(select(func.max(swap_alarm.c.at))).scalar()
        if last is not None and now - last < HOUR:
            return None
        # The audit log's head is locked by now: one transaction after the other.
        number = (now - _EPOCH) // timedelta(microseconds=1)
        connection.execute(insert(swap_alarm).values(hour=number, at=now))
        return Alarm(now, count)


@exact_but_first()
def found_safely(swaps: Swaps, stamp: Stamp, *, account_id: str, browser: str) -> None:
    """Record a swap if the database is there; it is refused in any case."""
    try:
        swaps.found(stamp, account_id=account_id, browser=browser)
    except UnavailableError:
        return  # it is found again at the next request that comes with it
