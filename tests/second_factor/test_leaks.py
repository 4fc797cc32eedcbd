"""From the plan to the last account, on each database."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from authenticators import NOON, PERIOD, Authenticator, enrolled, keeper
from populations import populate
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    CampaignStateError,
    FactorSuspendedError,
    SetupError,
)
from credguard.second_factor import resealing
from credguard.second_factor.leaks import members, scanning
from credguard.second_factor.leaks.deciding import Leaked, Proof
from credguard.second_factor.leaks.measure import Measure, Selection
from credguard.second_factor.leaks.members import MemberState
from credguard.second_factor.leaks.scanning import Paths
from credguard.storage import Database
from credguard.storage.audit_tables import audit
from credguard.storage.tables import (
    factor_leak,
    factor_renewal,
    recovery_code,
    second_factor,
)
from credguard.testing import FrozenClock

LATER = NOON + timedelta(days=14)
SEEDS = Measure("2026-11", Leaked.PLAIN_SEEDS, LATER)


def everybody(account_ids: Sequence[str]) -> Sequence[str]:
    """Return all: a mail reaches them."""
    return account_ids


REACHED = Paths(with_address=everybody)


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small table have several ranges and pages."""
    monkeypatch.setattr(resealing, "RANGE_SIZE", 10)
    monkeypatch.setattr(scanning, "BATCH_SIZE", 4)
    monkeypatch.setattr(members, "PAGE_SIZE", 4)


@pytest.fixture
def crowd(any_database: Database, keyring: Keyring) -> list[str]:
    """Accounts with a factor and no recovery code, in order."""
    return sorted(populate(any_database, keyring, 25))


@pytest.fixture
def keep(any_database: Database, keyring: Keyring) -> SecondFactors:
    """The keeper at noon and a second, on each database."""
    clock = FrozenClock(NOON + timedelta(seconds=1))
    return keeper(any_database, keyring, clock=clock)


def states_of(database: Database) -> set[str]:
    """Return the states of all factors."""
    with database.read() as connection:
        return set(connection.scalars(select(second_factor.c.state)))


def test_a_plan_counts_and_writes_nothing(
    any_database: Database, keep: SecondFactors, crowd: list[str]
) -> None:
    """By state, strength, source, key and path; who has none is listed."""
    some = Paths(
        with_address=lambda ids: [each for each in ids if each > crowd[4]],
        with_other=lambda ids: [each for each in ids if each == crowd[0]],
    )
    plan = keep.leaks.plan(SEEDS, paths=some)
    count = len(crowd)
    assert (plan.selected, plan.locked) == (count, 0)
    assert dict(plan.strengths) == {160: count}
    assert dict(plan.sources) == {"enrolled": count}
    assert sum(plan.keys.values()) == count
    assert dict(plan.paths) == {Proof.OTHER: 1, Proof.MAILED_LINK: count - 5}
    assert plan.undecided == crowd[1:5]
    assert states_of(any_database) == {"active"}
    with any_database.read() as connection:
        assert connection.execute(select(factor_leak)).all() == []


@pytest.mark.parametrize(
    ("selection", "which"),
    [
        (Selection(), slice(None)),
        (Selection(bits_below=128), slice(0, 3)),
        (Selection(source="warehouse"), slice(3, 6)),
        (Selection(enrolled_before=NOON), slice(6, 9)),
        (Selection(key_id="0badc0de"), slice(9, 12)),
        (Selection(bits_below=128, source="warehouse"), slice(0, 0)),
    ],
)
def test_a_selection_is_made_in_sql(
    any_database: Database,
    keep: SecondFactors,
    crowd: list[str],
    selection: Selection,
    which: slice,
) -> None:
    """By strength, source, time and key, alone and together."""
    changes: list[tuple[int, dict[str, object]]] = [
        (0, {"seed_bits": 80}),
        (3, {"source": "warehouse"}),
        (6, {"made_at": NOON - timedelta(days=1)}),
        (9, {"key_id": "0badc0de"}),
    ]
    with any_database.begin() as connection:
        for first, values in changes:
            connection.execute(
                update(second_factor)
                .where(second_factor.c.account_id.in_(crowd[first : first + 3]))
                .values(**values)
            )
    measure = Measure("m", Leaked.PLAIN_SEEDS, LATER, selection)
    assert keep.leaks.plan(measure).undecided == crowd[which]


