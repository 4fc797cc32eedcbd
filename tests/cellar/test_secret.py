import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard._secret import Secret

SECRET = Secret(b"hunter2")


def test_a_secret_is_revealed_on_request() -> None:
    """The bytes come out of one method and are what went in."""
    assert SECRET.reveal() == b"hunter2"


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "{!r:>20}".format, ascii])
def test_a_secret_does_not_show_itself(shown: Callable[[object], str]) -> None:
    """However a secret is printed, its bytes are not in the text."""
    assert shown(SECRET).strip() == "<secret>"
    assert shown([SECRET]).strip() == "[<secret>]"


@pytest.mark.parametrize(
    "copier", [pickle.dumps, copy.copy, copy.deepcopy], ids=lambda each: each.__name__
)
def test_a_secret_is_not_copied(copier: Callable[[object], object]) -> None:
    """A secret cannot be pickled or copied, and the refusal does not show it."""
    with pytest.raises(TypeError) as caught:
        copier(SECRET)
    assert "hunter2" not in str(caught.value)


def test_a_secret_has_no_other_way_in() -> None:
    """A secret has no dictionary of attributes, no hash, and is no sequence."""
    assert not hasattr(SECRET, "__dict__")
    assert not hasattr(SECRET, "__iter__")
    with pytest.raises(TypeError):
        hash(SECRET)


@given(one=st.binary(max_size=4), other=st.binary(max_size=4))
def test_secrets_are_equal_by_their_bytes(one: bytes, other: bytes) -> None:
    """Two secrets are equal when their bytes are, and never equal to plain bytes."""
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) != one
