import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from commands import Terminal

from credguard import Keyring
from credguard.drill.mail_sink import Conversation, MailSink

REASON = ("--reason", "Somebody copied our database.")


def hashes(terminal: Terminal) -> dict[int, str]:
    """Return what stands in the password columns."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        return dict(forum.execute("SELECT id, password FROM auth_user"))


def started(terminal: Terminal, scope: str = "everyone", rate: str = "5000") -> str:
    """Plan and start a campaign, and return its id."""
    arguments = ("--rate", rate, "--out", "plan.toml")
    said = terminal.type("campaign", "plan", scope, *REASON, *arguments)
    assert said.status == 0, said.err
    said = terminal.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 0, said.err
    found = re.search(r"Campaign (\S+) is open", said.out)
    assert found
    return found[1]


def filed(terminal: Terminal) -> list[Path]:
    """Return the notices in the folder."""
    return sorted((terminal.folder / "mails" / "new").iterdir())


def test_a_plan_changes_nothing(terminal: Terminal) -> None:
    """A dry run leaves every byte of the database as it was."""
    file = terminal.folder / "forum.sqlite"
    before = file.read_bytes()
    said = terminal.type("campaign", "plan", "everyone", *REASON)
    assert said.status == 0, said.err
    assert "380" in said.out
    assert file.read_bytes() == before
    assert not (terminal.folder / "forum.sqlite-wal").exists()


def test_a_campaign_from_plan_to_abort(terminal: Terminal) -> None:
    """Hashes are retired, members told once, and an abort restores every byte."""
    before = hashes(terminal)
    name = started(terminal)
    locked = hashes(terminal)
    assert sum(text.startswith("cgretired1:") for text in locked.values()) == 395
    for _ in range(2):
        said = terminal.type("campaign", "run", "--maildir", "mails")
        assert said.status == 0, said.err
        assert "has been told" in said.out
        assert len(filed(terminal)) == 380
    report = terminal.type("campaign", "report").out
    assert "| must reset, told | 380 |" in report
    assert "all accounts (adds up)** | **400**" in report
    said = terminal.type("campaign", "abort", name, "--reason", "false alarm", "--yes")
    assert said.status == 0, said.err
    assert hashes(terminal) == before
    assert "none altered" in terminal.type("audit", "verify").out


def test_a_plan_is_started_once(terminal: Terminal) -> None:
    """A second start of the same plan is refused, so that nobody is told twice."""
    name = started(terminal)
    said = terminal.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 1
    assert "started already" in said.err
    assert name in terminal.type("campaign", "list").out
    assert terminal.type("campaign", "list").out.count("\n") == 1


def test_an_abort_asks_first(terminal: Terminal) -> None:
    """Without a yes nothing is put back."""
    name = started(terminal, "scheme('django:md5')")
    locked = hashes(terminal)
    said = terminal.type("campaign", "abort", name, "--reason", "x", answer="n\n")
    assert said.status == 1
    assert "82 accounts" in said.out
    assert hashes(terminal) == locked


def test_status_and_list_name_the_campaign(terminal: Terminal) -> None:
    """The only open campaign need not be named; JSON is there for programs."""
    name = started(terminal, "scheme('django:md5')")
    assert name in terminal.type("campaign", "list").out
    assert name in terminal.type("campaign", "status").out
    assert '"adds_up": true' in terminal.type("campaign", "status", "--json").out


def test_a_list_of_ids_is_a_scope(terminal: Terminal) -> None:
    """Comments and empty lines are passed over; exactly these are locked."""
    text = "# from the log\n15\n\n16\n15\n"
    (terminal.folder / "ids.txt").write_text(text, encoding="utf-8")
    before = hashes(terminal)
    started(terminal, "in_list('ids.txt')")
    changed = [key for key, text in hashes(terminal).items() if text != before[key]]
    assert changed == [15, 16]


def test_a_list_that_changed_since_the_plan_is_refused(terminal: Terminal) -> None:
    """What was looked at is what is started."""
    file = terminal.folder / "ids.txt"
    file.write_text("15\n16\n", encoding="utf-8")
    terminal.type(
        "campaign", "plan", "in_list('ids.txt')", *REASON, "--out", "plan.toml"
    )
    file.write_text("15\n17\n", encoding="utf-8")
    said = terminal.type("campaign", "start", "plan.toml", "--yes")
    assert said.status == 78
    assert "changed since it was made" in said.err


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("in_list('ids.txt')", "on the list 2 ids belong to no account (9001, 9002)"),
        ("in_list('none.txt')", "cannot be read"),
        ("scheme('django:md4')", "selects nobody"),
        ("everybody", "does not parse at character 1"),
        ("everyone & hats('x')", "does not parse at character 12"),
        ("logged_in_between('2020-01-02', '2020-01-01')", "after the first"),
        ("credential_set_before('Saturday')", "no instant"),
    ],
)
def test_a_wrong_scope_has_its_own_error(
    terminal: Terminal, scope: str, told: str
) -> None:
    """The place or the ids are named, and nothing is written."""
    (terminal.folder / "ids.txt").write_text("15\n9001\n9002\n", encoding="utf-8")
    said = terminal.type("campaign", "plan", scope, *REASON, "--out", "plan.toml")
    assert said.status == 78
    assert told in said.err
    assert not (terminal.folder / "plan.toml").exists()


def test_another_keyring_is_found_at_start(terminal: Terminal) -> None:
    """Nothing is done with a keyring that the database was not sealed with."""
    started(terminal, "scheme('django:md5')")
    before = hashes(terminal)
    terminal.environment["CREDGUARD_KEYRING"] = Keyring.generate().reveal()
    said = terminal.type("campaign", "run", "--maildir", "mails")
    assert said.status == 1
    assert "is not on the keyring" in said.err
    assert hashes(terminal) == before


def test_a_mail_server_that_is_not_there_loses_nothing(terminal: Terminal) -> None:
    """The status says "try again", and a later run tells everybody."""
    started(terminal, "scheme('django:md5')")
    said = terminal.type(
        "campaign", "run", "--smtp", "smtp://127.0.0.1:9", "--deadline", "1"
    )
    assert said.status == 75
    assert "Traceback" not in said.err
    said = terminal.type("campaign", "run", "--maildir", "mails", "--deadline", "1")
    assert said.status == 0, said.err
    assert len(filed(terminal)) == 80


def test_a_run_needs_one_way_to_carry_notices(terminal: Terminal) -> None:
    """Neither a mail server nor a folder is an error that names both."""
    started(terminal, "scheme('django:md5')")
    said = terminal.type("campaign", "run")
    assert said.status == 78
    assert "--smtp or --maildir" in said.err


def test_two_runs_at_once_tell_everybody_once(
    terminal: Terminal, tmp_path: Path
) -> None:
    """Two processes share the outbox; nobody is told twice and nobody is missed."""
    started(terminal)
    with MailSink(tmp_path / "mails.jsonl") as sink:
        arguments = ("campaign", "run", "--smtp", sink.url, "--deadline", "2")
        running = [terminal.begin(*arguments) for _ in range(2)]
        ended = [each.communicate(timeout=100) for each in running]
        assert [each.returncode for each in running] == [0, 0], ended
        names = [mail.message_id for mail in sink.mails()]
    assert len(names) == len(set(names)) == 380


class Slow(Conversation):
    """A server that takes its time."""

    def on_message(self, message: bytes, recipient: str) -> str:
        """Keep the message and answer late."""
        time.sleep(0.02)
        return super().on_message(message, recipient)


@pytest.mark.parametrize("stop", ["kill", "interrupt"])
def test_a_run_that_was_stopped_goes_on(
    terminal: Terminal, tmp_path: Path, stop: str
) -> None:
    """After Ctrl-C nobody is told twice; after kill -9 one at most, the same mail."""
    started(terminal, "scheme('django:md5')")
    with MailSink(tmp_path / "mails.jsonl", conversation=Slow) as sink:
        arguments = ("campaign", "run", "--smtp", sink.url, "--deadline", "2")
        running = terminal.begin(*arguments)
        while len(list(sink.mails())) < 20:
            time.sleep(0.01)
        if stop == "kill":
            running.kill()
        else:
            running.send_signal(2)
        out, err = running.communicate(timeout=60)
        assert b"Traceback" not in err
        if stop == "interrupt":
            assert running.returncode == 0
            assert b"notices are left" in out
        said = terminal.type(*arguments)
        assert said.status == 0, said.err
        mails = list(sink.mails())
    names = {mail.message_id for mail in mails}
    assert len(names) == 80
    assert len({mail.link for mail in mails}) == 80
    assert len(mails) - len(names) <= (1 if stop == "kill" else 0)


def test_a_run_that_stays_ends_when_its_service_is_stopped(
    terminal: Terminal,
) -> None:
    """Long after everybody was told; SIGTERM is what service managers send."""
    started(terminal, "scheme('django:md5')")
    running = terminal.begin("campaign", "run", "--maildir", "mails", "--stay")
    while terminal.type("campaign", "list").out.count("waiting") == 0:
        assert running.poll() is None
    assert running.poll() is None
    running.terminate()
    out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, b"")
    assert b"Everybody who can be told has been told." in out
    assert len(filed(terminal)) == 80
