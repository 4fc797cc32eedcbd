"""The task of a chunk as it is called, and what chunks say of themselves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credguard.campaigns import Campaigns, Chunk, ChunkOutcome, retiring
from credguard.campaigns.states import CampaignState
from credguard.errors import CampaignStateError, StorageUnavailableError
from credguard.integrations.celery import register
from credguard.sweeps import Progress
from forums import House, house_at


@pytest.fixture
def house(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A forum on SQLite with credguard's tables in its database."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", 20)
    with house_at(sqlite_url, tmp_path, "together") as house:
        yield house


class _NoTransport:
    driver_type = "none"


class _NoBroker:
    """A connection that is never used."""

    transport = _NoTransport()
    connection_errors: tuple[type[Exception], ...] = ()
    channel_errors: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.transport_options: dict[str, object] = {}

    def release(self) -> None:
        pass


NOBODY = _NoBroker()


class _Retried(Exception):  # noqa: N818  # as Celery calls it
    def __init__(self, countdown: float) -> None:
        super().__init__()
        self.countdown = countdown


class _App:
    """Makes tasks of functions as Celery does, and runs them at once."""

    def __init__(self) -> None:
        self.options: dict[str, object] = {}

    def task(self, **options: object) -> Callable[[Callable[..., str]], "_App"]:
        self.options = options

        def made(function: Callable[..., str]) -> "_App":
            self.function = function
            return self

        return made

    def apply_async(
        self, args: tuple[str, int | None], *, queue: str | None, **_: object
    ) -> object:
        assert queue == "resets"
        return self.function(self, *args)

    def retry(self, *, countdown: float) -> object:
        raise _Retried(countdown)


class _Campaigns:
    def __init__(self, chunk: Chunk | Exception) -> None:
        self._chunk = chunk

    def run_chunk(self, *_: object, **__: object) -> Chunk:
        if isinstance(self._chunk, Exception):
            raise self._chunk
        return self._chunk


@pytest.mark.parametrize(
    "met",
    [
        StorageUnavailableError("away"),
        Chunk(ChunkOutcome.HELD, Progress(1, 2, 3), None),
    ],
)
def test_what_is_away_or_held_is_tried_again(met: Chunk | Exception) -> None:
    """The task is put back for later; only what is done is acknowledged."""
    app = _App()
    made = register(app, lambda: _Campaigns(met), queue="resets")  # type: ignore[arg-type, return-value]  # doubles
    assert app.options["acks_late"] is True
    if isinstance(met, Chunk):
        assert (
            made.task.apply_async(("c", 1), queue="resets", connection=NOBODY) == "done"
        )  # no instant: nobody holds it
        return
    with pytest.raises(_Retried) as retried:
        made.task.apply_async(("c", 1), queue=made.queue, connection=NOBODY)
    assert retried.value.countdown > 0


def test_chunks_are_done_once_wherever_they_are_called(house: House) -> None:
    """In any order and twice: the first call does it, the second finds it done."""
    campaigns: Campaigns = house.campaigns
    campaign = house.start()
    numbers = list(campaigns.chunks(campaign))
    for number in reversed(numbers):
        did = campaigns.run_chunk(campaign, worker="one", number=number)
        assert did.outcome is ChunkOutcome.DONE
        again = campaigns.run_chunk(campaign, worker="two", number=number)
        assert again.outcome is ChunkOutcome.ALREADY
    (record,) = campaigns.every()
    assert record.state is CampaignState.NOTIFYING
    late = campaigns.run_chunk(campaign, worker="three")
    assert (late.outcome, late.is_over) == (ChunkOutcome.ALREADY, True)


def test_a_chunk_that_is_held_says_until_when(house: House) -> None:
    """Somebody who works on it keeps others away until the lease runs out."""
    campaign = house.start()
    number = house.campaigns.chunks(campaign)[1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("credguard.campaigns.retiring.RangeWork.of", _killed)
        with pytest.raises(SystemExit):
            house.campaigns.run_chunk(campaign, worker="killed", number=number)
    held = house.campaigns.run_chunk(campaign, worker="next", number=number)
    assert held.outcome is ChunkOutcome.HELD
    assert held.retry_at is not None


def _killed(*_: object) -> None:
    raise SystemExit


def test_chunks_of_an_aborted_campaign_are_refused(house: House) -> None:
    """A message that comes late finds that the campaign is over."""
    campaign = house.start()
    house.campaigns.chunks(campaign)
    house.campaigns.abort(campaign, reason="a mistake")
    with pytest.raises(CampaignStateError):
        house.campaigns.run_chunk(campaign, worker="late", number=0)
    with pytest.raises(CampaignStateError):
        house.campaigns.chunks(campaign)
