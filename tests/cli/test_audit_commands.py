"""`credguard audit`: the head that is kept, and one account's history."""

import json

from commands import Terminal
from test_campaign import started


def test_a_head_is_kept_and_handed_in_again(terminal: Terminal) -> None:
    """A line of text; another log is refused by it."""
    started(terminal, "scheme('django:md5')")
    line = terminal.type("audit", "head").out
    assert line.startswith("cga1 ")
    kept = terminal.folder / "head.txt"
    kept.write_text(line, encoding="utf-8")
    said = terminal.type("audit", "verify", "--head", str(kept))
    assert said.status == 0, said.err
    number, code = line.split()[1:]
    kept.write_text(f"cga1 {int(number) + 7} {code}", encoding="utf-8")
    said = terminal.type("audit", "verify", "--head", str(kept))
    assert said.status == 1
    assert "cut off" in said.err
    kept.write_text("nothing", encoding="utf-8")
    assert terminal.type("audit", "verify", "--head", str(kept)).status == 1


def test_a_members_history_is_shown(terminal: Terminal) -> None:
    """What the sweep and the notices did to one account, with who looked."""
    name = started(terminal, "everyone")
    assert terminal.type("campaign", "run", name, "--maildir", "mails").status == 0
    said = terminal.type("audit", "history", "2", "--reason", "the member asked")
    assert said.status == 0, said.err
    assert "range swept" in said.out
    assert "notices told" in said.out
    assert "the member asked" in said.out
    said = terminal.type("audit", "history", "2", "--reason", "again", "--json")
    events = [each["event"] for each in json.loads(said.out)]
    done = ["range swept", "notices told", "history read", "history read"]
    assert events == done
