"""Plan, decide, start, follow: the measure after a leak of second factors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import RowMapping

from credguard import sweeps
from credguard._clock import in_utc
from credguard._exact import exact_arguments
from credguard._text import counted
from credguard.errors import CampaignStateError, SetupError
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.kit import Kit
from credguard.second_factor.leaks import members
from credguard.second_factor.leaks.deciding import Act, Leaked
from credguard.second_factor.leaks.measure import (
    Measure,
    check_leak_id,
    read_selection,
)
from credguard.second_factor.leaks.members import OPEN, Member, MemberState
from credguard.second_factor.leaks.planning import LeakPlan, plan
from credguard.second_factor.leaks.scanning import Paths
from credguard.second_factor.leaks.started import begun, end, row_of, started
from credguard.second_factor.leaks.sweeping import Sweeping, Swept, sweep_name
from credguard.storage.account_ids import check_account_id
from credguard.sweeps import Progress

MAX_REASON_CHARACTERS = 255

_BY_OTHERS = {Act.RESEAL, Act.END_SESSIONS}


@dataclass(frozen=True, slots=True)
class LeakStatus:
    """
    How far a measure is. Each account is in exactly one state.

    Attributes:
        leak_id: The leak.

        deadline: Until when people are to have done their part.

        is_overdue: True if the deadline is over: those still open are late.

        progress: The ranges of the sweep that are done.

        counts: Accounts by state.
    """

    leak_id: str
    deadline: datetime
    is_overdue: bool
    progress: Progress
    counts: dict[MemberState, int]

    @property
    def accounts(self) -> int:
        """How many accounts the sweep came to."""
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """How many of them have something to do yet."""
        return sum(self.counts[state] for state in OPEN)


@exact_arguments()
class Leaks:
    """
    Measures after leaks, in the credguard_factor_leak and _renewal tables.

    Args:
        kit: What it works with.
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def plan(self, measure: Measure, *, paths: Paths | None = None) -> LeakPlan:
        """
        Return what *measure* would do, and who would be left without a path.

        It writes nothing.

        Args:
            measure: The measure.

            paths: What the host knows of people's ways back; without it nobody is
                known to have an address or another proof.

        Raises:
            StorageUnavailableError: The database is away or locked.
        """
        return plan(self._kit.database, measure, paths or Paths())

    def decide(
        self, leak_id: str, account_id: str, state: MemberState, *, reason: str
    ) -> None:
        """
        Decide on an account: it stays as it is, or support sees to it.

        It stands in the audit log, with the reason. An exemption is decided before
        the start: what is suspended stays so.

        Args:
            leak_id: The leak; it need not be started.

            account_id: The account.

            state: `MemberState.EXEMPT` or `MemberState.SUPPORT`.

            reason: Why, in 1 to 255 characters.

        Raises:
            SetupError: *state* is no decision, or a text is too short or too long.
            CampaignStateError: It is too late for that.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        check_leak_id(leak_id)
        check_account_id(account_id)
        if state not in {MemberState.EXEMPT, MemberState.SUPPORT}:
            message = "decide on 'exempt' or 'support'"
            raise SetupError(message)
        if not 1 <= len(reason) <= MAX_REASON_CHARACTERS:
            message = f"a reason has 1 to {MAX_REASON_CHARACTERS} characters"
            raise SetupError(message)
        kit, now = self._kit, self._kit.clock()
        detail = {"leak": leak_id, "decision": state.value, "reason": reason}
        event = FactorEvent(EventKind.LEAK_DECIDED, account_id, now, detail)
        with kit.database.begin() as connection:
            before = members.find(connection, leak_id, [account_id]).get(account_id)
            is_started = row_of(connection, leak_id) is not None
            if is_started and (
                state is MemberState.EXEMPT
                or before is None
                or before.state not in OPEN
            ):
                message = "it is too late for this decision; see the leak's status"
                raise CampaignStateError(message)
            factor_id = None if before is None else before.factor_id
            member = Member(account_id, state, factor_id, reason, now)
            members.put(connection, leak_id, member, is_new=before is None)
            kit.events.record(connection, event)
        kit.events.tell_of(event)

    def start(
        self,
        measure: Measure,
        *,
        worker: str,
        paths: Paths | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Swept:
        """
        Start a measure, or go on with it; several processes may.

        What follows from the leak is done to each selected account, once, while
        people log in. Stop it as you like: another call goes on.

        Args:
            measure: The measure, as it was planned.

            worker: Who works, for the leases; no two have one name.

            paths: As in `plan`.

            on_progress: Called before each range of 5,000 accounts, and at the end.

        Returns:
            What this run did.

        Raises:
            SetupError: There is nothing to do to accounts, or the deadline is over.
            CampaignStateError: Accounts would be left without a path, and nobody
                has decided on them; or a measure of this name has other terms.
            StorageUnavailableError: The database is away, locked or full; what is
                done stands.
        """
        kit, known = self._kit, paths or Paths()
        with kit.database.read() as connection:
            row = row_of(connection, measure.leak_id)
        if row is None:
            self._check_start(measure, known)
            row = begun(kit, measure)
        if row["digest"] != measure.digest:
            message = "a measure of this name was started with other terms"
            raise CampaignStateError(message)
        fixed = replace(measure, selection=read_selection(row["selection"]))
        work = Sweeping(kit, fixed, started_at=row["started_at"], paths=known)
        done = work.run(worker=worker, on_progress=on_progress or (lambda _: None))
        end(kit, measure.leak_id)
        return done

    def status(self, leak_id: str) -> LeakStatus:
        """
        Return how far a measure is; who did their part meanwhile is written down.

        Raises:
            CampaignStateError: There is no measure of this name.
            StorageUnavailableError: The database is away, locked or full.
        """
        row, now = self._settled(leak_id), self._kit.clock()
        with self._kit.database.read() as connection:
            return LeakStatus(
                leak_id=leak_id,
                deadline=row["deadline"],
                is_overdue=now >= row["deadline"],
                progress=sweeps.progress(connection, sweep_name(leak_id)),
                counts=members.counts(connection, leak_id),
            )

    def open_ids(
        self, leak_id: str, *, states: Sequence[MemberState] = OPEN
    ) -> Iterator[str]:
        """
        Yield the accounts that have something to do yet, by account id.

        Hand them to a campaign, with ``AccountList.of``, whose notices go out in
        waves and remind; after the deadline it is those who are late.

        Args:
            leak_id: The leak.

            states: The states to list.

        Raises:
            CampaignStateError: There is no measure of this name.
            StorageUnavailableError: The database is away, locked or full.
        """
        self._settled(leak_id)
        yield from members.ids_in(self._kit.database, leak_id, states)

    def _check_start(self, measure: Measure, paths: Paths) -> None:
        acts = set(measure.ruled.acts)
        if acts <= _BY_OTHERS:
            message = (
                "nothing is to be done to accounts: rotate the keyring, then run "
                "credguard second-factors reseal and credguard keys retire"
            )
            raise SetupError(message)
        if self._kit.clock() >= in_utc(measure.deadline):
            message = "the deadline is over; set one that people can keep"
            raise SetupError(message)
        if undecided := len(self.plan(measure, paths=paths).undecided):
            accounts = counted(undecided, "account", "accounts")
            message = (
                f"{accounts} would be left without a path, and nobody has "
                "decided on them; the plan lists them"
            )
            raise CampaignStateError(message)

    def _settled(self, leak_id: str) -> RowMapping:
        with self._kit.database.read() as connection:
            row = started(row_of(connection, leak_id))
        leaked = Leaked(0)
        for name in row["leaked"].split(","):
            leaked |= Leaked[name]
        measure = Measure(leak_id, leaked, row["deadline"])
        members.settle(
            self._kit.database,
            leak_id,
            codes_do=not measure.ruled.suspends,
            now=self._kit.clock(),
        )
        return row
