"""
Print what judging a password costs: ``python -m benchmarks.screening.strength``.

Beside zxcvbn for Python, with its limit on length lifted, and zxcvbn-rs-py, in one
run and in turns. Times are CPU time; trust ratios, the machine is not ours alone.
``--search SECONDS`` climbs towards the input that costs us most.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from statistics import median

import zxcvbn_rs_py
from benchmarks.passwords.interleaved import interleaved
from benchmarks.screening.recipes import RECIPES, passwords_by
from zxcvbn import matching, zxcvbn

from credguard.screening import CommonPasswords, PasswordPolicy, estimate
from credguard.screening.strength import MAX_CHARACTERS

SIGNS = "".join(sign for signs in matching.L33T_TABLE.values() for sign in signs)
LENGTHS = (8, 20, 50, 72, 256, 4096)
PATIENCE = 1.0  # seconds; the library is not asked for more of a kind after so long
ALPHABETS = (
    *("12", "0123456789", SIGNS, f"{SIGNS}aeiost", "qwertyuiop", "0123456789/.-"),
    *("aA4@", "1l|!7t+", "sS5$", "19"),
)
FRESHLY = """
import time
begun = time.process_time()
{prepare}
prepared = time.process_time()
{work}
print((prepared - begun) * 1e3, (time.process_time() - prepared) * 1e3)
"""


def kinds(length: int) -> dict[str, str]:
    draw = random.Random(length)
    return {
        "random": "".join(chr(draw.randrange(33, 127)) for _ in range(length)),
        "phrase": ("correct horse battery staple " * length)[:length],
        "look-alikes": "".join(draw.choice(SIGNS) for _ in range(length)),
        "look-alikes, words": ("p4$$w0rd1|7!" * length)[:length],
        "one letter": "a" * length,
        "two digits": ("12" * length)[:length],
    }


def cpu_of(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the milliseconds of CPU that *work* takes, the best of some rounds."""
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
        if found[-1] > PATIENCE:
            break
    return min(found) * 1e3


def worst_cases() -> None:
    print("\nms of CPU for one password, by kind and length (- is not asked any more)")
    print(f"{'':20}{'characters':>11}{'credguard':>11}{'zxcvbn':>11}{'rs-py':>11}")
    tired: set[str] = set()
    for length in LENGTHS:
        for kind, password in kinds(length).items():
            ours = cpu_of(lambda given=password: estimate(given))
            rust = cpu_of(lambda given=password: zxcvbn_rs_py.zxcvbn(given))
            theirs = "-"
            if kind not in tired:
                taken = cpu_of(lambda given=password: zxcvbn(given, max_length=9999))
                theirs = f"{taken:.2f}"
                if taken > PATIENCE * 1e3 or length > 100:
                    tired.add(kind)
            print(f"{kind:20}{length:11}{ours:11.2f}{theirs:>11}{rust:11.2f}")


def ordinary() -> None:
    sample = [each for recipe in RECIPES for each in passwords_by(recipe, 40)]
    sample = [each for each in sample if len(each) <= MAX_CHARACTERS]
    policy = PasswordPolicy(fewest_guesses=0)
    works: dict[str, Callable[[], object]] = {
        "credguard estimate": lambda: [estimate(each) for each in sample],
        "credguard reasons": lambda: [policy.reasons(each) for each in sample],
        "zxcvbn": lambda: [zxcvbn(each) for each in sample],
        "zxcvbn-rs-py": lambda: [zxcvbn_rs_py.zxcvbn(each) for each in sample],
    }
    taken = interleaved(works, rounds=5, clock=time.process_time)
    first = median(taken["zxcvbn"])
    print(f"\nms of CPU for one of {len(sample)} ordinary passwords, mean; of zxcvbn's")
    for name, times in taken.items():
        each = median(times) / len(sample) * 1e3
        print(f"{name:20}{each:8.3f}{median(times) / first:8.2f}")


