"""Which hasher is meant: the software's formats, the work factor, the keyring."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from credguard.keys import Keyring
from credguard.passwords import PasswordHasher, legacy, work_factor

if TYPE_CHECKING:
    from credguard.passwords import LegacyScheme

P = ParamSpec("P")
R = TypeVar("R")

BUNDLES: dict[str, tuple["LegacyScheme", ...]] = {
    name.lower(): getattr(legacy, name) for name in legacy.__all__ if name.isupper()
}
DEFAULT_BUNDLES = ("django", "werkzeug")  # as PasswordHasher has them
WORK_FACTORS = {
    "owasp-7-mib": work_factor.OWASP_7_MIB,
    "owasp-9-mib": work_factor.OWASP_9_MIB,
    "owasp-12-mib": work_factor.OWASP_12_MIB,
    "owasp-19-mib": work_factor.OWASP_19_MIB,
    "owasp-46-mib": work_factor.OWASP_46_MIB,
    "rfc-9106-low-memory": work_factor.RFC_9106_LOW_MEMORY,
}


def hasher_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options that say which hasher the forum has."""
    for option in (
        click.option(
            "--work-factor",
            type=click.Choice(sorted(WORK_FACTORS)),
            default="owasp-19-mib",
            show_default=True,
            help="What a new hash costs: as the forum's PasswordHasher has it.",
        ),
        click.option(
            "--bundle",
            "bundles",
            multiple=True,
            default=DEFAULT_BUNDLES,
            show_default=True,
            type=click.Choice(sorted(BUNDLES)),
            help="The software that wrote the hashes. May be given more than once; "
            "the first that knows a row's form decides.",
        ),
    ):
        command = option(command)
    return command


def hasher_of(
    bundles: Sequence[str], work_factor: str, keyring: Keyring | None = None
) -> PasswordHasher:
    """
    Return the hasher that options describe.

    Raises:
        SetupError: Two bundles have different schemes of one name.
    """
    accept: list[LegacyScheme] = []
    for name in bundles:
        accept += [scheme for scheme in BUNDLES[name] if scheme not in accept]
    return PasswordHasher(
        work_factor=WORK_FACTORS[work_factor], keyring=keyring, accept=accept
    )
