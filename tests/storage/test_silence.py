import time
from collections.abc import Generator
from typing import Any

import pytest
from sqlalchemy import text

from credguard.errors import StorageSetupError, StorageUnavailableError
from credguard.storage import Database
from credguard.storage.silence import _heard

SLEEPS = {"postgresql": "SELECT pg_sleep(5)", "mariadb": "SELECT SLEEP(5)"}


def test_an_answer_that_does_not_come_is_not_awaited(database_url: str) -> None:
    """A server that is silent for longer than the URL says is away; the next works."""
    joined = "&" if "?" in database_url else "?"
    if database_url.startswith("sqlite"):
        return
    database = Database(f"{database_url}{joined}silence=1")
    began = time.monotonic()
    with pytest.raises(StorageUnavailableError), database.begin() as connection:
        connection.execute(text(SLEEPS[database.dialect]))
    assert time.monotonic() - began < 4
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "ten", "1&silence=2"])
def test_a_silence_is_a_whole_number_of_seconds(seconds: str) -> None:
    """Whatever else stands there is told before anything is connected to."""
    with pytest.raises(StorageSetupError, match="silence"):
        Database(f"postgresql://127.0.0.1/forum?silence={seconds}")


def test_only_silence_counts() -> None:
    """An answer that keeps coming may take as long as it likes."""
    assert waited([1, 1, 1, 1, 1, 1]) == "whole"
    assert waited([1, 0, 1, 0, 1, 0, 1]) == "whole"
    with pytest.raises(TimeoutError):
        waited([1, 0, 0, 0])


def waited(readiness: list[int]) -> object:
    """Return an answer in four parts, a second passing with each look at the line."""
    now = iter(range(100))

    def answer() -> Generator[Any, Any, str]:
        left = 4
        while left:
            left -= (yield "read") > 0
        return "whole"

    heard = _heard(answer(), 1.5, lambda: float(next(now)))
    next(heard)
    try:
        for ready in readiness:
            heard.send(ready)
    except StopIteration as ended:
        return ended.value
    return None