def first_use() -> None:
    print("\nms of CPU in a new interpreter, to import and for the first call")
    cases = {
        "import credguard": ("import credguard", "pass"),
        "PasswordPolicy": (
            "from credguard import PasswordPolicy",
            "PasswordPolicy()",
        ),
        "CommonPasswords": (
            "from credguard.screening import CommonPasswords",
            "CommonPasswords().look_up('xyzzy')",
        ),
        "estimate": ("from credguard.screening import estimate", "estimate('xyzzy')"),
        "zxcvbn": ("from zxcvbn import zxcvbn", "zxcvbn('xyzzy')"),
        "zxcvbn-rs-py": ("from zxcvbn_rs_py import zxcvbn", "zxcvbn('xyzzy')"),
    }
    for name, (prepare, work) in cases.items():
        runs = [
            tuple(map(float, _freshly(FRESHLY.format(prepare=prepare, work=work))))
            for _ in range(9)
        ]
        to_import, to_call = (median(column) for column in zip(*runs, strict=True))
        print(f"{name:20}{to_import:8.1f}{to_call:8.2f}")
    common = CommonPasswords()
    taken = cpu_of(lambda: [common.look_up("xyzzy") for _ in range(1000)])
    print(f"{'each later look-up':20}{'':8}{taken / 1000:8.4f}")


def _freshly(code: str) -> list[str]:
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, check=True, encoding="ascii")
    return ended.stdout.split()


def search(seconds: float) -> None:
    """Climb towards the input that costs most, from many beginnings."""
    draw = random.Random()
    words = [each for recipe in RECIPES for each in passwords_by(recipe, 100)]
    pool = sorted((_cost(each), each) for each in _beginnings(draw, words, 300))[-20:]
    tried, ends = 300, time.monotonic() + seconds
    while time.monotonic() < ends:
        _, parent = draw.choice(pool)
        child = _changed(draw, parent, words)
        cost, tried = _cost(child), tried + 1
        if cost > pool[0][0] and child not in {each for _, each in pool}:
            pool = sorted([*pool[1:], (cost, child)])
    calls, worst = pool[-1]
    taken = max(cpu_of(lambda given=each: estimate(given), 9) for _, each in pool)
    print(f"\n{tried:,} inputs searched; the worst take up to {taken:.1f} ms of CPU")
    print(f"and {calls:,} calls, such as {worst!r}")


def _cost(password: str) -> int:
    """Return the calls that an estimate makes: a busy machine makes them no more."""
    called = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal called
        called += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        estimate(password)
    finally:
        sys.setprofile(None)
    return called


def _beginnings(draw: random.Random, words: list[str], number: int) -> list[str]:
    found = []
    for _ in range(number):
        alphabet = draw.choice(ALPHABETS)
        unit = "".join(draw.choices(alphabet, k=draw.randint(1, MAX_CHARACTERS)))
        found.append(draw.choice((unit, draw.choice(words))) * MAX_CHARACTERS)
    return [each[:MAX_CHARACTERS] for each in found]


def _changed(draw: random.Random, password: str, words: list[str]) -> str:
    """Put a sign, a word, or another piece of *password* in a place of it."""
    first, last = sorted(draw.sample(range(MAX_CHARACTERS), 2))
    piece = password[first:last]
    new = draw.choice(
        (draw.choice(draw.choice(ALPHABETS)), draw.choice(words), piece, piece[::-1])
    )
    place = draw.randrange(MAX_CHARACTERS)
    changed = password[:place] + new + password[place + len(new) :]
    return changed.ljust(MAX_CHARACTERS, "1")[:MAX_CHARACTERS]


def run() -> None:
    """Print all figures."""
    for name in ("credguard", "zxcvbn", "zxcvbn-rs-py"):
        print(f"{name} {version(name)}", end="  ")
    print(f"Python {sys.version.split()[0]}")
    estimate("loaded before anything is measured")
    worst_cases()
    ordinary()
    first_use()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What judging a password costs.")
    parser.add_argument("--search", type=float, metavar="SECONDS")
    wanted = parser.parse_args().search
    if wanted:
        search(wanted)
    else:
        run()
