"""`credguard corpus build`: one file from a downloader's text, or from plain words."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from credguard._clock import in_utc, system_clock
from credguard.cli.corpus_info import print_header
from credguard.cli.corpus_options import corpus_argument, min_count_option
from credguard.cli.printing import Bar, progress
from credguard.errors import CorpusSourceError
from credguard.screening.corpus import Kind, Origin, Width
from credguard.screening.corpus.building import Plan
from credguard.screening.corpus.building import build as build_corpus


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@corpus_argument
@click.option(
    "--width",
    type=click.Choice([each.value for each in Width]),
    default=Width.DEFAULT.value,
    show_default=True,
    help="How much of each hash is kept. Serving ranges from the file needs 'whole'.",
)
@click.option(
    "--kind",
    type=click.Choice([each.value for each in Kind]),
    help="Refuse another kind of hash. With --words: the kind to make.",
)
@min_count_option
@click.option("--words", is_flag=True, help="SOURCE is a file with a password a line.")
@click.option(
    "--partial",
    is_flag=True,
    help="SOURCE is a part of a list: gaps in it are no sign of a cut download.",
)
@click.option("--from", "origin", metavar="TEXT", help="Where SOURCE comes from.")
@click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="When SOURCE was as it is, in UTC. Default: when it was last written.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1, max=256),
    help="How many processes read SOURCE. Default: as many as there are cores.",
)
def build(
    *,
    source: Path,
    corpus_file: Path,
    width: str,
    kind: str | None,
    min_count: int,
    words: bool,
    partial: bool,
    origin: str | None,
    date: datetime | None,
    jobs: int | None,
) -> None:
    """
    Make CORPUS from SOURCE, and swap it in when it is whole.

    SOURCE is what a downloader of Pwned Passwords wrote: one file in order of hash,
    plain or packed by gzip, or a folder with a file for each range.
    """
    plan = Plan(
        width=Width(width),
        kind=Kind(kind) if kind else None,
        origin=Origin(
            source=origin or source.name,
            source_time=_written(source) if date is None else _seconds(date),
            built_time=_seconds(system_clock()),
            min_count=min_count,
        ),
        words=words,
        partial=partial,
        jobs=jobs or len(os.sched_getaffinity(0)),
    )
    with progress("Hashes written") as bar:
        header = build_corpus(source, corpus_file, plan, on_progress=_rated(bar))
    print_header(header)


def _rated(bar: Bar) -> Callable[[int, int], None]:
    """Return what shows how far it is, and how fast."""
    started = time.monotonic()

    def show(done: int, total: int) -> None:
        rate = done / max(time.monotonic() - started, 1e-3)
        bar.at(done, total, note=f"{rate / 1e6:.1f} million/s")

    return show


def _written(source: Path) -> int:
    try:
        return int(source.stat().st_mtime)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}"
    raise CorpusSourceError(message)


def _seconds(instant: datetime) -> int:
    return int(in_utc(instant).timestamp())
