"""Files that commands read and write whole."""

from pathlib import Path

from credguard.campaigns import Plan, plan_file
from credguard.cli.lists import ListFiles
from credguard.errors import ScopeError, SetupError


def read_plan(file: Path) -> Plan:
    """
    Read a plan's file, and the lists that it names.

    Raises:
        ScopeError: It cannot be read, or is no plan.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        message = f"the plan {file} cannot be read"
    else:
        return plan_file.read(text, open_list=ListFiles().open_again)
    raise ScopeError(message)


def write_text(out: Path, text: str, *, what: str) -> None:
    """
    Write *text* as it is, with its own line ends.

    Args:
        out: The file; one that is there is replaced.

        text: What to write.

        what: What it is, for the error.

    Raises:
        SetupError: It cannot be written.
    """
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        message = f"{what} cannot be written: {error.strerror}"
        raise SetupError(message) from None
