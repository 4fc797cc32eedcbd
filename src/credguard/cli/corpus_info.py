"""`credguard corpus info`: what a corpus says about itself."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from credguard._text import to_iso
from credguard.cli.corpus_options import corpus_argument
from credguard.screening.corpus import Corpus, Header


@click.command()
@corpus_argument
def info(*, corpus_file: Path) -> None:
    """Say what CORPUS lists, how exactly, and where it comes from."""
    with Corpus(corpus_file) as corpus:
        print_header(corpus.header)


def print_header(header: Header) -> None:
    """Print what a file says about itself."""
    table = Table(show_header=False)
    entries, size = header.entries, header.file_bytes
    for name, text in (
        ("kind", header.shape.kind.value),
        ("hashes", f"{entries:,}"),
        ("seen at least", f"{header.min_count:,} times"),
        ("source", header.source or "unknown"),
        ("of", _instant(header.source_time)),
        ("built", _instant(header.built_time)),
        ("width", header.shape.width.value),
        ("bytes", f"{size:,}"),
        ("bytes a hash", f"{size / entries:.2f}" if entries else "-"),
        ("probability of a false listing", f"{header.false_listed:.1e}"),
        ("probability of a false 'not listed'", "0"),
        ("ETags of ranges", "kept" if header.has_ranges else "none"),
        ("stamp", header.stamp.hex()),
    ):
        table.add_row(name, text)
    Console().print(table, markup=False)


def _instant(seconds: int) -> str:
    return to_iso(datetime.fromtimestamp(seconds, UTC)) if seconds else "unknown"
