"""Each parser of foreign text, on its seeds and on alterations of them."""

import importlib
import time
from collections.abc import Callable
from itertools import chain
from zlib import crc32

import pytest
from seeds_of import PREFIX, TARGETS, seeds_of

from mutating import mutants
from proving import Proof, sized

COUNT = sized(everyday=500, prove=20_000, nightly=1_000_000)
MOST_SECONDS = 1.0


@pytest.mark.promise("P1")
@pytest.mark.promise("P7")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("target", TARGETS)
def test_only_declared_errors(target: str, proof: Proof) -> None:
    """Whatever it reads, a parser returns or raises a declared error, and soon."""
    one_input: Callable[[bytes], None] = importlib.import_module(
        PREFIX + target
    ).one_input
    seeds = seeds_of(target)
    assert len(seeds) > 3
    for data in chain(seeds, mutants(seeds, COUNT, seed=crc32(target.encode()))):
        assert is_soon(one_input, data), data
        proof.tried()


def is_soon(one_input: Callable[[bytes], None], data: bytes) -> bool:
    """Tell whether one reading of some is quick: a collector's pause is not its."""
    for _ in range(3):
        started = time.process_time()
        try:
            one_input(data)
        except BaseException as error:
            error.add_note(f"read: {data!r}")
            raise
        if time.process_time() - started < MOST_SECONDS:
            return True
    return False
