"""What each hook ended is said wherever a campaign is counted."""

import csv
import json
import os
import sys
from io import StringIO

import pytest
from commands import Terminal

HOOKS = """
from pathlib import Path


class Cookies:
    name = "remember-me"

    def end(self, account_ids):
        if Path("away").exists():
            raise ConnectionError
        return 2 * len(account_ids)


HOOKS = [Cookies()]
"""


@pytest.fixture
def hooked(terminal: Terminal) -> Terminal:
    """Return a terminal whose settings name a hook, which fails at first."""
    (terminal.folder / "resets.py").write_text(HOOKS, "utf-8")
    settings = terminal.folder / "credguard.toml"
    named = settings.read_text("utf-8").replace(
        "[forum]\n", '[forum]\nhooks = "resets:HOOKS"\n'
    )
    settings.write_text(named, "utf-8")
    path = os.pathsep.join([str(terminal.folder), *sys.path])
    terminal.environment["PYTHONPATH"] = path
    (terminal.folder / "away").touch()
    return terminal


def test_all_formats_tell_what_each_hook_ended(hooked: Terminal) -> None:
    """Also while it is left to be done; a failure keeps no notice back."""
    arguments = ("--rate", "5000", "--out", "plan.toml")
    said = hooked.type("campaign", "plan", "everyone", "--reason", "Leak.", *arguments)
    assert said.status == 0, said.err
    said = hooked.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 75
    said = hooked.type("campaign", "run", "--maildir", "mails")
    assert said.status == 75
    assert "The hook 'remember-me' failed (ConnectionError)." in said.err
    assert "Everybody who can be told has been told." in said.out
    report = hooked.type("campaign", "report")
    assert "| remember-me | 0 | 0 of 1 |" in report.out
    (hooked.folder / "away").unlink()
    said = hooked.type("campaign", "run", "--maildir", "mails")
    assert said.status == 0, said.err
    told = {
        form: hooked.type("campaign", "report", "--format", form).out
        for form in ("markdown", "json", "html", "csv")
    }
    assert "| remember-me | 800 | 1 of 1 |" in told["markdown"]
    hooks = {"remember-me": {"ended": 800, "ranges_done": 1, "ranges": 1}}
    assert json.loads(told["json"])["hooks"] == hooks
    assert "<td>remember-me</td><td>800</td><td>1 of 1</td>" in told["html"]
    rows = list(csv.DictReader(StringIO(told["csv"])))
    assert sum(int(row["ended_by_remember-me"]) for row in rows) == 800
    assert rows[-1]["ended_by_remember-me_in_all"] == "800"
    status = hooked.type("campaign", "status", "--json")
    assert json.loads(status.out)["hooks"] == hooks
    status = hooked.type("campaign", "status")
    assert "Hook remember-me: 1 of 1 ranges, 800 ended." in status.out
    status = hooked.type("campaign", "status", "--follow")
    assert "remember-me: 800 ended in 1 of 1 ranges" in status.out
