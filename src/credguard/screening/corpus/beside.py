"""A file that is written beside another, by one process, and then swapped in."""

import fcntl
import os
from pathlib import Path

from credguard.errors import CorpusSetupError, CorpusUnwrittenError, CredguardError

_MODE = 0o644
_MISPLACED = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


def locked(path: Path) -> int:
    """
    Open *path* for writing, empty and for this process alone.

    Raises:
        OSError: Another process has it open, or no file can be made there.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had the lock may have swapped or removed the file meanwhile.
            if _is_at(path, file):
                os.ftruncate(file, 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def sync_folder(path: Path) -> None:
    """
    Bring the name of a file that was swapped in to the disk.

    Raises:
        CorpusUnwrittenError: The disk does not confirm it. The file is the new one.
    """
    try:
        file = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        message = (
            f"{path} is the new one, but the disk does not confirm it: "
            f"{error.strerror}; run the same again"
        )
        raise CorpusUnwrittenError(message) from None


def unwritten(path: Path, error: OSError) -> CredguardError:
    """Return our error for one that came before *path* was replaced."""
    if isinstance(error, _MISPLACED):
        return CorpusSetupError(f"{path} cannot be written: {error.strerror}")
    if isinstance(error, BlockingIOError):
        why = "another process is writing it"
    else:
        why = f"{error.strerror or 'it failed'}; the one that was there is as it was"
    return CorpusUnwrittenError(f"{path} cannot be written: {why}")
