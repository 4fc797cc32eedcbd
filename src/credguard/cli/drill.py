"""`credguard drill`: rehearse a forced reset on a forum made up for it."""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from credguard.cli.printing import say


@click.command()
@click.option(
    "--accounts",
    default=10_000,
    show_default=True,
    type=click.IntRange(20, 10_000_000),
    help="How many members the forum has.",
)
@click.option("--range-url", metavar="URL", help="Ask this range service instead.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Play in this new folder and leave it there.",
)
def drill(*, accounts: int, range_url: str | None, keep: Path | None) -> None:
    """
    Rehearse the day of a breach, in a temporary folder and touching nothing else.

    A forum's database is made, with the user table of real forum software. All
    its members are locked, told by mail into a local sink (the run is killed once
    and goes on), and a tenth of them come back with their link. It ends with the
    campaign's report, and fails if anything happens that must not.
    """
    from credguard.drill.play import Play, Setting  # noqa: PLC0415  # only here needed

    started = time.monotonic()
    with ExitStack() as stack:
        if keep is None:
            temporary = tempfile.TemporaryDirectory(prefix="credguard-drill-")
            folder = Path(stack.enter_context(temporary))
        else:
            keep.mkdir(parents=True)
            folder = keep.resolve()
        setting = Setting(
            folder=folder,
            accounts=accounts,
            range_url=range_url,
            environment=os.environ,
            threads=os.cpu_count() or 1,
            say=say,
        )
        play = Play(setting)
        play.go()
    say("\nHow long it took:")
    for step, seconds in play.times.items():
        say(f"  {step:<20} {seconds:8.1f} s")
    say(f"  {'in all':<20} {time.monotonic() - started:8.1f} s")
    peak = _peak_mib()
    if peak:
        say(f"Peak memory: {peak[0]:.0f} MiB here, {peak[1]:.0f} MiB in a command.")
    say("The drill is over; everything went as it must.")


def _peak_mib() -> tuple[float, float] | None:
    """Return the peak memory of this process and of its largest child, in MiB."""
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10  # getrusage(2)
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    here, children = (resource.getrusage(kind).ru_maxrss / unit for kind in kinds)
    return here, children
