"""A crash before every statement and every commit of a sweep and of an abort."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select

from credguard.campaigns import retiring
from credguard.campaigns.scope import in_list
from credguard.campaigns.states import CampaignState
from credguard.campaigns.told_records import EVENT
from credguard.sessions import credentials_of
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.audit_tables import audit_leaves
from credguard.storage.tables import member, notice
from credguard.testing import FrozenClock, RememberedMail
from forums import Forum, House, hash_of
from proving import Proof

pytestmark = pytest.mark.promise("P2")

NUMBERS = range(1, 13)
AT_FIRST = {str(number): hash_of(number) for number in NUMBERS}


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Fuse:
    """Burns down with each statement and each commit, and then ends the process."""

    left: int
    is_lit: bool = False

    def burn(self, *_: object) -> None:
        """Come one step nearer to the end."""
        if self.is_lit:
            self.left -= 1
            if self.left < 0:
                raise Crash

    @contextmanager
    def lit(self) -> Iterator[None]:
        """Count what is done in this block."""
        event.listen(Engine, "before_cursor_execute", self.burn)
        event.listen(Engine, "commit", self.burn)
        self.is_lit = True
        try:
            yield
        finally:
            self.is_lit = False
            event.remove(Engine, "before_cursor_execute", self.burn)
            event.remove(Engine, "commit", self.burn)


@pytest.fixture(autouse=True)
def _two_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twelve members be two ranges, and two pages of an abort."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", 8)
    monkeypatch.setattr("credguard.campaigns.restoring.PAGE_SIZE", 8)


@pytest.fixture(params=["together", "apart"])
def template(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """A forum of twelve with credguard in it, to be copied again and again."""
    folder = tmp_path / "template"
    folder.mkdir()
    forum = Forum(f"sqlite:///{folder / 'forum.db'}")
    forum.make(NUMBERS)
    apart = f"sqlite:///{folder / 'ours.db'}"
    house = House(forum.url if request.param == "together" else apart, forum)
    house.close()
    return house


def copy_of(template: House, folder: Path, clock: FrozenClock) -> House:
    """Return a copy of a house; who opens it is a new process."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(Path(template.forum.url.removeprefix("sqlite:///")).parent, folder)

    def moved(url: str) -> str:
        return f"sqlite:///{folder / Path(url).name}"

    forum = Forum(moved(template.forum.url))
    return House(moved(template.ours), forum, clock, template.keyring)


def crash_everywhere(
    template: House,
    folder: Path,
    act: Callable[[House, str], None],
    check: Callable[[House, str], None],
) -> int:
    """
    Crash *act* before each of its steps, check, do it again, and compare.

    Returns the number of steps.
    """
    campaign = template.campaigns.every()[0].id
    expected, steps = None, 0
    while True:
        clock = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
        house = copy_of(template, folder, clock)
        fuse = Fuse(steps if expected else 10**9)
        try:
            with fuse.lit():
                act(house, campaign)
            crashed = False
        except Crash:
            crashed = True
        house.close()
        if crashed:
            clock.advance(timedelta(minutes=5))
            house = copy_of_same(house, clock)
            check(house, campaign)
            act(house, campaign)
        final = everything(house)
        if campaign_is_aborted(house):
            assert house.forum.passwords() == AT_FIRST
        audit.verify(house.guard._database, house.keyring)
        house.close()
        if expected is None:
            expected = final
            continue
        assert final == expected, f"after a crash before step {steps}"
        if not crashed:
            return steps
        steps += 1


def campaign_is_aborted(house: House) -> bool:
    """Return True if everything should be as it was at first."""
    return house.campaigns.every()[0].state is CampaignState.ABORTED


def copy_of_same(house: House, clock: FrozenClock) -> House:
    """Return the same house, opened by a new process."""
    return House(house.ours, house.forum, clock, house.keyring)


def everything(house: House) -> dict[str, object]:
    """Return all that must be the same, however often a process died on the way."""
    with house.guard._database.read() as connection:
        return {
            "column": house.forum.passwords(),
            "campaign": [each.state for each in house.campaigns.every()],
            "members": rows(connection, member.c.account_id, member.c.state),
            "notices": rows(connection, notice.c.account_id, notice.c.state),
            "epochs": credentials_of(connection, sorted(AT_FIRST)),
            "counts": house.counted(house.campaigns.every()[0].id).counts,
            "audit": named(connection),
        }


