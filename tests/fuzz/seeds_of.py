"""The seeds of a target: one a line, each a bytes literal."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent
PREFIX = "target_"
TARGETS = tuple(
    sorted(path.stem.removeprefix(PREFIX) for path in FOLDER.glob(f"{PREFIX}*.py"))
)


def seeds_of(target: str) -> list[bytes]:
    """Return what *target* begins with."""
    path = FOLDER / "seeds" / f"{target}.txt"
    lines = path.read_text(encoding="ascii").splitlines()
    return [_read(line) for line in lines]


def write_seeds(target: str, seeds: list[bytes]) -> None:
    """Write down what *target* begins with, each seed once."""
    path = FOLDER / "seeds" / f"{target}.txt"
    lines = [repr(seed) for seed in dict.fromkeys(seeds)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def _read(line: str) -> bytes:
    found = ast.literal_eval(line)
    if not isinstance(found, bytes):
        raise TypeError(line)
    return found