def test_start_refuses_while_somebody_has_no_path(
    any_database: Database, keep: SecondFactors, crowd: list[str]
) -> None:
    """Each of them needs a decision; then all are swept and counted once."""
    mostly = Paths(with_address=lambda ids: [each for each in ids if each > crowd[1]])
    with pytest.raises(CampaignStateError, match="2 accounts would be left"):
        keep.leaks.start(SEEDS, worker="one", paths=mostly)
    keep.leaks.decide("2026-11", crowd[0], MemberState.EXEMPT, reason="a robot")
    with pytest.raises(CampaignStateError, match="1 account would be left"):
        keep.leaks.start(SEEDS, worker="one", paths=mostly)
    assert states_of(any_database) == {"active"}
    keep.leaks.decide("2026-11", crowd[1], MemberState.SUPPORT, reason="they call")
    done = keep.leaks.start(SEEDS, worker="one", paths=mostly)
    assert (done.accounts, done.suspended) == (len(crowd), len(crowd) - 1)
    status = keep.leaks.status("2026-11")
    assert status.counts == {
        MemberState.TO_RENEW: len(crowd) - 2,
        MemberState.RENEWED: 0,
        MemberState.EXEMPT: 1,
        MemberState.SUPPORT: 1,
        MemberState.LEFT: 0,
    }
    assert (status.accounts, status.open) == (len(crowd), len(crowd) - 1)
    assert list(keep.leaks.open_ids("2026-11")) == crowd[1:]
    with any_database.read() as connection:
        kept = connection.scalars(
            select(second_factor.c.account_id).where(second_factor.c.state == "active")
        ).all()
        reasons = dict(
            connection.execute(
                select(factor_renewal.c.account_id, factor_renewal.c.reason).where(
                    factor_renewal.c.reason.is_not(None)
                )
            ).all()
        )
    assert kept == [crowd[0]]
    assert reasons == {crowd[0]: "a robot", crowd[1]: "they call"}


def test_a_second_run_finds_nothing_to_do(
    any_database: Database, keep: SecondFactors, crowd: list[str]
) -> None:
    """What is done is not done again, and stands in the audit log once."""
    assert keep.leaks.start(SEEDS, worker="one", paths=REACHED).accounts == len(crowd)
    assert keep.leaks.start(SEEDS, worker="two", paths=REACHED).accounts == 0
    with any_database.read() as connection:
        rows = connection.execute(select(audit.c.event, audit.c.detail)).all()
    told = [(event, json.loads(detail)) for event, detail in rows]
    assert [event for event, _ in told] == [
        "second factor: leak measure started",
        "second factor: leak measure swept",
    ]
    assert told[1][1]["to_renew"] == len(crowd)


def test_other_terms_are_another_measure(keep: SecondFactors, crowd: list[str]) -> None:
    """A name stands for one measure."""
    keep.leaks.start(SEEDS, worker="one", paths=REACHED)
    other = Measure("2026-11", Leaked.TRUST_KEY, LATER)
    with pytest.raises(CampaignStateError, match="other terms"):
        keep.leaks.start(other, worker="one", paths=REACHED)
    assert crowd


