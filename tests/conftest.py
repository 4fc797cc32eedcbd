"""What all tests share: databases, the forum, a new interpreter, no network."""

import gzip
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from proving import SETTING as SIZE_SETTING
from proving import SIZE

if TYPE_CHECKING:
    from commands import Terminal

    from credguard import Keyring, SecondFactors
    from credguard.second_factor import FactorEvent
    from credguard.storage import Database
    from credguard.testing import FrozenClock
    from forums import House

pytest_plugins = ["django_site.fixtures", "promise_table", "racing"]

ROOT = Path(__file__).parent.parent
FORUM = ROOT / "src" / "credguard" / "drill" / "forum.sqlite.gz"

SERVERS = {
    "postgresql": "CREDGUARD_TEST_POSTGRES",
    "mariadb": "CREDGUARD_TEST_MARIADB",
}
REQUIRE_SERVICES = "CREDGUARD_REQUIRE_SERVICES"
NODE_MODULES = "CREDGUARD_TEST_NODE_MODULES"
MOST_ID_CHARACTERS = 30
BROKERS = {"CREDGUARD_TEST_REDIS", "CREDGUARD_TEST_RABBITMQ"}
KEPT_SETTINGS = {
    *SERVERS.values(),
    *BROKERS,
    REQUIRE_SERVICES,
    NODE_MODULES,
    "CREDGUARD_PICTURES",
    SIZE_SETTING,
}
NUMERIC = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*", re.IGNORECASE)

# A busy machine draws slowly; that says nothing about the code.
settings.register_profile(
    "everyday",
    deadline=None,
    max_examples=100,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
for name, examples in (("prove", 1_000), ("nightly", 20_000)):
    settings.register_profile(
        name, settings.get_profile("everyday"), max_examples=examples
    )
settings.load_profile(SIZE)


def pytest_configure() -> None:
    """Forget the settings of the person who runs the tests."""
    for name in [name for name in os.environ if name.startswith("CREDGUARD_")]:
        if name not in KEPT_SETTINGS:
            del os.environ[name]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long text by its argument: drawn anew, it differs between workers."""
    is_long = isinstance(val, str | bytes) and len(val) > MOST_ID_CHARACTERS
    return argname if is_long else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, once for each reason."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} tests: {reason}")


@pytest.fixture(autouse=True)
def _small_ranges(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a small table have several ranges, where campaigns are tested."""
    if "campaigns" in request.path.parts:
        from credguard.campaigns import retiring  # noqa: PLC0415  # as below

        monkeypatch.setattr(retiring, "RANGE_SIZE", 20)


@pytest.fixture(autouse=True)
def _only_loopback_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name but the machine's own is known, and no name server is asked."""
    known = socket.getaddrinfo

    # Numeric addresses pass here; pytest-socket refuses to connect to strange ones.
    def looked_up(host: str | bytes | None, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host or "localhost"
        if name != "localhost" and not NUMERIC.fullmatch(name):
            raise socket.gaierror(socket.EAI_NONAME, "no names are known in tests")
        return known(host, *args, **kwargs)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'credguard.db'}"


@pytest.fixture(params=["sqlite", *SERVERS])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: on SQLite, PostgreSQL and MariaDB in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'credguard.db'}"
        return
    with _database_on(_server_url(request.param)) as url:
        yield url


@pytest.fixture(scope="session")
def _kept() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def _kept_databases(
    _kept: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], str]:
    urls: dict[tuple[str, str], str] = {}

    def url_of(dialect: str, use: str) -> str:
        if (dialect, use) not in urls and dialect == "sqlite":
            path = tmp_path_factory.mktemp(use) / "credguard.db"
            urls[dialect, use] = f"sqlite:///{path}"
        elif (dialect, use) not in urls:
            server = _server_url(dialect)
            urls[dialect, use] = _kept.enter_context(_database_on(server))
        return urls[dialect, use]

    return url_of


@pytest.fixture(params=["sqlite", *SERVERS])
def shared_url(
    request: pytest.FixtureRequest, _kept_databases: Callable[[str, str], str]
) -> str:
    """The URL of a database that all tests share which take accounts of their own."""
    return _kept_databases(request.param, "shared")


@pytest.fixture(scope="session")
def _kept_houses(
    _kept: ExitStack,
    _kept_databases: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, str], "House"]:
    from forums import house_at  # noqa: PLC0415  # as below

    houses: dict[tuple[str, str], House] = {}

    def house_of(dialect: str, mode: str) -> "House":
        if (dialect, mode) not in houses:
            url = _kept_databases(dialect, mode)
            folder = tmp_path_factory.mktemp(mode)
            house = _kept.enter_context(house_at(url, folder, mode))
            houses[dialect, mode] = house
        return houses[dialect, mode]

    return house_of


@pytest.fixture(
    params=[
        "sqlite-together",
        "sqlite-apart",
        *(f"{name}-together" for name in SERVERS),
    ]
)
def shared_house(
    request: pytest.FixtureRequest, _kept_houses: Callable[[str, str], "House"]
) -> "House":
    """A forum that all tests share which leave it without a campaign in force."""
    # Two databases race alike, whichever the forum's is.
    dialect, _, mode = request.param.partition("-")
    return _kept_houses(dialect, mode)


@pytest.fixture
def shared_database(shared_url: str) -> Iterator["Database"]:
    """Prepared tables in such a database."""
    from keepers import prepared  # noqa: PLC0415

    with prepared(shared_url) as database:
        yield database


