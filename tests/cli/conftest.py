"""A terminal in a folder with a real forum's database and settings."""

from pathlib import Path

import pytest
from commands import SETTINGS, Terminal

from credguard import Keyring


@pytest.fixture
def terminal(forum_path: Path) -> Terminal:
    """Open a terminal beside a copy of a real forum's database."""
    folder = forum_path.parent
    (folder / "credguard.toml").write_text(SETTINGS, encoding="utf-8")
    return Terminal(folder, {"CREDGUARD_KEYRING": Keyring.generate().reveal()})
