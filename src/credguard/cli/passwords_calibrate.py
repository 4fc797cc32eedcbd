"""`credguard passwords calibrate`: propose a work factor for this machine."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from credguard.cli.amounts import length, memory
from credguard.cli.printing import progress, say

if TYPE_CHECKING:
    from credguard.passwords.calibration import Goal, Measurement, Proposal

EXIT_NOT_REACHED = 1


@click.command()
@click.option(
    "--memory-budget",
    "memory_kib",
    metavar="MEMORY",
    callback=memory,
    default="1GiB",
    show_default=True,
    help="Memory for passwords, of all processes together.",
)
@click.option(
    "--target",
    metavar="TIME",
    callback=length,
    default="250ms",
    show_default=True,
    help="How long one log-in may take while all permits are in use.",
)
@click.option(
    "--logins-per-second",
    type=click.FloatRange(min=0, min_open=True, max=1_000_000),
    default=20,
    show_default=True,
    help="How many log-ins a second must be possible at the busiest time.",
)
def calibrate(*, memory_kib: int, target: timedelta, logins_per_second: float) -> None:
    """
    Measure this machine and propose what a password hash should cost.

    Tries the named work factors with one computation a core, or as many as fit into
    the memory, and proposes the strongest that reaches the target and the rate.
    None is weaker than OWASP's least. Takes about ten seconds; run it on an idle
    machine of the kind that will serve log-ins. Ends with status 1 if the target,
    the rate or the memory cannot be reached.
    """
    from credguard.passwords.calibration import (  # noqa: PLC0415  # only here is it needed
        Goal,
        candidates,
        propose,
    )
    from credguard.passwords.measuring import measure  # noqa: PLC0415  # as above

    goal = Goal(
        memory_kib=memory_kib, target=target, logins_per_second=logins_per_second
    )
    cores = os.cpu_count() or 1
    tried = candidates(goal, cores=cores)
    measurements = []
    with progress("measuring") as bar:
        for number, candidate in enumerate(tried):
            bar.at(number, len(tried), candidate.name)
            measurements.append(measure(candidate))
    proposal = propose(goal, measurements)
    _print_measurements(measurements, cores)
    _print_proposal(proposal)
    _print_shortfalls(proposal, goal)
    if proposal.shortfalls:
        sys.exit(EXIT_NOT_REACHED)


def _print_measurements(measurements: Sequence["Measurement"], cores: int) -> None:
    table = Table(title=f"Measured with {cores} cores", title_justify="left")
    table.add_column("work factor")
    for column in ("permits", "memory", "at rest", "under load", "log-ins/s"):
        table.add_column(column, justify="right")
    for found in measurements:
        table.add_row(
            found.candidate.name,
            str(found.candidate.permits),
            _mebibytes(found.candidate.memory_kib),
            _milliseconds(found.at_rest),
            _milliseconds(found.under_load),
            f"{found.logins_per_second:.1f}",
        )
    Console().print(table)


def _print_proposal(proposal: "Proposal") -> None:
    found = proposal.measurement
    name, permits = found.candidate.name, found.candidate.permits
    passes = found.candidate.work_factor.passes
    say(f"\nProposed, from credguard.passwords import {name}:")
    say(f"  PasswordHasher(work_factor={name}, permits={permits})")
    say(
        f"A log-in costs {_milliseconds(found.at_rest)} at rest and "
        f"{_milliseconds(found.under_load)} under load; up to "
        f"{found.logins_per_second:.0f} log-ins a second are possible."
    )
    say(
        f"Memory: {_mebibytes(found.candidate.memory_kib)}, however many ask at once. "
        "Several processes share the permits: give each its part."
    )
    if proposal.passes_possible > passes:
        say(
            f"There is room: the goal would still be reached with "
            f"{proposal.passes_possible} passes instead of {passes}."
        )


def _print_shortfalls(proposal: "Proposal", goal: "Goal") -> None:
    if not proposal.shortfalls:
        return
    found = proposal.measurement
    figures = {
        "memory": f"{_mebibytes(found.candidate.memory_kib)} are needed, "
        f"{_mebibytes(goal.memory_kib)} were given",
        "target": f"{_milliseconds(found.under_load)} under load, "
        f"{_milliseconds(goal.target)} were asked for",
        "rate": f"{found.logins_per_second:.1f} a second are possible, "
        f"{goal.logins_per_second:g} were asked for",
    }
    say("\nThe goal cannot be reached here with any work factor that is strong enough:")
    for shortfall in proposal.shortfalls:
        say(f"  {shortfall.text} ({figures[shortfall.code]})")


def _milliseconds(length: timedelta) -> str:
    return f"{length / timedelta(milliseconds=1):.0f} ms"


def _mebibytes(kib: int) -> str:
    return f"{kib / 1024:.0f} MiB"
