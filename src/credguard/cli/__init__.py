"""The `credguard` command: an edge that reads settings, calls a room, and prints."""

import sys

from credguard.errors import MissingExtraError


def main() -> None:
    """Run the command, or say which pip command makes it work."""
    try:
        from credguard.cli.app import credguard  # noqa: PLC0415  # click is an extra
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"click", "rich"}:
            raise
        sys.exit(str(MissingExtraError("cli", needed_for="The credguard command")))
    credguard()
