"""No secret leaves: results, tables, files, an error tracker, and the command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from canaries import Canaries, fresh
from places import in_tables, seen_of
from sinks import can_be_copied, copies_of, texts_of_object
from trackers import frames_in, tracking
from worlds import World, world_at

from credguard import Keyring
from credguard.campaigns import in_list
from credguard.campaigns.leaked import Leaked
from credguard.errors import CredguardError
from forums import LETTER, NEW_PASSWORD, password_of
from phones import enrolled, proof_of
from proving import Proof, sized

HELD = (
    "address",
    "codes",
    "key",
    "leaked",
    "password",
    "proof",
    "replacement",
    "session",
    "stored",
    "token",
    "uri",
)

pytestmark = pytest.mark.promise("P4")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A forum in which every kind of secret is in use, its tables in their own file."""
    ours, forum = (f"sqlite:///{tmp_path / name}" for name in ("ours.db", "forum.db"))
    with world_at(ours, forum, tmp_path) as found:
        yield found


def results_of(world: World) -> Iterator[object]:
    """Yield one of each result that holds a secret."""
    guard, forum = world.house.guard, world.house.forum
    stored = forum.password(5)
    yield guard.log_in(password_of(5), account_id="5", stored=stored)
    changed = guard.change_password(
        password_of(5), new=NEW_PASSWORD.format(5), account_id="5", stored=stored
    )
    yield changed
    forum.set_password(5, changed.password)
    yield guard.second_factors.enroll("6")
    phone = enrolled(guard, "7", world.clock)
    verified = guard.second_factors.verify("7", phone.code(world.clock()))
    assert verified.proof
    yield verified
    yield guard.second_factors.replace_recovery_codes("7", proof=verified.proof)
    yield guard.second_factors.devices.trust("7", proof=verified.proof, epoch=0)
    yield guard.campaigns.rule("2", stored=forum.password(2))
    claim = guard.campaigns.claim(world.canaries.texts["reset token"])
    yield claim
    yield claim.account
    yield guard.redeem_forgotten(
        world.canaries.texts["forgotten token"],
        password=NEW_PASSWORD.format(1),
        stored=forum.password(1),
    )


def secrets_in(result: object) -> dict[str, str]:
    """Return what a result holds and must not show."""
    found: dict[str, str] = {}
    for name in HELD:
        value = getattr(result, name, None)
        values = value if isinstance(value, tuple) else (value,)
        texts = [each.text if isinstance(each, Leaked) else each for each in values]
        found |= {
            f"{name} {number}": text
            for number, text in enumerate(texts)
            if isinstance(text, str) and text
        }
    return found


def test_no_result_shows_what_it_holds(world: World, proof: Proof) -> None:
    """However it is printed, logged or pickled; and it is not copied."""
    for result in results_of(world):
        canaries = Canaries(secrets_in(result))
        assert canaries.texts, result
        sinks = texts_of_object(result) | copies_of(result)
        proof.tried(len(sinks) * len(canaries.texts))
        shown = {
            (type(result).__name__, sink)
            for sink, text in sinks.items()
            if canaries.in_text(text)
        }
        assert shown == set()
        assert not can_be_copied(result), result


def live(world: World) -> None:
    """Do what members do, and what they mistype."""
    guard, forum, texts = world.house.guard, world.house.forum, world.canaries.texts
    acts: list[Callable[[], object]] = [
        lambda: guard.log_in(
            texts["password"], account_id="1", stored=forum.password(1), browser="b"
        ),
        lambda: guard.log_in(texts["new password"], account_id="1", stored=None),
        lambda: guard.check_session(
            texts["session"], account_id="1", browser=texts["cookie"]
        ),
        lambda: guard.check_session(texts["session"], account_id="2"),
        lambda: guard.second_factors.verify("1", texts["recovery code"]),
        lambda: guard.second_factors.verify("1", texts["session"]),
        lambda: guard.second_factors.devices.check(
            texts["device"], account_id="1", epoch=1
        ),
        lambda: guard.check_forgotten(texts["forgotten token"]),
        lambda: guard.redeem(texts["reset token"], password=texts["new password"]),
        lambda: guard.sign_up(texts["new password"], account_id="90"),
        lambda: guard.campaigns.plan(in_list(["7", "8"]), letter=LETTER),
        lambda: proof_of(guard, world.phone, world.clock),
    ]
    for act in acts:
        try:
            act()
        except (CredguardError, AttributeError):
            continue


