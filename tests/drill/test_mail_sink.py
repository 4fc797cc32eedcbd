import json
import smtplib
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credguard.drill.mail import Mail
from credguard.drill.mail_sink import MAX_MESSAGE_OCTETS, MailSink

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEAD = b"Message-ID: <1@forum.example>\r\n"
LINK = "https://forum.example/reset"


def port_of(sink: MailSink) -> int:
    """Return the port on which *sink* listens."""
    return int(sink.url.rpartition(":")[2])


@pytest.mark.parametrize(
    ("head", "body", "link", "token"),
    [
        (b"", b"go to https://f.example/r/tok.1.\r\n", "https://f.example/r/tok.1", ""),
        (b"", b"<https://f.example/r/tok/>", "https://f.example/r/tok", "tok"),
        (b"", b"http://localhost:1/r?t=to-k_~", "http://localhost:1/r?t=to-k_~", ""),
        (b"", b"nothing here", "", ""),
        (
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"https://f.example/r#to=\r\nken=3Dx\r\n",
            "https://f.example/r#token=x",
            "x",
        ),
        (
            b"content-transfer-encoding: BASE64\r\n",
            b"aHR0cHM6Ly9mLmV4YW1w\r\nbGUvciN0b2s=\r\n",
            "https://f.example/r#tok",
            "tok",
        ),
        (b"Content-Transfer-Encoding: base64\r\n", b"a", "", ""),
    ],
)
def test_a_link_is_read_out_of_a_message(
    head: bytes, body: bytes, link: str, token: str
) -> None:
    """The first web address and what stands at its end are read, however encoded."""
    mail = Mail.read(HEAD + head + b"\r\n" + body, recipient="a@b.c", taken_at="t")
    assert mail.link == link
    assert mail.token.endswith(token)
    assert mail.link.endswith(mail.token)
    assert mail.message_id == "<1@forum.example>"


def test_a_message_without_a_name_is_read() -> None:
    """A message with neither Message-ID nor text is remembered all the same."""
    assert Mail.read(b"", recipient="a@b.c", taken_at="t") == Mail(
        message_id="", recipient="a@b.c", link="", token="", taken_at="t"
    )


def test_another_client_is_served(tmp_path: Path) -> None:
    """The standard library's client hands over messages to several recipients."""
    path = tmp_path / "mails.jsonl"
    with MailSink(path, clock=lambda: NOON) as sink:
        with smtplib.SMTP("127.0.0.1", port_of(sink)) as client:
            message = f"Message-ID: <1@f.example>\n\n.dot\n{LINK}#tok\n"
            client.sendmail("a@f.example", ["b@x.example", "c@x.example"], message)
            assert client.noop()[0] == 502
            client.sendmail("a@f.example", "d@x.example", "\n\nno link")
        mails = list(sink.mails())
    assert [mail.recipient[0] for mail in mails] == ["b", "c", "d"]
    assert mails[0] == Mail(
        message_id="<1@f.example>",
        recipient="b@x.example",
        link=f"{LINK}#tok",
        token="tok",
        taken_at="2026-05-01T12:00:00+00:00",
    )
    assert [json.loads(line)["token"] for line in path.read_text().splitlines()] == [
        "tok",
        "tok",
        "",
    ]


def test_a_sink_adds_to_what_is_there(tmp_path: Path) -> None:
    """A sink that is opened again keeps the earlier messages."""
    path = tmp_path / "mails.jsonl"
    for _ in range(2):
        with MailSink(path) as sink:
            sink.keep(HEAD + b"\r\n", "a@b.c")
    assert len(list(MailSink(path).mails())) == 2


def test_many_clients_at_once_lose_nothing(tmp_path: Path) -> None:
    """Messages over several connections at once are all kept, each in one line."""

    def send(start: int, port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(start, start + 50):
                client.sendmail("a@f.example", f"{number}@x.example", f"{LINK}#x\n")

    with MailSink(tmp_path / "mails.jsonl") as sink:
        port = port_of(sink)
        clients = [threading.Thread(target=send, args=(n * 50, port)) for n in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        told = sorted(int(mail.recipient.partition("@")[0]) for mail in sink.mails())
    assert told == list(range(200))


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (b"DATA\r\n", b"503"),
        (b"MAIL FROM\r\n", b"501"),
        (b"RCPT TO:a@b.c\r\n", b"501"),
        (b"RSET\r\n", b"250"),
        (b"VRFY a\r\n", b"502"),
        (b"\r\n", b"502"),
        (b"\xff\xff\r\n", b"502"),
        (b"x" * 5_000 + b"\r\n", b""),
        (b"no end", b""),
    ],
)
def test_a_sink_answers_anything(tmp_path: Path, said: bytes, answered: bytes) -> None:
    """Commands out of order and rubbish get a code, or the line closed."""
    with (
        MailSink(tmp_path / "mails.jsonl") as sink,
        socket.create_connection(("127.0.0.1", port_of(sink)), timeout=10) as client,
    ):
        assert client.recv(100).startswith(b"220")
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        try:
            reply = client.recv(100)
        except ConnectionResetError:
            reply = b""
        assert reply[:3] == answered
        assert list(sink.mails()) == []


def test_a_message_without_an_end_is_not_kept(tmp_path: Path) -> None:
    """A message that is cut, or larger than the sink takes, is not remembered."""
    with MailSink(tmp_path / "mails.jsonl") as sink:
        huge = "x" * 70 + "\n"
        with smtplib.SMTP("127.0.0.1", port_of(sink)) as client:
            text = huge * (MAX_MESSAGE_OCTETS // 60)
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.sendmail("a@f.example", "b@x.example", text)
        with smtplib.SMTP("127.0.0.1", port_of(sink)) as client:
            client.mail("a@f.example")
            client.rcpt("b@x.example")
            client.docmd("DATA")
            client.send(b"half a line")
            client.close()
        assert list(sink.mails()) == []


def test_a_sink_closes_while_clients_hang_on(tmp_path: Path) -> None:
    """Closing does not wait for clients that say nothing."""
    with MailSink(tmp_path / "mails.jsonl") as sink:
        client = socket.create_connection(("127.0.0.1", port_of(sink)), timeout=10)
        assert client.recv(100).startswith(b"220")
    with client:
        assert client.recv(100) == b""
