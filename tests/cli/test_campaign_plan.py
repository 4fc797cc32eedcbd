"""What is typed before a campaign: scopes, plans, approvals."""

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from commands import SETTINGS, Terminal

REASON = ("--reason", "Somebody copied our database.")


def set_notices(terminal: Terminal, line: str) -> None:
    """Add *line* to the settings, where [notices] is the last section."""
    (terminal.folder / "credguard.toml").write_text(SETTINGS + line, encoding="utf-8")


def planned(terminal: Terminal, scope: str, *options: str) -> dict[str, Any]:
    """Return a plan as other programs read it."""
    said = terminal.type("campaign", "plan", scope, *REASON, "--json", *options)
    assert said.status == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_a_place_is_marked_where_a_scope_does_not_parse(terminal: Terminal) -> None:
    """The expression is shown again, with a sign under the place."""
    said = terminal.type("campaign", "plan", "everyone and nobody", *REASON)
    assert said.status == 78
    shown, mark, message = said.err.splitlines()
    assert shown == "  everyone and nobody"
    assert mark == "  " + " " * 13 + "^"
    assert "at character 14" in message


def test_a_plan_says_what_is_to_be_expected(terminal: Terminal) -> None:
    """Bounces, support mails and time, and which limit says so."""
    set_notices(terminal, "day_quota = 100")
    said = terminal.type("campaign", "plan", "everyone", *REASON, "--rate", "10")
    assert said.status == 0, said.err
    assert "takes at least 3 days 0 h (100 a day)" in said.out
    assert "bounces" in said.out
    assert "4 mails to your support" in said.out
    assert "never, or unknown" in said.out
    assert "Digest of the plan: " in said.out


def test_a_plan_is_json_for_other_programs(terminal: Terminal) -> None:
    """The same numbers; they add up."""
    set_notices(terminal, "groups.ours = {domains = ['example.org'], rate = 0.5}")
    found = planned(terminal, "everyone")
    counts = found["counts"]
    parts = (
        *("to be told by mail", "no reachable address"),
        *("address known bad", "no password to reset"),
    )
    assert sum(counts[part] for part in parts) == counts["in scope"] == 400
    assert sum(found["last_log_in"].values()) == 400
    assert sum(found["mail_domains"].values()) == counts["to be told by mail"]
    assert sum(found["mail_groups"].values()) == counts["to be told by mail"]
    assert sum(found["schemes"].values()) == 400
    assert len(found["sample"]) == 20
    assert found["forecast"]["notices"] == counts["to be told by mail"]


@pytest.mark.parametrize(
    "scope",
    [
        "not staff and created_before('2030-01-01')",
        "cost_below('m=1000000,t=100') or has_second_factor",
        "not (mail_domain('*.example') or mail_domain('*.nowhere.example'))",
    ],
)
def test_words_join_what_is_asked(terminal: Terminal, scope: str) -> None:
    """A scope and its opposite are everyone."""
    if "'*.example'" in scope:
        said = terminal.type("campaign", "plan", scope, *REASON)
        assert said.status == 78
        assert "mail_domain" in said.err
        return
    here = planned(terminal, scope)["counts"]["in scope"]
    there = planned(terminal, f"not ({scope})")["counts"]["in scope"]
    assert here + there == 400


