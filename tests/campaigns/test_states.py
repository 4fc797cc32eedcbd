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
    ("waiting", "finished"),
    ("finished", "aborting"),
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
    MemberState.DORMANT_CLOSED: AccountState.DORMANT_CLOSED,
}
TELLING = {
    None: AccountState.UNREACHABLE,
    NoticeState.DEFERRED: AccountState.DEFERRED,
    NoticeState.HELD: AccountState.AMBIGUOUS,
    NoticeState.TOLD: AccountState.TOLD,
    NoticeState.REFUSED: AccountState.REFUSED,
    NoticeState.GIVEN_UP: AccountState.REFUSED,
    NoticeState.BOUNCED: AccountState.BOUNCED,
    NoticeState.SUPPRESSED: AccountState.SUPPRESSED,
    NoticeState.NO_ADDRESS: AccountState.UNREACHABLE,
    NoticeState.CANCELED: AccountState.RESTORING,
}
WAITING = {
    (NoticeState.QUEUED, 0): AccountState.QUEUED,
    (NoticeState.QUEUED, 3): AccountState.DEFERRED,
    **{(state, tried): seen for state, seen in TELLING.items() for tried in (0, 3)},
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
