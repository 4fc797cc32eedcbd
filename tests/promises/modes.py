"""
The habits that interpreters have: `python tests/promises/modes.py [PYTHON...]`.

Tells the whole story in each mode and compares the digests: every answer and every
stored byte must be the same. Named interpreters have credguard's dependencies
installed already, in other versions perhaps; found ones get an environment of their
own. With `--suite` the tests run in each mode too, but for those without asserts.
"""

import argparse
import os
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
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True, slots=True)
class Mode:
    """
    A way to run.

    Attributes:
        flags: For the interpreter.
        settings: For its environment.
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
    "-X dev": Mode(("-X", "dev", "-W", "error")),
    "hash seed 0": Mode(settings={"PYTHONHASHSEED": "0"}),
    "hash seed 4294967295": Mode(settings={"PYTHONHASHSEED": "4294967295"}),
    "fork": Mode(start="fork"),
    "spawn": Mode(start="spawn"),
    "Europe/Berlin": Mode(settings={"TZ": "Europe/Berlin"}),
    "Pacific/Kiritimati": Mode(settings={"TZ": "Pacific/Kiritimati"}),
    "Asia/Kolkata": Mode(settings={"TZ": "Asia/Kolkata"}),
    "POSIX, no UTF-8": Mode(
        ("-X", "utf8=0"), {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"}
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


def _suite(mode: Mode) -> bool:
    flags = [each for each in mode.flags if each != "-I"]
    done = subprocess.run(
        [sys.executable, *flags, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
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
        pinned = ["--require-hashes", "--requirement", "requirements/dev.txt"]
        subprocess.run([*pip, *pinned], check=True, cwd=ROOT)
        yield made


def _compare(name: str, expected: str, found: str) -> bool:
    is_same = found == expected
    print(f"{'same' if is_same else 'DIFFERENT':>9}  {name}: {found}", flush=True)
    return is_same


def _every_mode(expected: str, *, suite: bool) -> Iterator[bool]:
    for name, mode in MODES.items():
        if not is_there(mode):
            print(f"  skipped  {name}: no such locale here", flush=True)
            continue
        yield _compare(name, expected, told(mode))
        if suite and mode.has_asserts and mode.start is None:
            yield _suite(mode)


def _every_python(expected: str, named: Iterable[str]) -> Iterator[bool]:
    for python in named:
        yield _compare(python, expected, told(Mode(), python))
    if named:
        return
    for name in PYTHONS:
        if shutil.which(name) is None:
            print(f"  skipped  {name}: not here", flush=True)
            continue
        with _environment(name) as python:
            yield _compare(name, expected, told(Mode(), python))


def main() -> int:
    """Tell the story in every mode; return 1 if it differs somewhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    parser.add_argument("--suite", action="store_true", help="run the tests as well")
    options = parser.parse_args()
    expected = told(Mode())
    same = [*_every_mode(expected, suite=options.suite)]
    same += _every_python(expected, options.pythons)
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
