"""What a sweep decides for the accounts of one range, before any of it is written."""

from dataclasses import dataclass, field

from credguard.campaigns import members
from credguard.campaigns.accounts import Swap, Taking
from credguard.campaigns.letter import is_reachable
from credguard.campaigns.means import Identify
from credguard.campaigns.members import Entry, Member
from credguard.campaigns.states import MemberState
from credguard.campaigns.tally import has_password
from credguard.keys import Keyring

# What hashes begin with; only of another text the hasher is asked whether it is one.
_BEGINNINGS = frozenset(
    "$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)


@dataclass(slots=True)
class Decision:
    """
    What is to be done in one range, and what will then have been done to it.

    The counts include what was written down before a crash.
    """

    campaign_id: str
    own: Keyring
    identify: Identify
    affected: list[str] = field(default_factory=list)
    entered: list[Entry] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    retired: int = 0
    notices: int = 0

    @property
    def touched(self) -> int:
        """How many accounts of the range are affected."""
        return len(self.affected)

    def take(self, taking: Taking, found: Member | None) -> None:
        """Decide for one affected account; *found* was written before a crash."""
        self.affected.append(taking.account_id)
        if found is None:
            self._begin(taking)
        else:
            self._resume(taking, found)

    def _begin(self, taking: Taking) -> None:
        if not self._has_password(taking):
            entry = (taking.account_id, MemberState.NO_PASSWORD, None)
            self.entered.append(entry)
            return
        password = taking.password or ""
        whose = (self.campaign_id, taking.account_id)
        retired = members.seal_retired(self.own, whose, password)
        self.entered.append((taking.account_id, MemberState.MUST_RESET, retired))
        self.retired += 1
        new = members.marker(self.own, *whose)
        self.swaps.append(Swap(taking.account_id, password, new))
        if is_reachable(taking.address):
            self.told.append(taking.account_id)
            self.notices += 1

    def _has_password(self, taking: Taking) -> bool:
        text, scheme = taking.password, ""
        if text is not None and text[:1] not in _BEGINNINGS:
            beside = {"salt": taking.salt, "username": taking.username}
            scheme = self.identify(text, **beside).scheme
        return has_password(text, scheme)

    def _resume(self, taking: Taking, found: Member) -> None:
        """Finish what a crash between two databases left half done."""
        if found.retired is None:
            return
        self.retired += 1
        self.notices += is_reachable(taking.address)
        if found.state is not MemberState.MUST_RESET or taking.password is None:
            return
        if members.open_retired(self.own, found) == taking.password:
            new = members.marker(self.own, found.campaign_id, found.account_id)
            self.swaps.append(Swap(taking.account_id, taking.password, new))
