"""A plan is started when enough people approved that plan, and no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from credguard import CredGuard
from credguard._clock import system_clock
from credguard.accounts import SqlAccounts
from credguard.campaigns import Plan, everyone, plan_file
from credguard.campaigns.approval_policy import ApprovalPolicy
from credguard.campaigns.approver_keys import ApproverKey, has_signed, is_public_key
from credguard.campaigns.confirming import FRESH, SKEW
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.wording import Texts
from credguard.errors import (
    ApprovalError,
    CampaignStateError,
    KeyringError,
)
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import approval
from forums import COLUMNS, LETTER, House, hasher, policy

ALICE, BOB = ApproverKey.generate(), ApproverKey.generate()
TWO_OF_THREE = ApprovalPolicy(
    needed=2, approvers={"alice": ALICE.public, "bob": None, "carol": None}
)


def guard_of(
    house: House, wanted: ApprovalPolicy, *, ahead: timedelta = timedelta(0)
) -> CredGuard:
    """Return the door of a process with a policy of its own."""
    return CredGuard(
        keyring=house.keyring,
        database=house.ours,
        accounts=SqlAccounts(house.forum.url, table="members", columns=COLUMNS),
        passwords=hasher(),
        policy=policy(),
        clock=lambda: system_clock() + ahead,
        approval=wanted,
    )


@pytest.fixture
def guard(house: House) -> CredGuard:
    """A door where two of three must approve."""
    return guard_of(house, TWO_OF_THREE)


def details(house: House, event: str) -> list[str]:
    """Return what the audit log has of *event*."""
    audit.verify(house.guard._database, house.keyring)
    with house.guard._database.read() as connection:
        query = select(audit_table.c.detail).where(audit_table.c.event == event)
        return list(connection.execute(query).scalars())


def test_two_of_three_start_a_plan(house: House, guard: CredGuard) -> None:
    """One is not enough, and the same one twice is one."""
    plan = house.plan()
    with pytest.raises(ApprovalError, match=r"2 must approve .* 0 did"):
        guard.campaigns.start(plan)
    for _ in range(2):
        found = guard.campaigns.approve(plan, approver="alice", key=ALICE)
        assert [(each.approver, each.is_signed) for each in found] == [("alice", True)]
        with pytest.raises(ApprovalError, match="alice"):
            guard.campaigns.start(plan)
    found = guard.campaigns.approve(plan, approver="bob")
    assert [(each.approver, each.is_signed) for each in found] == [
        ("alice", True),
        ("bob", False),
    ]
    campaign = guard.campaigns.start(plan)
    (opened,) = details(house, "opened")
    assert plan_file.digest(plan) in opened
    assert '"approved_by": ["alice", "bob"]' in opened
    assert "break_glass" not in opened
    assert campaign == house.campaigns.every()[0].id


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: replace(plan, rate=plan.rate + 1),
        lambda plan: replace(plan, scope=everyone | everyone),
        lambda plan: replace(plan, letter=replace(LETTER, reason="Something else.")),
        lambda plan: replace(plan, link_lifetime=timedelta(days=1)),
        lambda plan: replace(plan, notices=NoticePolicy(day_quota=1000)),
        lambda plan: replace(plan, notices=NoticePolicy(other_rate=1.0)),
        lambda plan: replace(
            plan, notices=NoticePolicy(texts={"de": Texts(subject="Neu: {site}")})
        ),
        lambda plan: replace(plan, notices=NoticePolicy(reminder_days=(4,))),
        lambda plan: replace(plan, made_at=plan.made_at + timedelta(microseconds=1)),
        lambda plan: replace(plan, tally=replace(plan.tally, staff=1)),
    ],
)
def test_a_changed_plan_has_no_approvals(
    house: House, guard: CredGuard, change: Callable[[Plan], Plan]
) -> None:
    """What was approved is what is started, to the letter."""
    plan = house.plan()
    guard.campaigns.approve(plan, approver="bob")
    guard.campaigns.approve(plan, approver="carol")
    with pytest.raises(ApprovalError):
        guard.campaigns.start(change(plan))
    assert guard.campaigns.start(plan)


def test_an_approval_survives_the_plans_file(house: House, guard: CredGuard) -> None:
    """What is written and read again is the same plan."""
    plan = house.plan()
    guard.campaigns.approve(plan, approver="bob")
    guard.campaigns.approve(plan, approver="carol")
    assert guard.campaigns.start(plan_file.read(plan_file.write(plan)))


def test_breaking_the_glass_is_marked(house: House, guard: CredGuard) -> None:
    """A breach at three in the morning does not wait, and is not forgotten."""
    plan = house.plan()
    with pytest.raises(ApprovalError, match="reason"):
        guard.campaigns.start(plan, break_glass="  ")
    guard.campaigns.start(plan, break_glass="The dump is on a forum already.")
    (opened,) = details(house, "opened")
    assert '"break_glass": "The dump is on a forum already."' in opened


def test_a_reason_that_was_not_needed_breaks_no_glass(house: House) -> None:
    """Only what was really passed over is marked."""
    house.campaigns.start(house.plan(), break_glass="in case")
    assert "break_glass" not in details(house, "opened")[0]


@pytest.mark.parametrize(
    ("approver", "key"),
    [
        ("mallory", None),
        ("mallory", ALICE),
        ("alice", None),
        ("alice", BOB),
        ("Alice", ALICE),
        ("", None),
    ],
)
def test_nobody_approves_as_somebody_else(
    house: House, guard: CredGuard, approver: str, key: ApproverKey | None
) -> None:
    """A name without its key, or that nobody named, approves nothing."""
    with pytest.raises(ApprovalError):
        guard.campaigns.approve(house.plan(), approver=approver, key=key)
    assert details(house, "approved") == []


def test_a_row_that_was_written_by_hand_counts_for_nothing(
    house: House, guard: CredGuard
) -> None:
    """Who can write to the database cannot approve by it."""
    plan = house.plan()
    guard.campaigns.approve(plan, approver="bob")
    guard.campaigns.approve(plan, approver="alice", key=ALICE)
    with house.guard._database.begin() as connection:
        rows = connection.execute(select(approval)).mappings().all()
        proofs = {row["approver"]: row["proof"] for row in rows}
        for name, proof in (("bob", proofs["alice"]), ("alice", proofs["bob"])):
            connection.execute(
                update(approval).where(approval.c.approver == name).values(proof=proof)
            )
    with pytest.raises(ApprovalError, match="0 did"):
        guard.campaigns.start(plan)


@pytest.mark.parametrize(
    "proof", ["", "vouched", "vouched.x.y", "signed.", "vouched..", "ä"]
)
def test_a_proof_that_is_none_counts_for_nothing(
    house: House, guard: CredGuard, proof: str
) -> None:
    """Whatever stands in the row."""
    plan = house.plan()
    guard.campaigns.approve(plan, approver="bob")
    guard.campaigns.approve(plan, approver="alice", key=ALICE)
    with house.guard._database.begin() as connection:
        connection.execute(update(approval).values(proof=proof))
    with pytest.raises(ApprovalError, match="0 did"):
        guard.campaigns.start(plan)


def test_an_approver_who_is_no_longer_named_does_not_count(house: House) -> None:
    """Nor does one who was given a key since."""
    plan = house.plan()
    both = ApprovalPolicy(needed=2, approvers={"bob": None, "carol": None})
    for name in both.approvers:
        guard_of(house, both).campaigns.approve(plan, approver=name)
    left = ApprovalPolicy(needed=1, approvers={"dave": None, "carol": BOB.public})
    with pytest.raises(ApprovalError, match="0 did"):
        guard_of(house, left).campaigns.start(plan)


def test_a_rotated_keyring_keeps_approvals(house: House) -> None:
    """As long as the old key is on it."""
    plan = house.plan()
    one = ApprovalPolicy(needed=1, approvers={"bob": None})
    guard_of(house, one).campaigns.approve(plan, approver="bob")
    house.keyring = house.keyring.rotate()
    assert guard_of(house, one).campaigns.start(plan)


def test_an_approval_counts_again(house: House) -> None:
    """A table that changed is not approved, and one that was just counted is opened."""
    one = ApprovalPolicy(needed=1, approvers={"bob": None})
    plan = house.plan()
    later = guard_of(house, one, ahead=FRESH + timedelta(minutes=1))
    house.forum.remove(*range(1, 12))
    with pytest.raises(CampaignStateError, match=r"60 .* 49"):
        later.campaigns.approve(plan, approver="bob")
    house.forum.add(*range(1, 12))
    later.campaigns.approve(plan, approver="bob")
    house.forum.remove(*range(1, 12))
    assert later.campaigns.start(plan)


def test_an_approval_from_the_future_is_not_taken(house: House) -> None:
    """One of two machines has a wrong clock."""
    one = ApprovalPolicy(needed=1, approvers={"bob": None})
    plan = house.plan()
    ahead = guard_of(house, one, ahead=SKEW + timedelta(minutes=1))
    ahead.campaigns.approve(plan, approver="bob")
    with pytest.raises(CampaignStateError, match="clock"):
        guard_of(house, one).campaigns.start(plan)


def test_an_approvers_key_shows_its_public_half_only() -> None:
    """And is read back as it was written."""
    assert ALICE.reveal() not in repr(ALICE) + str(ALICE)
    again = ApproverKey.parse(f" {ALICE.reveal()}\n")
    assert again.public == ALICE.public != BOB.public
    assert is_public_key(ALICE.public)
    assert not is_public_key(ALICE.reveal())


@pytest.mark.parametrize("text", ["", "cgas1.", ALICE.public, ALICE.reveal()[:-1], "ä"])
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    """It is told, and not repeated."""
    with pytest.raises(KeyringError, match="not an approver's private key"):
        ApproverKey.parse(text)


def test_a_key_of_another_length_is_refused() -> None:
    """An approver's key has 32 bytes."""
    with pytest.raises(KeyringError, match="32 bytes"):
        ApproverKey(b"short")


@given(st.binary(max_size=70), st.binary(max_size=20))
def test_a_signature_holds_for_its_message_and_key(
    other: bytes, message: bytes
) -> None:
    """And for nothing else."""
    signature = ALICE.sign(message)
    assert has_signed(ALICE.public, signature, message)
    assert not has_signed(BOB.public, signature, message)
    assert not has_signed(ALICE.public, signature, message + b"x")
    assert not has_signed(ALICE.public, other, message)
    assert not has_signed("no key", signature, message)
