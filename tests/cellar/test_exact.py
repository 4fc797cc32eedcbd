"""What public methods ask of their arguments, and what their frames show."""

import inspect
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import pytest

from credguard._exact import exact_arguments, exact_but_first

if TYPE_CHECKING:
    from credguard.keys import Keyring

pytestmark = pytest.mark.promise("P17")


class Bell(Protocol):
    """What can be rung."""

    def ring(self) -> None:
        """Ring."""


class Door:
    """What is opened."""

    def open(  # one of each kind
        self,
        name: str,
        *several: int,
        times: int | None = None,
        wide: bool = False,
        height: float = 1.0,
        names: Sequence[str] = (),
        bell: Bell | None = None,
        then: Callable[[], None] | None = None,
        anything: str = "",
        keyring: "Keyring | None" = None,
    ) -> str:
        """Open it."""
        del several, times, wide, height, names, bell, then, anything, keyring
        if name == "locked":
            raise PermissionError
        return name

    @classmethod
    def made(cls, name: str) -> "Door":
        """Make a door."""
        assert name
        return cls()


@exact_arguments("anything")
class Front(Door):
    """A door with a bell."""

    def ring(self) -> None:
        """Ring its bell."""


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"times": 3},
        {"wide": True},
        {"height": 2},
        {"height": float("nan")},
        {"names": ["a"]},
        {"names": "a"},
        {"bell": Front()},
        {"then": lambda: None},
        {"anything": 5},
        {"keyring": 5},
    ],
)
def test_what_fits_is_handed_on(given: dict[str, object]) -> None:
    """Each kind that an annotation names is let through, and what is not known."""
    opened: Callable[..., str] = Front().open
    assert opened("front", **given) == "front"
    assert opened("front", 1, "two", **given) == "front"


@pytest.mark.parametrize(
    "given",
    [
        {"name": 0},
        {"times": True},
        {"times": 1.0},
        {"wide": 1},
        {"height": False},
        {"names": b"a"},
        {"names": {"a": 1}},
        {"names": 5},
        {"bell": 5},
        {"bell": Front},
        {"then": "now"},
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: dict[str, object]) -> None:
    """The error names the argument, and neither the value nor its type."""
    opened: Callable[..., str] = Front().open
    [name] = given
    with pytest.raises(TypeError, match=rf"open\(\): {name} is of a wrong type"):
        opened(**{"name": "front", **given})
    with pytest.raises(TypeError, match="name is of a wrong type"):
        opened(b"front")
    made: Callable[..., Door] = Front.made
    with pytest.raises(TypeError, match="name is of a wrong type"):
        made(name=5)
    assert isinstance(made("front"), Front)


def test_a_class_that_is_checked_looks_the_same() -> None:
    """Signatures and docstrings are those of the methods themselves."""
    assert inspect.signature(Front.open) == inspect.signature(Door.open)
    assert Front.open.__doc__ == Door.open.__doc__
    again = exact_arguments()(Front)
    assert again.open is Front.open


def test_a_function_looks_at_all_but_what_it_works_with() -> None:
    """Its first argument is as a method's object; the others are refused by name."""

    @exact_but_first("anything")
    def opened(door: Door, name: str, *, anything: str = "") -> str:
        return door.open(name, anything=anything)

    wrong: Callable[..., str] = opened
    assert wrong(Door(), "front", anything=5) == "front"
    assert wrong(door=Door(), name="front") == "front"
    with pytest.raises(TypeError, match=r"opened\(\): name is of a wrong type"):
        wrong(Door(), 5)
    with pytest.raises(TypeError, match="name is of a wrong type"):
        wrong(door=Door(), name=b"front")


@pytest.mark.parametrize("name", ["locked", b"locked"])
def test_no_frame_of_ours_shows_what_was_handed_in(name: object) -> None:
    """An error is told with each frame's locals, and ours hold no argument."""
    opened: Callable[..., str] = Front().open
    with pytest.raises((PermissionError, TypeError)) as caught:
        opened(name, anything="a canary")
    told = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    ours = [frame for frame in told.stack if frame.filename.endswith("_exact.py")]
    assert ours
    assert not any("canary" in str(frame.locals) for frame in ours)
