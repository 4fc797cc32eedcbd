"""Files with account ids, one a line."""

from pathlib import Path

from credguard.campaigns import AccountList
from credguard.errors import ScopeError


class ListFiles:
    """
    Opens lists by file name, and remembers which file held which list.

    Attributes:
        names: File names by the digest of their list, for a plan.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def open(self, name: str) -> AccountList:
        """
        Read the list in the file *name*; empty lines and ``#`` comments are skipped.

        Raises:
            ScopeError: The file cannot be read, or is not UTF-8.
        """
        path = Path(name)
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError):
            message = f"the list '{name}' cannot be read"
        else:
            ids = [line.strip() for line in lines]
            found = AccountList.of(
                each for each in ids if each and not each.startswith("#")
            )
            self.names[found.digest] = str(path.resolve())
            return found
        raise ScopeError(message)

    def open_again(self, digest: str, name: str | None) -> AccountList:
        """
        Read the list that a plan names.

        Raises:
            ScopeError: The plan names no file for it, or the file is gone.
        """
        if name is None:
            message = f"the plan names no file for the list {digest[:12]}…"
            raise ScopeError(message)
        return self.open(name)
