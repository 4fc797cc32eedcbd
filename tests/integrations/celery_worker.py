"""A forum's Celery application, as its workers import it."""

import os
import time
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready

from credguard import Keyring
from credguard.campaigns import Campaigns, ranges, retiring
from credguard.integrations.celery import register
from forums import open_guard
from hooked import Written

retiring.RANGE_SIZE = 20
app = Celery("forum", broker=os.environ["FORUM_BROKER"])
app.conf.update(
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_default_queue=os.environ["FORUM_QUEUE"],
)
if patience := os.environ.get("FORUM_VISIBILITY"):
    app.conf.broker_transport_options = {
        "visibility_timeout": float(patience),
        "polling_interval": 0.1,
        "unacked_restore_limit": None,
    }
if slow := float(os.environ.get("FORUM_SLOW", "0")):
    note = ranges.RangeWork._note

    def note_slowly(*arguments: object) -> None:
        """Take longer than the broker's patience."""
        time.sleep(slow)
        note(*arguments)  # type: ignore[arg-type]  # as it was called

    ranges.RangeWork._note = note_slowly  # type: ignore[method-assign, assignment]  # slower, else the same


@worker_ready.connect  # type: ignore[untyped-decorator]  # Celery has no types
def tell(**_: object) -> None:
    """Tell the test that messages are asked for."""
    Path(os.environ["FORUM_READY"]).touch()


def campaigns() -> Campaigns:
    """Return the campaigns of this process."""
    keyring = Keyring.parse(os.environ["FORUM_KEYRING"])
    ours, table = os.environ["FORUM_OURS"], os.environ["FORUM_TABLE"]
    calls = os.environ.get("FORUM_HOOK")
    hooks = [Written(Path(calls), fails=1)] if calls else []
    return open_guard(keyring, ours, table, hooks=hooks).campaigns


chunks = register(app, campaigns)
