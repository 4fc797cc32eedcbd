"""`credguard journal`: account ids and times, what is missing, and who looked."""

from datetime import timedelta

import pytest
from commands import Terminal

from credguard import CredGuard, Keyring, PasswordHasher
from credguard._clock import system_clock
from credguard.errors import SessionSwappedError
from credguard.sessions import JournalPolicy
from credguard.testing import CHEAPEST

WHY = ("--reason", "members see strangers' pages")
PASSWORD = "a quiet harbour at noon"


@pytest.fixture
def span(terminal: Terminal) -> tuple[str, str]:
    """Let two members log in at once, and return a time around it."""
    guard = CredGuard(
        keyring=Keyring.parse(terminal.environment["CREDGUARD_KEYRING"]),
        database=f"sqlite:///{terminal.folder / 'forum.sqlite'}",
        passwords=PasswordHasher(work_factor=CHEAPEST),
        journal=JournalPolicy(),
    )
    start = system_clock()
    stored = PasswordHasher(work_factor=CHEAPEST).hash(PASSWORD)
    sessions = [
        guard.log_in(PASSWORD, account_id=each, stored=stored, browser=f"b{each}")
        for each in ("901", "902")
    ]
    with pytest.raises(SessionSwappedError):
        guard.check_session(sessions[0].session, account_id="901", browser="b902")
    guard._database.close()
    end = system_clock() + timedelta(seconds=5)
    return start.isoformat(), end.isoformat()


def test_who_logged_in_is_listed(terminal: Terminal, span: tuple[str, str]) -> None:
    """With a warning where log-ins before the journal are missing."""
    said = terminal.type("journal", "between", *span, *WHY)
    assert said.status == 0, said.err
    assert [line.split("\t")[1] for line in said.out.splitlines()] == ["901", "902"]
    assert "NOT COMPLETE: the journal goes back to" in said.err
    said = terminal.type("journal", "between", "2019-02-05", "2019-02-07", *WHY)
    assert (said.status, said.out) == (0, "")
    assert "THE JOURNAL HAS NOTHING" in said.err


def test_who_may_have_been_crossed_is_listed(
    terminal: Terminal, span: tuple[str, str]
) -> None:
    """Both accounts on one line, and how far apart."""
    said = terminal.type("journal", "crossed", *span, "--within", "2", *WHY)
    assert said.status == 0, said.err
    assert said.out.count("\n") == 1
    assert {"901", "902"} <= set(said.out.split("\t"))


def test_what_was_swapped_is_listed(terminal: Terminal, span: tuple[str, str]) -> None:
    """Owner and other; those before a time are left out."""
    said = terminal.type("journal", "swaps")
    assert said.status == 0, said.err
    assert said.out.strip().split("\t")[1:] == ["901", "902"]
    assert "1 swapped session," in said.err
    assert terminal.type("journal", "swaps", "--since", span[1]).out == ""


def test_every_look_is_kept(terminal: Terminal, span: tuple[str, str]) -> None:
    """The log verifies afterwards, and a purge is in it as well."""
    for command in ("between", "crossed"):
        assert terminal.type("journal", command, *span, *WHY).status == 0
    assert "0 entries deleted." in terminal.type("journal", "purge").out
    said = terminal.type("audit", "verify")
    assert "4 records, none altered." in said.out


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("tuesday", "2019-02-07", "is no time"),
        ("2019-02-07", "2019-02-05", "END is before START"),
    ],
)
def test_what_is_no_time_is_refused(
    terminal: Terminal, start: str, end: str, message: str
) -> None:
    """Before anything is read."""
    said = terminal.type("journal", "between", start, end, *WHY)
    assert said.status == 78
    assert message in said.err