@pytest.fixture(scope="session")
def _forum_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("forum") / "forum.sqlite"
    with gzip.open(FORUM) as packed, path.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
    return path


@pytest.fixture
def forum_path(_forum_template: Path, tmp_path: Path) -> Path:
    """A copy, to be changed at will, of a database that real forum software wrote."""
    return Path(shutil.copy(_forum_template, tmp_path / "forum.sqlite"))


@pytest.fixture(params=["together", "apart"])
def house(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> Iterator["House"]:
    """A forum on SQLite: with credguard's tables in its database, and beside it."""
    from forums import house_at  # noqa: PLC0415  # as below

    with house_at(sqlite_url, tmp_path, request.param) as found:
        yield found


@pytest.fixture(params=["together", "apart"])
def any_house(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> Iterator["House"]:
    """A forum on each of the databases, with credguard in it and beside it."""
    from forums import house_at  # noqa: PLC0415  # as below

    with house_at(database_url, tmp_path, request.param) as found:
        yield found


@pytest.fixture
def terminal(forum_path: Path) -> "Terminal":
    """Open a terminal beside a copy of a real forum's database, with settings."""
    # Imported here so that the guards can run where the package is broken.
    from commands import SETTINGS, Terminal  # noqa: PLC0415

    from credguard import Keyring  # noqa: PLC0415

    folder = forum_path.parent
    (folder / "credguard.toml").write_text(SETTINGS, encoding="utf-8")
    return Terminal(folder, {"CREDGUARD_KEYRING": Keyring.generate().reveal()})


@pytest.fixture
def clock() -> "FrozenClock":
    """A clock that stands at noon."""
    from credguard.testing import FrozenClock  # noqa: PLC0415
    from keepers import NOON  # noqa: PLC0415  # as above

    return FrozenClock(NOON)


@pytest.fixture
def keyring() -> "Keyring":
    """A keyring of one key."""
    from credguard import Keyring  # noqa: PLC0415

    return Keyring.generate()


@pytest.fixture
def database(sqlite_url: str) -> Iterator["Database"]:
    """Prepared tables on SQLite."""
    from keepers import prepared  # noqa: PLC0415

    with prepared(sqlite_url) as database:
        yield database


@pytest.fixture
def any_database(database_url: str) -> Iterator["Database"]:
    """Prepared tables, on SQLite, PostgreSQL and MariaDB in turn."""
    from keepers import prepared  # noqa: PLC0415

    with prepared(database_url) as database:
        yield database


@pytest.fixture
def events() -> list["FactorEvent"]:
    """What was told of second factors."""
    return []


@pytest.fixture
def factors(
    database: "Database",
    keyring: "Keyring",
    clock: "FrozenClock",
    events: list["FactorEvent"],
) -> "SecondFactors":
    """The keeper of second factors, on SQLite."""
    from keepers import keeper  # noqa: PLC0415

    return keeper(database, keyring, clock=clock, events=events.append)


@pytest.fixture
def any_factors(
    any_database: "Database",
    keyring: "Keyring",
    clock: "FrozenClock",
    events: list["FactorEvent"],
) -> "SecondFactors":
    """The keeper of second factors, on SQLite, PostgreSQL and MariaDB in turn."""
    from keepers import keeper  # noqa: PLC0415

    return keeper(any_database, keyring, clock=clock, events=events.append)


@pytest.fixture(scope="session")
def freshly() -> Callable[[str], str]:
    """Run Python code in a new interpreter and return what it printed."""

    def run(code: str) -> str:
        # A new interpreter that coverage watches has loaded more than we did.
        environment = {k: v for k, v in os.environ.items() if "COVERAGE" not in k}
        ended = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-W", "error", "-c", code],
            env=environment,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Run a program that is not ours and return what it printed."""

    def run(*command: str | Path, stdin: bytes = b"") -> str:
        if shutil.which(command[0]) is None:
            _missing(f"the program {command[0]} is not installed")
        ended = subprocess.run(
            command, input=stdin, capture_output=True, check=False, timeout=60
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.decode("utf-8")

    return run


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """Skip a test, saying what is missing; where all is required, fail it."""
    return _missing


@pytest.fixture(scope="session")
def node_modules() -> str:
    """Name the folder in which JavaScript packages are installed."""
    if folder := os.environ.get(NODE_MODULES):
        return folder
    return _missing(f"{NODE_MODULES} names no folder with JavaScript packages")


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE_SERVICES) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _server_url(dialect: str) -> str:
    name = SERVERS[dialect]
    if url := os.environ.get(name):
        return url
    _missing(f"{name} names no {dialect} server on which databases may be created")


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    """Make an empty database on *server*, yield its URL, and drop it."""
    # Imported here so that the guards can run where SQLAlchemy is broken.
    from sqlalchemy import create_engine, make_url, text  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    url = make_url(server)
    name = f"credguard_test_{secrets.token_hex(8)}"
    postgres = url.get_backend_name() == "postgresql"
    how = "" if postgres else " CHARACTER SET utf8mb4"
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{how}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if postgres else ""
        with engine.connect() as connection:
            if not postgres:
                # A connection that a test left open would keep the tables locked.
                using = "SELECT id FROM information_schema.processlist WHERE db = :db"
                for thread in connection.scalars(text(using), {"db": name}).all():
                    connection.execute(text(f"KILL {int(thread)}"))
            connection.execute(text(f"DROP DATABASE {name}{force}"))
