"""Where a secret could come out: texts of objects, errors, frames, logs, trackers."""

import copy
import logging
import pickle
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = str(Path(__file__).parents[1])
LOGGED = (
    "",
    "credguard",
    "django",
    "urllib3",
    "requests",
    "sqlalchemy",
    "sqlalchemy.engine",
)


def texts_of_object(given: object) -> dict[str, str]:
    """Return what an object shows of itself: how it is printed, and what it holds."""
    shown = {
        "repr": repr(given),
        "str": str(given),
        "format": f"{given}",
        "percent": "%s" % (given,),  # noqa: UP031  # as log records are made
    }
    return shown | {"vars": repr(getattr(given, "__dict__", None))}


def copies_of(given: object) -> dict[str, str]:
    """Return what comes of pickling: a refusal, where it holds a secret."""
    try:
        return {"pickle": pickle.dumps(given).decode("latin-1")}
    except Exception as error:  # noqa: BLE001  # whatever it is, it shows nothing
        return {"pickle": " ".join(texts_of_error(error).values())}


def can_be_copied(given: object) -> bool:
    """Return True if an object that holds secrets makes copies of itself."""
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        try:
            copier(given)
        except TypeError:
            continue
        return True
    return False


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    seen: set[int] = set()
    found: list[BaseException | None] = [error]
    while found:
        each = found.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        found += [each.__cause__, each.__context__]


def texts_of_error(error: BaseException) -> dict[str, str]:
    """Return what an error and its chain say, and what hangs on them."""
    chain = list(chain_of(error))
    return {
        "error repr": " ".join(map(repr, chain)),
        "error str": " ".join(map(str, chain)),
        "error args": repr([each.args for each in chain]),
        "error dict": repr([each.__dict__ for each in chain]),
        "error attributes": repr([_attributes(each) for each in chain]),
        "error traceback": "".join(traceback.format_exception(error)),
        "error locals": repr([*locals_of(error)]),
    }


def _attributes(error: BaseException) -> dict[str, object]:
    names = [name for name in dir(error) if not name.startswith("__")]
    found = {name: getattr(error, name, None) for name in names}
    return {name: each for name, each in found.items() if not callable(each)}


def locals_of(error: BaseException) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Yield the local variables of all frames of an error, but for the tests' own."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    found: list[traceback.TracebackException | None] = [told]
    while found:
        each = found.pop()
        if each is None:
            continue
        for frame in each.stack:
            if not frame.filename.startswith(TESTS):
                yield frame.filename, frame.lineno or 0, frame.locals or {}
        found += [each.__cause__, each.__context__]


_ALWAYS = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class Remembering(logging.Handler):
    """Keeps what is logged, with its arguments."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, however it would be written, and whose it was."""
        self.names.add(record.name)
        shown = f"{record.name} {record.getMessage()} {record.args!r}"
        extra = {k: v for k, v in vars(record).items() if k not in _ALWAYS}
        if extra:
            shown += repr(extra)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            shown += " ".join(texts_of_error(error).values())
        self.lines.append(shown)

    def taken(self) -> str:
        """Return what was logged since the last time."""
        lines, self.lines = self.lines, []
        return "\n".join(lines)


@contextmanager
def all_logged() -> Iterator[Remembering]:
    """Log everything that we and our dependencies log, down to the last detail."""
    remembering = Remembering()
    loggers = [logging.getLogger(name) for name in LOGGED]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
    loggers[0].addHandler(remembering)
    try:
        yield remembering
    finally:
        loggers[0].removeHandler(remembering)
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)
