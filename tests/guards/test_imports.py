"""Importing credguard costs little and pulls in nothing that is not used."""

import json
from collections.abc import Callable

import pytest

HEAVY = {
    "alembic",
    "argon2",
    "bcrypt",
    "click",
    "cryptography",
    "http",
    "psycopg",
    "pymysql",
    "requests",
    "rich",
    "smtplib",
    "sqlalchemy",
    "sqlite3",
    "urllib3",
    "zxcvbn",
}
EDGES = {
    "credguard.accounts",
    "credguard.cli",
    "credguard.delivery",
    "credguard.drill",
    "credguard.integrations",
    "credguard.testing",
}
# What a name may load when it is touched, beside the standard library.
ALLOWED = {
    "Keyring": set[str](),
    "PasswordHasher": {"argon2"},
    "errors": set[str](),
}


def loaded_by(freshly: Callable[[str], str], code: str) -> set[str]:
    """Return the names of the modules that *code* loads in a new interpreter."""
    report = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(freshly(f"{code}\n{report}")))


def test_the_package_loads_nothing_heavy(freshly: Callable[[str], str]) -> None:
    """`import credguard` loads no edge, no extra and no large package."""
    loaded = loaded_by(freshly, "import credguard")
    assert "credguard" in loaded
    assert not loaded & (HEAVY | EDGES)


def test_the_package_loads_no_module_of_its_own(freshly: Callable[[str], str]) -> None:
    """`import credguard` loads none of our modules before one is touched."""
    loaded = loaded_by(freshly, "import credguard")
    assert {name for name in loaded if name.startswith("credguard.")} == set()


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_name_loads_only_what_it_needs(
    name: str, freshly: Callable[[str], str]
) -> None:
    """Touching a stateless name loads no storage, no network and no edge."""
    loaded = loaded_by(freshly, f"from credguard import {name}")
    assert not loaded & (HEAVY | EDGES) - ALLOWED[name]


@pytest.mark.parametrize("module", ["totp", "recovery"])
def test_codes_need_the_standard_library_only(
    module: str, freshly: Callable[[str], str]
) -> None:
    """Codes and recovery codes are computed without a database or a package."""
    loaded = loaded_by(freshly, f"import credguard.second_factor.{module}")
    assert not loaded & (HEAVY | EDGES)


def test_a_heavy_import_would_be_seen(freshly: Callable[[str], str]) -> None:
    """The guard's own eyes work: a package that is loaded is reported."""
    assert "sqlalchemy" in loaded_by(freshly, "import credguard, sqlalchemy")
