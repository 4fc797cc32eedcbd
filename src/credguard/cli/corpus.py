"""`credguard corpus`: the local file of breached passwords."""

import click

from credguard.cli.corpus_audit import audit
from credguard.cli.corpus_build import build
from credguard.cli.corpus_check import check
from credguard.cli.corpus_info import info
from credguard.cli.corpus_news import news
from credguard.cli.corpus_serve import serve
from credguard.cli.corpus_sync import sync
from credguard.cli.corpus_verify import verify


@click.group()
def corpus() -> None:
    """Breached passwords in one local file: make it, ask it, audit hashes with it."""


for command in (build, sync, news, info, verify, check, audit, serve):
    corpus.add_command(command)
