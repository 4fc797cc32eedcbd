"""
Try credguard on forums that other people wrote: ``make strangers``.

Each package is installed from the registry, unchanged, in a virtual environment of its
own, makes its tables and members without credguard, and is then given the settings
that its how-to tells. What is printed was checked in its own pages.

Usage: python tests/strangers [machina] [misago]
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "strangers"
POSTGRES = os.environ.get(
    "CREDGUARD_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/postgres"
)


@dataclass(frozen=True)
class Stranger:
    """A forum package: what pip calls it, and which extras credguard needs there."""

    requirement: str
    extras: str
    needs_postgres: bool = False


STRANGERS = {
    "machina": Stranger("django-machina==1.3.1", "cli,qr"),
    "misago": Stranger("misago==0.39.6", "cli,qr,postgres", needs_postgres=True),
}


def main(names: list[str]) -> None:
    """Try each of *names*, or all."""
    for name in names or STRANGERS:
        stranger = STRANGERS[name]
        python = environment_of(name, stranger)
        with database_of(stranger) as (database, folder):
            trial = {
                **os.environ,
                "STRANGER_FOLDER": str(folder),
                "STRANGER_DATABASE": json.dumps(database),
                "CREDGUARD_KEYRING": printed(python, "-m", "credguard", "keygen"),
                "PYTHONPATH": str(HERE),
            }
            for part, settings in (("before", "settings"), ("after", "guarded")):
                subprocess.run(
                    [python, "-W", "ignore", HERE / f"{part}.py", f"{name}_forum"],
                    env={**trial, "DJANGO_SETTINGS_MODULE": f"{name}_{settings}"},
                    cwd=folder,
                    check=True,
                )


def environment_of(name: str, stranger: Stranger) -> str:
    """Return the interpreter of an environment with the package and credguard."""
    folder = BUILD / name
    python = str(folder / "bin" / "python")
    if not Path(python).exists():
        print(f"Installing {stranger.requirement} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install(python, stranger.requirement)
    install(python, f"{ROOT}[{stranger.extras}]")
    return python


def install(python: str, what: str) -> None:
    """Install a package quietly."""
    command = [python, "-m", "pip", "install", "--quiet", what]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def printed(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def database_of(stranger: Stranger) -> Iterator[tuple[dict[str, str], Path]]:
    """Make an empty database and a folder, and take both away again."""
    with tempfile.TemporaryDirectory(prefix="stranger-") as name:
        folder = Path(name)
        if stranger.needs_postgres:
            with postgres() as database:
                yield database, folder
        else:
            file = str(folder / "forum.sqlite")
            yield {"ENGINE": "django.db.backends.sqlite3", "NAME": file}, folder


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """Make an empty database on the server, and drop it again."""
    url, name = urlsplit(POSTGRES), f"stranger_{secrets.token_hex(4)}"
    server = url._replace(scheme="postgresql").geturl()
    subprocess.run(["psql", server, "-qc", f"CREATE DATABASE {name}"], check=True)
    try:
        yield {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
        }
    finally:
        drop = f"DROP DATABASE {name} WITH (FORCE)"
        subprocess.run(["psql", server, "-qc", drop], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
