"""The accounts with a listed password, written down for a campaign."""

from datetime import UTC, datetime

import pytest
from commands import Terminal

from credguard.cli.accounts import as_line
from credguard.errors import AccountIdError
from credguard.screening import Listed
from credguard.screening.editions import Edition
from credguard.screening.reasons import breached
from credguard.screening.standing import standing_of
from credguard.screening.standings import keep_new
from credguard.storage import Database
from credguard.storage.schema import prepare

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_listed_are_written_for_a_campaign(terminal: Terminal) -> None:
    """Those who are still members, and how many; a campaign reads the file."""
    database = Database(f"sqlite:///{terminal.folder / 'forum.sqlite'}")
    prepare(database)
    edition = Edition("2" * 32, tells_all=True)
    with database.begin() as connection:
        for account_id, times in (("3", 7), ("4", 5000), ("nobody", 5000)):
            found = Listed(breached(times), times=times)
            standing = standing_of(found, edition, now=NOON)
            keep_new(connection, account_id, standing, hash_tag="tag")
    database.close()
    said = terminal.type("accounts", "listed")
    assert (said.out, said.status) == ("3\n4\n", 0)
    assert said.err == "2 accounts with a listed password.\n"
    said = terminal.type(
        *("accounts", "listed", "--seen-at-least", "1000", "--out", "listed.txt")
    )
    assert said.status == 0
    assert (terminal.folder / "listed.txt").read_text("utf-8") == "4\n"
    said = terminal.type(
        *("campaign", "plan", "in_list('listed.txt')", "--reason", "It is known."),
        *("--out", "plan.toml"),
    )
    assert said.status == 0, said.err


def test_nobody_is_listed_at_first(terminal: Terminal) -> None:
    """No output is a list of nobody."""
    said = terminal.type("accounts", "listed")
    assert (said.out, said.status) == ("", 0)
    assert said.err == "0 accounts with a listed password.\n"


@pytest.mark.parametrize("account_id", ["#1", " 1", "1 ", "1\n2", "1\u20282", "\n"])
def test_an_id_that_is_no_line_is_refused(account_id: str) -> None:
    """It would be read back as another id, or as none."""
    with pytest.raises(AccountIdError, match="in Python"):
        as_line(account_id)


@pytest.mark.parametrize("account_id", ["1", "alice", "a b", "a#b", "ж"])
def test_any_other_id_is_a_line(account_id: str) -> None:
    """And reads back as itself."""
    assert as_line(account_id) == f"{account_id}\n"
