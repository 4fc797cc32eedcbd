"""`credguard corpus verify`: read all of a corpus."""

from pathlib import Path

import click

from credguard._text import counted
from credguard.cli.corpus_options import corpus_argument
from credguard.cli.printing import progress, say
from credguard.screening.corpus.verifying import verify as verify_corpus


@click.command()
@corpus_argument
def verify(*, corpus_file: Path) -> None:
    """Read all of CORPUS and say whether every byte is as it was written."""
    with progress("Blocks read") as bar:
        header = verify_corpus(corpus_file, on_progress=bar.at)
    hashes = counted(header.entries, "hash", "hashes")
    blocks = counted(header.shape.blocks, "block", "blocks")
    say(f"{hashes} in {blocks}: all whole.")
