"""What the corpus commands share that ask a range service."""

from collections.abc import Callable
from typing import Any

import click

from credguard.screening.corpus import Kind
from credguard.screening.corpus.fetching import Service
from credguard.screening.range_service import URL

url_argument = click.argument("url", metavar="URL")
_options = (
    click.option(
        "--kind",
        type=click.Choice([each.value for each in Kind]),
        default=Kind.SHA1.value,
        show_default=True,
        help="Which hashes to ask for.",
    ),
    click.option(
        "--proxy", metavar="URL", help="Ask through this HTTP proxy; none by default."
    ),
)

PUBLIC = f"The public service is at {URL}."


def service_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which hashes are asked for, and through whom."""
    for option in reversed(_options):
        command = option(command)
    return command


def service_for(url: str, *, kind: str, proxy: str | None, at_once: int) -> Service:
    """Return the service that is meant."""
    return Service(url, kind=Kind(kind), proxy=proxy, at_once=at_once)
