"""Re-sealing, lists, repairs and the retirement of keys, as they are typed."""

import base64
import json
import re
import sqlite3
import time
from contextlib import closing

import pytest
from commands import Terminal

from credguard import Keyring, SecondFactors
from credguard.second_factor import Argon2CodeHasher
from credguard.second_factor.totp import code_at
from credguard.storage import Database
from credguard.storage.schema import prepare


def keeper(terminal: Terminal) -> SecondFactors:
    """Return the forum's keeper of second factors."""
    database = Database(f"sqlite:///{terminal.folder / 'forum.sqlite'}")
    prepare(database)
    keyring = Keyring.parse(terminal.environment["CREDGUARD_KEYRING"])
    hasher = Argon2CodeHasher(memory_kib=8, passes=1)
    return SecondFactors(database, keyring, issuer="Forum", hasher=hasher)


@pytest.fixture
def stocked(terminal: Terminal) -> Terminal:
    """A forum with three second factors in force."""
    factors = keeper(terminal)
    for name in ("15", "16", "17"):
        uri = factors.enroll(name).uri
        secret = re.search(r"secret=([A-Z2-7]+)", uri)
        assert secret
        seed = base64.b32decode(secret[1])
        factors.confirm(name, code_at(seed, int(time.time()) // 30))
    return terminal


def execute(terminal: Terminal, statement: str) -> None:
    """Change the database behind everybody's back."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        forum.execute(statement)
        forum.commit()


def rotate(terminal: Terminal) -> tuple[Keyring, Keyring]:
    """Put a new current key on the ring; return the ring before and after."""
    old = Keyring.parse(terminal.environment["CREDGUARD_KEYRING"])
    new = old.rotate()
    terminal.environment["CREDGUARD_KEYRING"] = new.reveal()
    return old, new


def test_a_key_is_rotated_resealed_and_retired(stocked: Terminal) -> None:
    """From a new key to the end of the old one, with what still needs it on the way."""
    old, new = rotate(stocked)
    said = stocked.type("keys", "retire", old.current.id)
    assert said.status == 78
    assert "3 second factors" in said.err
    said = stocked.type("second-factors", "reseal")
    assert said.status == 0, said.err
    assert f"3 seeds were put under key {new.current.id} by this run." in said.out
    assert f"No second factor is under an older key: {old.current.id}." in said.out
    said = stocked.type("keys", "usage")
    assert said.status == 0, said.err
    assert re.search(rf"{old.current.id} .* older .* audit records .* 6 ", said.out)
    assert re.search(rf"{new.current.id} .* second factors .* 3 ", said.out)
    said = stocked.type("keys", "retire", old.current.id)
    assert said.status == 78
    assert "6 audit records" in said.err
    said = stocked.type("keys", "retire", old.current.id, "--give-up-audit")
    assert said.status == 0, said.err
    rest = Keyring.parse(said.out)
    assert rest.ids == {new.current.id}
    stocked.environment["CREDGUARD_KEYRING"] = rest.reveal()
    said = stocked.type("second-factors", "list")
    assert said.status == 0, said.err
    assert re.search(rf"{new.current.id} .* 3 ", said.out)


def test_a_key_that_may_go_is_named(stocked: Terminal) -> None:
    """A key that nothing is under is told as one that may be retired."""
    _, new = rotate(stocked)
    rotate(stocked)
    said = stocked.type("keys", "usage")
    assert f"May be retired: {new.current.id}." in said.out
    said = stocked.type("keys", "retire", new.current.id, "--out", "keys")
    assert said.status == 0, said.err
    line = (stocked.folder / "keys").read_text("ascii")
    assert new.current.id not in Keyring.parse(line).ids


def test_without_the_forums_table_no_key_is_retired(stocked: Terminal) -> None:
    """Where hashes were not looked at, nobody knows what needs the key."""
    old, _ = rotate(stocked)
    (stocked.folder / "credguard.toml").write_text(
        '[credguard]\ndatabase = "sqlite:///forum.sqlite"\n', encoding="utf-8"
    )
    said = stocked.type("keys", "usage")
    assert "its hashes were not counted" in said.out
    said = stocked.type("keys", "retire", old.current.id, "--give-up-audit")
    assert said.status == 78
    assert "user table" in said.err


def test_a_wrong_keyring_is_found_at_the_start(stocked: Terminal) -> None:
    """With another forum's keyring nothing is begun."""
    keeper(stocked)
    stocked.type("second-factors", "list")
    stocked.environment["CREDGUARD_KEYRING"] = Keyring.generate().reveal()
    for command in ("reseal", "list", "repair-clock", "after-restore"):
        said = stocked.type("second-factors", command)
        assert said.status == 1
        assert "is not on the keyring" in said.err


def test_a_seed_that_does_not_open_is_named(stocked: Terminal) -> None:
    """The account is named with the reason, and the others are done."""
    rotate(stocked)
    execute(
        stocked,
        "UPDATE credguard_second_factor SET account_id = '99' WHERE account_id = '16'",
    )
    said = stocked.type("second-factors", "reseal", "--batch", "2", "--rate", "1000")
    assert said.status == 0, said.err
    assert "2 seeds were put" in said.out
    assert "Account '99'" in said.out
    assert "moved from another account" in said.out


def test_weak_seeds_are_listed(stocked: Terminal) -> None:
    """One line for each, for a script to read."""
    said = stocked.type("second-factors", "list", "--weak")
    assert (said.status, said.out) == (0, "")
    execute(
        stocked,
        "UPDATE credguard_second_factor SET seed_bits = 80, source = 'another' "
        "WHERE account_id = '16'",
    )
    said = stocked.type("second-factors", "list", "--weak")
    (line,) = said.out.splitlines()
    assert line.split("\t")[:3] == ["16", "80", "another"]


def test_a_clock_is_repaired_with_yes(stocked: Terminal) -> None:
    """How many are in the future is said first, and mended when asked to."""
    execute(stocked, "UPDATE credguard_second_factor SET last_step = last_step + 999")
    said = stocked.type("second-factors", "repair-clock")
    assert "3 factors were used in the future." in said.out
    assert "Nothing was written." in said.out
    said = stocked.type("second-factors", "repair-clock", "--yes")
    assert "3 factors were mended." in said.out
    assert keeper(stocked).steps_in_future() == 0


def test_a_restored_backup_is_dealt_with(stocked: Terminal) -> None:
    """Codes that are known to be used are void, or all of them."""
    used = [{"account_id": "16", "slot": "3"}, {"account_id": "17", "slot": "0"}]
    (stocked.folder / "used.jsonl").write_text(
        "\n".join(map(json.dumps, used)), encoding="utf-8"
    )
    arguments = ("second-factors", "after-restore", "--used", "used.jsonl")
    said = stocked.type(*arguments)
    assert "This voids 2 codes and ends all trusted devices." in said.out
    assert "Nothing was written." in said.out
    said = stocked.type(*arguments, "--yes")
    assert said.status == 0, said.err
    assert re.search(r"recovery codes .* 2 ", said.out)
    said = stocked.type("second-factors", "after-restore")
    assert "This voids all recovery codes" in said.out
    said = stocked.type("second-factors", "after-restore", "--yes")
    assert re.search(r"recovery codes .* 28 ", said.out)
    assert re.search(r"accounts without any left .* 3 ", said.out)


@pytest.mark.parametrize("line", ["", "x", "[]", '{"slot": "3"}', "3"])
def test_a_file_of_used_codes_is_read_whole_or_not(
    stocked: Terminal, line: str
) -> None:
    """A line that is no code ends it before anything is written."""
    (stocked.folder / "used.jsonl").write_text(f"{line}\n", encoding="utf-8")
    said = stocked.type(
        "second-factors", "after-restore", "--used", "used.jsonl", "--yes"
    )
    assert said.status == 78
    assert "does not hold an account_id" in said.err
    missing = stocked.type("second-factors", "after-restore", "--used", "none.jsonl")
    assert missing.status == 78
