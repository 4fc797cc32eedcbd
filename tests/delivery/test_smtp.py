from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, create_server
from threading import enumerate as threads
from typing import Any

import faulty_sinks as faults
import pytest
from another_server import another_server
from notices import MEMBER, SENDER, carry, notice

from credguard._secret import Secret
from credguard.campaigns.delivering import Outcome
from credguard.delivery import Smtp
from credguard.delivery._budget import Budget
from credguard.drill.mail_sink import Conversation, MailSink
from credguard.errors import DeliverySetupError, DeliveryUnavailableError

pytestmark = pytest.mark.promise("P13")

STEP = timedelta(seconds=0.2)
DEADLINE = timedelta(seconds=0.5)

Start = Callable[..., tuple[Smtp, MailSink]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a mail server of a kind, and a client to it."""
    with ExitStack() as stack:

        def started(
            conversation: type[Conversation] = Conversation, **options: Any
        ) -> tuple[Smtp, MailSink]:
            sink = MailSink(tmp_path / "mails.jsonl", conversation=conversation)
            stack.enter_context(sink)
            options = {"timeout": STEP, "deadline": DEADLINE, **options}
            smtp = Smtp(sink.url, sender=SENDER, **options)
            stack.callback(smtp.close)
            return smtp, sink

        yield started


def refusal(smtp: Smtp) -> str:
    """Return what is said when nothing can be delivered."""
    with pytest.raises(DeliveryUnavailableError) as refused:
        carry(smtp)
    error = refused.value
    assert "@" not in str(error)
    # Not even the traceback of the error holds what a server said.
    assert error.__cause__ is None
    assert error.__context__ is None
    return str(error)


# A server that works


def test_a_message_is_handed_over(start: Start) -> None:
    """A message that the server takes is accepted, with the server's code."""
    smtp, sink = start()
    assert carry(smtp) == "accepted 250"
    (mail,) = sink.mails()
    assert mail.recipient == MEMBER
    assert mail.message_id == "<1@forum.example>"
    assert mail.token == "tok"


def test_many_messages_go_over_few_connections(start: Start) -> None:
    """A connection is kept, and made anew after so many messages."""
    connections = []

    class Counted(Conversation):
        def greeting(self) -> str:
            connections.append(self)
            return super().greeting()

    smtp, sink = start(Counted, messages_per_connection=3)
    assert [carry(smtp, str(n)) for n in range(7)] == ["accepted 250"] * 7
    assert len(connections) == 3
    assert [mail.message_id[1] for mail in sink.mails()] == list("0123456")


def test_a_closed_client_can_be_used_again(start: Start) -> None:
    """Closing lets go of the connection; the next message makes another."""
    smtp, _ = start()
    smtp.close()
    assert carry(smtp) == "accepted 250"
    smtp.close()
    assert carry(smtp) == "accepted 250"


def test_another_server_reads_what_was_sent() -> None:
    """Dots, blank lines and letters outside ASCII arrive as they were written."""
    text = "Grüße,\n\n.\n..\n.dot\nFrom me\n\n漢字 🔑\n" + "x" * 2_000 + "\n"
    with another_server() as (port, envelopes):
        smtp = Smtp(f"smtp://127.0.0.1:{port}", sender=SENDER)
        for name in ("1", "2"):
            receipt = smtp.send(notice(name, text=text), recipient=MEMBER)
            assert receipt.outcome is Outcome.ACCEPTED
        smtp.close()
    assert len(envelopes) == 2
    for envelope in envelopes:
        assert envelope.mail_from == SENDER
        assert envelope.rcpt_tos == [MEMBER]
        received = message_from_bytes(envelope.content, EmailMessage, policy=default)
        assert received.get_content().replace("\r\n", "\n") == text


def test_no_line_end_smuggles_a_message(start: Start) -> None:
    """A lone CR or LF around a dot does not end the message."""
    smtp, sink = start()
    message = notice()
    for end in ("\n.\n", "\r.\r", "\n.\r\n", "\r\n.\r", "\r\n.\r\n"):
        message.set_payload(f"a{end}MAIL FROM:<x@y.example>\r\n")
        receipt = smtp.send(message, recipient=MEMBER)
        assert receipt.outcome is Outcome.ACCEPTED
    assert len(list(sink.mails())) == 5


# What concerns one recipient


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (450, "deferred 450"),
        (451, "deferred 451"),
        (550, "refused 550"),
        (553, "refused 553"),
        (354, "deferred 354"),
    ],
)
def test_one_recipient_is_answered_for(start: Start, code: int, told: str) -> None:
    """A code at RCPT is that recipient's; the next one is served all the same."""
    smtp, sink = start(faults.ByRecipient)
    assert carry(smtp, "1", to=f"{code}@mail.example") == told
    assert carry(smtp, "2") == "accepted 250"
    assert carry(smtp, "3", to=f"{code}@mail.example") == told
    assert [mail.recipient for mail in sink.mails()] == [MEMBER]


