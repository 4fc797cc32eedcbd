"""`credguard campaign report` in its formats, and `status --follow`."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from commands import Terminal
from test_campaign import started

CSV = ("campaign", "report", "--format", "csv")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def told(terminal: Terminal) -> Terminal:
    """Return a terminal whose campaign has told everybody."""
    started(terminal)
    said = terminal.type("campaign", "run", "--maildir", "mails")
    assert said.status == 0, said.err
    return terminal


def test_all_formats_tell_one_number(told: Terminal) -> None:
    """Markdown, JSON, the page and the sum of the CSV."""
    said = {
        form: told.type("campaign", "report", "--format", form)
        for form in ("markdown", "json", "html", "csv")
    }
    assert {each.status for each in said.values()} == {0}
    assert "| must reset, told | 380 |" in said["markdown"].out
    assert json.loads(said["json"].out)["told"] == 380
    assert "<b>380</b> told" in said["html"].out
    rows = list(csv.DictReader(StringIO(said["csv"].out)))
    assert sum(int(row["told"]) for row in rows) == 380
    assert rows[-1]["told_in_all"] == "380"


def test_all_formats_count_accounts_and_not_messages(told: Terminal) -> None:
    """Two reminders to each, and all that was sent comes back."""
    with closing(sqlite3.connect(told.folder / "forum.sqlite")) as forum, forum:
        days = 20 * 24 * 3600 * 10**6
        forum.execute("UPDATE credguard_notice SET told_at = told_at - ?", (days,))
        forum.execute(
            "UPDATE credguard_campaign SET opened_at = opened_at - ?", (days,)
        )
    said = told.type("campaign", "run", "--maildir", "mails")
    assert said.status == 0, said.err
    assert len(list((told.folder / "mails" / "new").iterdir())) == 3 * 380
    with closing(sqlite3.connect(told.folder / "forum.sqlite")) as forum, forum:
        forum.execute("UPDATE credguard_notice SET state = 'bounced'")
    said = told.type("campaign", "report")
    assert "| must reset, notice bounced | 380 |" in said.out
    assert "Told: 380, from" in said.out
    shown = told.type("campaign", "report", "--format", "html").out
    assert "<b>380</b> told" in shown
    assert "380 were told and 0 have one; notices to 380 came back." in shown
    assert (
        json.loads(told.type("campaign", "report", "--format", "json").out)["told"]
        == 380
    )
    rows = list(csv.DictReader(StringIO(told.type(*CSV).out)))
    assert (rows[-1]["told_in_all"], rows[-1]["bounced_in_all"]) == ("380", "380")
    said = told.type("campaign", "status", "--follow", "--every", "0.1")
    assert "; 380 told; 0 to tell;" in said.out


def test_a_report_is_written_to_a_file(told: Terminal) -> None:
    """Whole, or with an error that says why not."""
    said = told.type("campaign", "report", "--format", "html", "--out", "report.html")
    assert said.status == 0, said.err
    page = (told.folder / "report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")
    said = told.type("campaign", "report", "--out", "nowhere/report.md")
    assert said.status == 78
    assert "cannot be written" in said.err


def test_following_ends_when_nothing_goes_on(told: Terminal) -> None:
    """Lines where no terminal is: the last count, and no more."""
    said = told.type("campaign", "status", "--follow", "--every", "0.1")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        (
            "waiting: 1 of 1 ranges; 380 told; 0 to tell; 0 have a new password; "
            "395 still to choose one"
        )
    ]


def test_following_sees_another_run(terminal: Terminal) -> None:
    """A line for each change, until the last notice is out."""
    name = started(terminal, rate="150")
    looking = terminal.begin("campaign", "status", name, "--follow", "--every", "0.1")
    assert looking.stdout is not None
    first = looking.stdout.readline().decode()
    assert first.startswith("notifying: 1 of 1 ranges; 0 told; 380 to tell")
    said = terminal.type("campaign", "run", "--maildir", "mails")
    assert said.status == 0, said.err
    out, err = looking.communicate(timeout=60)
    assert (looking.returncode, err) == (0, b"")
    lines = out.decode().splitlines()
    assert len(lines) > 2
    assert "380 told; 0 to tell" in lines[-1]


def test_a_real_browser_shows_the_page(told: Terminal, tmp_path: Path) -> None:
    """Chromium lays both plots out, and nothing is wider than a telephone."""
    if CHROMIUM is None:
        if os.environ.get("CREDGUARD_REQUIRE_SERVICES"):
            pytest.fail("Chromium is needed and not there")
        pytest.skip("Chromium is not installed")
    page = told.type("campaign", "report", "--format", "html").out
    measure = (
        "<script>window.onload = () => { const plots = [...document.querySelectorAll("
        "'svg')].map(e => e.getBoundingClientRect()); document.title = JSON.stringify("
        "[innerWidth, document.documentElement.scrollWidth, ...plots.map(e => "
        "Math.round(e.height))]); }</script></body>"
    )
    file = tmp_path / "report.html"
    file.write_text(page.replace("</body>", measure), "utf-8")
    shown = subprocess.run(
        [
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--window-size=600,900"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    title = shown.stdout.partition("<title>")[2].partition("</title>")[0]
    width, needed, *heights = json.loads(title)
    assert needed <= width
    assert len(heights) == 2
    assert min(heights) > 100
