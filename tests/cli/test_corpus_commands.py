"""The corpus commands, as they are typed."""

import hashlib
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from commands import Terminal

LISTED = {"password": 17_491, "123456": 260, "correct horse": 2}


def sha1(password: str) -> str:
    """Return the SHA-1 of a password in hexadecimal."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal beside a text of the downloader and the corpus made of it."""
    lines = sorted(f"{sha1(each).upper()}:{n}\n" for each, n in LISTED.items())
    (tmp_path / "listed.txt").write_text("".join(lines), "utf-8")
    opened = Terminal(tmp_path)
    said = opened.type("corpus", "build", "listed.txt", "listed.corpus", "--jobs", "1")
    assert said.status == 0, said.err
    return opened


def test_a_build_says_what_it_made(terminal: Terminal) -> None:
    """Kind, number, probability and stamp; `info` says the same of the file."""
    arguments = (
        "--from",
        "a list [of 2026]",
        "--date",
        "2026-07-02",
        "--width",
        "whole",
    )
    build = ("corpus", "build", "listed.txt", "other.corpus", *arguments)
    said = terminal.type(*build)
    assert said.status == 0, said.err
    assert said.out == terminal.type("corpus", "info", "other.corpus").out
    for shown in (
        "kind .* sha1",
        "hashes .* 3 ",
        r"source .* a list \[of 2026\]",
        "of .* 2026-07-02T00:00:00Z",
        "width .* whole",
        "probability of a false listing .* 2.1e-48",
        "stamp .* [0-9a-f]{16} ",
    ):
        assert re.search(shown, said.out), shown


def test_a_bad_line_is_named(terminal: Terminal) -> None:
    """The status tells a script that the source is to be mended."""
    (terminal.folder / "bad.txt").write_text(f"{sha1('x')}:1\nx\n", "utf-8")
    said = terminal.type("corpus", "build", "bad.txt", "listed.corpus", "--jobs", "1")
    assert said.status == 78
    assert said.err == "credguard: line 2: the line is not HASH:COUNT (in bad.txt)\n"
    assert terminal.type("corpus", "verify", "listed.corpus").status == 0


def test_words_are_built_and_a_missing_file_is_named(terminal: Terminal) -> None:
    """A file of words needs to be called one; a missing source is said."""
    (terminal.folder / "words.txt").write_text("machina\nforum\n", "utf-8")
    build = ("corpus", "build", "words.txt", "words.corpus")
    said = terminal.type(*build)
    assert said.status == 78
    assert "plain words" in said.err
    assert terminal.type(*build, "--words", "--kind", "ntlm").status == 0
    checked = terminal.type("corpus", "check", "words.corpus", answer="machina\n")
    assert (checked.status, checked.out) == (1, "Listed: seen 1 time in breaches.\n")
    said = terminal.type("corpus", "build", "gone.txt", "words.corpus")
    assert said.status == 78
    assert "gone.txt cannot be read: No such file" in said.err


def test_a_password_is_checked_and_not_shown(terminal: Terminal) -> None:
    """It is read from the terminal or the standard input; the status answers."""
    check = ("corpus", "check", "listed.corpus")
    said = terminal.type(*check, answer="password\n")
    assert (said.status, said.out) == (1, "Listed: seen 17,491 times in breaches.\n")
    said = terminal.type(*check, answer="correct horse battery\n")
    assert (said.status, said.out) == (0, "Not listed.\n")
    said = terminal.type(*check, "--min-count", "3", answer="correct horse\n")
    assert (said.status, said.out) == (0, "Not listed.\n")
    assert terminal.type(*check, "password").status == 2


def test_what_is_typed_is_not_shown(terminal: Terminal) -> None:
    """On a terminal the password is asked for without echo."""
    ours, theirs = os.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "credguard", "corpus", "check", "listed.corpus"],
        cwd=terminal.folder,
        env=terminal.variables(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    shown = b""
    while b"Password: " not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, b"correct horse\n")
    assert asking.wait(timeout=60) == 1
    while b"breaches." not in shown:
        shown += os.read(ours, 1000)
    os.close(theirs)
    os.close(ours)
    assert b"Listed: seen 2 times" in shown
    assert b"correct" not in shown


def test_verify_reads_all(terminal: Terminal) -> None:
    """A whole file is called so, a damaged one is not."""
    said = terminal.type("corpus", "verify", "listed.corpus")
    assert (said.status, said.out) == (0, "3 hashes in 1 block: all whole.\n")
    file = terminal.folder / "listed.corpus"
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    said = terminal.type("corpus", "verify", "listed.corpus")
    assert said.status == 1
    assert "listed.corpus is damaged (block 0)" in said.err


def test_a_file_of_hashes_is_audited(terminal: Terminal) -> None:
    """Counts are told, no hash is, and the ids go to a file that others cannot read."""
    lines = [
        f"alice:{sha1('password')}",
        f"bob:{sha1('new')}",
        f"#x:{sha1('123456')}",
        "carol:$2b$12$x",
    ]
    (terminal.folder / "hashes.txt").write_text("\n".join(lines), "utf-8")
    audit = ("corpus", "audit", "listed.corpus", "hashes.txt", "--write", "ids.txt")
    said = terminal.type(*audit)
    assert said.status == 0, said.err
    for shown in (
        "hashes looked up .* 3 ",
        "listed .* 2 ",
        "seen 100 to 999 times .* 1 ",
        "seen 10,000 to 99,999 times .* 1 ",
        "rows without an unsalted sha1 hash .* 1 ",
        "1 id was written to ids.txt",
        "1 listed hash has no id",
    ):
        assert re.search(shown, said.out), shown
    assert sha1("password") not in said.out
    ids = terminal.folder / "ids.txt"
    assert ids.read_text("utf-8") == "alice\n"
    assert ids.stat().st_mode & 0o777 == 0o600
    said = terminal.type(*audit)
    assert said.status == 78
    assert "ids.txt cannot be written anew" in said.err


def test_a_missing_file_of_hashes_is_named(terminal: Terminal) -> None:
    """The status tells a script to mend what it was given."""
    said = terminal.type("corpus", "audit", "listed.corpus", "gone.txt")
    assert said.status == 78
    assert "gone.txt cannot be read" in said.err


def test_a_table_is_audited(terminal: Terminal) -> None:
    """The forum's own password column is read in batches, with its ids."""
    with closing(sqlite3.connect(terminal.folder / "forum.db")) as forum:
        forum.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, password, email)")
        rows = [sha1("password"), sha1("new"), None, f"sha1$${sha1('123456')}", "md5$x"]
        forum.executemany("INSERT INTO u (password) VALUES (?)", [(r,) for r in rows])
        forum.commit()
    where = ("--database", "sqlite:///forum.db", "--table", "u")
    audit = ("corpus", "audit", "listed.corpus", *where, "--write", "ids.txt")
    said = terminal.type(*audit)
    assert said.status == 0, said.err
    assert re.search("hashes looked up .* 3 ", said.out)
    assert re.search("rows without an unsalted sha1 hash .* 2 ", said.out)
    assert (terminal.folder / "ids.txt").read_text("utf-8") == "1\n4\n"
