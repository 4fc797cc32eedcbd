import asyncio
import copy
import pickle
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard._secret import Secret, keeping_no_locals, keeps_no_locals, never_copied

SECRET = Secret(b"hunter2")
OURS = {"caught", "awaited"}


def test_a_secret_is_revealed_on_request() -> None:
    """The bytes come out of one method and are what went in."""
    assert SECRET.reveal() == b"hunter2"


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "{!r:>20}".format, ascii])
@pytest.mark.promise("P4")
def test_a_secret_does_not_show_itself(shown: Callable[[object], str]) -> None:
    """However a secret is printed, its bytes are not in the text."""
    assert shown(SECRET).strip() == "<secret>"
    assert shown([SECRET]).strip() == "[<secret>]"


@pytest.mark.parametrize(
    "copier", [pickle.dumps, copy.copy, copy.deepcopy], ids=lambda each: each.__name__
)
@pytest.mark.promise("P4")
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


def locals_of(error: BaseException) -> str:
    """Return the local variables of all frames but this file's."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return repr([each.locals for each in told.stack if each.name not in OURS])


def inner(word: str) -> None:
    """Fail with a local variable, behind another failure."""
    try:
        int(word)
    finally:
        word.nothing  # type: ignore[attr-defined]  # noqa: B018  # it has none


@keeping_no_locals
@never_copied
class Keeper:
    """Something public."""

    def call(self, word: str) -> None:
        """Fail further in."""
        other = word
        inner(other)

    @classmethod
    def parse(cls, word: str) -> None:
        """Fail further in, without an object."""
        inner(word)

    async def wait(self, word: str) -> None:
        """Fail further in, after others had their turn."""
        await asyncio.sleep(0)
        inner(word)


def caught(call: Callable[[str], None]) -> BaseException:
    """Return what comes of calling with a secret."""
    with pytest.raises(AttributeError) as raised:
        call("hunter2")
    return raised.value


def awaited(word: str) -> None:
    """Wait for what fails."""
    asyncio.run(Keeper().wait(word))


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    "call", [Keeper().call, Keeper.parse, keeps_no_locals(inner), awaited]
)
def test_no_local_variable_is_left_behind(call: Callable[[str], None]) -> None:
    """The lines of the traceback stay, what stood in its variables does not."""
    error = caught(call)
    names = [each.name for each in traceback.extract_tb(error.__traceback__)]
    assert names[-1] == "inner"
    assert "hunter2" not in locals_of(error)
    assert error.__context__ is not None
    assert "hunter2" not in locals_of(error.__context__)
    assert isinstance(error, AttributeError)
    assert error.obj is None


def test_what_the_caller_was_about_stays_as_it_was() -> None:
    """Only what was raised inside is cleared, and not what it was raised after."""
    error = None
    try:
        inner("tomato")
    except AttributeError:
        error = caught(Keeper.parse)
    assert error is not None
    chain = [error]
    while chain[-1].__context__ is not None:
        chain.append(chain[-1].__context__)
    assert "tomato" in locals_of(chain[-1])


@pytest.mark.promise("P4")
def test_what_holds_a_secret_is_not_copied() -> None:
    """The refusal says what it was about, and nothing else."""
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="Keeper holds a secret"):
            copier(Keeper())
