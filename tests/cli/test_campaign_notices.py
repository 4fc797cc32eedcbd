"""The commands around notices: bounces, reminders, the breaker, closing."""

import re
import sqlite3
from contextlib import closing

from commands import SETTINGS, Terminal
from test_campaign import started

from credguard.drill.mail_farm import delivery_report
from credguard.drill.mail_sink import Conversation, MailSink

UNTOLD = ["must reset, no address to tell\t", "must reset, notice bounced\t5.1.1"]
MORE = 'bounce_address = "bounces@machina.example"\nambiguous = "hold"\n'


class KeepsSenders(Conversation):
    """Takes mail, and writes down to which return paths bounces would go."""

    senders: list[str] = []  # noqa: RUF012  # of all connections

    def on_sender(self, address: str) -> str:
        """Remember *address*."""
        self.senders.append(address)
        return "250 ok"


def ran(terminal: Terminal, *arguments: str, status: int = 0) -> str:
    """Run a campaign's command and return what it said."""
    said = terminal.type("campaign", *arguments)
    assert said.status == status, said.err
    return said.out + said.err


def test_what_comes_back_is_taken_in(terminal: Terminal) -> None:
    """A report from a folder, a file and a pipe; listed, and counted once."""
    (terminal.folder / "credguard.toml").write_text(SETTINGS + MORE)
    (terminal.folder / "ids").write_text("7\n8\n9\n")
    started(terminal, "in_list('ids')")
    with MailSink(terminal.folder / "mails.jsonl", conversation=KeepsSenders) as sink:
        out = ran(terminal, "run", "--smtp", sink.url)
        assert "has been told" in out
        assert "Breaker closed: 0 of the last 2 bounced." in out
    assert len(set(KeepsSenders.senders)) == 2
    report = delivery_report(KeepsSenders.senders[0], "a@b.example", status="5.1.1")
    folder = terminal.folder / "returned" / "new"
    folder.mkdir(parents=True)
    (folder / "1").write_bytes(report)
    (folder / "2").write_bytes(b"Subject: away\r\n\r\nI am away.\r\n")
    (terminal.folder / "box").write_bytes(b"From a\n" + report)
    told = ran(terminal, "bounces", "--maildir", "returned", "--mbox", "box")
    assert "3 mails read, 2 of them about notices of ours." in told
    piped = terminal.type("campaign", "bounces", answer=report.decode())
    assert "1 mail read, 1 of them" in piped.out
    untold = ran(terminal, "untold").splitlines()
    assert sorted(line.partition("\t")[2] for line in untold) == UNTOLD
    assert "1 of the last 2 bounced" in ran(terminal, "status")


def test_sending_is_paused_and_goes_on(terminal: Terminal) -> None:
    """Nothing goes out in between, and the status says why."""
    started(terminal)
    assert "paused." in ran(terminal, "pause-sending", "--reason", "a look first")
    assert "already" in ran(terminal, "pause-sending", "--reason", "again")
    out = ran(terminal, "run", "--maildir", "mails")
    assert "SENDING IS PAUSED" in out
    assert "a look first" in out
    assert "380 notices are left" in out
    assert not list((terminal.folder / "mails" / "new").iterdir())
    assert "goes on with" in ran(terminal, "resume-sending")
    assert "not paused" in ran(terminal, "resume-sending")
    assert "0 messages: told." in ran(terminal, "settle-held", "--as", "told")
    assert "0 reminders" in ran(terminal, "remind")


def test_who_is_closed_has_had_time(terminal: Terminal) -> None:
    """A campaign of today closes nobody; a month later it does."""
    started(terminal, "scheme('django:md5')")
    ran(terminal, "run", "--maildir", "mails")
    refused = ran(terminal, "close", "--dormant-after", "30d", "--yes", status=1)
    assert "not that old" in refused
    assert "write days as 30d" in ran(
        terminal, "close", "--dormant-after", "30", status=2
    )
    month = 31 * 86_400 * 1_000_000
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        for table, column in (
            ("campaign", "opened_at"),
            ("member", "changed_at"),
            ("notice", "told_at"),
        ):
            forum.execute(
                f"UPDATE credguard_{table} SET {column} = {column} - ?",  # noqa: S608
                (month,),
            )
        forum.commit()
    out = ran(terminal, "close", "--dormant-after", "30d", "--yes")
    found = re.search(r"(\d+) accounts are closed", out)
    assert found
    assert int(found[1]) > 0
    assert f"| never answered, closed | {found[1]} |" in ran(terminal, "report")