def test_the_servers_end_at_rcpt_is_not_the_recipients(start: Start) -> None:
    """421 at RCPT defers the message, and the next goes over a new line."""
    smtp, _ = start(faults.ByRecipient)
    assert carry(smtp, to="421@mail.example") == "deferred 421"
    assert carry(smtp) == "accepted 250"


@pytest.mark.parametrize("code", [503, 530, 535, 538])
def test_a_missing_log_in_is_nobodys_fault(start: Start, code: int) -> None:
    """A refusal to talk to us at all is never put down to the recipient."""
    smtp, _ = start(faults.ByRecipient)
    with pytest.raises(DeliveryUnavailableError, match=str(code)):
        carry(smtp, to=f"{code}@mail.example")
    assert carry(smtp) == "accepted 250"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "member",
        "a@b.example>\r\nRCPT TO:<x@y.example",
        "a@b.example> NOTIFY=NEVER",
        "ä@b.example",
        "\ud800@b.example",
    ],
)
def test_what_is_no_address_is_not_sent(start: Start, address: str) -> None:
    """An address that would break the conversation never gets into it."""
    smtp, sink = start()
    receipt = smtp.send(notice(), recipient=address)
    assert (receipt.outcome, receipt.reply) == (Outcome.REFUSED, "address")
    assert list(sink.mails()) == []


def test_what_is_no_mail_is_not_sent(start: Start) -> None:
    """A message that cannot be written as mail is refused, not raised about."""
    smtp, _ = start()
    message = notice()
    message.set_payload("\ud800")
    assert smtp.send(message, recipient=MEMBER).reply == "message"
    assert carry(smtp) == "accepted 250"


# What concerns everybody


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.HangsAtOnce, "timeout"),
        (faults.DripsItsGreeting, "timeout"),
        (faults.HangsUpAtOnce, "lost"),
        (faults.IsFull, "421"),
        (faults.TakesNoMail, "554"),
        (faults.SpeaksAnotherProtocol, "rubbish"),
        (faults.FloodsItsGreeting, "lost"),
        (faults.FloodsOneLine, "lost"),
        (faults.RefusesHello, "550"),
        (faults.HangsUpAtHello, "lost"),
        (faults.RefusesSender, "530"),
    ],
)
def test_a_server_that_takes_nothing_is_unavailable(
    start: Start, fault: type[Conversation], told: str
) -> None:
    """Refusing, hanging, dripping, flooding or babbling: the notices stay queued."""
    smtp, sink = start(fault)
    for _ in range(2):
        assert told in refusal(smtp)
    assert list(sink.mails()) == []


def test_no_server_at_all_is_unavailable() -> None:
    """Where nobody listens, the error says what to look at."""
    with create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    smtp = Smtp(f"smtp://127.0.0.1:{port}", sender=SENDER)
    assert "check its host and port" in refusal(smtp)
    assert "check its host" in refusal(Smtp("smtp://no.example", sender=SENDER))
    smtp.close()


