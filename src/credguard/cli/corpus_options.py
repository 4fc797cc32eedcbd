"""What the corpus commands share."""

from pathlib import Path

import click

corpus_argument = click.argument(
    "corpus_file",
    metavar="CORPUS",
    type=click.Path(dir_okay=False, path_type=Path),
)
min_count_option = click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out what was seen less often than this.",
)
