"""The search itself: a leak that is planted is found, in each place and each form."""

import base64
import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from canaries import Canaries, fresh
from leaky import LEAKS
from places import in_tables, seen_of
from sinks import all_logged, can_be_copied, copies_of, texts_of_error, texts_of_object
from trackers import tracking

from credguard._secret import Secret
from proving import Proof

pytestmark = pytest.mark.promise("P4")

SECRET = fresh("secret")
CANARIES = Canaries({"secret": SECRET})
FORMS: dict[str, Callable[[bytes], str]] = {
    "as it is": lambda data: data.decode(),
    "in a list": lambda data: repr([data]),
    "upper case": lambda data: data.decode().upper(),
    "lower case": lambda data: data.decode().lower(),
    "backwards": lambda data: data.decode()[::-1],
    "in an address": lambda data: quote(data.decode(), safe=""),
    "hexadecimal": lambda data: (b"before" + data + b"after").hex(),
    "UTF-16": lambda data: data.decode().encode("utf-16-le").hex(),
    "base32": lambda data: base64.b32encode(data).decode(),
    "SHA-1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    **{
        f"base64, {before} before": partial(
            lambda before, data: base64.b64encode(b"x" * before + data + b"y").decode(),
            before,
        )
        for before in range(4)
    },
    "base64 for addresses": lambda data: base64.urlsafe_b64encode(data).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found(form: str, proof: Proof) -> None:
    """And another secret in that form is not taken for it."""
    shown = FORMS[form](SECRET.encode())
    assert CANARIES.in_text(f"before {shown} after") == {"secret"}
    assert CANARIES.in_bytes(b"\0" + shown.encode() + b"\0") == {"secret"}
    assert CANARIES.in_text(FORMS[form](fresh("other").encode())) == set()
    proof.tried(3)


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_each_encoding_is_found_in_a_file(coding: str) -> None:
    """Wherever it stands."""
    assert CANARIES.in_bytes(b"\1\2\3" + SECRET.encode(coding)) == {"secret"}


def test_there_is_a_leak_for_each_sink() -> None:
    """A sink that is added has to be tried as well."""
    sinks = {*texts_of_object(0), *copies_of(0), *texts_of_error(ValueError()), "log"}
    assert {label.partition(":")[0] for label in LEAKS} == sinks


def test_what_dependencies_log_is_heard() -> None:
    """The statements of SQLAlchemy, and what urllib3 asks for, by their own names."""
    with all_logged() as logged:
        for label in ("log: a parameter", "log: a row", "log: an address"):
            LEAKS[label](SECRET)
            assert CANARIES.in_text(logged.taken()) == {"secret"}, label
    heard = {"sqlalchemy.engine.Engine", "urllib3.connectionpool"}
    assert heard <= logged.names


def test_what_is_copied_is_found_out() -> None:
    """By any way of copying; a secret refuses all of them."""
    assert can_be_copied([SECRET])
    assert not can_be_copied(Secret(SECRET.encode()))


@pytest.mark.parametrize(
    ("leak", "place"),
    [
        ("error locals", "hold"),
        ("error locals: a library's", "raw_decode"),
        ("error repr", None),
        ("error repr: cause", None),
        ("error repr: context", None),
        ("error args: group", None),
    ],
)
def test_what_a_tracker_is_told_is_found(leak: str, place: str | None) -> None:
    """In variables, by the function; in texts, beside the frames."""
    with tracking() as tracker:
        tracker.call(partial(LEAKS[leak], SECRET))
    assert (place, "secret") in tracker.told(CANARIES)


@pytest.mark.parametrize(
    "stored",
    [SECRET, SECRET.encode(), f'{{"a": "{SECRET}"}}', SECRET.encode().hex()],
    ids=["text", "bytes", "JSON", "hexadecimal"],
)
def test_what_stands_in_a_table_is_found(stored: object, tmp_path: Path) -> None:
    """In its row and in the dump, whatever the column's kind."""
    with closing(sqlite3.connect(tmp_path / "any.db")) as connection:
        connection.execute("CREATE TABLE held (other TEXT, value BLOB)")
        connection.execute("INSERT INTO held VALUES ('x', ?)", (stored,))
        connection.commit()
    found, rows = in_tables(tmp_path / "any.db", CANARIES)
    assert found == {("held", "secret"), ("dump", "secret")}
    assert rows == 1
    assert CANARIES.in_bytes((tmp_path / "any.db").read_bytes()) == {"secret"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_what_a_process_is_started_with_is_found(way: str) -> None:
    """In its arguments, and in its environment."""
    code = "input(1)"
    arguments = [sys.executable, "-c", code, *([SECRET] * (way == "argument"))]
    environment = {"ANY": SECRET} if way == "environment" else {}
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, env=environment, stdin=pipe, stdout=pipe) as ran:
        assert ran.stdout is not None
        ran.stdout.read(1)  # before, the kernel may not show its arguments yet
        seen = seen_of(ran.pid)
        ran.communicate(b"\n", timeout=60)
    assert CANARIES.in_bytes(seen) == {"secret"}
