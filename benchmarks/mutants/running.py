"""Run a module's tests on each of its mutants, in processes that are forked."""

import compileall
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from py_compile import PycInvalidationMode

from benchmarks.mutants.mutations import Mutant

ROOT = Path(__file__).parents[2]
# Loaded once, before the forks; nothing of ours.
HEAVY = (
    "alembic.command",
    "argon2",
    "cryptography.hazmat.primitives.ciphers.aead",
    "django.db",
    "hypothesis.extra",
    "hypothesis.internal.conjecture.engine",
    "numpy",
    "pytest",
    "requests",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
    "zxcvbn",
)
PATIENCE = 4  # times what the tests take on the module as it is
GRACE_SECONDS = 10.0
MOST_SECONDS = 30.0  # after the tests should have been done
EXAMPLES = 50  # of a property; more would find more, so the score is no flattery
_FAILED_TO_START = 99


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"
    BROKEN = "no run"
    """The tests could not be started; it says nothing."""


@dataclass(slots=True)
class Bench:
    """
    A copy of the package, in which one module at a time is changed.

    Attributes:
        source: Where it is.
    """

    source: Path

    def run(
        self, module: str, code: str, tests: Sequence[str], *, seconds: float
    ) -> Outcome:
        """Run *tests* with *module*'s text replaced by *code*."""
        path = self.source / "credguard" / module
        kept = path.read_text("utf-8")
        path.write_text(code, encoding="utf-8")
        try:
            return _waited_for(self._forked(tests), seconds)
        finally:
            path.write_text(kept, encoding="utf-8")

    def baseline(self, module: str, tests: Sequence[str]) -> float:
        """
        Return the seconds that *tests* take on the module as it is.

        Raises:
            RuntimeError: They do not pass.
        """
        began = time.monotonic()
        path = self.source / "credguard" / module
        outcome = self.run(module, path.read_text("utf-8"), tests, seconds=600)
        if outcome is not Outcome.SURVIVED:
            message = f"the tests of {module} do not pass as it is: {outcome}"
            raise RuntimeError(message)
        return time.monotonic() - began

    def judge(
        self, module: str, mutants: Sequence[Mutant], tests: Sequence[str]
    ) -> Iterator[tuple[Mutant, Outcome]]:
        """Yield each mutant with what became of it."""
        baseline = self.baseline(module, tests)
        seconds = min(PATIENCE * baseline + GRACE_SECONDS, baseline + MOST_SECONDS)
        for mutant in mutants:
            yield mutant, self.run(module, mutant.code, tests, seconds=seconds)

    def _forked(self, tests: Sequence[str]) -> int:
        child = os.fork()
        if child:
            return child
        os.setpgid(0, 0)
        try:
            code = _test(self.source, tests)
        except BaseException:  # noqa: BLE001  # the fork must not go on as its parent
            code = _FAILED_TO_START
        os._exit(code)


@contextmanager
def bench() -> Iterator[Bench]:
    """Yield a copy of the package, with what it needs loaded."""
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()  # what is loaded already need not be looked through in each fork
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        source = Path(folder) / "src"
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src", source, ignore=skipped)
        # By their texts: two mutants of one second and one length look the same.
        checked = PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(source, quiet=2, invalidation_mode=checked)
        yield Bench(source)


class _Unhurried:
    """Draws the same cases for each mutant, and does not look for the smallest."""

    def pytest_configure(self) -> None:
        """Choose so, after what the tests themselves chose."""
        from hypothesis import Phase, settings  # noqa: PLC0415  # after the fork

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants",
            settings.default,
            phases=phases,
            max_examples=EXAMPLES,
            database=None,
            derandomize=True,
        )
        settings.load_profile("mutants")


def _test(source: Path, tests: Sequence[str]) -> int:
    import pytest  # noqa: PLC0415  # loaded already: this is a fork

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # A mutant's compiled file would be of no use to anybody.
    sys.dont_write_bytecode = True
    os.environ |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(source),
    }
    os.chdir(ROOT)
    sys.path[:0] = [str(source)]
    plain = ["-p", "no:cacheprovider"]
    plain += ["-p", "_hypothesis_pytestplugin", "-p", "pytest_socket"]
    # Loaded before the fork on purpose.
    quietly = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    how = ["-x", "-q", "--assert=plain", *quietly, *plain]
    return int(pytest.main([*how, *tests], plugins=[_Unhurried()]))


def _waited_for(child: int, seconds: float) -> Outcome:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return _outcome(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Outcome.TIMED_OUT


def _outcome(status: int) -> Outcome:
    if os.WIFSIGNALED(status):
        return Outcome.KILLED
    code = os.WEXITSTATUS(status)
    if code == 0:
        return Outcome.SURVIVED
    # 1: a test failed. 2 to 4: the module cannot be imported, nor its conftest.
    return Outcome.BROKEN if code in {5, _FAILED_TO_START} else Outcome.KILLED
