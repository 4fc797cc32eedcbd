import os
import random

import pytest

from credguard._random import random_bytes, random_hex, random_text
from credguard.errors import BusyError


def test_a_draw_has_the_length_that_was_asked_for() -> None:
    """As bytes, in hexadecimal, and in Base64 without padding."""
    assert len(random_bytes(20)) == 20
    assert len(random_hex(8)) == 16
    assert len(random_text(16)) == 22
    assert random_bytes(20) != random_bytes(20)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("error", [OSError(5, "gone"), NotImplementedError()])
def test_a_system_without_random_numbers_is_busy(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing weaker is drawn instead, and the error is ours."""

    def fail(_: int) -> bytes:
        raise error

    monkeypatch.setattr(os, "urandom", fail)
    monkeypatch.setattr(random, "_urandom", fail)  # what `secrets` draws with
    for draw in (random_bytes, random_hex, random_text):
        with pytest.raises(BusyError) as raised:
            draw(16)
        assert raised.value.__context__ is None
