"""
Races of processes: one code at once, one recovery code at once, eighty guesses.

On SQLite, and on each server that the environment names, as for the tests.
"""

import json
import multiprocessing
import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.second_factors.population import NOW, STEP
from sqlalchemy import create_engine, make_url, text

from credguard.errors import CredguardError
from credguard.keys import Keyring
from credguard.second_factor import Argon2CodeHasher, SecondFactors
from credguard.second_factor.totp import code_at
from credguard.storage import Database
from credguard.storage.schema import prepare

PROCESSES = 8
ROUNDS = int(os.environ.get("ROUNDS", "1000"))
GUESS_ROUNDS = 20
SERVERS = {
    "postgresql": "CREDGUARD_TEST_POSTGRES",
    "mariadb": "CREDGUARD_TEST_MARIADB",
}
# A task: what it is, the account, and the codes of each process.
Task = tuple[str, str, list[list[str]]]


def keeper(url: str, line: str) -> SecondFactors:
    hasher = Argon2CodeHasher(memory_kib=8, passes=1, permits=8)
    return SecondFactors(
        Database(url),
        Keyring.parse(line),
        issuer="Forum",
        hasher=hasher,
        clock=lambda: NOW,
    )


def racer(  # noqa: PLR0917  # what a process is started with
    url: str,
    line: str,
    number: int,
    file: str,
    start: Barrier,
    told: "multiprocessing.Queue[tuple[int, Counter[str]]]",
) -> None:
    factors = keeper(url, line)
    tasks: list[Task] = json.loads(Path(file).read_text("utf-8"))
    for at, (_, account_id, codes) in enumerate(tasks):
        start.wait()
        outcome: Counter[str] = Counter()
        for code in codes[number]:
            try:
                outcome[type(factors.verify(account_id, code)).__name__] += 1
            except CredguardError as error:
                outcome[type(error).__name__] += 1
        told.put((at, outcome))


def play(url: str, rounds: int) -> None:
    """Let processes race on the database at *url*, and print what came of it."""
    keyring = Keyring.generate()
    prepare(Database(url))
    factors = keeper(url, keyring.reveal())
    tasks = list(_tasks(factors, rounds))
    spawn = multiprocessing.get_context("spawn")
    start, told = spawn.Barrier(PROCESSES), spawn.Queue()
    outcomes: list[Counter[str]] = [Counter() for _ in tasks]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(tasks, file)
        file.flush()
        racers = [
            spawn.Process(
                target=racer,
                args=(url, keyring.reveal(), number, file.name, start, told),
            )
            for number in range(PROCESSES)
        ]
        began = time.monotonic()
        for each in racers:
            each.start()
        for _ in range(PROCESSES * len(tasks)):
            at, outcome = told.get()
            outcomes[at] += outcome
        for each in racers:
            each.join()
    print(f"  {time.monotonic() - began:.0f} s")
    for kind in ("code", "recovery code", "guesses"):
        found = [
            outcome
            for task, outcome in zip(tasks, outcomes, strict=True)
            if task[0] == kind
        ]
        print(f"  {kind}: {len(found):,} rounds, {_verdict(kind, found)}")
        print(f"    all outcomes: {dict(sum(found, Counter()))}")


def _verdict(kind: str, outcomes: list[Counter[str]]) -> str:
    if kind == "guesses":
        looked_at = Counter(outcome["CodeMismatchError"] for outcome in outcomes)
        return f"guesses looked at in each: {dict(looked_at)}"
    accepted = Counter(outcome["Verified"] for outcome in outcomes)
    double = sum(count for times, count in accepted.items() if times > 1)
    none = accepted[0]
    return f"accepted more than once: {double}, not at all: {none}"


def _tasks(factors: SecondFactors, rounds: int) -> Iterator[Task]:
    """Make an account for each round, and say what is typed in it."""
    import base64  # noqa: PLC0415
    from urllib.parse import parse_qs, urlsplit  # noqa: PLC0415

    for number in range(rounds + rounds // 10 + GUESS_ROUNDS):
        account_id = f"account {number}"
        query = parse_qs(urlsplit(factors.enroll(account_id).uri).query)
        seed = base64.b32decode(query["secret"][0])
        confirmed = factors.confirm(account_id, code_at(seed, STEP - 1))
        if number < rounds:
            yield "code", account_id, [[code_at(seed, STEP)]] * PROCESSES
        elif number < rounds + rounds // 10:
            code = confirmed.recovery.codes[number % 10]
            yield "recovery code", account_id, [[code]] * PROCESSES
        else:
            near = {code_at(seed, STEP + at) for at in (-1, 0, 1)}
            codes = [c for c in map("{:06d}".format, range(90)) if c not in near][:80]
            yield "guesses", account_id, [codes[at::8] for at in range(PROCESSES)]


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield an empty database of each kind that there is."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{folder}/races.db"}
        made = []
        for kind, variable in SERVERS.items():
            server = os.environ.get(variable)
            if server is None:
                print(f"  ({variable} names no {kind} server)")
                continue
            name = f"credguard_trial_{secrets.token_hex(6)}"
            _execute(server, f"CREATE DATABASE {name}")
            made.append((server, name))
            url = make_url(server).set(database=name)
            urls[kind] = url.render_as_string(hide_password=False)
        try:
            yield urls
        finally:
            for server, name in made:
                force = " WITH (FORCE)" if "postgres" in server else ""
                _execute(server, f"DROP DATABASE {name}{force}")


def _execute(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def run() -> None:
    print(f"\nRaces of {PROCESSES} processes, {ROUNDS:,} rounds")
    with databases() as urls:
        for kind, url in urls.items():
            print(f" {kind}")
            play(url, ROUNDS)
