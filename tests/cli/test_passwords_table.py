"""Census, wrapping and re-keying of a whole table, as they are typed."""

import re
import sqlite3
from contextlib import closing

import pytest
from commands import Terminal

from credguard import Keyring, PasswordHasher
from credguard.passwords import OWASP_7_MIB

QUICK = ("--work-factor", "owasp-7-mib")
ONLY = ("--only", "django:md5")


def stored(terminal: Terminal) -> dict[int, str]:
    """Return what stands in the password columns."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        return dict(forum.execute("SELECT id, password FROM auth_user"))


def wrapped(terminal: Terminal) -> int:
    """Return how many rows are wrapped."""
    return sum(text.startswith("$cgw1$") for text in stored(terminal).values())


@pytest.fixture
def wide(terminal: Terminal) -> Terminal:
    """A forum whose password column has room for wrapped hashes."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        forum.execute("PRAGMA writable_schema = ON")
        forum.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(128)', '(255)') "
            "WHERE name = 'auth_user'"
        )
        forum.commit()
    return terminal


def test_a_census_counts_and_writes_nothing(terminal: Terminal) -> None:
    """Schemes, totals and the time of a wrap are said; no byte changes."""
    file = terminal.folder / "forum.sqlite"
    before = file.read_bytes()
    said = terminal.type("passwords", "census", *QUICK)
    assert said.status == 0, said.err
    assert re.search(r"django:md5 .* weak .* 82 ", said.out)
    assert re.search(r"a wrap would improve .* 395 ", said.out)
    assert re.search(r"Wrapping all takes about .*: 395 rows at [0-9.]+ ms", said.out)
    assert file.read_bytes() == before


def test_another_bundle_reads_other_rows(terminal: Terminal) -> None:
    """What no named software wrote is counted as unreadable."""
    said = terminal.type("passwords", "census", "--bundle", "phpbb")
    assert said.status == 0, said.err
    assert re.search(r"unreadable .* 395 ", said.out)


def test_wrap_says_first_and_does_it_with_yes(wide: Terminal) -> None:
    """A dry run writes nothing; then the rows are wrapped, and no row is due."""
    file = wide.folder / "forum.sqlite"
    before = file.read_bytes()
    said = wide.type("passwords", "wrap", *QUICK, *ONLY)
    assert said.status == 0, said.err
    assert re.search(r"to be changed .* 82 ", said.out)
    assert "Nothing was written." in said.out
    assert file.read_bytes() == before
    said = wide.type("passwords", "wrap", *QUICK, *ONLY, "--yes")
    assert said.status == 0, said.err
    assert "82 rows were changed by this run." in said.out
    assert "No row is due any more." in said.out
    assert wrapped(wide) == 82


def test_a_narrow_column_is_refused(terminal: Terminal) -> None:
    """What would not fit is not begun; the message names both numbers."""
    before = stored(terminal)
    said = terminal.type("passwords", "wrap", *QUICK, "--yes")
    assert said.status == 78
    assert re.search(r"holds 128 characters, but \d+ are needed", said.err)
    assert stored(terminal) == before


def test_a_scheme_that_is_none_is_refused(terminal: Terminal) -> None:
    """A misspelled name does not pass for nothing to do."""
    said = terminal.type("passwords", "wrap", "--only", "django:md4")
    assert said.status == 78
    assert "django:md4" in said.err


def test_sealed_rows_are_re_keyed(wide: Terminal) -> None:
    """After a rotation every row goes to the new key, and the old one may go."""
    said = wide.type("passwords", "wrap", *QUICK, *ONLY, "--sealed", "--yes")
    assert said.status == 0, said.err
    old = Keyring.parse(wide.environment["CREDGUARD_KEYRING"])
    ring = old.rotate()
    wide.environment["CREDGUARD_KEYRING"] = ring.reveal()
    said = wide.type("passwords", "rekey")
    assert said.status == 0, said.err
    assert re.search(rf"{old.current.id} .* 82 ", said.out)
    said = wide.type("passwords", "rekey", "--yes")
    assert said.status == 0, said.err
    assert "82 rows were changed by this run." in said.out
    assert re.search(rf"{ring.current.id} .* 82 ", said.out)
    assert f"No row of this table is under an older key: {old.current.id}." in said.out
    hasher = PasswordHasher(keyring=ring, work_factor=OWASP_7_MIB)
    kinds = [hasher.describe(text) for text in stored(wide).values()]
    assert sum(kind.key_id == ring.current.id for kind in kinds) == 82


def test_another_keyring_cannot_re_key(wide: Terminal) -> None:
    """With a keyring that lacks the rows' key nothing is written."""
    wide.type("passwords", "wrap", *QUICK, *ONLY, "--sealed", "--yes")
    before = stored(wide)
    wide.environment["CREDGUARD_KEYRING"] = Keyring.generate().reveal()
    said = wide.type("passwords", "rekey", "--yes")
    assert said.status == 1
    assert "is not on the keyring" in said.err
    assert stored(wide) == before


def test_rows_under_a_lost_key_can_be_passed_over(wide: Terminal) -> None:
    """They are counted and left, the rest is done, and the log says that it was."""
    wide.type("passwords", "wrap", *QUICK, *ONLY, "--sealed", "--yes")
    lost = PasswordHasher(keyring=Keyring.generate(), work_factor=OWASP_7_MIB)
    row = next(number for number, text in stored(wide).items() if "$cgw1$" in text)
    text = lost.hash("a password", account_id=str(row))
    with closing(sqlite3.connect(wide.folder / "forum.sqlite")) as forum:
        forum.execute("UPDATE auth_user SET password = ? WHERE id = ?", (text, row))
        forum.commit()
    ring = Keyring.parse(wide.environment["CREDGUARD_KEYRING"]).rotate()
    wide.environment["CREDGUARD_KEYRING"] = ring.reveal()
    said = wide.type("passwords", "rekey", "--pass-over-lost", "--yes")
    assert said.status == 0, said.err
    assert "81 rows were changed by this run." in said.out
    assert "Passed over: 1 row under a key that is not on the keyring." in said.out
    assert stored(wide)[row] == text
    said = wide.type("audit", "verify")
    assert said.status == 0, said.err
    assert "4 records" in said.out


def test_a_campaign_that_retires_hashes_comes_first(wide: Terminal) -> None:
    """Nothing is wrapped under the hands of a campaign's sweep."""
    plan = ("campaign", "plan", "in_list('ids.txt')", "--reason", "x")
    (wide.folder / "ids.txt").write_text("15\n", encoding="utf-8")
    wide.type(*plan, "--out", "plan.toml")
    said = wide.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 0, said.err
    with closing(sqlite3.connect(wide.folder / "forum.sqlite")) as forum:
        forum.execute("UPDATE credguard_campaign SET state = 'sweeping'")
        forum.commit()
    said = wide.type("passwords", "wrap", *QUICK, *ONLY, "--yes")
    assert said.status == 1
    assert "is retiring hashes" in said.err
    assert wrapped(wide) == 0


def test_a_rate_spreads_the_work(wide: Terminal) -> None:
    """The time that is announced is that of the rate, and a rate is above nothing."""
    said = wide.type("passwords", "wrap", *QUICK, *ONLY, "--rate", "0.5")
    assert "takes about 2 min with one process: 82 rows at 2000.0 ms" in said.out
    assert wide.type("passwords", "wrap", "--rate", "0").status == 2