def named(connection: Connection) -> Counter[tuple[str, bytes]]:
    """Return how many records of each kind are about whom, by pseudonym."""
    query = select(audit_table.c.event, audit_leaves.c.leaves).join(
        audit_leaves, audit_leaves.c.number == audit_table.c.number
    )
    return Counter(
        (event, leaf)
        for event, stored in connection.execute(query)
        for leaf in audit.leaves_of(stored)
    )


def rows(connection: Connection, *columns: object) -> list[tuple[object, ...]]:
    """Return columns of a table, sorted."""
    found = connection.execute(select(*columns))  # type: ignore[call-overload]  # columns
    return sorted(tuple(row) for row in found)


def states_of(house: House) -> dict[str, str]:
    """Return the state of each member row."""
    with house.guard._database.read() as connection:
        found = rows(connection, member.c.account_id, member.c.state)
    return {str(account_id): str(state) for account_id, state in found}


def test_a_sweep_survives_a_crash_at_every_step(
    template: House, tmp_path: Path, proof: Proof
) -> None:
    """Account and member row agree after it, and the next run ends as any other."""
    opened = House(template.ours, template.forum, keyring=template.keyring)
    opened.start()
    opened.close()

    def check(house: House, campaign: str) -> None:
        states = states_of(house)
        for name, password in house.forum.passwords().items():
            is_retired = str(password).startswith("cgretired1:")
            if house.ours == house.forum.url:
                assert is_retired is (states.get(name) == "must_reset")
            elif is_retired:
                # Beside the forum's, ours is written first.
                assert states[name] == "must_reset"
        house.counted(campaign)

    def sweep(house: House, campaign: str) -> None:
        house.campaigns.sweep(campaign, worker="sweeper")

    steps = crash_everywhere(template, tmp_path / "copy", sweep, check)
    proof.tried(steps)
    proof.injected(steps)
    assert steps > 40


def test_an_abort_survives_a_crash_at_every_step(
    template: House, tmp_path: Path, proof: Proof
) -> None:
    """Each hash is back in its place once, and no other one."""
    opened = House(template.ours, template.forum, keyring=template.keyring)
    opened.swept()
    opened.close()

    def check(house: House, campaign: str) -> None:
        states = states_of(house)
        for name, password in house.forum.passwords().items():
            is_back = password == hash_of(int(name))
            if house.ours == house.forum.url and states[name] != "no_password":
                assert is_back is (states[name] == "restored")
            elif states[name] == "restored":
                assert is_back
        house.counted(campaign)

    def abort(house: House, campaign: str) -> None:
        if house.campaigns.find(campaign).state is not CampaignState.ABORTED:
            house.campaigns.abort(campaign, reason="a test")

    steps = crash_everywhere(template, tmp_path / "copy", abort, check)
    proof.tried(steps)
    proof.injected(steps)
    assert steps > 20


def test_telling_survives_a_crash_at_every_step(
    template: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """The log names each who was told, once."""
    opened = House(template.ours, template.forum, keyring=template.keyring)
    opened.swept(in_list(["1", "2", "3"]))
    opened.close()

    def check(house: House, campaign: str) -> None:
        house.counted(campaign)
        with house.guard._database.read() as connection:
            assert max(named(connection).values()) == 1

    def send(house: House, campaign: str) -> None:
        clock = house.clock
        assert isinstance(clock, FrozenClock)
        monkeypatch.setattr(
            "credguard.campaigns.means.time.sleep",
            lambda seconds: clock.advance(timedelta(seconds=seconds)),
        )
        house.campaigns.send(campaign, RememberedMail(), worker="sender")
        with house.guard._database.read() as connection:
            told = [event for event, _ in named(connection).elements()]
        assert told.count(EVENT) == 3

    steps = crash_everywhere(template, tmp_path / "copy", send, check)
    proof.tried(steps)
    proof.injected(steps)
    assert steps > 40
