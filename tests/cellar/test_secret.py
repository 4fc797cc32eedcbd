import asyncio
import copy
import pickle
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard._secret import (
    Secret,
    keeping_no_locals,
    keeps_no_locals,
    never_copied,
    unwrapped,
)

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


def refuse(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    """Refuse a call whose argument is not one text."""
    word = "hunter2"
    if args != ("tomato",) or kwargs:
        raise TypeError(word.upper())


async def repeated(word: str) -> str:
    """Return a text, after others had their turn."""
    await asyncio.sleep(0)
    return word


def awaited_checked(*args: str) -> str:
    """Wait for a call that is checked."""
    return asyncio.run(keeps_no_locals(repeated, refuse)(*args))


@pytest.mark.parametrize("call", [keeps_no_locals(str, refuse), awaited_checked])
def test_arguments_are_checked_before_the_call(call: Callable[..., str]) -> None:
    """What the check raises leaves no local variable behind either."""
    assert call("tomato") == "tomato"
    with pytest.raises(TypeError, match="HUNTER2") as refused:
        call("potato")
    told = traceback.TracebackException.from_exception(refused.value)
    assert [each.name for each in told.stack][-1] == "refuse"
    shown = traceback.TracebackException.from_exception(
        refused.value, capture_locals=True
    )
    assert "hunter2" not in repr([each.locals for each in shown.stack[1:]])


def test_what_is_wrapped_can_be_had_by_itself() -> None:
    """And what is not is itself."""
    for function in (inner, repeated):
        assert unwrapped(keeps_no_locals(function)) is function
        assert unwrapped(function) is function


@keeping_no_locals
class Derived(Keeper):
    """Something public that inherits, with a method of its own that is not."""

    def __init__(self) -> None:
        self.word = "tomato"

    def _call(self, word: str) -> None:
        inner(word)

    def own(self, word: str) -> None:
        """Fail further in."""
        inner(word)


def test_each_public_method_is_wrapped_once() -> None:
    """Those that are inherited were so before; private ones are not at all."""
    assert Derived.call is Keeper.call
    for method in (Derived.own, Derived.__init__, Derived.call):
        bare = unwrapped(method)
        assert bare is not method
        assert unwrapped(bare) is bare
    assert unwrapped(Derived._call) is Derived._call


class Ours:
    """A class of the package that something public inherits from."""

    __module__ = "credguard.somewhere"

    def low(self, word: str) -> None:
        """Fail further in."""
        inner(word)


class Theirs:
    """A class of somebody else's."""

    def far(self, word: str) -> None:
        """Fail further in."""
        inner(word)


def test_what_is_inherited_is_wrapped_where_it_is_ours() -> None:
    """And another package's class stays as it is."""

    @keeping_no_locals
    class Public(Ours, Theirs):
        """Something public that has no method of its own."""

    assert unwrapped(Ours.low) is not Ours.low
    assert unwrapped(Theirs.far) is Theirs.far
    assert "hunter2" not in locals_of(caught(Public().low))


@pytest.mark.promise("P4")
def test_a_cause_is_cleared_by_itself() -> None:
    """Also where nothing was being handled any more when the error was raised."""
    failure: list[BaseException] = []

    def fail() -> None:
        raise RuntimeError from failure.pop()

    def keep(word: str) -> None:
        try:
            inner(word)
        except AttributeError as error:
            failure.append(error)

    keep("hunter2")
    with pytest.raises(RuntimeError) as raised:
        keeps_no_locals(fail)()
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is not None
    assert "hunter2" not in locals_of(raised.value.__cause__)


def test_errors_may_lead_to_each_other() -> None:
    """Two that are each other's cause are cleared once, and that ends."""
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one

    def fail() -> None:
        raise one

    with pytest.raises(RuntimeError, match="one"):
        keeps_no_locals(fail)()


@pytest.mark.promise("P4")
def test_what_holds_a_secret_is_not_copied() -> None:
    """The refusal says what it was about, and nothing else."""
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="Keeper holds a secret"):
            copier(Keeper())
