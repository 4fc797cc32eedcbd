"""`credguard corpus sync`: fetch all ranges, or only those that have changed."""

import time
from collections.abc import Callable
from pathlib import Path

import click

from credguard._text import counted
from credguard.cli.corpus_info import print_header
from credguard.cli.corpus_options import corpus_argument, min_count_option
from credguard.cli.corpus_service import service_for, service_options, url_argument
from credguard.cli.printing import Bar, progress, say
from credguard.screening.corpus import Width
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.syncing import SyncProgress
from credguard.screening.corpus.syncing import sync as sync_corpus
from credguard.screening.range_service import FEWEST_LINES

_AT_ONCE = 32


@click.command()
@url_argument
@corpus_argument
@service_options
@click.option(
    "--width",
    type=click.Choice([each.value for each in Width]),
    default=Width.DEFAULT.value,
    show_default=True,
    help="How much of each hash is kept. Serving ranges from the file needs 'whole'.",
)
@min_count_option
@click.option(
    "--at-once",
    type=click.IntRange(1, 256),
    default=_AT_ONCE,
    show_default=True,
    help="How many ranges each process fetches at a time.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes fetch.",
)
@click.option(
    "--fewest-lines",
    type=click.IntRange(min=0),
    default=FEWEST_LINES,
    show_default=True,
    help="A range with fewer lines was cut. Lower it for a service with few hashes.",
)
def sync(
    *,
    url: str,
    corpus_file: Path,
    kind: str,
    proxy: str | None,
    width: str,
    min_count: int,
    at_once: int,
    jobs: int,
    fewest_lines: int,
) -> None:
    """
    Make CORPUS what the range service at URL has, and swap it in when it is whole.

    All 1,048,576 ranges are fetched: about 45 GB from the public service at
    https://api.pwnedpasswords.com, and next to nothing where CORPUS was synced
    before and nothing has changed. Stop it as you like; the same command goes on.
    """
    plan = SyncPlan(
        service_for(url, kind=kind, proxy=proxy, at_once=at_once),
        width=Width(width),
        min_count=min_count,
        fewest_lines=fewest_lines,
        jobs=jobs,
    )
    with progress("Ranges fetched") as bar:
        done = sync_corpus(plan, corpus_file, on_progress=_shown(bar))
    fetched = counted(done.fetched, "range was", "ranges were")
    say(f"{fetched} fetched, {done.unchanged:,} had not changed.")
    print_header(done.header)


def _shown(bar: Bar) -> Callable[[SyncProgress], None]:
    """Return what shows how far it is, how fast, and what is amiss."""
    started = time.monotonic()

    def show(now: SyncProgress) -> None:
        rate = now.done / max(time.monotonic() - started, 1e-3)
        note = "writing the file" if now.is_writing else f"{rate:,.0f} ranges/s"
        if now.failed:
            note += f", {now.failed:,} failed"
        bar.at(now.done, now.total, note=note)

    return show
