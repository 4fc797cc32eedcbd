"""The page of commands is what the commands say of themselves."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_the_commands_own() -> None:
    """Otherwise: make cli-reference."""
    made = runpy.run_path(str(ROOT / "docs" / "cli_reference.py"))
    written = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert written == made["text"]()