def test_an_address_of_an_unknown_kind_is_passed_over(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with several addresses is reached at the first one that works."""
    smtp, sink = start()
    port = int(sink.url.rpartition(":")[2])
    with create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()
    known = [
        (999, SOCK_STREAM, 0, "", ("x",)),
        (AF_INET, SOCK_STREAM, 0, "", nobody),
        (AF_INET, SOCK_STREAM, 0, "", ("127.0.0.1", port)),
    ]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: known)
    assert carry(smtp) == "accepted 250"


def test_a_server_that_comes_back_is_used(start: Start) -> None:
    """Being unavailable is not remembered."""
    greetings = iter(["421 not yet", "220 now"])

    class Late(Conversation):
        def greeting(self) -> str:
            return next(greetings)

    smtp, _ = start(Late)
    assert "421" in refusal(smtp)
    assert carry(smtp) == "accepted 250"


# What breaks in the middle


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults.DefersSender, "deferred 452"),
        (faults.EndsAtSender, "deferred 421"),
        (faults.HangsAtSender, "deferred timeout"),
        (faults.HangsUpAtRecipient, "deferred lost"),
        (faults.DefersData, "deferred 451"),
        (faults.RefusesData, "refused 554"),
        (faults.MisunderstandsData, "deferred 250"),
        (faults.HangsUpAtData, "deferred lost"),
        (faults.HangsAtData, "deferred timeout"),
        (faults.EndsAfterMessage, "deferred 421"),
        (faults.DefersMessage, "deferred 451"),
        (faults.RefusesMessage, "refused 550"),
        (faults.AnswersTwice, "deferred rubbish"),
        (faults.CannotReset, "deferred 450"),
    ],
)
def test_a_message_that_was_not_taken_is_told_so(
    start: Start, fault: type[Conversation], told: str
) -> None:
    """Whatever breaks before the final dot, the message was not delivered."""
    smtp, sink = start(fault)
    for _ in range(2):
        assert carry(smtp) == told
    assert list(sink.mails()) == []


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (faults.HangsUpAfterMessage, "lost"),
        (faults.ResetsAfterMessage, "lost"),
        (faults.HangsAfterMessage, "timeout"),
        (faults.DripsAfterMessage, "timeout"),
        (faults.BabblesAfterMessage, "rubbish"),
    ],
)
def test_a_message_without_an_answer_is_unknown(
    start: Start, fault: type[Conversation], word: str
) -> None:
    """Between the final dot and the answer, nobody can know; both may have it."""
    smtp, sink = start(fault)
    assert carry(smtp, "1") == f"unknown {word}"
    assert carry(smtp, "2") == f"unknown {word}"
    assert [mail.message_id[1] for mail in sink.mails()] == ["1", "2"]


def test_a_server_that_stops_reading_is_not_waited_for(start: Start) -> None:
    """A message that does not get through within its time is deferred."""
    smtp, _ = start(faults.StopsReading)
    message = notice(text=("x" * 70 + "\n") * 120_000)
    receipt = smtp.send(message, recipient=MEMBER)
    assert (receipt.outcome, receipt.reply) == (Outcome.DEFERRED, "timeout")


@pytest.mark.parametrize(
    "fault",
    [
        faults.HangsUpAfterAnswer,
        faults.EndsIdleLines,
        faults.TakesOneEach,
        faults.KnowsOnlyHello,
        faults.HangsAtQuit,
    ],
)
def test_a_line_that_ended_is_made_anew(
    start: Start, fault: type[Conversation]
) -> None:
    """A server that takes one message a connection takes them all, each once."""
    smtp, sink = start(fault)
    for name in ("1", "2", "3"):
        assert carry(smtp, name) == "accepted 250"
    assert [mail.message_id[1] for mail in sink.mails()] == ["1", "2", "3"]


def test_an_interrupted_message_leaves_no_line_behind(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C in the middle, the next message starts on a new connection."""
    smtp, sink = start()
    assert carry(smtp, "1") == "accepted 250"

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(
            "credguard.delivery._connection.Connection.send_data", interrupted
        )
        with pytest.raises(KeyboardInterrupt):
            carry(smtp, "2")
    assert carry(smtp, "3") == "accepted 250"
    assert [mail.message_id[1] for mail in sink.mails()] == ["1", "3"]


def test_a_closed_line_answers_nothing(start: Start) -> None:
    """A question on a line that is closed is lost, and raises nothing."""
    smtp, _ = start()
    carry(smtp)
    line = smtp._line
    assert line is not None
    line.close()
    assert [line.ask(), line.ask("NOOP"), line.send_data(b"x\r\n")] == ["lost"] * 3


def test_no_time_left_is_a_timeout() -> None:
    """When the deadline has passed, no step begins."""
    budget = Budget(1)
    budget.begin(60)
    assert budget.left() == 1
    budget.begin(0.5)
    assert 0 < budget.left() <= 0.5
    budget.begin(0)
    with pytest.raises(TimeoutError):
        budget.left()


def test_what_is_binary_is_not_mail(start: Start) -> None:
    """A part that is neither text nor encoded is refused, not mangled."""
    smtp, _ = start()
    message = notice()
    message.set_payload("a\0b")
    assert smtp.send(message, recipient=MEMBER).reply == "message"


def test_no_thread_is_left_behind(start: Start) -> None:
    """The time limits need no threads of their own."""
    before = len(threads())
    smtp, _ = start()
    carry(smtp)
    # The sink's own two: one that listens, one that talks.
    assert len(threads()) <= before + 2


# Settings


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sender": "forum.example"}, "sender must be one address"),
        ({"sender": "a@b.example>\r\nX"}, "sender must be one address"),
        ({"timeout": timedelta(0)}, "above zero"),
        ({"deadline": timedelta(seconds=-1)}, "above zero"),
        ({"messages_per_connection": 0}, "at least one message"),
        ({"client_name": "a b"}, "client name"),
        ({"password": "x"}, "both or not at all"),
        ({"ca_file": "/nowhere/at/all.pem"}, "cannot be read"),
        ({"ca_file": __file__}, "cannot be read"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    options: dict[str, Any], told: str
) -> None:
    """A setting is looked at before anything is sent."""
    with pytest.raises(DeliverySetupError, match=told):
        Smtp("smtp://127.0.0.1", **{"sender": SENDER, **options})


@pytest.mark.parametrize(
    "password", [None, "", "a\0b", "\ud800", "x" * 1_001, Secret(b"")]
)
def test_a_password_that_cannot_be_sent_is_refused(
    password: str | Secret | None,
) -> None:
    """A password that no log-in can carry is refused, and not repeated."""
    with pytest.raises(DeliverySetupError) as refused:
        Smtp("smtps://forum@127.0.0.1", sender=SENDER, password=password)
    assert not password or str(password) not in str(refused.value)


def test_a_client_says_its_name(start: Start) -> None:
    """EHLO carries the name that was given, or else the address of this end."""
    names = []

    class Asks(Conversation):
        def _hello(self, argument: bytes) -> str:
            names.append(argument)
            return self.on_hello()

    for options in ({}, {"client_name": "www.forum.example"}):
        smtp, _ = start(Asks, **options)
        carry(smtp)
    assert names == [b"[127.0.0.1]", b"www.forum.example"]
