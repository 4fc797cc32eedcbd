"""`credguard second-factors leak plan` and `start`: the measure after a leak."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce, wraps
from operator import or_
from pathlib import Path
from typing import IO

import click

from credguard._clock import in_utc
from credguard.campaigns.lists import ListKind
from credguard.campaigns.reachable import is_reachable
from credguard.cli.accounts import as_line
from credguard.cli.lists import ListFiles
from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings
from credguard.cli.printing import print_counts, progress, say
from credguard.cli.second_factors import keeper
from credguard.cli.settings import Settings, read_keyring
from credguard.cli.working import worker_name
from credguard.errors import CampaignStateError
from credguard.second_factor.leaks.deciding import Leaked, Proof
from credguard.second_factor.leaks.measure import Measure, Selection
from credguard.second_factor.leaks.planning import LeakPlan
from credguard.second_factor.leaks.scanning import Paths

_NAMES = {str(each.name).lower().replace("_", "-"): each for each in Leaked}
_WHEN = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def leak() -> None:
    """After a leak: what still counts, and everybody's way back."""


def measure_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that describe a measure, and hand it in with the paths."""

    @wraps(command)
    def told(
        *,
        leak_id: str,
        leaked: tuple[str, ...],
        deadline: datetime,
        enrolled_before: datetime | None,
        key_id: str | None,
        bits_below: int | None,
        source: str | None,
        other_proof: Path | None,
        settings: Settings,
        **rest: object,
    ) -> None:
        before = None if enrolled_before is None else in_utc(enrolled_before)
        measure = Measure(
            leak_id=leak_id,
            leaked=reduce(or_, (_NAMES[name] for name in leaked)),
            deadline=in_utc(deadline),
            selection=Selection(before, key_id, bits_below, source),
        )
        paths = _paths(settings, other_proof)
        command(measure=measure, paths=paths, settings=settings, **rest)

    options = (
        click.argument("leak_id", metavar="NAME"),
        click.option(
            "--leaked",
            type=click.Choice(list(_NAMES)),
            multiple=True,
            required=True,
            help="What leaked, or may have; several times for several.",
        ),
        click.option("--deadline", type=_WHEN, required=True, help="In UTC."),
        click.option(
            "--enrolled-before", type=_WHEN, help="In UTC. Default: the start."
        ),
        click.option("--key-id", help="Only seeds that are under this key now."),
        click.option(
            "--bits-below", type=click.IntRange(min=1), help="Only shorter seeds."
        ),
        click.option("--source", help="Only what came from there, such as warehouse."),
        click.option(
            "--other-proof",
            type=click.Path(dir_okay=False, path_type=Path),
            help="A file with the ids of accounts that have a passkey or the like.",
        ),
        forum_settings,
        keyring_option,
    )
    return reduce(lambda wrapped, option: option(wrapped), reversed(options), told)


@leak.command()
@measure_options
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    help="A file for the ids of those nobody has decided on.",
)
def plan(
    *,
    measure: Measure,
    paths: Paths,
    settings: Settings,
    keyring_file: Path | None,
    out: IO[str] | None,
) -> None:
    """
    Say what would be done, and list who would be left without a path.

    Writes nothing to the database.
    """
    factors = keeper(settings, read_keyring(keyring_file))
    found = factors.leaks.plan(measure, paths=paths)
    print_plan(found)
    if out is None:
        for account_id in found.undecided:
            click.echo(f"without a path: {account_id!r}")
    else:
        out.write("".join(map(as_line, found.undecided)))
    say(f"Plan: {measure.digest}")


@leak.command()
@measure_options
@click.option("--plan", "digest", required=True, help="What `plan` printed last.")
def start(
    *,
    measure: Measure,
    paths: Paths,
    digest: str,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Do what was planned, while people log in.

    Refused while an account would be left without a path and nobody has decided on
    it. Stop it as you like: running it again goes on. Several runs share the work.
    """
    if digest != measure.digest:
        message = "this is not what was planned; look at the plan again"
        raise CampaignStateError(message)
    factors = keeper(settings, read_keyring(keyring_file))
    with progress("Ranges done") as bar:
        done = factors.leaks.start(
            measure,
            worker=worker_name(),
            paths=paths,
            on_progress=lambda now: bar.at(now.done, now.total),
        )
    print_counts(
        "Done by this run",
        {
            "accounts": done.accounts,
            "factors suspended": done.suspended,
            "recovery codes voided": done.codes,
            "trusted devices ended": done.devices,
            "left to support while it ran": done.stranded,
        },
    )


def print_plan(found: LeakPlan) -> None:
    """Print what follows from the leak, and the plan's counts."""
    ruled = found.measure.ruled
    fallen = [each.value for each in Proof if each not in ruled.holds]
    say("Does not count any more: " + (", ".join(fallen) or "nothing"))
    for act in ruled.acts:
        say(f"- {act.value}")
    print_counts(
        "Selected",
        {
            "accounts": found.selected,
            **{f"state {name.value}": n for name, n in found.states.items()},
            **{f"{bits} bits": n for bits, n in sorted(found.strengths.items())},
            **{f"from {name}": n for name, n in sorted(found.sources.items())},
            **{f"under key {name}": n for name, n in sorted(found.keys.items())},
            "locked, which stay as they are": found.locked,
        },
    )
    print_counts(
        "Ways back",
        {
            **{way.value: n for way, n in found.paths.items()},
            "none": len(found.without_path),
            "none, and nobody has decided": len(found.undecided),
        },
    )


def _paths(settings: Settings, other_proof: Path | None) -> Paths:
    accounts = settings.accounts()

    def with_address(account_ids: Sequence[str]) -> list[str]:
        with accounts.reading() as connection:
            found = accounts.find(connection, account_ids)
        return [name for name, each in found.items() if is_reachable(each.address)]

    if other_proof is None:
        return Paths(with_address=with_address)
    listed = set(ListFiles().open(str(other_proof), ListKind.IDS).ids or ())
    return Paths(
        with_address=with_address,
        with_other=listed.intersection,
    )
