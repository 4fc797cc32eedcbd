"""Files with account ids, addresses or hashes of addresses, one a line."""

from collections.abc import Sequence
from pathlib import Path

from credguard.campaigns import AccountList
from credguard.campaigns.lists import ListKind, is_address_hash
from credguard.errors import ScopeError


class ListFiles:
    """
    Opens lists by file name, and remembers which file held which list.

    Attributes:
        names: File names by the digest of their list, for a plan.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def open(self, name: str, kind: ListKind | None = None) -> AccountList:
        """
        Read the list in the file *name*; empty lines and ``#`` comments are skipped.

        Args:
            name: The file.

            kind: What its lines are; None to find out. A line with an ``@`` is an
                address, one of 64 hexadecimal digits the hash of one.

        Raises:
            ScopeError: The file cannot be read, is not UTF-8, or holds both
                addresses and what is none.
        """
        path = Path(name)
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError):
            message = f"the list '{name}' cannot be read"
        else:
            entries = [line.strip() for line in lines]
            entries = [each for each in entries if each and not each.startswith("#")]
            kind = kind or _kind_of(entries, name)
            of = (
                AccountList.of_addresses
                if kind is ListKind.ADDRESSES
                else AccountList.of
            )
            found = of(entries)
            self.names[found.digest] = str(path.resolve())
            return found
        raise ScopeError(message)

    def open_again(self, digest: str, name: str | None, kind: ListKind) -> AccountList:
        """
        Read the list that a plan names.

        Raises:
            ScopeError: The plan names no file for it, or the file is gone.
        """
        if name is None:
            message = f"the plan names no file for the list {digest[:12]}…"
            raise ScopeError(message)
        return self.open(name, kind)


def _kind_of(entries: Sequence[str], name: str) -> ListKind:
    are_addresses = {"@" in each or is_address_hash(each) for each in entries}
    if len(are_addresses) > 1:
        message = (
            f"the list '{name}' holds addresses and other lines; say what they are: "
            f"in_list('{name}', 'ids') or in_list('{name}', 'addresses')"
        )
        raise ScopeError(message)
    return ListKind.ADDRESSES if True in are_addresses else ListKind.IDS
