"""What the corpus commands share that ask a range service."""

import os
from collections.abc import Callable
from typing import Any

import click

from credguard.cli.sections import seen_by_others
from credguard.errors import SetupError
from credguard.screening.corpus import Kind
from credguard.screening.corpus.fetching import Service
from credguard.screening.range_service import URL

_PROXY = "CREDGUARD_PROXY"  # may hold a password, which an option must not

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
        "--proxy",
        metavar="URL",
        help=f"Ask through this HTTP proxy. Default: {_PROXY}, or none.",
    ),
)

PUBLIC = f"The public service is at {URL}."


def service_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which hashes are asked for, and through whom."""
    for option in reversed(_options):
        command = option(command)
    return command


def service_for(url: str, *, kind: str, proxy: str | None, at_once: int) -> Service:
    """
    Return the service that is meant.

    Raises:
        SetupError: An option holds a password.
    """
    if proxy is not None and "@" in proxy:
        place = f"the environment as {_PROXY}"
        raise SetupError(seen_by_others("the proxy's URL", place=place))
    asked = proxy or os.environ.get(_PROXY) or None
    return Service(url, kind=Kind(kind), proxy=asked, at_once=at_once)
