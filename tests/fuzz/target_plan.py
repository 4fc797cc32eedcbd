"""Plan files."""

from trying import only_declared_errors, text_of

from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.plan_file import digest, read, write


def _opened(named: str, _file: str | None, kind: ListKind) -> AccountList:
    return AccountList(named, kind=kind)


def one_input(data: bytes) -> None:
    """Read a plan; what was read is written, and is the same plan."""
    text = text_of(data)
    for open_list in (None, _opened):
        with only_declared_errors():
            plan = read(text, open_list=open_list)
            if digest(read(write(plan))) != digest(plan):
                raise AssertionError
