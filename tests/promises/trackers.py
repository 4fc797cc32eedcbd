"""An error tracker that is told everything, and sends nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from canaries import Canaries
from sinks import TESTS


class Tracker:
    """
    Keeps what would be sent.

    Args:
        capture: Makes an event of an error.
    """

    def __init__(self, capture: Callable[[BaseException], object]) -> None:
        self.events: list[dict[str, object]] = []
        self._capture = capture

    def call(self, function: Callable[[], object]) -> None:
        """Call, and be told of what is raised."""
        try:
            function()
        except Exception as error:  # noqa: BLE001  # whatever it is
            self._capture(error)

    def told(self, canaries: Canaries) -> set[tuple[object, str]]:
        """Return which secrets stand in the frames of which functions, or beside."""
        return {
            (frame.get("function"), name)
            for event in self.events
            for frame in frames_in(event)
            for name in canaries.in_text(json.dumps(frame, default=repr))
        }


@contextmanager
def tracking() -> Iterator[Tracker]:
    """Track with local variables shown, nothing scrubbed, and all that was logged."""
    sentry: Any = pytest.importorskip(
        "sentry_sdk", reason="sentry-sdk is not installed"
    )
    scrubber = pytest.importorskip("sentry_sdk.scrubber").EventScrubber(
        denylist=[], pii_denylist=[]
    )
    tracker = Tracker(sentry.capture_exception)

    def keep(event: dict[str, object], _hint: object) -> None:
        tracker.events.append(event)  # and send nothing

    client = sentry.Client(
        dsn="http://public@127.0.0.1:9/1",
        before_send=keep,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=True,
        max_value_length=100_000,
        event_scrubber=scrubber,
    )
    with sentry.new_scope() as scope:
        scope.set_client(client)
        yield tracker
    client.close(timeout=0)


def frames_in(given: object) -> Iterator[dict[str, object]]:
    """Yield the frames of an event that are not the tests' own, and its values."""
    if isinstance(given, dict):
        if "abs_path" in given:
            if not str(given["abs_path"]).startswith(TESTS):
                yield given
            return
        yield {name: each for name, each in given.items() if isinstance(each, str)}
        for each in given.values():
            yield from frames_in(each)
    elif isinstance(given, list | tuple):
        for each in given:
            yield from frames_in(each)
