"""`credguard campaign rehearse`: all of it, and nothing that stays."""

import re
from pathlib import Path

import pytest
from commands import Terminal
from test_campaign import REASON


def planned(terminal: Terminal, scope: str = "everyone", *more: str) -> None:
    """Write a plan to plan.toml."""
    arguments = ("--rate", "2", "--out", "plan.toml", *more)
    said = terminal.type("campaign", "plan", scope, *REASON, *arguments)
    assert said.status == 0, said.err


def test_a_rehearsal_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    """Not a byte of the database, no mail, and no copy that stays behind."""
    planned(terminal)
    file = terminal.folder / "forum.sqlite"
    before = file.read_bytes()
    copies = tmp_path / "copies"
    copies.mkdir()
    said = terminal.type(
        *("campaign", "rehearse", "plan.toml", "--folder", str(copies)),
        *("--out", "report.html"),
    )
    assert said.status == 0, said.err
    assert "Nothing was changed, and nobody was told." in said.out
    assert file.read_bytes() == before
    assert list(copies.iterdir()) == []
    assert not (terminal.folder / "mails").exists()
    page = (terminal.folder / "report.html").read_text("utf-8")
    assert "<svg" in page


def counted(out: str, name: str) -> int:
    """Return the number in the table's row of that name, 0 if there is none."""
    found = re.search(rf"│ {name} +│ +(\d+)", out)
    return int(found[1]) if found else 0


def test_a_rehearsal_tells_all_who_can_be_told(terminal: Terminal) -> None:
    """Each is told or bounces, in the time that the rate takes."""
    bands = ("year", "2 years", "5 years")
    shares = "".join(f'"in the last {band}" = 0.0\n' for band in bands)
    with (terminal.folder / "credguard.toml").open("a") as settings:
        settings.write(f'[forecast.bounces]\n{shares}"earlier" = 0.05\n')
        settings.write('"never, or unknown" = 0.05\n')
    planned(terminal)
    said = terminal.type("campaign", "rehearse", "plan.toml")
    assert said.status == 0, said.err
    told = counted(said.out, "must reset, told")
    gone = counted(said.out, "must reset, notice refused")
    assert told + gone == 380
    assert 0 < gone < 20
    assert "Telling took 3 min; the rates allow no less than 3 min." in said.out
    # On day 3 and on day 14: each who was told, and nobody whose address is gone.
    assert f"{2 * told} of them were reminders" in said.out
    assert "the last went out 14 days 0 h after the opening" in said.out
    assert "STOPPED" not in said.out


def test_a_rehearsal_finds_that_sending_would_stop(terminal: Terminal) -> None:
    """Where too many addresses bounce, the breaker opens, as it will on the day."""
    planned(terminal)
    said = terminal.type("campaign", "rehearse", "plan.toml")
    assert said.status == 0, said.err
    assert "SENDING STOPPED BY ITSELF" in said.out
    assert counted(said.out, "must reset, notice queued") > 0


def test_the_real_campaign_goes_on_as_rehearsed(terminal: Terminal) -> None:
    """A rehearsal uses the plan up in no way."""
    planned(terminal)
    said = terminal.type("campaign", "rehearse", "plan.toml")
    assert said.status == 0, said.err
    said = terminal.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 0, said.err


@pytest.mark.parametrize(
    "scope", ["has_second_factor", "staff", "mail_domain('mail.example')"]
)
def test_a_rehearsal_asks_what_the_plan_asked(terminal: Terminal, scope: str) -> None:
    """What stands in other columns and in our own tables is copied along."""
    planned(terminal, f"everyone and not {scope}")
    said = terminal.type("campaign", "rehearse", "plan.toml")
    assert said.status == 0, said.err


def test_a_plan_that_is_none_is_refused(terminal: Terminal) -> None:
    """Before anything is copied."""
    said = terminal.type("campaign", "rehearse", "nothing.toml")
    assert said.status == 78
    assert "cannot be read" in said.err
