"""What reading one answer of the public service's size costs, beside its peers."""

import random
import time
from collections.abc import Callable
from itertools import cycle
from statistics import median

from credguard.screening.range_body import RangeBody, read_body

LINES = 1973
ROUNDS = 300
COUNTS = [1, 2, 3, 4, 7, 17, 90, 1200]
WEIGHTS = [43, 14, 13, 8, 10, 8, 3, 1]


def body_of(lines: int, seed: int = 1) -> bytes:
    """Return a range with counts as they are in the public corpus."""
    draw = random.Random(seed)
    suffixes = sorted(f"{draw.getrandbits(140):035X}" for _ in range(lines))
    counts = draw.choices(
        [1, 2, 3, 4, 7, 17, 90, 1200], [43, 14, 13, 8, 10, 8, 3, 1], k=lines
    )
    pairs = zip(suffixes, counts, strict=True)
    return "\r\n".join(f"{suffix}:{count}" for suffix, count in pairs).encode()


def run() -> None:
    """Print what a body costs to read, and what a look-up in it costs."""
    body = body_of(LINES)
    text = body.decode()
    listed = [line.partition(":")[0] for line in text.split("\r\n")]
    others = [f"{random.Random(2).getrandbits(140):035X}" for _ in range(ROUNDS)]
    hits, misses = cycle(random.Random(3).sample(listed, ROUNDS)), cycle(others)
    checked = read_body(body, fewest_lines=400)
    assert isinstance(checked, RangeBody)
    ways: dict[str, Callable[[], object]] = {
        "into a dict": lambda: _into_dict(text),
        "read and checked as a whole": lambda: read_body(body, fewest_lines=400),
        "look-up in what was checked, hit": lambda: checked.times(next(hits)),
        "look-up in what was checked, miss": lambda: checked.times(next(misses)),
        "physical limit: one search": lambda: body.find(b"0" * 35 + b":"),
    }
    if (peer := _django_peer()) is not None:
        ways["pwned-passwords-django"] = lambda: peer(text, "0" * 35)
    times = _interleaved(ways)
    slowest = times["into a dict"]
    print(f"\n## One answer of {LINES:,} lines, {len(body):,} bytes (CPU, medians)\n")
    for name, took in times.items():
        print(f"{name:42} {took * 1e6:8.1f} µs {slowest / took:7.1f} times as fast")


def _into_dict(text: str) -> dict[str, int]:
    pairs = (line.split(":") for line in text.splitlines())
    return {suffix: int(count) for suffix, count in pairs}


def _django_peer() -> Callable[[str, str], int] | None:
    try:
        from django.conf import settings  # noqa: PLC0415

        if not settings.configured:  # the peer reads them when it is imported
            settings.configure()
        from pwned_passwords_django.api import PwnedPasswords  # noqa: PLC0415
    except ImportError:
        return None
    client = PwnedPasswords.__new__(PwnedPasswords)
    hits: Callable[[str, str], int] = client._get_hits  # noqa: SLF001
    return hits


def _interleaved(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.process_time_ns()
            way()
            taken[name].append((time.process_time_ns() - started) / 1e9)
    return {name: median(each) for name, each in taken.items()}
