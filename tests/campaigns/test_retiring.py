"""Sweeps and aborts that meet: what one finds when another was quicker."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from credguard.accounts import SqlAccounts
from credguard.campaigns import (
    Accounts,
    counting,
    everyone,
    in_list,
    planning,
    records,
)
from credguard.campaigns.accounts import Taking
from credguard.campaigns.forecast import Pace
from credguard.campaigns.retiring import RANGE_LEASE
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import (
    BusyError,
    CampaignStateError,
    StorageUnavailableError,
)
from credguard.storage import Database
from credguard.storage.audit_tables import audit
from credguard.sweeps import Progress
from credguard.testing import FrozenClock, RememberedMail
from forums import (
    BY_FORUM,
    LETTER,
    NEW_PASSWORD,
    Forum,
    House,
    django_hash,
    engine_at,
    hash_of,
    hasher,
    house_at,
    password_of,
    tokens_in,
)


@pytest.fixture
def apart(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard's tables in a database beside it."""
    with house_at(sqlite_url, tmp_path, "apart") as house:
        yield house


@pytest.fixture
def together(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together") as house:
        yield house


def once_before(
    patched: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], object]
) -> None:
    """Let *act* happen before the next call of a method, once."""
    method = getattr(owner, name)
    done: list[bool] = []

    def hooked(*arguments: object, **named: object) -> object:
        if not done:
            done.append(True)
            act()
        return method(*arguments, **named)

    patched.setattr(owner, name, hooked)


def kind_of_accounts(house: House) -> type[Accounts]:
    """Return the class of the forum's user table."""
    return type(house.campaigns._means.accounts)


