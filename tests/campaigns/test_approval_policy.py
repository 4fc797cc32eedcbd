"""Who can be named as an approver, and how many of them can be needed."""

import pytest

from credguard.campaigns.approval_policy import NO_APPROVAL, ApprovalPolicy
from credguard.campaigns.approver_keys import ApproverKey
from credguard.errors import SetupError

ALICE = ApproverKey.generate()


def test_without_a_policy_nobody_needs_to_approve() -> None:
    """A forum may be run by one person."""
    assert NO_APPROVAL == ApprovalPolicy() == ApprovalPolicy(needed=0, approvers={})


@pytest.mark.parametrize("needed", [0, 1, 2])
def test_some_or_all_of_those_named_can_be_needed(needed: int) -> None:
    """With a key of their own or without one."""
    approvers = {"alice": ALICE.public, "x" * 64: None}
    assert ApprovalPolicy(needed=needed, approvers=approvers).needed == needed


@pytest.mark.parametrize(
    ("needed", "approvers"),
    [
        (-1, {}),
        (1, {}),
        (3, {"alice": None, "bob": None}),
        (1, {"": None}),
        (1, {"a b": None}),
        (1, {"alice\n": None}),
        (1, {"x" * 65: None}),
        (1, {"alice": "a key"}),
        (1, {"alice": ALICE.reveal()}),
        (0, {str(number): None for number in range(51)}),
    ],
)
def test_a_policy_that_nobody_can_fulfil_is_refused(
    needed: int, approvers: dict[str, str | None]
) -> None:
    """A mistyped name or key is told before the day on which it is needed."""
    with pytest.raises(SetupError):
        ApprovalPolicy(needed=needed, approvers=approvers)


def test_fifty_approvers_are_not_too_many() -> None:
    """All that may be named can be named."""
    names = {f"approver{number}": None for number in range(50)}
    assert len(ApprovalPolicy(needed=50, approvers=names).approvers) == 50
