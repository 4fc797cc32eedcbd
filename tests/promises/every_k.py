"""Something is done, and killed or made to fail at its k-th step, for every k."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from executioner import Executioner, Given
from fuses import CANARY, Fuse, Trouble

from credguard.errors import CredguardError
from proving import Proof

Picture = dict[str, object]


def is_healed(fuse: Fuse) -> bool:
    """Return True for what is done again by itself, and then well."""
    # SQLAlchemy asks again in other words.
    is_asked_again = "sqlite_temp_master" in fuse.last
    # A writer waits for another's lock on SQLite.
    is_awaited = fuse.trouble is Trouble.DEADLOCK and fuse.last == "BEGIN IMMEDIATE"
    return is_asked_again or is_awaited


def is_tidying(fuse: Fuse) -> bool:
    """
    Return True once a reset is committed, with its record in the audit log.

    What is kept of the screening after that is screened again at the next log-in.
    """
    before = fuse.names[: fuse.at]
    noted = [
        n for n, each in enumerate(before) if "UPDATE credguard_audit_head" in each
    ]
    return bool(noted) and "committed" in before[noted[-1] :]


def is_nothing(_: Fuse) -> bool:
    """Return False: no failure may pass unseen."""
    return False


@dataclass(frozen=True)
class Trial:
    """
    What is done, and what must be true however it ended.

    Attributes:
        name: Where its function is: ``module:function``.

        play: That function: does it, with a fuse that is lit.

        given: What the function is given.

        put_back: Makes everything as it was before.

        settle: Checks what a fault left, does what is left to do, as a new process
            some minutes later, and returns what must be the same, however often a
            process died on the way.

        may_succeed: Given the fuse that is blown, True if its failure may pass
            unseen, because the caller has nothing to do again; what is healed may.

        declared: What may be raised.

        refusal: What it ends in without a fault; None for a success.
    """

    name: str
    play: Callable[[Fuse, Given], object]
    given: Given
    put_back: Callable[[], None]
    settle: Callable[[], Picture]
    may_succeed: Callable[[Fuse], bool] = is_nothing
    declared: tuple[type[Exception], ...] = (CredguardError,)
    refusal: type[CredguardError] | None = None

    def undisturbed(self) -> tuple[Picture, list[str]]:
        """Return what it comes to without a fault, and its steps."""
        self.put_back()
        fuse = Fuse()
        if self.refusal is None:
            self.play(fuse, self.given)
        else:
            with pytest.raises(self.refusal):
                self.play(fuse, self.given)
        return self.settle(), list(fuse.names)


def kill_everywhere(
    trial: Trial, executioner: Executioner, proof: Proof, *, stride: int = 1
) -> int:
    """
    Kill it with SIGKILL at each step, check, resume, and compare.

    Args:
        trial: What is done.

        executioner: Who kills.

        proof: Counts.

        stride: 1 for every step, 3 for every third.

    Returns:
        The number of steps.
    """
    expected, names = trial.undisturbed()
    for at in range(0, len(names), stride):
        trial.put_back()
        fate = executioner.run(trial.name, trial.given, at=at)
        assert fate.killed, (at, names[at:], fate)
        _settle(trial, expected, f"killed at {at}: {names[at]}")
        proof.tried()
        proof.injected()
    return len(names)


def fail_everywhere(
    trial: Trial,
    proof: Proof,
    *,
    troubles: Sequence[Trouble] = tuple(Trouble),
    stride: int = 1,
) -> int:
    """
    Let each step fail in each way: a declared error, nothing lost, then resumed.

    Args:
        trial: What is done.

        proof: Counts.

        troubles: In which ways.

        stride: 1 for every step; with 3, each way takes every third, beginning
            with another one.

    Returns:
        The number of steps.
    """
    expected, names = trial.undisturbed()
    with _little_to_look_through():
        for at, trouble in _faults(len(names), troubles, stride):
            what = f"{trouble} at {at}: {names[at]}"
            trial.put_back()
            _fail_at(trial, Fuse(at, trouble), what)
            # A frame may hold a connection to the file that is put back next.
            gc.collect()
            _settle(trial, expected, what)
            proof.tried()
            proof.injected()
    return len(names)


@contextmanager
def _little_to_look_through() -> Iterator[None]:
    """Keep what earlier tests left out of each collection: it may be a gigabyte."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()


def _fail_at(trial: Trial, fuse: Fuse, what: str) -> None:
    error = _error_of(trial, fuse)
    assert fuse.is_blown, (what, error)
    if error is None:
        is_fine = is_healed(fuse) or trial.may_succeed(fuse)
        assert is_fine, f"{what} was told as a success"
    else:
        check_quiet(error, what)


def _error_of(trial: Trial, fuse: Fuse) -> Exception | None:
    try:
        trial.play(fuse, trial.given)
    except trial.declared as error:
        return error
    return None


def _faults(
    steps: int, troubles: Sequence[Trouble], stride: int
) -> Iterator[tuple[int, Trouble]]:
    for number, trouble in enumerate(troubles):
        first = number * max(1, stride // len(troubles)) % stride
        for at in range(first, steps, stride):
            yield at, trouble


def _settle(trial: Trial, expected: Picture, what: str) -> None:
    try:
        found = trial.settle()
    except Exception as error:
        error.add_note(what)
        raise
    assert found == expected, what


def check_quiet(error: BaseException, what: str) -> None:
    """Check that neither an error nor what stands behind it quotes a row."""
    behind: BaseException | None = error
    while behind is not None:
        assert CANARY not in f"{behind!s}{behind!r}{vars(behind)}", what
        behind = behind.__cause__ or behind.__context__
