"""What a sweep decides for the accounts of one range, before any of it is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from credguard.campaigns import marking, retired
from credguard.campaigns.accounts import Swap, Taking
from credguard.campaigns.means import Identify
from credguard.campaigns.members import Entry, Member
from credguard.campaigns.reachable import is_reachable
from credguard.campaigns.retired import Beside
from credguard.campaigns.states import MemberState
from credguard.campaigns.tally import MAX_RETIRED_CHARACTERS, has_password
from credguard.keys import Keyring

_PAGE = 1000  # columns that are written in one statement
_MAX_BESIDE_CHARACTERS = 255  # no scheme reads a longer salt or name
# What hashes begin with; only of another text the hasher is asked whether it is one.
_BEGINNINGS = frozenset(
    "$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """
    What of a page of accounts was written down before a crash.

    Attributes:
        members: The member rows, by account.

        hashes: Their retired hashes, by account.
    """

    members: Mapping[str, Member] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """
    What is to be done in one range, and what will then have been done to it.

    Accounts are taken in by the page and kept by the column: what makes an object of
    each of them makes the garbage collector look through the whole process again and
    again, for a quarter of a sweep's time. The counts include what was written down
    before a crash.
    """

    campaign_id: str
    own: Keyring
    identify: Identify
    affected: list[str] = field(default_factory=list)
    entered: list[Entry] = field(default_factory=list)
    pages: list[tuple[int, str]] = field(default_factory=list)
    retired: int = 0
    reachable: int = 0
    _told: dict[str, str] = field(default_factory=dict)
    _silent: dict[str, str] = field(default_factory=dict)
    _without: list[str] = field(default_factory=list)
    _beside: dict[str, Beside] = field(default_factory=dict)
    _swaps: tuple[list[str], list[str], list[str]] = field(
        default_factory=lambda: ([], [], [])
    )

    @property
    def touched(self) -> int:
        """How many accounts of the range are affected."""
        return len(self.affected)

    @property
    def swapped(self) -> int:
        """How many password columns are to be written."""
        return len(self._swaps[0])

    def swaps(self) -> Iterator[list[Swap]]:
        """Make what is to be written to password columns, in pages."""
        for start in range(0, self.swapped, _PAGE):
            page = (column[start : start + _PAGE] for column in self._swaps)
            yield list(map(Swap, *page))

    def take(self, takings: Sequence[Taking], earlier: Earlier) -> None:
        """Decide for a page of accounts that are affected, once."""
        self.affected += [taking.account_id for taking in takings]
        known = earlier.members
        for taking in takings:
            account_id, text, address, *_ = taking
            if known and account_id in known:
                self._resume(taking, known[account_id], earlier.hashes)
                continue
            is_plain = (
                text and text[0] in _BEGINNINGS and len(text) <= MAX_RETIRED_CHARACTERS
            )
            if not is_plain and not self._has_password(taking):
                self._without.append(account_id)
                continue
            self._keep_beside(taking)
            if is_reachable(address):
                self._told[account_id] = text or ""
            else:
                self._silent[account_id] = text or ""

    def seal(self, page: int) -> None:
        """Seal what was decided, once, after all accounts; *page* is the first free."""
        page = self._retire(self._told, page, is_reachable=True)
        self._retire(self._silent, page, is_reachable=False)
        self.entered.append(Entry(self._without, MemberState.NO_PASSWORD))

    def _retire(self, hashes: dict[str, str], page: int, *, is_reachable: bool) -> int:
        """Take hashes out of use; return the number of the page after theirs."""
        sealed = retired.seal(
            self.own, self.campaign_id, hashes, first=page, beside=self._beside
        )
        ids = list(hashes)
        state = MemberState.MUST_RESET
        entry = Entry(ids, state, is_reachable, sealed.first, sealed.size)
        self.entered.append(entry)
        self.pages += sealed.pages
        new = marking.markers(self.own, self.campaign_id, ids)
        self._swap(ids, hashes.values(), new)
        self.retired += len(ids)
        self.reachable += len(ids) * is_reachable
        return page + len(sealed.pages)

    def _swap(self, ids: Iterable[str], old: Iterable[str], new: Iterable[str]) -> None:
        for column, values in zip(self._swaps, (ids, old, new), strict=True):
            column.extend(values)

    def _keep_beside(self, taking: Taking) -> None:
        if taking.salt is not None or taking.username is not None:
            beside = (_kept(taking.salt), _kept(taking.username))
            self._beside[taking.account_id] = beside

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
            self._swap([taking.account_id], [taking.password], [new])


def _kept(text: str | None) -> str | None:
    return text if text is not None and len(text) <= _MAX_BESIDE_CHARACTERS else None
