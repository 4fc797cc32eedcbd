"""The public names and their signatures are those that were written down."""

import pytest
from public_api import FROZEN, lines

from proving import Proof

pytestmark = pytest.mark.promise("P16")


def test_the_public_api_is_as_it_was_written_down(proof: Proof) -> None:
    """A change is meant, and seen: `python tests/guards/public_api.py`."""
    written, found = FROZEN.read_text("utf-8").splitlines(), lines()
    proof.tried(len(found))
    gone, new = sorted(set(written) - set(found)), sorted(set(found) - set(written))
    how = "changed: run `python tests/guards/public_api.py`, and CHANGELOG.md says so"
    assert (gone, new) == ([], []), how