def test_two_who_lay_a_sweep_out_agree(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ranges are those of the first, and the second helps."""
    campaign, other = house.start(), house.another()
    accounts = kind_of_accounts(house)
    once_before(
        monkeypatch,
        accounts,
        "borders",
        lambda: other.campaigns.sweep(campaign, worker="quick"),
    )
    house.campaigns.sweep(campaign, worker="slow")
    assert house.counted(campaign).ranges == (3, 3)


def test_who_comes_second_to_the_end_of_a_sweep_finds_it_ended(house: House) -> None:
    """The step from sweeping to notifying is made once."""
    campaign, other = house.start(), house.another()

    def overtake(done: Progress) -> None:
        if done.done == done.total:
            other.campaigns.sweep(campaign, worker="quick")

    house.campaigns.sweep(campaign, worker="slow", on_progress=overtake)
    assert house.campaigns.find(campaign).state is CampaignState.NOTIFYING


def test_an_abort_between_the_databases_is_respected(
    apart: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was about to be retired is put back, though the abort could not see it."""
    before = apart.forum.passwords()
    campaign, other = apart.start(), apart.another()
    once_before(
        monkeypatch,
        kind_of_accounts(apart),
        "writing",
        lambda: other.campaigns.abort(campaign, reason="a test"),
    )
    with pytest.raises(CampaignStateError, match="aborted"):
        apart.campaigns.sweep(campaign, worker="sweeper")
    assert apart.forum.passwords() == before
    assert apart.counted(campaign).state is CampaignState.ABORTED


def test_a_sweep_that_dies_after_an_abort_is_healed_at_the_log_in(
    apart: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A marker that came after the hash was put back keeps nobody out."""
    campaign, other = apart.start(), apart.another()
    once_before(
        monkeypatch,
        kind_of_accounts(apart),
        "writing",
        lambda: other.campaigns.abort(campaign, reason="a test"),
    )

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(records, "hold_state", dying_after(records.hold_state, die))
    with pytest.raises(SystemExit):
        apart.campaigns.sweep(campaign, worker="sweeper")
    monkeypatch.undo()
    assert str(apart.forum.password(1)).startswith("cgretired1:")
    assert apart.log_in(1, password_of(1))
    assert apart.forum.password(1) == hash_of(1)


def dying_after(
    hold: Callable[[Connection, str], CampaignState], die: Callable[[], None]
) -> Callable[[Connection, str], CampaignState]:
    """Return *hold*, which dies at its second call."""
    calls: list[int] = []

    def hooked(connection: Connection, campaign: str) -> CampaignState:
        calls.append(1)
        if len(calls) > 1:
            die()
        return hold(connection, campaign)

    return hooked


def test_a_range_that_was_taken_over_before_it_began_is_passed_over(
    apart: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept from its lease to its first write writes nothing."""
    clock = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
    slow, quick = apart.another(clock=clock), apart.another(clock=clock)
    campaign = apart.start()
    begun: list[bool] = []
    takings = SqlAccounts.takings

    def sleep(*arguments: object, **named: object) -> Iterator[list[Taking]]:
        if not begun:
            begun.append(True)
            clock.advance(RANGE_LEASE + timedelta(seconds=1))
            quick.campaigns.sweep(campaign, worker="quick")
        return takings(*arguments, **named)  # type: ignore[arg-type]  # as called

    monkeypatch.setattr(SqlAccounts, "takings", sleep)
    slow.campaigns.sweep(campaign, worker="slow")
    assert begun
    counts = apart.counted(campaign).counts
    assert counts[AccountState.QUEUED] + counts[AccountState.UNREACHABLE] == 56


def test_a_range_that_is_done_again_is_counted_whole(
    apart: House,
) -> None:
    """The audit log tells what was done to a range, not what was left to do."""
    clock = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
    guard = apart.another(clock=clock)
    campaign = apart.start()

    def die(_accounts: Accounts) -> AbstractContextManager[Connection]:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kind_of_accounts(apart), "writing", die)
        with pytest.raises(SystemExit):
            guard.campaigns.sweep(campaign, worker="sweeper")
    clock.advance(RANGE_LEASE + timedelta(seconds=1))
    guard.campaigns.sweep(campaign, worker="sweeper")
    with apart.guard._database.read() as connection:
        rows = connection.execute(audit.select()).mappings().all()
    details = [str(row["detail"]) for row in rows if row["event"] == "range swept"]
    assert '"range": 0, "reachable": 17, "retired": 19' in "".join(details)
    assert '"accounts": 20' in details[0]


def test_columns_that_change_under_a_sweep_stop_it(
    together: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is retired that is not sealed, and the next run goes on."""
    house = together
    campaign = house.start()
    accounts = kind_of_accounts(house)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "swap", lambda *_: 0)
        with pytest.raises(BusyError):
            house.campaigns.sweep(campaign, worker="sweeper")
    assert house.counted(campaign).counts == {AccountState.GATED: 60}
    monkeypatch.setattr("credguard.campaigns.retiring.RANGE_LEASE", timedelta(0))
    later = house.another(clock=FrozenClock(datetime(2100, 1, 1, tzinfo=UTC)))
    later.campaigns.sweep(campaign, worker="sweeper")
    assert house.counted(campaign).ranges == (3, 3)


def test_a_sweep_waits_for_the_ranges_of_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when all are done, and takes over what a killed worker held."""
    clock = FrozenClock(datetime(2030, 1, 1, tzinfo=UTC))
    guard = house.another(clock=clock)
    campaign = house.start()
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds + 0.001)),
    )

    def stop(_done: object) -> None:
        raise SystemExit

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kind_of_accounts(house), "takings", die)
        with pytest.raises(SystemExit):
            guard.campaigns.sweep(campaign, worker="killed", on_progress=stop)
    guard.campaigns.sweep(campaign, worker="next")
    assert clock() - datetime(2030, 1, 1, tzinfo=UTC) >= RANGE_LEASE
    assert house.counted(campaign).ranges == (3, 3)


