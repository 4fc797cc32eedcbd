"""What `make bench-timing` makes of its samples, on samples that are made up."""

import random

import pytest
from benchmarks.timing.__main__ import judged
from benchmarks.timing.sampling import CONTROL, REFERENCE

SAMPLES = 2_000
COST = 0.025  # seconds


def samples(factor: float = 1.0, *, spread: float = 0.1, seed: int) -> list[float]:
    """Return times around *factor* times the cost, with the tail that machines have."""
    draw = random.Random(seed)
    return [
        COST * factor * draw.lognormvariate(0, spread) + draw.expovariate(10_000)
        for _ in range(SAMPLES)
    ]


def taken(
    others: dict[str, list[float]], *, control: float = 1.0
) -> dict[str, list[float]]:
    """Return samples of accounts that do not exist, of the control, and of others."""
    known = {REFERENCE: samples(seed=1), CONTROL: samples(control, seed=2)}
    return known | others


def test_the_same_work_is_not_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty classes that differ by chance alone pass, each of them."""
    same = {f"class {seed}": samples(seed=seed) for seed in range(3, 23)}
    assert judged(taken(same)) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("factor", [0.85, 1.15, 1.4, 0.97, 1.03])
def test_other_work_is_told_apart(
    factor: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """More or less of it, also within a tenth, where Welch's t is sure."""
    assert judged(taken({"same": samples(seed=3), "odd": samples(factor, seed=4)})) == 1
    assert capsys.readouterr().out == "  TOLD APART: odd\n"


def test_a_median_alone_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Few samples that scatter leave Welch's t small, and the median is 15 % away."""
    odd = [each * 1.15 for each in samples(seed=1)]
    few = {name: times[:9] for name, times in taken({"odd": odd}).items()}
    few[CONTROL] = few[REFERENCE]
    assert judged(few) == 1
    assert "odd" in capsys.readouterr().out


@pytest.mark.parametrize("control", [0.8, 1.02, 1.2])
def test_noise_is_no_verdict(
    control: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the control differs from itself, nobody is accused and nothing passes."""
    assert judged(taken({"odd": samples(1.4, seed=3)}, control=control)) == 2
    assert judged(taken({"same": samples(seed=3)}, control=control)) == 2
    assert "TOLD APART" not in capsys.readouterr().out
