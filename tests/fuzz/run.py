"""
Fuzz one target for some seconds, guided by coverage: ``python run.py TARGET SECONDS``.

It needs atheris (``pip install atheris``), which is not there for every Python. What
is found is written into the folder from which it was started, as libFuzzer does.
"""

import importlib
import sys
import tempfile
from pathlib import Path

import atheris
from seeds_of import PREFIX, TARGETS, seeds_of

MOST_SECONDS = 5  # for one input, on a machine that does other things as well
MOST_BYTES = 1 << 14


def main() -> None:
    """Fuzz until the time is over or something is found."""
    target, seconds = sys.argv[1], int(sys.argv[2])
    if target not in TARGETS:
        sys.exit(f"the targets are: {', '.join(TARGETS)}")
    sys.path.append(str(Path(__file__).parent.parent))
    with atheris.instrument_imports(include=["credguard"]):
        found = importlib.import_module(PREFIX + target)
    with tempfile.TemporaryDirectory(prefix="credguard-fuzz-") as folder:
        for number, seed in enumerate(seeds_of(target)):
            (Path(folder) / f"{number:04d}").write_bytes(seed)
        arguments = [
            f"-max_total_time={seconds}",
            f"-timeout={MOST_SECONDS}",
            f"-max_len={MOST_BYTES}",
            "-print_final_stats=1",
            *sys.argv[3:],
            folder,
        ]
        atheris.Setup([sys.argv[0], *arguments], found.one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
