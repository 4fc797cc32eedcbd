"""Type the real command and look at what it says."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SETTINGS = """\
[forum]
database = "sqlite:///forum.sqlite"
table = "auth_user"

[forum.columns]
name = "username"
created_at = "date_joined"
last_login_at = "last_login"
is_active = "is_active"
is_staff = "is_staff"

[notices]
site = "Machina"
sender_address = "help@machina.example"
link = "https://machina.example/reset#{token}"
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its status."""

    out: str
    err: str
    status: int


@dataclass
class Terminal:
    """A folder in which commands are typed, with an environment."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def type(self, *arguments: str, answer: str = "") -> Said:
        """Run ``credguard`` with *arguments*."""
        ended = subprocess.run(
            [sys.executable, "-m", "credguard", *arguments],
            cwd=self.folder,
            env=self.variables(),
            input=answer,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        return Said(ended.stdout, ended.stderr, ended.returncode)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``credguard`` with *arguments* and look on."""
        return subprocess.Popen(
            [sys.executable, "-m", "credguard", *arguments],
            cwd=self.folder,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def variables(self) -> Mapping[str, str]:
        """Return the environment that commands find."""
        return {**os.environ, "PYTHONIOENCODING": "utf-8", **self.environment}
