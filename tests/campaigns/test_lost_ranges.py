"""A range that was lost to another worker is not said to be done by who lost it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from credguard import sweeps
from credguard.accounts import SqlAccounts
from credguard.campaigns import ChunkOutcome
from credguard.campaigns.accounts import Taking
from credguard.campaigns.retiring import RANGE_LEASE
from credguard.testing import FrozenClock
from forums import House

START = datetime(2030, 1, 1, tzinfo=UTC)
Event = Callable[[], object]
OVERSLEPT = RANGE_LEASE + timedelta(seconds=1)


@pytest.fixture
def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Event], None]:
    """Let something happen between a range's lease and its first write, once."""
    takings = SqlAccounts.takings
    waiting: list[Event] = []

    def sleep(*arguments: object, **named: object) -> Iterator[list[Taking]]:
        if waiting:
            waiting.pop()()
        return takings(*arguments, **named)  # type: ignore[arg-type]  # as called

    monkeypatch.setattr(SqlAccounts, "takings", sleep)
    return waiting.append


@pytest.mark.parametrize("number", [0, None])
def test_a_range_that_another_is_at_is_held(
    house: House,
    meanwhile: Callable[[Event], None],
    number: int | None,
) -> None:
    """Should the other be killed, somebody must come back for it."""
    clock = FrozenClock(START)
    slow = house.another(clock=clock)
    campaign = house.start()

    def lose() -> None:
        clock.advance(OVERSLEPT)
        assert sweeps.lease(
            house.guard._database,
            campaign,
            worker="other",
            now=clock(),
            lasting=RANGE_LEASE,
            number=0,
        )

    meanwhile(lose)
    chunk = slow.campaigns.run_chunk(campaign, worker="slow", number=number)
    assert chunk.outcome is ChunkOutcome.HELD
    assert chunk.retry_at == START + OVERSLEPT + RANGE_LEASE
    assert chunk.progress.done == 0


def test_a_range_that_another_has_done_is_done_already(
    house: House, meanwhile: Callable[[Event], None]
) -> None:
    """One call says that it did it, and not two."""
    clock = FrozenClock(START)
    slow, quick = house.another(clock=clock), house.another(clock=clock)
    campaign = house.start()
    did: list[ChunkOutcome] = []

    def lose() -> None:
        clock.advance(OVERSLEPT)
        chunk = quick.campaigns.run_chunk(campaign, worker="quick", number=0)
        did.append(chunk.outcome)

    meanwhile(lose)
    chunk = slow.campaigns.run_chunk(campaign, worker="slow", number=0)
    assert [*did, chunk.outcome] == [ChunkOutcome.DONE, ChunkOutcome.ALREADY]
