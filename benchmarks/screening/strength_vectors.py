"""
Make the vectors of the tests: ``python -m benchmarks.screening.strength_vectors``.

A thousand passwords of each recipe, with the library's own score and guesses, which
nothing bounds here, and ours where they differ. It takes a minute.
"""

import gzip
from pathlib import Path

from benchmarks.screening.recipes import RECIPES, passwords_by
from zxcvbn import zxcvbn

from credguard.screening import estimate

VECTORS = Path("tests/screening/strength_vectors.tsv.gz")
FROM_EACH = 1000


def row_of(recipe: str, password: str) -> str:
    """Return a line: recipe, password, their score and guesses, and ours if others."""
    theirs = zxcvbn(password, max_length=len(password))
    guesses, ours = int(theirs["guesses"]), estimate(password)
    same = (ours.score, ours.guesses) == (theirs["score"], guesses)
    own = ("", "") if same else (str(ours.score), str(ours.guesses))
    return "\t".join([recipe, password, str(theirs["score"]), str(guesses), *own])


def main() -> None:
    """Write the file, the same bytes in every run."""
    rows = [
        row_of(recipe.__name__, password)
        for recipe in RECIPES
        for password in passwords_by(recipe, FROM_EACH)
    ]
    text = "\n".join(rows) + "\n"
    packed = gzip.compress(text.encode(), compresslevel=9, mtime=0)
    VECTORS.write_bytes(packed)
    print(f"{len(rows):,} rows, {len(packed):,} bytes in {VECTORS}")


if __name__ == "__main__":
    main()
