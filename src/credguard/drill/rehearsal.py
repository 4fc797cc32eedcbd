"""
A plan played to its end on a copy, against a mail farm, in virtual time.

Nothing of the forum is written and nobody is told. The farm keeps exactly the limits
that the plan promises to keep, greylists nobody, and lets as many addresses bounce as
the forecast takes for granted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zlib import crc32

from sqlalchemy import func, select

from credguard.campaigns import Accounts, Campaigns, NoticePolicy, Plan
from credguard.campaigns.forecast import Assumptions
from credguard.campaigns.means import Identify, Means
from credguard.campaigns.status import Status
from credguard.campaigns.tally import BANDS, band_of, band_starts
from credguard.campaigns.timeline import Timeline
from credguard.campaigns.wording import REMINDER
from credguard.delivery import read_report
from credguard.drill.mail_farm import Exchanger, MailFarm
from credguard.drill.virtual_time import VirtualTime
from credguard.keys import Keyring
from credguard.storage import Database
from credguard.storage.tables import notice

SENDERS = 4

_READ_EVERY = timedelta(seconds=15)  # reports that came back; an alias reads at once
_PAGE = 5_000
_SHARES = 1 << 32  # crc32 has so many values


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """
    Where a plan is rehearsed.

    Attributes:
        accounts: A copy of the forum's user table.

        database: A copy of our own tables, in the same database.

        keyring: The keys.

        identify: Tells what a stored hash is.

        assumed: How many addresses bounce.

        now: When the rehearsal begins.
    """

    accounts: Accounts
    database: Database
    keyring: Keyring
    identify: Identify
    assumed: Assumptions
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """
    What a rehearsal came to.

    Attributes:
        status: The copy's numbers at the end.

        timeline: The same over (virtual) time.

        opening_took: How long it took on this machine until everybody was locked.

        sweep_took: How long it took on this machine to retire the hashes.

        telling_took: How long telling took in virtual time, without reminders that
            were due later.

        at_least: The least that the rates allow for telling.

        attempts: Messages that were handed over, with those that were put off.

        reminders: Those of them that were reminders; nobody answers in a rehearsal.

        ended_after: How long all took in virtual time, to the last reminder.

        faults: Messages that broke a limit, by which; empty if all went well.

        paused: Why sending stopped by itself, None if it did not.
    """

    status: Status
    timeline: Timeline
    opening_took: timedelta
    sweep_took: timedelta
    telling_took: timedelta
    at_least: timedelta
    attempts: int
    reminders: int
    ended_after: timedelta
    faults: dict[str, int]
    paused: str | None


def rehearse(
    stage: Stage, plan: Plan, *, on_progress: Callable[[int, int], None]
) -> Rehearsed:
    """
    Play *plan* to the last notice and the last reminder.

    Args:
        stage: Where.

        plan: What is to be rehearsed.

        on_progress: Called with the notices told and all of them.

    Raises:
        CampaignStateError: The table is not the one that the plan counted.
        CredguardError: What the real campaign would meet.
    """
    virtual = VirtualTime(stage.now)
    campaigns = Campaigns(
        Means(
            database=stage.database,
            keyring=stage.keyring,
            identify=stage.identify,
            clock=virtual.clock,
            forum=stage.accounts,
            pause=virtual.pause,
        )
    )
    began = time.monotonic()
    campaign_id = campaigns.start(plan)
    opened = time.monotonic()
    campaigns.sweep(campaign_id, worker="rehearsal")
    swept = time.monotonic()
    farm = _farm(virtual, plan, _gone(stage))
    telling = _Telling(campaigns, campaign_id, farm, virtual)
    telling.play(on_progress)
    told_at = farm.last_at or stage.now
    for after in plan.notices.reminders().values():
        telling.remind(campaigns.status(campaign_id).told_last_at, after, on_progress)
    return Rehearsed(
        status=campaigns.status(campaign_id),
        timeline=campaigns.timeline(campaign_id),
        opening_took=timedelta(seconds=opened - began),
        sweep_took=timedelta(seconds=swept - opened),
        telling_took=told_at - stage.now,
        at_least=plan.telling_takes,
        attempts=len(farm.order),
        reminders=_reminders(stage.database, campaign_id),
        ended_after=(farm.last_at or stage.now) - stage.now,
        faults=dict(farm.faults),
        paused=campaigns.sending(campaign_id).pause.why,
    )


@dataclass(slots=True)
class _Telling:
    """Senders that work at once until nothing is left or sending is paused."""

    campaigns: Campaigns
    campaign_id: str
    farm: MailFarm
    virtual: VirtualTime
    going: int = SENDERS
    is_paused: bool = False

    def remind(
        self,
        told_at: datetime | None,
        after: timedelta,
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Let time go on until the last who was told is to be reminded, and play."""
        if told_at is None or self.is_paused:
            return
        self.virtual.pause(told_at + after - self.virtual.clock())
        if self.campaigns.remind(self.campaign_id):
            self.play(on_progress)

    def play(self, on_progress: Callable[[int, int], None]) -> None:
        self.going = SENDERS
        left = sum(self.campaigns.sending(self.campaign_id).waiting.values())
        total = sum(self.farm.taken.values()) + left

        def read_reports() -> None:
            while self.going:
                self.virtual.pause(_READ_EVERY)
                self._read()
                found = self.campaigns.sending(self.campaign_id)
                # Nobody is there to look at the bounces and to go on.
                self.is_paused = found.pause.at is not None
                on_progress(sum(self.farm.taken.values()), total)

        senders = [partial(self._send, number) for number in range(SENDERS)]
        self.virtual.play([*senders, read_reports])
        # What comes back after the last message counts as well.
        self.virtual.pause(Exchanger().reports_after)
        self._read()

    def _send(self, number: int) -> None:
        try:
            self.campaigns.send(
                self.campaign_id,
                self.farm,
                worker=f"rehearsal {number}",
                stop=lambda: self.is_paused,
                waits=True,
            )
        finally:
            self.going -= 1

    def _read(self) -> None:
        for mail in self.farm.returned():
            event = read_report(mail)
            if event is not None:
                self.campaigns.take_mail(event)


