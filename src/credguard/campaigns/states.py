"""
The states of a campaign, of a member and of a notice, and the ways between.

Pure: no clock and no storage. Every account is in exactly one `AccountState` at
every instant, and the counts add up to the number of accounts.
"""

from enum import StrEnum

from credguard.errors import CampaignStateError


class CampaignState(StrEnum):
    """Where a campaign stands."""

    OPEN = "open"
    """The watermark is in force: log-ins and sessions in scope are gated."""

    SWEEPING = "sweeping"
    """Hashes are being retired, range by range."""

    NOTIFYING = "notifying"
    """Every hash in scope is retired; members are being told."""

    WAITING = "waiting"
    """Everybody who can be told has been; members choose new passwords."""

    FINISHED = "finished"
    """Nobody is reminded any more; who never answered still needs a new password."""

    ABORTING = "aborting"
    """Retired hashes are being put back."""

    ABORTED = "aborted"
    """Every hash that was still retired is back in place."""


_NEXT: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.OPEN: frozenset({CampaignState.SWEEPING, CampaignState.ABORTING}),
    CampaignState.SWEEPING: frozenset(
        {CampaignState.NOTIFYING, CampaignState.ABORTING}
    ),
    CampaignState.NOTIFYING: frozenset({CampaignState.WAITING, CampaignState.ABORTING}),
    CampaignState.WAITING: frozenset({CampaignState.FINISHED, CampaignState.ABORTING}),
    CampaignState.FINISHED: frozenset({CampaignState.ABORTING}),
    CampaignState.ABORTING: frozenset({CampaignState.ABORTED}),
    CampaignState.ABORTED: frozenset(),
}

GATING = frozenset(
    {
        CampaignState.OPEN,
        CampaignState.SWEEPING,
        CampaignState.NOTIFYING,
        CampaignState.WAITING,
        CampaignState.FINISHED,
    }
)
UNSWEPT = frozenset({CampaignState.OPEN, CampaignState.SWEEPING})
ENDED = frozenset({CampaignState.ABORTING, CampaignState.ABORTED})


def check_step(now: CampaignState, then: CampaignState) -> CampaignState:
    """
    Return *then* if a campaign may go there.

    Raises:
        CampaignStateError: There is no such way.
    """
    if then not in _NEXT[now]:
        message = f"the campaign is {now.value}; it cannot become {then.value}"
        raise CampaignStateError(message)
    return then


class MemberState(StrEnum):
    """What happened to an account in scope."""

    MUST_RESET = "must_reset"
    """Its hash is retired; it needs a new password."""

    NO_PASSWORD = "no_password"  # noqa: S105  # a state
    """It had no usable password; its sessions are over."""

    RESETTING = "resetting"
    """A new hash was decided on and is being written into the forum's table."""

    RESET_DONE = "reset_done"
    """It has a new password."""

    RESTORED = "restored"
    """The campaign was aborted and its old hash put back."""

    LEFT = "left"
    """The account is no longer in the forum's table."""

    DORMANT_CLOSED = "dormant_closed"
    """It never answered; its retired hash was destroyed."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    QUEUED = "queued"
    """It waits for its turn."""

    DEFERRED = "deferred"
    """It was put off, and is tried again when it is due."""

    HELD = "held"
    """It may be out or not: the line broke, and the operator is to decide."""

    TOLD = "told"
    """The other side took it."""

    REFUSED = "refused"
    """It was refused for good when it was handed over."""

    GIVEN_UP = "given_up"
    """It was put off too often."""

    BOUNCED = "bounced"
    """It was taken, and came back."""

    SUPPRESSED = "suppressed"
    """It was not sent: the address is known to be bad."""

    NO_ADDRESS = "no_address"
    """It was not sent: there is no address that a notice can go to."""

    CANCELED = "canceled"
    """It was taken back."""


UNSENT = (NoticeState.QUEUED, NoticeState.DEFERRED, NoticeState.HELD)
TO_SEND = (NoticeState.QUEUED, NoticeState.DEFERRED)
UNSENT_NAMES = tuple(state.value for state in UNSENT)
TO_SEND_NAMES = tuple(state.value for state in TO_SEND)


class AccountState(StrEnum):
    """The one state in which each account is, as operators see it."""

    OUT_OF_SCOPE = "out of scope"
    GATED = "gated, not swept yet"
    NO_PASSWORD = "no password to reset"  # noqa: S105  # a state
    UNREACHABLE = "must reset, no address to tell"
    QUEUED = "must reset, notice queued"
    DEFERRED = "must reset, notice deferred"
    AMBIGUOUS = "must reset, held: told or not"
    TOLD = "must reset, told"
    REFUSED = "must reset, notice refused"
    BOUNCED = "must reset, notice bounced"
    SUPPRESSED = "must reset, address known bad"
    RESETTING = "new password being written"
    RESET_DONE = "has a new password"
    RESTORING = "old hash being put back"
    RESTORED = "old hash put back"
    DORMANT_CLOSED = "never answered, closed"
    LEFT = "left the forum"


_SETTLED = {
    MemberState.NO_PASSWORD: AccountState.NO_PASSWORD,
    MemberState.RESETTING: AccountState.RESETTING,
    MemberState.RESET_DONE: AccountState.RESET_DONE,
    MemberState.RESTORED: AccountState.RESTORED,
    MemberState.LEFT: AccountState.LEFT,
    MemberState.DORMANT_CLOSED: AccountState.DORMANT_CLOSED,
}

_TELLING = {
    NoticeState.DEFERRED: AccountState.DEFERRED,
    NoticeState.HELD: AccountState.AMBIGUOUS,
    NoticeState.TOLD: AccountState.TOLD,
    NoticeState.REFUSED: AccountState.REFUSED,
    NoticeState.GIVEN_UP: AccountState.REFUSED,
    NoticeState.BOUNCED: AccountState.BOUNCED,
    NoticeState.SUPPRESSED: AccountState.SUPPRESSED,
    NoticeState.CANCELED: AccountState.RESTORING,
}


def account_state(
    member: MemberState, notice: NoticeState | None, *, attempts: int
) -> AccountState:
    """
    Return the one state of an account that has a member row.

    Args:
        member: The state of its member row.

        notice: The state of its notice, None if it has none.

        attempts: How often the notice was tried.
    """
    if member in _SETTLED:
        return _SETTLED[member]
    if notice is NoticeState.QUEUED:
        return AccountState.DEFERRED if attempts else AccountState.QUEUED
    if notice is None:
        return AccountState.UNREACHABLE
    return _TELLING.get(notice, AccountState.UNREACHABLE)