def test_no_table_and_no_file_holds_a_secret_in_the_clear(
    world: World, tmp_path: Path, proof: Proof
) -> None:
    """Neither a dump of all tables, nor the file's bytes, nor its journal's."""
    live(world)
    canaries = world.canaries
    found, rows = in_tables(tmp_path / "ours.db", canaries)
    assert rows > 30
    proof.tried(rows)
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    # What the forum itself keeps is its own table, with hashes in it.
    ours = [each for each in files if not each.name.startswith("forum.db")]
    assert {"ours.db", "ours.db-wal"} <= {each.name for each in ours}
    for file in ours:
        proof.tried(len(canaries.texts))
        found |= {(file.name, name) for name in canaries.in_bytes(file.read_bytes())}
        if world.phone.seed in file.read_bytes():
            found.add((file.name, "seed as it is"))
    assert found == set()


def test_no_error_tracker_is_told_a_secret(world: World, proof: Proof) -> None:
    """With local variables shown, nothing scrubbed, and all that was logged before."""
    with tracking() as tracker:
        for text in ("{}", "{}\ud800", "{}" * 300)[: sized(everyday=1, prove=3)]:
            for _, function in world.calls():
                changed = partial(text.replace, "{}")
                positional, named = world.arguments(function, changed)
                tracker.call(partial(function, *positional, **named))
    assert len(tracker.events) > 50
    told = [frame for event in tracker.events for frame in frames_in(event)]
    assert any(frame.get("function") == "forgetting" for frame in told)
    proof.tried(len(told))
    assert tracker.told(world.canaries) == set()


def test_the_command_shows_no_secret(world: World, tmp_path: Path) -> None:
    """What is typed into it stands in no argument, and is not said again."""
    typed = fresh("typed")
    command = [sys.executable, "-m", "credguard", "corpus", "check"]
    with subprocess.Popen(
        [*command, str(tmp_path / "corpus.cgc")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as asked:
        assert asked.stdin is not None
        asked.stdin.write(typed[:12])
        asked.stdin.flush()
        seen = seen_of(asked.pid)
        said, _ = asked.communicate(f"{typed[12:]}\n", timeout=60)
    assert "Not listed" in said
    canaries = Canaries({"typed": typed, "half": typed[:12]})
    assert canaries.in_bytes(seen) | canaries.in_text(said) == set()
    del world


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (["keygen", "--rotate"], "CREDGUARD_KEYRING"),
        (["campaign", "list"], "CREDGUARD_DATABASE"),
        (["audit", "verify", "--database", "postgresql://a:{}@x/y"], "UNUSED"),
        (["tables", "copy"], "CREDGUARD_TARGET_DATABASE"),
        (["keys", "usage", "--database", "sqlite:///x.db"], "CREDGUARD_KEYRING"),
        (["audit", "verify", "--database", "sqlite:///x.db"], "CREDGUARD_KEYRING"),
        (["audit", "verify"], "CREDGUARD_DATABASE"),
        (["campaign", "run", "x"], "CREDGUARD_FORUM_DATABASE"),
    ][: sized(everyday=4, prove=7)],
)
def test_no_complaint_of_the_command_repeats_a_secret(
    arguments: list[str], setting: str, tmp_path: Path, proof: Proof
) -> None:
    """A keyring that is mistyped, and an address with a password in it."""
    secret = fresh("secret")
    line = Keyring.generate().reveal()
    values = [f"postgresql://alice:{secret}@127.0.0.1:9/x", secret]
    if setting == "CREDGUARD_KEYRING":
        values = [f"{line[:-9]}{secret}", f"cgk1,current={secret}", f"{line},{secret}"]
    for value in values[: sized(everyday=1, prove=3)]:
        environment = {**os.environ, "CREDGUARD_KEYRING": line, setting: value}
        ended = subprocess.run(
            [sys.executable, "-m", "credguard", *(a.format(secret) for a in arguments)],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            encoding="utf-8",
            env=environment,
            timeout=60,
        )
        canaries = Canaries({"secret": secret, "line": line, "value": value})
        assert canaries.in_text(ended.stdout + ended.stderr) == set(), ended.stderr
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        proof.tried()