def _reminders(database: Database, campaign_id: str) -> int:
    query = select(func.count()).where(
        notice.c.campaign_id == campaign_id,
        notice.c.kind.startswith(REMINDER),
        notice.c.attempts > 0,
    )
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _farm(virtual: VirtualTime, plan: Plan, gone: frozenset[str]) -> MailFarm:
    policy: NoticePolicy = plan.notices

    def is_gone(address: str) -> bool:
        return address in gone

    def exchanger(rate: float | None) -> Exchanger:
        # With a tag in its return path a bounce comes later; without, at once.
        if policy.bounce_address:
            return Exchanger(rate=rate, is_gone_late=is_gone)
        return Exchanger(rate=rate, is_gone=is_gone)

    groups = {name: exchanger(each.rate) for name, each in policy.groups.items()}
    return MailFarm(
        virtual,
        groups,
        exchanger(policy.other_rate),
        rate=plan.rate,
        day_quota=policy.day_quota,
        lanes=policy.lanes,
    )


def _gone(stage: Stage) -> frozenset[str]:
    """Return the addresses that bounce: the same ones in each rehearsal."""
    starts = band_starts(stage.now)
    shares = [stage.assumed.bounces.get(band.value, 0.0) for band in BANDS]
    found: set[str] = set()
    with stage.accounts.reading() as forum:
        for page in stage.accounts.pages(forum, size=_PAGE):
            for account in page:
                share = shares[band_of(account.last_login_at, starts)]
                draw = crc32(account.id.encode("utf-8", "surrogatepass")) / _SHARES
                if account.address and draw < share:
                    found.add(account.address)
    return frozenset(found)
