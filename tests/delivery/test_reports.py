import time
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.bounces import EventKind
from credguard.delivery import read_report
from credguard.delivery.reports import MAX_MAIL_OCTETS
from credguard.drill.mail_farm import delivery_report

PATH = "bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb@forum.example"
REPORT = delivery_report(PATH, "member@mail.example", status="5.1.1")
COMPLAINT = "\r\n".join(
    [
        "From: <abuse@mx.example>",
        "To: <fbl@forum.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is a report.",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        "Feedback-Type: abuse",
        "User-Agent: Example/1",
        "Version: 1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        f"Return-Path: <{PATH}>",
        "Subject: A notice",
        "",
        "--b--",
        "",
    ]
).encode()


def changed(old: str, new: str) -> bytes:
    """Return the report with another text in it."""
    assert old.encode() in REPORT
    return REPORT.replace(old.encode(), new.encode())


def test_a_report_of_failure_is_a_bounce() -> None:
    """Its status is read, and the return path to which it came."""
    event = read_report(REPORT)
    assert event is not None
    assert (event.kind, event.status) == (EventKind.BOUNCED, "5.1.1")
    assert PATH in event.notice


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        (changed("5.1.1", "4.4.7"), "4.4.7"),
        (changed("Status: 5.1.1", "Diagnostic-Code: none"), "5.0.0"),
        (changed("Action: failed", "action: FAILED"), "5.1.1"),
    ],
)
def test_a_status_is_read_as_it_stands(mail: bytes, status: str) -> None:
    """A report that names no status is of a permanent failure of unknown kind."""
    event = read_report(mail)
    assert event is not None
    assert event.status == status


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\0" * 100,
        b"Subject: out of office\r\n\r\nI am away.\r\n",
        changed("Action: failed", "Action: delayed"),
        changed("Action: failed", "Action: relayed"),
        changed("multipart/report", "multipart/mixed"),
        changed("message/delivery-status", "text/plain"),
        COMPLAINT.replace(b"abuse", b"not-spam"),
        COMPLAINT.replace(b"Feedback-Type: abuse", b"Type: abuse"),
    ],
)
def test_anything_else_tells_nothing(mail: bytes) -> None:
    """A delay, an answer, a mail of another kind: nothing is over."""
    assert read_report(mail) is None


def test_a_complaint_is_read() -> None:
    """What is complained of stands in the mail's third part."""
    event = read_report(COMPLAINT)
    assert event is not None
    assert event.kind is EventKind.COMPLAINED
    assert PATH in event.notice


def test_what_another_library_writes_is_read() -> None:
    """A report that the standard library composed is understood."""
    mail = MIMEMultipart("report", report_type="delivery-status")
    mail["To"] = PATH
    mail.attach(MIMEText("It could not be delivered."))
    first, second = Message(), Message()
    first["Reporting-MTA"] = "dns; mx.example"
    second["Action"], second["Status"] = "failed", "5.2.1"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([first, second])
    mail.attach(status)
    event = read_report(mail.as_bytes())
    assert event is not None
    assert event.status == "5.2.1"


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "mail",
    [
        REPORT + b"x" * 50_000_000,
        b"To: " + b"bounces+a" * 3_000_000,
        b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (at, at)
            for at in range(5_000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 8_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 40_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\n" * 60_000,
        b"A:" * 200_000,
    ],
    ids=["long", "paths", "nested", "wrapped", "parts", "empty parts", "header"],
)
def test_a_mail_made_to_cost_costs_little(mail: bytes) -> None:
    """Whatever its size and shape, it is read in a moment."""
    began = time.process_time()
    read_report(mail)
    assert time.process_time() - began < 5


@pytest.mark.promise("P7")
@given(
    st.binary(max_size=500)
    | st.binary(max_size=60).map(lambda noise: REPORT[:200] + noise + REPORT[200:])
    | st.integers(0, len(REPORT)).map(lambda end: REPORT[:end])
    | st.binary(max_size=60).map(lambda noise: noise + COMPLAINT)
)
def test_any_mail_is_an_event_or_nothing(mail: bytes) -> None:
    """No mail raises."""
    event = read_report(mail)
    assert event is None or event.kind in set(EventKind)


def test_only_the_first_part_is_looked_at() -> None:
    """What stands past the limit is as good as not there."""
    late = b"X-Long: " + b"a" * 70 + b"\r\n"
    mail = late * (MAX_MAIL_OCTETS // len(late) + 1) + REPORT
    assert read_report(mail) is None
