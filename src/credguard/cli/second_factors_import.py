"""`credguard second-factors import`: take over what another system has."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import click

from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings
from credguard.cli.printing import progress, say
from credguard.cli.second_factors import keeper
from credguard.cli.settings import Settings, read_keyring
from credguard.cli.systems import (
    FORMS,
    STDIN,
    SYSTEMS,
    System,
    form_of,
    names_by_id,
    rows_in,
)
from credguard.errors import SetupError
from credguard.second_factor.takeover import Row, rows_of_table

_SHARED_BITS = 0o077
_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where records come from, as it was said on the command line.

    Attributes:
        system: What wrote them.

        file: The file that they are in, None for a table.

        table: The table that they are in, None for a file.

        form: What the file holds, None for what its name says.
    """

    system: System
    file: Path | None
    table: str | None
    form: str | None

    @contextmanager
    def rows(self, forum_database: str) -> Iterator[tuple[Iterable[Row], str]]:
        """
        Open it; yield its rows, and the form that they are in.

        Raises:
            SetupError: It cannot be read, or it does not say where to read.
        """
        if self.file is not None and self.table is None:
            _warn_if_shared(self.file)
            form = form_of(self.file, self.form)
            with rows_in(self.file, form=form, system=self.system.name) as rows:
                yield rows, form
        elif self.table is not None and self.file is None:
            yield rows_of_table(forum_database, self.table), "table"
        else:
            message = "name a file, or a table with --from-table"
            raise SetupError(message)


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where records come from, and hand them in as one."""

    @wraps(command)
    def told(
        *,
        system: str,
        file: Path | None,
        from_table: str | None,
        form: str | None,
        account: str | None,
        keys_file: Path | None,
        code_keys_file: Path | None,
        **rest: object,
    ) -> None:
        named = System(system, account, keys_file, code_keys_file)
        command(source=Source(named, file, from_table, form), **rest)

    for option in (
        click.option(
            "--code-keys-file", type=_FILE, help="Fernet keys of its recovery codes."
        ),
        click.option(
            "--keys-file",
            type=_FILE,
            help="The system's own keys: 'tag: secret' or a Fernet key in each line.",
        ),
        click.option("--account", help="The column that says whose a record is."),
        click.option(
            "--format", "form", type=click.Choice(FORMS), help="What the file holds."
        ),
        click.option(
            "--from-table",
            help="Read this table of the forum's database instead of a file.",
        ),
        click.argument("file", type=_FILE, required=False),
        click.option(
            "--from",
            "system",
            type=click.Choice(sorted(SYSTEMS)),
            required=True,
            help="Where the records come from.",
        ),
    ):
        told = option(told)
    return told


@click.command("import")
@source_options
@click.option(
    "--by",
    metavar="COLUMN",
    help="Records name accounts as this column of the forum's user table does.",
)
@click.option("--overwrite", is_flag=True, help="Replace factors in force here.")
@click.option(
    "--without-codes", is_flag=True, help="Leave recovery codes behind: much faster."
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@click.option("--report", type=_FILE, help="Write the report to this file as JSON too.")
@forum_settings
@keyring_option
def import_factors(
    *,
    source: Source,
    by: str | None,
    overwrite: bool,
    without_codes: bool,
    dry_run: bool,
    report: Path | None,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Put second factors of another system in force: nobody enrolls anew.

    FILE holds JSON lines, CSV, or a URI in each line; "-" is what is piped in. What
    the last accepted code was is kept; where it is not known, all codes up to now
    count as used. Stop it as you like: running it again goes on. Destroy the file
    afterwards, it holds seeds in the clear.
    """
    factors = keeper(settings, read_keyring(keyring_file))
    ids = None
    if by is not None:
        ids = {name: each for each, name in names_by_id(settings, by).items()}
    with (
        source.rows(settings.forum_database or "") as (rows, form),
        progress("Records done") as bar,
    ):
        done = factors.take_over(
            source.system.read(rows, form=form),
            resolve=None if ids is None else ids.get,
            overwrite=overwrite,
            with_codes=not without_codes,
            is_dry_run=dry_run,
            on_progress=lambda read: bar.at(read, read),
        )
    say(done.to_text().rstrip("\n"))
    if report is not None:
        report.write_text(done.to_json() + "\n", encoding="utf-8")


def _warn_if_shared(file: Path) -> None:
    try:
        is_shared = file != STDIN and file.stat().st_mode & _SHARED_BITS
    except OSError:
        return  # it cannot be read either, which is told where it is opened
    if is_shared:
        click.echo(
            f"credguard: others can read {file}, which holds seeds in the clear; "
            "make it private with: chmod 600",
            err=True,
        )
