"""What a sweep decides for the accounts of one range, before any of it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from credguard.campaigns import marking, retired
from credguard.campaigns.accounts import Swap, Taking
from credguard.campaigns.means import Identify
from credguard.campaigns.members import Entry, Member
from credguard.campaigns.reachable import is_reachable
from credguard.campaigns.states import MemberState
from credguard.campaigns.tally import MAX_RETIRED_CHARACTERS, has_password
from credguard.keys import Keyring

# What hashes begin with; only of another text the hasher is asked whether it is one.
_BEGINNINGS = frozenset(
    "$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """
    What of a range was written down before a crash.

    Attributes:
        members: The member rows, by account.

        hashes: Their retired hashes, by account.

        next_page: The number of the next page of hashes.
    """

    members: Mapping[str, Member]
    hashes: Mapping[str, str]
    next_page: int


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
    pages: list[tuple[int, str]] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    retired: int = 0
    reachable: int = 0

    @property
    def touched(self) -> int:
        """How many accounts of the range are affected."""
        return len(self.affected)

    def take(self, takings: Sequence[Taking], earlier: Earlier) -> None:
        """Decide for the accounts of the range that are affected, once."""
        self.affected = [taking.account_id for taking in takings]
        if earlier.members:
            known = earlier.members
            for taking in takings:
                if taking.account_id in known:
                    self._resume(taking, known[taking.account_id], earlier.hashes)
            takings = [each for each in takings if each.account_id not in known]
        self._begin(takings, earlier.next_page)

    def _begin(self, takings: Sequence[Taking], page: int) -> None:
        told: list[tuple[str, str]] = []
        silent: list[tuple[str, str]] = []
        without: list[str] = []
        for taking in takings:
            account_id, text, address, *_ = taking
            is_plain = (
                text and text[0] in _BEGINNINGS and len(text) <= MAX_RETIRED_CHARACTERS
            )
            if not is_plain and not self._has_password(taking):
                without.append(account_id)
            elif is_reachable(address):
                told.append((account_id, text or ""))
            else:
                silent.append((account_id, text or ""))
        page = self._retire(told, page, is_reachable=True)
        self._retire(silent, page, is_reachable=False)
        self.entered.append(Entry(without, MemberState.NO_PASSWORD))

    def _retire(
        self, hashes: list[tuple[str, str]], page: int, *, is_reachable: bool
    ) -> int:
        """Take hashes out of use; return the number of the page after theirs."""
        sealed = retired.seal(self.own, self.campaign_id, hashes, first=page)
        ids = [account_id for account_id, _ in hashes]
        state = MemberState.MUST_RESET
        entry = Entry(ids, state, is_reachable, sealed.first, sealed.size)
        self.entered.append(entry)
        self.pages += sealed.pages
        new = marking.markers(self.own, self.campaign_id, ids)
        self.swaps += map(Swap, ids, [text for _, text in hashes], new)
        self.retired += len(ids)
        self.reachable += len(ids) * is_reachable
        return page + len(sealed.pages)

    def _has_password(self, taking: Taking) -> bool:
        text, scheme = taking.password, ""
        if text is not None and text[:1] not in _BEGINNINGS:
            beside = {"salt": taking.salt, "username": taking.username}
            scheme = self.identify(text, **beside).scheme
        return has_password(text, scheme)

    def _resume(self, taking: Taking, found: Member, hashes: Mapping[str, str]) -> None:
        """Finish what a crash between two databases left half done."""
        if not found.is_retired:
            return
        self.retired += 1
        self.reachable += is_reachable(taking.address)
        if found.state is not MemberState.MUST_RESET or taking.password is None:
            return
        if hashes[taking.account_id] == taking.password:
            new = marking.marker(self.own, found)
            self.swaps.append(Swap(taking.account_id, taking.password, new))
