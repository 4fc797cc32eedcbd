import subprocess
import sys
from pathlib import Path

import pytest

from credguard.drill.forum import REAL_MEMBERS, Forum
from credguard.drill.operator import Operator
from credguard.errors import DrillFailedError, PasswordMismatchError
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher


def test_a_drill_ends_with_a_report_that_adds_up(tmp_path: Path) -> None:
    """The whole play runs in a folder of its own and every check in it holds."""
    ended = subprocess.run(
        [sys.executable, "-m", "credguard", "drill", "--accounts", "60"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "**all accounts (adds up)** | **60**" in ended.stdout
    assert "everything went as it must" in ended.stdout
    assert "2 reused, 1 breached, 1 too_short" in ended.stdout
    assert not list(tmp_path.iterdir())


def test_the_forum_grows_and_shrinks(tmp_path: Path) -> None:
    """A forum has as many members as asked for, the first 400 of them real."""
    for accounts in (20, REAL_MEMBERS, 450):
        forum = Forum(tmp_path / f"{accounts}.sqlite")
        forum.build(accounts)
        assert len(list(forum.some_members(1000))) <= accounts
        highest = max(int(account_id) for account_id, _ in forum.some_members(1))
        assert accounts - 5 <= highest <= accounts


@pytest.mark.parametrize("number", [401, 402, 403, 404])
def test_invented_members_have_real_hashes(tmp_path: Path, number: int) -> None:
    """Each kind of invented hash verifies with its password and with no other."""
    forum = Forum(tmp_path / "forum.sqlite")
    forum.build(410)
    stored, hasher = forum.stored(str(number)), PasswordHasher()
    password = forum.password_of(f"member{number}")
    assert hasher.verify(password, stored=stored).needs_rehash
    with pytest.raises(PasswordMismatchError):
        hasher.verify(password + "!", stored=stored)


def test_a_command_that_fails_fails_the_drill(tmp_path: Path) -> None:
    """A drill does not go on after a command that ended with an error."""
    operator = Operator(
        folder=tmp_path, environment={}, keyring=Keyring.generate(), say=print
    )
    with pytest.raises(DrillFailedError, match="status 78"):
        operator.run("accounts", "check")
