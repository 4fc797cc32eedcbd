from itertools import product

import pytest

from credguard.campaigns.states import (
    ENDED,
    GATING,
    UNSWEPT,
    AccountState,
    CampaignState,
    MemberState,
    NoticeState,
    account_state,
    check_step,
)
from credguard.errors import CampaignStateError

STEPS = {
    ("open", "sweeping"),
    ("sweeping", "notifying"),
    ("notifying", "waiting"),
    ("open", "aborting"),
    ("sweeping", "aborting"),
    ("notifying", "aborting"),
    ("waiting", "aborting"),
    ("aborting", "aborted"),
}


@pytest.mark.parametrize(("now", "then"), list(product(CampaignState, CampaignState)))
def test_a_campaign_goes_only_where_there_is_a_way(
    now: CampaignState, then: CampaignState
) -> None:
    """Each pair of states is a step or is refused, with both named."""
    if (now.value, then.value) in STEPS:
        assert check_step(now, then) is then
    else:
        with pytest.raises(CampaignStateError, match=rf"{now}.*{then}"):
            check_step(now, then)


def test_a_campaign_gates_until_it_is_given_up() -> None:
    """Each state either gates log-ins or has ended, and an unswept one gates."""
    assert set(CampaignState) == GATING | ENDED
    assert not GATING & ENDED
    assert UNSWEPT < GATING


SETTLED = {
    MemberState.NO_PASSWORD: AccountState.NO_PASSWORD,
    MemberState.RESETTING: AccountState.RESETTING,
    MemberState.RESET_DONE: AccountState.RESET_DONE,
    MemberState.RESTORED: AccountState.RESTORED,
    MemberState.LEFT: AccountState.LEFT,
}
WAITING = {
    (None, 0): AccountState.UNREACHABLE,
    (None, 3): AccountState.UNREACHABLE,
    (NoticeState.QUEUED, 0): AccountState.QUEUED,
    (NoticeState.QUEUED, 3): AccountState.DEFERRED,
    (NoticeState.TOLD, 0): AccountState.TOLD,
    (NoticeState.TOLD, 3): AccountState.TOLD,
    (NoticeState.REFUSED, 0): AccountState.REFUSED,
    (NoticeState.REFUSED, 3): AccountState.REFUSED,
    (NoticeState.CANCELED, 0): AccountState.RESTORING,
    (NoticeState.CANCELED, 3): AccountState.RESTORING,
}


@pytest.mark.parametrize(
    ("member", "notice", "attempts"),
    list(product(MemberState, [None, *NoticeState], [0, 3])),
)
def test_a_member_is_in_exactly_one_state(
    member: MemberState, notice: NoticeState | None, attempts: int
) -> None:
    """Every member row with every notice is one account state."""
    found = account_state(member, notice, attempts=attempts)
    expected = SETTLED.get(member) or WAITING[notice, attempts]
    assert found is expected