def test_a_disk_that_is_full_stops_a_sweep_until_there_is_room(house: House) -> None:
    """Nothing is half done: the error says what to do, and the next run goes on."""
    campaign = house.start()
    with house.guard._database.begin() as connection:
        # What a migration left free is room as well.
        room = "CREATE TABLE taken AS SELECT zeroblob(200000) AS room"
        connection.exec_driver_sql(room)
    engine = house.guard._database._engine
    pages: list[int] = []

    def fill(connection: Connection) -> None:
        if not pages:
            pages.append(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

    event.listen(engine, "begin", fill)
    with pytest.raises(StorageUnavailableError, match="full"):
        house.campaigns.sweep(campaign, worker="sweeper")
    event.remove(engine, "begin", fill)
    house.counted(campaign)
    with house.guard._database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    later = house.another(clock=FrozenClock(datetime(2100, 1, 1, tzinfo=UTC)))
    later.campaigns.sweep(campaign, worker="sweeper")
    assert house.counted(campaign).state is CampaignState.NOTIFYING


def test_an_account_that_leaves_while_we_count_is_seen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that would not add up is counted again."""
    campaign = house.swept()
    once_before(
        monkeypatch,
        kind_of_accounts(house),
        "count",
        lambda: Forum(house.forum.url).remove(1),
    )
    found = house.campaigns.status(campaign)
    assert found.adds_up
    assert found.counts[AccountState.LEFT] == 1


def test_a_report_that_never_adds_up_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted three times and then shown as it is."""
    campaign = house.swept()
    house.forum.remove(1)
    monkeypatch.setattr(counting, "mark_left", lambda *_: 0)
    assert not house.campaigns.status(campaign).adds_up


def test_a_text_that_is_too_long_for_a_hash_is_left_alone(sqlite_url: str) -> None:
    """Nobody logs in with it, and what could not be put back is not taken."""
    forum = Forum(sqlite_url)
    forum.make(range(1, 4))
    long = "x" * 10_000
    forum.set_password(1, long)
    house = House(sqlite_url, forum)
    campaign = house.swept()
    assert forum.password(1) == long
    assert house.counted(campaign).counts[AccountState.NO_PASSWORD] == 1
    house.campaigns.abort(campaign, reason="a test")
    assert forum.password(1) == long
    house.close()


def test_a_table_that_was_emptied_is_swept_at_once(house: House) -> None:
    """There is nobody left to lock."""
    campaign = house.start()
    house.forum.remove(*range(1, 61))
    house.campaigns.sweep(campaign, worker="sweeper")
    status = house.counted(campaign)
    assert (status.accounts, status.ranges) == (0, (0, 0))
    left = house.campaigns.send(campaign, RememberedMail(), worker="sender")
    assert left.queued == 0


def test_a_worker_may_have_any_name(any_house: House) -> None:
    """A long name of a machine is cut, and no database minds."""
    campaign = any_house.start(in_list(["1"]))
    name = "é" * 300
    any_house.campaigns.sweep(campaign, worker=name)
    any_house.campaigns.send(campaign, RememberedMail(), worker=name)
    assert any_house.counted(campaign).told == 1


def inputs_over(accounts: Accounts, kept_in: Database | None = None) -> planning.Inputs:
    """Return what a dry run reads."""
    return planning.Inputs(
        accounts=accounts,
        identify=hasher().describe,
        now=datetime.now(UTC),
        kept_in=kept_in,
    )


def test_a_survey_counts_the_table(house: House) -> None:
    """It needs no tables of ours."""
    accounts = house.campaigns._means.accounts
    tally = planning.survey(inputs_over(accounts))
    assert (tally.accounts, tally.in_scope) == (60, 60)
    assert tally.schemes["unusable"] == 4


def test_a_plan_can_be_made_before_there_are_tables_of_ours(
    house: House, tmp_path: Path
) -> None:
    """A dry run on a forum that never heard of us leaves nothing."""
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    for kept_in in (None, Database(empty)):
        plan = planning.plan(
            inputs_over(house.campaigns._means.accounts, kept_in),
            everyone,
            letter=LETTER,
            pace=Pace(rate=1.0),
            link_lifetime=timedelta(days=1),
        )
        assert plan.tally.in_scope == 60
        if kept_in is not None:
            kept_in.close()
    with engine_at(empty).connect() as connection:
        query = text("SELECT count(*) FROM sqlite_master")
        assert connection.execute(query).scalar_one() == 0


def test_a_campaign_that_is_none_is_told_apart(house: House) -> None:
    """A mistyped id is said to be none, whatever is asked of it."""
    asked: list[Callable[[], object]] = [
        lambda: house.campaigns.find("20260101-ffffff"),
        lambda: house.campaigns.status("20260101-ffffff"),
        lambda: house.campaigns.sweep("20260101-ffffff", worker="w"),
        lambda: house.campaigns.abort("20260101-ffffff", reason="a test"),
        lambda: house.campaigns.send("20260101", RememberedMail(), worker="w"),
    ]
    for ask in asked:
        with pytest.raises(CampaignStateError, match="no such campaign"):
            ask()


def test_a_password_that_was_set_by_form_and_by_link_is_busy_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-in with the one does not survive the other."""
    campaign = house.swept(in_list(["1"]))
    mail = RememberedMail()
    house.campaigns.send(campaign, mail, worker="sender")
    token = tokens_in(mail.messages)[1]
    house.forum.set_password(1, django_hash(BY_FORUM))
    other = house.another()
    once_before(
        monkeypatch,
        type(house.campaigns),
        "settle_by_forum",
        lambda: other.redeem(token, password=NEW_PASSWORD),
    )
    with pytest.raises(BusyError):
        house.log_in(1, BY_FORUM)
    assert house.log_in(1, NEW_PASSWORD)