def test_people_come_back_and_are_counted(
    any_database: Database, keyring: Keyring
) -> None:
    """By a recovery code, by a vouch, or by leaving; the deadline passes."""
    phones = {name: enrolled(any_database, keyring, name) for name in "abcd"}
    clock = FrozenClock(NOON)
    keep = keeper(any_database, keyring, clock=clock)
    assert dict(keep.leaks.plan(SEEDS).paths) == {Proof.RECOVERY_CODE: 4}
    keep.leaks.start(SEEDS, worker="one")
    clock.advance(PERIOD)
    with pytest.raises(FactorSuspendedError):
        keep.verify("a", phones["a"].code(clock()))
    proof = keep.verify("a", phones["a"].recovery[0]).proof
    new = Authenticator(keep.enroll("a", proof=proof))
    keep.confirm("a", new.code(clock()))
    other = Authenticator(keep.enroll("b", proof=keep.vouch("b", by="ticket")))
    keep.confirm("b", other.code(clock()))
    keep.disable("c", proof=keep.vouch("c", by="ticket"))
    status = keep.leaks.status("2026-11")
    assert status.counts == {
        MemberState.TO_RENEW: 1,
        MemberState.RENEWED: 2,
        MemberState.EXEMPT: 0,
        MemberState.SUPPORT: 0,
        MemberState.LEFT: 1,
    }
    assert not status.is_overdue
    keep.leaks.decide("2026-11", "d", MemberState.SUPPORT, reason="called twice")
    with pytest.raises(CampaignStateError, match="too late"):
        keep.leaks.decide("2026-11", "d", MemberState.EXEMPT, reason="a friend")
    clock.advance(timedelta(days=15))
    assert keep.leaks.status("2026-11").is_overdue
    assert list(keep.leaks.open_ids("2026-11")) == ["d"]


def test_leaked_recovery_codes_are_void(
    any_database: Database, keyring: Keyring
) -> None:
    """Codes of the app count, void ones do not, and a new set is what was asked."""
    phone = enrolled(any_database, keyring, "a")
    clock = FrozenClock(NOON)
    keep = keeper(any_database, keyring, clock=clock)
    measure = Measure("codes", Leaked.RECOVERY_CODES, LATER)
    assert keep.leaks.plan(measure).undecided == []
    done = keep.leaks.start(measure, worker="one")
    assert (done.codes, done.suspended) == (len(phone.recovery), 0)
    clock.advance(PERIOD)
    proved = keep.verify("a", phone.code(clock()))
    assert proved.recovery_left == 0
    assert keep.leaks.status("codes").counts[MemberState.TO_RENEW] == 1
    keep.replace_recovery_codes("a", proof=proved.proof)
    assert keep.leaks.status("codes").counts[MemberState.RENEWED] == 1
    with any_database.read() as connection:
        used = connection.scalars(select(recovery_code.c.used_at)).all()
    assert set(used) == {None}


def test_a_leaked_trust_key_ends_devices_and_asks_nobody(
    any_database: Database, keyring: Keyring
) -> None:
    """A device is not trusted any more; its owner has nothing to do."""
    phone = enrolled(any_database, keyring, "a")
    keep = keeper(any_database, keyring, clock=FrozenClock(NOON))
    proof = keep.verify("a", phone.code(NOON)).proof
    keep.devices.trust("a", proof=proof, epoch=0, name="a browser")
    measure = Measure("trust", Leaked.TRUST_KEY, LATER)
    assert keep.leaks.start(measure, worker="one").devices == 1
    assert keep.leaks.status("trust").counts[MemberState.RENEWED] == 1


@pytest.mark.parametrize("state", [MemberState.RENEWED, MemberState.TO_RENEW])
def test_what_is_no_decision_is_refused(
    keep: SecondFactors, state: MemberState
) -> None:
    """Only an exemption or support can be decided on, with a reason."""
    with pytest.raises(SetupError, match="decide on"):
        keep.leaks.decide("2026-11", "a", state, reason="x")
    with pytest.raises(SetupError, match="a reason has"):
        keep.leaks.decide("2026-11", "a", MemberState.EXEMPT, reason="")


def test_what_cannot_start_is_refused(keep: SecondFactors) -> None:
    """A key alone is rotated; a deadline is ahead; a name is a name."""
    with pytest.raises(SetupError, match="rotate the keyring"):
        keep.leaks.start(Measure("m", Leaked.KEYRING, LATER), worker="one")
    late = Measure("m", Leaked.PLAIN_SEEDS, NOON - PERIOD)
    with pytest.raises(SetupError, match="deadline is over"):
        keep.leaks.start(late, worker="one")
    with pytest.raises(SetupError, match="name has"):
        Measure("a leak", Leaked.PLAIN_SEEDS, LATER)
    with pytest.raises(CampaignStateError, match="was started"):
        keep.leaks.status("m")
