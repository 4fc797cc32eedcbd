"""`credguard corpus serve`: answer the range protocol to other machines."""

import asyncio
from datetime import timedelta
from pathlib import Path

import click

from credguard.cli.corpus_options import corpus_argument
from credguard.cli.printing import say
from credguard.errors import SetupError
from credguard.screening.corpus import Reading
from credguard.screening.corpus.server import serve as serve_ranges
from credguard.screening.corpus.serving import MAX_AGE, RangeAnswers

_PORT = 8787


@click.command()
@corpus_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen here.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="0 for a free one.",
)
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    default=int(MAX_AGE.total_seconds()),
    show_default=True,
    help="For how many seconds others may use an answer without asking again.",
)
@click.option(
    "--compress/--no-compress",
    default=True,
    show_default=True,
    help="Whether to compress for those who accept it.",
)
@click.option(
    "--reading",
    type=click.Choice([each.value for each in Reading]),
    default=Reading.MAPPED.value,
    show_default=True,
    help="Mapped is faster; with pread, memory stays flat.",
)
def serve(
    *,
    corpus_file: Path,
    host: str,
    port: int,
    max_age: int,
    compress: bool,
    reading: str,
) -> None:
    """
    Answer the range protocol from CORPUS until it is stopped.

    CORPUS holds whole hashes: make it with --width whole. One that is swapped in at
    its path is taken up within seconds. No request is logged. There is no TLS and
    no password here: listen where only the forum's own machines can reach it, or
    behind a server that has TLS.
    """
    answers = RangeAnswers(
        corpus_file,
        compress=compress,
        max_age=timedelta(seconds=max_age),
        reading=Reading(reading),
    )
    kind = answers.corpus.kind

    def tell(open_port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        say(f"Serving {kind} ranges at http://{shown}:{open_port}; Ctrl+C to stop.")

    try:
        asyncio.run(serve_ranges(answers, host=host, port=port, on_ready=tell))
    except OSError as error:
        message = f"{host} port {port} cannot be listened at: {error.strerror}"
        raise SetupError(message) from None
    finally:
        answers.close()
