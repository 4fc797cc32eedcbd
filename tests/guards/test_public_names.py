"""The public names are these seven, and each is there when touched."""

import importlib
from collections.abc import Callable

import pytest
from sources import FILES, module_name_of

import credguard

PUBLIC = {
    "Campaigns",
    "CredGuard",
    "Keyring",
    "PasswordHasher",
    "PasswordPolicy",
    "SecondFactors",
    "errors",
}


def test_the_public_names_are_the_designed_ones() -> None:
    """`credguard.__all__` holds the seven names and no more."""
    assert set(credguard.__all__) == PUBLIC
    assert len(credguard.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_public_name_loads(name: str, freshly: Callable[[str], str]) -> None:
    """A public name can be imported first, in any order with the others."""
    assert freshly(f"from credguard import {name}; print({name}.__name__)").strip()


def test_the_public_names_are_listed() -> None:
    """`dir(credguard)` shows the public names whether they are loaded or not."""
    assert set(dir(credguard)) >= PUBLIC


def test_another_name_is_no_attribute() -> None:
    """A name that is not public raises AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="Passwords"):
        _ = credguard.Passwords


@pytest.mark.usefixtures("django_project")  # models and their admin want one
def test_every_module_exports_what_it_says() -> None:
    """Every name in a module's `__all__` is there, and stands there once."""
    for path in FILES:
        if "migrations" in path.parts or path.name == "__main__.py":
            continue
        module = importlib.import_module(module_name_of(path))
        exported = list(getattr(module, "__all__", []))
        assert len(exported) == len(set(exported)), module.__name__
        for name in exported:
            assert hasattr(module, name), f"{module.__name__}.{name}"
