"""
The habits that interpreters have: `python tests/promises/modes.py [PYTHON...]`.

Tells the whole story in each mode and compares the digests: every answer and every
stored byte must be the same. Found interpreters get an environment of their own, and
tell it too. Named ones have credguard's dependencies installed already, in other
versions perhaps, and are compared alone. With `--suite` the tests run in each mode
instead, but for those without asserts.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
STORY = Path(__file__).with_name("whole_story.py")
PATIENCE_SECONDS = 300
SUITE_SECONDS = 3600
PINNED = "requirements/dev.txt"
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True, slots=True)
class Mode:
    """
    A way to run.

    Attributes:
        flags: For the interpreter.
        settings: For its environment, and so for every process that a test starts.
        start: How a child process is started, None to run in the first one.
        has_asserts: False where `assert` is passed over, so that tests say nothing:
            pytest rewrites asserts into asserts.
    """

    flags: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    start: str | None = None
    has_asserts: bool = True


MODES = {
    "plain": Mode(),
    "-O": Mode(("-O",), has_asserts=False),
    "-OO": Mode(("-OO",), has_asserts=False),
    "-I": Mode(("-I",)),
    "-X dev": Mode(
        ("-X", "dev", "-W", "error"),
        {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"},
    ),
    "hash seed 0": Mode(settings={"PYTHONHASHSEED": "0"}),
    "hash seed 4294967295": Mode(settings={"PYTHONHASHSEED": "4294967295"}),
    "fork": Mode(start="fork"),
    "spawn": Mode(start="spawn"),
    "Europe/Berlin": Mode(settings={"TZ": "Europe/Berlin"}),
    "Pacific/Kiritimati": Mode(settings={"TZ": "Pacific/Kiritimati"}),
    "Asia/Kolkata": Mode(settings={"TZ": "Asia/Kolkata"}),
    "POSIX, no UTF-8": Mode(
        ("-X", "utf8=0"),
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ),
    "C.UTF-8": Mode(settings={"LC_ALL": "C.UTF-8"}),
    "Turkish": Mode(settings={"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}),
}


def told(mode: Mode, python: str = sys.executable) -> str:
    """
    Return what the story comes to in *mode*.

    Raises:
        subprocess.CalledProcessError: It could not be told.
    """
    start = () if mode.start is None else ("--start", mode.start)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, *mode.flags, str(STORY), folder, *start],
            capture_output=True,
            check=True,
            env={**os.environ, **mode.settings},
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    return done.stdout.strip()


def is_there(mode: Mode) -> bool:
    """Return False if this machine has no such locale."""
    wanted = mode.settings.get("LC_ALL", "C")
    if wanted in {"C", "POSIX"}:
        return True
    done = subprocess.run(["locale", "-a"], capture_output=True, check=True, text=True)
    return _spelled(wanted) in {_spelled(each) for each in done.stdout.split()}


def _spelled(locale: str) -> str:
    return locale.lower().replace("-", "")


def _passes(mode: Mode, arguments: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *shlex.split(arguments)],
        check=False,
        cwd=ROOT,
        env={**os.environ, **mode.settings},
        timeout=SUITE_SECONDS,
    )
    return done.returncode == 0


@contextmanager
def _environment(python: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        made = str(Path(folder) / "bin" / "python")
        pip = [made, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # As a constraint too: pip 23.2 takes the newest of what an extra asks for.
        pinned = ["--requirement", PINNED, "--constraint", PINNED]
        subprocess.run([*pip, "--require-hashes", *pinned], check=True, cwd=ROOT)
        yield made


def _compare(name: str, expected: str, found: str) -> bool:
    is_same = found == expected
    print(f"{'same' if is_same else 'DIFFERENT':>9}  {name}: {found}", flush=True)
    return is_same


def _modes_here() -> Iterator[tuple[str, Mode]]:
    for name, mode in MODES.items():
        if is_there(mode):
            yield name, mode
        else:
            print(f"  skipped  {name}: no such locale here", flush=True)


def _every_suite(arguments: str) -> Iterator[bool]:
    for name, mode in _modes_here():
        # An isolated interpreter takes no setting; how a child starts is the story's.
        if mode.has_asserts and mode.start is None and "-I" not in mode.flags:
            print(f"\n== The tests: {name}", flush=True)
            is_passed = _passes(mode, arguments)
            print(f"{'passed' if is_passed else 'FAILED':>9}  {name}", flush=True)
            yield is_passed


def _runs(python: str) -> bool:
    if shutil.which(python) is None:
        return False
    command = [python, "-c", "pass"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _kept_by_pyenv(name: str) -> list[str]:
    # What it puts on the path runs in some folders, and says "not found" in others.
    if shutil.which("pyenv") is None:
        return []
    command = ["pyenv", "whence", "--path", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout.split("\n")


def found(name: str) -> str | None:
    """Return how the interpreter of that name is started, None if it is not here."""
    candidates = (name, *_kept_by_pyenv(name))
    return next((python for python in candidates if _runs(python)), None)


def _every_python(expected: str) -> Iterator[bool]:
    for name in PYTHONS:
        here = found(name)
        if here is None:
            print(f"  skipped  {name}: not here", flush=True)
            continue
        with _environment(here) as python:
            yield _compare(name, expected, told(Mode(), python))


def _verdicts(named: Iterable[str], arguments: str | None) -> Iterator[bool]:
    if arguments is not None:
        yield from _every_suite(arguments)
        return
    expected = told(Mode())
    for python in named:
        yield _compare(python, expected, told(Mode(), python))
    if not named:
        for name, mode in _modes_here():
            yield _compare(name, expected, told(mode))
        yield from _every_python(expected)


def main() -> int:
    """Tell the story in every mode; return 1 if it differs somewhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    parser.add_argument(
        "--suite", metavar="ARGUMENTS", help="run the tests, with these for pytest"
    )
    options = parser.parse_args()
    verdicts = list(_verdicts(options.pythons, options.suite))
    return 0 if verdicts and all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
