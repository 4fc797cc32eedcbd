from collections.abc import Callable
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner, Result

from credguard.cli import amounts
from credguard.cli.app import credguard
from credguard.passwords import measuring
from credguard.passwords.calibration import NAMED, Candidate, Measurement

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def calibrate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return the command, on a machine that fills a MiB in a millisecond."""

    def made_up(candidate: Candidate) -> Measurement:
        took = candidate.work_factor.work // 1024 * MILLISECOND
        return Measurement(
            candidate=candidate,
            at_rest=took,
            under_load=2 * took,
            logins_per_second=candidate.permits * timedelta(seconds=1) / (2 * took),
        )

    def run(*options: str) -> Result:
        arguments = ["passwords", "calibrate", *options]
        return CliRunner(env={"COLUMNS": "120"}).invoke(credguard, arguments)

    monkeypatch.setattr(measuring, "measure", made_up)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return run


def test_a_work_factor_is_proposed_with_what_it_costs(
    calibrate: Callable[..., Result],
) -> None:
    """The name, the permits, both times, the rate and the memory are printed."""
    done = calibrate("--logins-per-second", "20")
    assert done.exit_code == 0
    for part in (
        "from credguard.passwords import OWASP_46_MIB",
        "PasswordHasher(work_factor=OWASP_46_MIB, permits=2)",
        "46 ms at rest",
        "92 ms under load",
        "22 log-ins a second",
        "92 MiB",
    ):
        assert part in done.output
    assert all(name in done.output for name in NAMED)
    assert "cannot be reached" not in done.output


def test_room_for_more_passes_is_printed(calibrate: Callable[..., Result]) -> None:
    """Where the goal leaves room, it says for what."""
    done = calibrate("--target", "800ms", "--logins-per-second", "2.5")
    assert "RFC_9106_LOW_MEMORY" in done.output
    assert "6 passes instead of 3" in done.output


def test_a_goal_out_of_reach_is_told_with_figures(
    calibrate: Callable[..., Result],
) -> None:
    """What falls short is printed with what was asked for, and the status is 1."""
    done = calibrate(
        "--memory-budget", "5 MiB", "--target", "10ms", "--logins-per-second", "1000"
    )
    assert done.exit_code == 1
    assert "OWASP_7_MIB" in done.output
    for part in ("7 MiB are needed, 5 MiB were given", "10 ms", "1000 were asked for"):
        assert part in done.output


@pytest.mark.parametrize(
    ("text", "kib"),
    [("1GiB", 2**20), ("512MiB", 2**19), ("1.5 GiB", 3 * 2**19), ("8KiB", 8)],
)
def test_memory_is_read_with_its_unit(text: str, kib: int) -> None:
    """KiB, MiB and GiB are powers of two."""
    command = click.Command("x")
    option = click.Option(["--x"])
    assert amounts.memory(click.Context(command), option, text) == kib


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("250ms", 250), ("1.5s", 1_500), ("2 min", 120_000)]
)
def test_time_is_read_with_its_unit(text: str, milliseconds: int) -> None:
    """Milliseconds, seconds and minutes are known."""
    command = click.Command("x")
    option = click.Option(["--x"])
    length = amounts.length(click.Context(command), option, text)
    assert length == milliseconds * MILLISECOND


@pytest.mark.parametrize("option", ["--memory-budget", "--target"])
@pytest.mark.parametrize(
    "text",
    ["", "1", "0MiB", "0ms", "-1GiB", "1GB", "1e3ms", "nan s", "١GiB", "1 h", "9" * 99],
)
def test_an_amount_without_a_known_unit_is_refused(
    option: str, text: str, calibrate: Callable[..., Result]
) -> None:
    """A number whose unit is not said is not guessed at."""
    done = calibrate(f"{option}={text}")
    assert done.exit_code == 2
    assert option in done.output
