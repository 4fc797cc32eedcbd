"""Amounts on the command line: memory and time, each with its unit."""

import re
from collections.abc import Mapping
from datetime import timedelta

import click

_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,3})", re.ASCII)
_KIB = {"KiB": 1, "MiB": 2**10, "GiB": 2**20}
_DAY = 86_400_000
_MILLISECONDS = {"ms": 1, "s": 1_000, "min": 60_000}


def memory(_context: click.Context, _option: click.Parameter, text: str) -> int:
    """Return the KiB of an option's text such as ``512MiB`` or ``1.5 GiB``."""
    kib = int(_amount(text, _KIB))
    if kib < 1:
        message = "write memory as 512MiB or 1GiB."
        raise click.BadParameter(message)
    return kib


def length(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    """Return the time of an option's text such as ``250ms``, ``1.5 s`` or ``2min``."""
    found = timedelta(milliseconds=_amount(text, _MILLISECONDS))
    if not found:
        message = "write a time as 250ms, 1.5s or 2min."
        raise click.BadParameter(message)
    return found


def days(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    """Return the days of an option's text such as ``30d``."""
    found = timedelta(milliseconds=_amount(text, {"d": _DAY}))
    if not found:
        message = "write days as 30d."
        raise click.BadParameter(message)
    return found


def _amount(text: str, units: Mapping[str, int]) -> float:
    """Return the amount in the units' smallest, zero if *text* is not one."""
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in units:
        return 0
    return float(found[1]) * units[found[2]]
