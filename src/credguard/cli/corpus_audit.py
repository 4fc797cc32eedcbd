"""`credguard corpus audit`: which stored hashes are listed?"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import click

from credguard._text import counted
from credguard.cli.corpus_options import corpus_argument, min_count_option
from credguard.cli.passwords_table import forum_settings
from credguard.cli.printing import print_counts, say
from credguard.cli.settings import Settings
from credguard.errors import CorpusSourceError, SetupError
from credguard.screening.corpus import Corpus, Kind
from credguard.screening.corpus.auditing import Audited
from credguard.screening.corpus.auditing import audit as audit_corpus
from credguard.screening.corpus.hash_lists import BATCH, Batch, batch_of, batches_of

_MODE = 0o600  # whose passwords are known is nobody else's business


@click.command()
@corpus_argument
@click.argument(
    "hashes", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@min_count_option
@click.option(
    "--write",
    "ids_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the ids of listed accounts to this new file, for in_list('FILE').",
)
@forum_settings
def audit(
    *,
    corpus_file: Path,
    hashes: Path | None,
    min_count: int,
    ids_file: Path | None,
    settings: Settings,
) -> None:
    """
    Count which stored hashes are listed in CORPUS; prints no hash.

    HASHES is a file with unsalted SHA-1 or NTLM hashes, one a line, or in columns
    such as user:hash and those of pwdump. Without it, the password column of the
    forum's user table is read.
    """
    with ExitStack() as stack:
        corpus = stack.enter_context(Corpus(corpus_file))
        batches = (
            _from_table(settings, corpus.kind)
            if hashes is None
            else _from_file(hashes, corpus.kind)
        )
        listed = None if ids_file is None else stack.enter_context(_Ids(ids_file))
        found = audit_corpus(
            corpus,
            batches,
            min_count=min_count,
            on_listed=None if listed is None else listed.write,
        )
    print_audited(found, corpus.kind)
    if listed is not None:
        say(f"{counted(listed.written, 'id was', 'ids were')} written to {ids_file}.")
        missing = found.listed - listed.written
        if missing:
            have = counted(missing, "listed hash has", "listed hashes have")
            say(f"{have} no id that can stand in such a file.")


def print_audited(found: Audited, kind: Kind) -> None:
    """Print what an audit found."""
    counts = {"hashes looked up": found.read, "listed": found.listed}
    for least, number in sorted(found.by_times.items()):
        counts[f"  of these seen {least:,} to {10 * least - 1:,} times"] = number
    counts[f"rows without an unsalted {kind} hash"] = found.unread
    print_counts("Audit", counts)


def _from_file(path: Path, kind: Kind) -> Iterator[Batch]:
    try:
        with path.open("rb") as file:
            yield from batches_of(file, kind)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise CorpusSourceError(message) from None


def _from_table(settings: Settings, kind: Kind) -> Iterator[Batch]:
    accounts = settings.accounts()
    accounts.check(widest=0)
    with accounts.reading() as connection:
        for page in accounts.pages(connection, size=BATCH):
            yield batch_of(((row.id, row.password) for row in page), kind)


class _Ids:
    """Writes ids to a new file that nobody else may read."""

    def __init__(self, path: Path) -> None:
        self.written = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            file = os.open(path, flags, _MODE)
        except OSError as error:
            message = f"{path} cannot be written anew: {error.strerror}"
            raise SetupError(message) from None
        self._file = os.fdopen(file, "w", encoding="utf-8")
        self.close: Callable[[], None] = self._file.close

    def write(self, ids: Sequence[str]) -> None:
        # A list skips comments and the space around a line.
        usable = [each for each in ids if each == each.strip() and each[0] != "#"]
        self._file.writelines(f"{each}\n" for each in usable)
        self.written += len(usable)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
