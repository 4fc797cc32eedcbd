"""`credguard corpus check`: is this password listed? It is typed, never an argument."""

import sys
from pathlib import Path

import click

from credguard._text import counted, nfc
from credguard.cli.corpus_options import corpus_argument, min_count_option
from credguard.cli.printing import say
from credguard.errors import BlocklistUnavailableError
from credguard.screening.corpus import Corpus
from credguard.screening.verdicts import Listed, NotListed

EXIT_LISTED = 1


@click.command()
@corpus_argument
@min_count_option
def check(*, corpus_file: Path, min_count: int) -> None:
    """
    Say whether a password is listed in CORPUS.

    It is asked for on the terminal and not shown; without a terminal, the first
    line of the standard input is taken. The status is 1 if it is listed.
    """
    with Corpus(corpus_file, min_count=min_count) as corpus:
        verdict = corpus.look_up(nfc(_typed()))
    match verdict:
        case Listed(times=times):
            say(f"Listed: seen {counted(times, 'time', 'times')} in breaches.")
            sys.exit(EXIT_LISTED)
        case NotListed():
            say("Not listed.")
        case _:
            message = "what was typed is no text, so it could not be looked up"
            raise BlocklistUnavailableError(message)


def _typed() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