def test_lists_may_hold_addresses_or_their_hashes(terminal: Terminal) -> None:
    """What a line is, is seen; strangers on it are counted and not refused."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        query = "SELECT email FROM auth_user WHERE email LIKE '%@%' ORDER BY id LIMIT 3"
        some = [row[0] for row in forum.execute(query)]
    hashed = hashlib.sha256(some[2].lower().encode()).hexdigest()
    lines = ["# leaked", some[0].upper(), some[1], hashed, "nobody@nowhere.example"]
    (terminal.folder / "list.txt").write_text("\n".join(lines), encoding="utf-8")
    found = planned(terminal, "in_list('list.txt')", "--out", "plan.toml")
    assert found["counts"]["in scope"] == 3
    assert found["unmatched_addresses"] == 1
    said = terminal.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 0, said.err
    status = json.loads(terminal.type("campaign", "status", "--json").out)
    assert status["in_scope"] == 3


def test_a_list_of_two_kinds_must_say_what_it_is(terminal: Terminal) -> None:
    """An id with an @ in it is told apart by a word."""
    (terminal.folder / "list.txt").write_text("1\na@b.example\n", encoding="utf-8")
    said = terminal.type("campaign", "plan", "in_list('list.txt')", *REASON)
    assert said.status == 78
    assert "in_list('list.txt', 'ids')" in said.err
    said = terminal.type("campaign", "plan", "in_list('list.txt', 'ids')", *REASON)
    assert "belongs to no account (a@b.example)" in said.err


def test_two_people_approve_and_one_starts(terminal: Terminal) -> None:
    """One of them signs with a key of their own."""
    said = terminal.type("campaign", "approver-key")
    private, public = said.out.splitlines()
    (terminal.folder / "alice.key").write_text(said.out, encoding="ascii")
    settings = (
        f'{SETTINGS}\n[approval]\nneeded = 2\napprovers = ["alice", "bob"]\n'
        f'[approval.keys]\nalice = "{public.removeprefix("# public: ")}"\n'
    )
    (terminal.folder / "credguard.toml").write_text(settings, encoding="utf-8")
    said = terminal.type("campaign", "plan", "everyone", *REASON, "--out", "plan.toml")
    assert "Let 2 people look at it" in said.out
    start = ("campaign", "start", "plan.toml", "--yes")
    assert "2 must approve" in terminal.type(*start).err
    approve = ("campaign", "approve", "plan.toml", "--yes", "--as")
    assert terminal.type(*approve, "mallory").status == 1
    assert terminal.type(*approve, "alice").status == 1
    said = terminal.type(*approve, "alice", "--key-file", "alice.key")
    assert said.status == 0, said.err
    assert private not in said.out + said.err
    assert "1 did (alice)" in terminal.type(*start).err
    said = terminal.type(*approve, "bob")
    assert "Approved by alice, bob; 2 are needed." in said.out
    plan = terminal.folder / "plan.toml"
    honest = plan.read_text(encoding="utf-8")
    plan.write_text(honest.replace("rate = 14.0", "rate = 15.0"), encoding="utf-8")
    assert "0 did" in terminal.type(*start).err
    plan.write_text(honest, encoding="utf-8")
    assert "is open" in terminal.type(*start).out


def test_a_reason_breaks_the_glass(terminal: Terminal) -> None:
    """It cannot wait; the log says so."""
    settings = f'{SETTINGS}\n[approval]\nneeded = 1\napprovers = ["bob"]\n'
    (terminal.folder / "credguard.toml").write_text(settings, encoding="utf-8")
    terminal.type("campaign", "plan", "everyone", *REASON, "--out", "plan.toml")
    said = terminal.type(
        "campaign", "start", "plan.toml", "--yes", "--break-glass", "The dump is out."
    )
    assert "is open" in said.out
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        query = "SELECT detail FROM credguard_audit WHERE event = 'opened'"
        assert "The dump is out." in forum.execute(query).fetchone()[0]


@pytest.mark.parametrize(
    ("section", "error"),
    [
        ("[approval]\nneeded = 1\n", "from 0 to 0"),
        ("[approval]\nneeded = true\n", "needed = 2"),
        ("[approval]\nneeded = 1\napprovers = 'bob'\n", "needed = 2"),
        (
            "[approval]\napprovers = ['bob']\n[approval.keys]\nbo = 'x'\n",
            "by their names",
        ),
        (
            "[approval]\napprovers = ['bob']\n[approval.keys]\nbob = 'x'\n",
            "approver-key",
        ),
        ("[approval]\nmost = 1\n", "and no more"),
        ("[forecast]\nsupport = 'many'\n", "numbers"),
        ("[forecast]\nsupport = 2\n", "shares"),
        ("[forecast]\nbounces = 1\n", "numbers"),
        ("[forecast.bounces]\nyesterday = 0.1\n", "shares"),
        ("[forecast]\nhash_seconds = -1\n", "hash takes"),
    ],
)
def test_a_wrong_setting_of_campaigns_is_told(
    terminal: Terminal, section: str, error: str
) -> None:
    """Before the day on which it is needed."""
    settings = f"{SETTINGS}\n{section}"
    (terminal.folder / "credguard.toml").write_text(settings, encoding="utf-8")
    said = terminal.type("accounts", "check")
    assert said.status == 78
    assert error in said.err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--rate", "0"), "rate"),
        (("--rate", "nan"), "rate"),
    ],
)
def test_a_wrong_limit_is_told(
    terminal: Terminal, options: tuple[str, ...], error: str
) -> None:
    """A mistyped limit plans nothing."""
    said = terminal.type("campaign", "plan", "everyone", *REASON, *options)
    assert said.status == 1
    assert error in said.err


def test_figures_of_the_forums_own_are_used(terminal: Terminal) -> None:
    """Who knows better says so in the settings."""
    own = "[forecast]\nsupport = 0.5\nhash_seconds = 0\n[forecast.bounces]\n"
    own += "".join(f'"{band}" = 1\n' for band in ("earlier", "never, or unknown"))
    (terminal.folder / "credguard.toml").write_text(f"{SETTINGS}\n{own}", "utf-8")
    found = planned(terminal, "everyone")["forecast"]
    assert found["support_mails"] == 190
    assert found["hash_seconds"] == 0
