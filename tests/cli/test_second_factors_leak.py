"""The measure after a leak, as it is typed."""

import base64
import re
import time

from commands import Terminal

from credguard import Keyring, SecondFactors
from credguard.second_factor import Argon2CodeHasher
from credguard.second_factor.totp import code_at
from credguard.storage import Database
from credguard.storage.schema import prepare

MEASURE = ("2026-11", "--leaked", "plain-seeds", "--deadline", "2099-01-01")
LEAK = ("second-factors", "leak")


def enroll(terminal: Terminal, *names: str, codes: int) -> list[str]:
    """Put factors in force; return their secrets as shown."""
    database = Database(f"sqlite:///{terminal.folder / 'forum.sqlite'}")
    prepare(database)
    factors = SecondFactors(
        database,
        Keyring.parse(terminal.environment["CREDGUARD_KEYRING"]),
        issuer="Forum",
        hasher=Argon2CodeHasher(memory_kib=8, passes=1),
        recovery_codes=codes,
    )
    secrets = []
    for name in names:
        secret = re.search(r"secret=([A-Z2-7]+)", factors.enroll(name).uri)
        assert secret
        seed = base64.b32decode(secret[1])
        factors.confirm(name, code_at(seed, int(time.time()) // 30))
        secrets.append(secret[1])
    return secrets


def test_a_leak_from_the_plan_to_those_who_are_open(terminal: Terminal) -> None:
    """Plan, refused start, decision, start, status, ids; and no secret is printed."""
    secrets = enroll(terminal, "15", "16", codes=4)
    # Nobody of this id is in the forum's table: no mail reaches them.
    secrets += enroll(terminal, "900001", codes=0)
    said = terminal.type(*LEAK, "plan", *MEASURE)
    assert said.status == 0, said.err
    heard = said.out
    assert "without a path: '900001'" in said.out
    found = re.search(r"Plan: ([0-9a-f]{64})", said.out)
    assert found
    start = (*LEAK, "start", *MEASURE, "--plan", found[1])
    said = terminal.type(*start)
    assert said.status != 0
    assert "1 account would be left without a path" in said.err
    said = terminal.type(*LEAK, "start", *MEASURE, "--plan", "0" * 64)
    assert "not what was planned" in said.err
    said = terminal.type(
        *LEAK, "decide", "2026-11", "900001", "--as", "support", "--reason", "calls"
    )
    assert said.status == 0, said.err
    said = terminal.type(*start)
    assert said.status == 0, said.err
    assert re.search(r"factors suspended .* 3 ", said.out)
    heard += said.out
    said = terminal.type(*LEAK, "status", "2026-11")
    assert re.search(r"to_renew .* 2 ", said.out), said.err
    assert re.search(r"support .* 1 ", said.out)
    heard += said.out
    said = terminal.type(*LEAK, "open-ids", "2026-11", "--out", "open.txt")
    assert said.status == 0, said.err
    text = (terminal.folder / "open.txt").read_text("utf-8")
    assert text == "15\n16\n900001\n"
    assert not [secret for secret in secrets if secret in heard]


def test_a_passkey_is_a_path(terminal: Terminal) -> None:
    """Who stands in the file of other proofs is not without one."""
    enroll(terminal, "900001", codes=0)
    (terminal.folder / "passkeys.txt").write_text("900001\n", "utf-8")
    said = terminal.type(
        *LEAK, "plan", *MEASURE, "--other-proof", "passkeys.txt", "--out", "none.txt"
    )
    assert said.status == 0, said.err
    assert "without a path" not in said.out
    assert (terminal.folder / "none.txt").read_text("utf-8") == ""
