import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from another_server import PASSWORD, USER, another_server, certified
from notices import SENDER, carry

from credguard._secret import Secret
from credguard.delivery import Smtp
from credguard.drill.mail_sink import Conversation, MailSink
from credguard.errors import DeliveryUnavailableError

pytestmark = pytest.mark.promise("P13")

QUOTED_USER = USER.replace("@", "%40")
STEP = timedelta(seconds=0.3)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's side of TLS, and the file of the authority that certified it."""
    return certified(tmp_path_factory.mktemp("tls"))


def refusal(smtp: Smtp) -> str:
    """Return what is said when nothing can be delivered."""
    with pytest.raises(DeliveryUnavailableError) as refused:
        carry(smtp)
    smtp.close()
    assert refused.value.__context__ is None
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


def secured(scheme: str, port: int, ca_file: str | None, **options: Any) -> Smtp:
    """Return a client that secures its line."""
    user = f"{QUOTED_USER}@" if "password" in options else ""
    url = f"{scheme}://{user}127.0.0.1:{port}"
    return Smtp(url, sender=SENDER, ca_file=ca_file, **options)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_mail_goes_over_a_secured_line(
    tls: tuple[ssl.SSLContext, str], scheme: str
) -> None:
    """With its authority known, a server takes several messages over TLS."""
    context, ca_file = tls
    with another_server(tls=context, from_the_start=scheme == "smtps") as (port, taken):
        smtp = secured(scheme, port, ca_file)
        assert [carry(smtp, name) for name in "12"] == ["accepted 250"] * 2
        smtp.close()
    assert len(taken) == 2


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_server_of_unknown_authority_gets_no_mail(
    tls: tuple[ssl.SSLContext, str], scheme: str
) -> None:
    """A self-made certificate is refused unless its authority was given."""
    context, _ = tls
    with another_server(tls=context, from_the_start=scheme == "smtps") as (port, taken):
        assert "not trusted" in refusal(secured(scheme, port, None))
    assert not taken


def test_a_server_of_another_name_gets_no_mail(tmp_path: Path) -> None:
    """A good certificate of somebody else's is refused."""
    context, ca_file = certified(tmp_path, "other.example")
    with another_server(tls=context) as (port, taken):
        assert "not for its name" in refusal(secured("smtp+starttls", port, ca_file))
    assert not taken


def test_a_line_without_starttls_is_not_used(tmp_path: Path) -> None:
    """Where STARTTLS was asked for and is not offered, nothing is sent in the clear."""
    with MailSink(tmp_path / "mails.jsonl") as sink:
        port = int(sink.url.rpartition(":")[2])
        assert "STARTTLS" in refusal(secured("smtp+starttls", port, None))
        assert list(sink.mails()) == []


class _Offers(Conversation):
    answer = ""

    def on_hello(self) -> str:
        """Offer STARTTLS."""
        return "250-sink\r\n250 STARTTLS"

    def _unknown(self, _: bytes) -> str:
        return self.answer


class _ThenRefuses(_Offers):
    answer = "454 not now"


class _ThenHangsUp(_Offers):
    pass


class _ThenTalksOn(_Offers):
    # The second line is what an attacker on the line would put in.
    answer = "220 go on\r\n250 AUTH PLAIN"


class _ThenHangs(_Offers):
    def _unknown(self, _: bytes) -> str:
        self.say("220 go on")
        self.sink.closing.wait(30)
        return ""


@pytest.mark.parametrize(
    ("conversation", "told"),
    [
        (_ThenRefuses, "STARTTLS"),
        (_ThenHangsUp, "STARTTLS"),
        (_ThenTalksOn, "TLS"),
        (_ThenHangs, "broke off"),
    ],
)
def test_a_line_that_is_not_secured_is_not_used(
    tmp_path: Path, conversation: type[Conversation], told: str
) -> None:
    """An offer that is not kept ends the connection, in time."""
    with MailSink(tmp_path / "mails.jsonl", conversation=conversation) as sink:
        port = int(sink.url.rpartition(":")[2])
        smtp = secured("smtp+starttls", port, None, timeout=STEP)
        assert told in refusal(smtp)
        assert list(sink.mails()) == []


def test_a_server_that_does_not_speak_tls_is_not_used(tmp_path: Path) -> None:
    """A plain greeting where TLS was expected is an error that says so."""
    with MailSink(tmp_path / "mails.jsonl") as sink:
        port = int(sink.url.rpartition(":")[2])
        assert "TLS" in refusal(secured("smtps", port, None, timeout=STEP))


@pytest.mark.parametrize("left_out", ["LOGIN", "PLAIN"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_password_logs_in(
    tls: tuple[ssl.SSLContext, str], left_out: str, *, wrapped: bool
) -> None:
    """User and password of any letters log in, by PLAIN and by LOGIN."""
    context, ca_file = tls
    password = Secret(PASSWORD.encode()) if wrapped else PASSWORD
    options: dict[str, Any] = {
        "auth_required": True,
        "auth_exclude_mechanism": [left_out],
    }
    with another_server(tls=context, **options) as (port, taken):
        smtp = secured("smtp+starttls", port, ca_file, password=password)
        assert carry(smtp) == "accepted 250"
        smtp.close()
    assert len(taken) == 1


@pytest.mark.parametrize("left_out", [["LOGIN"], ["PLAIN"], ["LOGIN", "PLAIN"]])
def test_a_wrong_password_concerns_everybody(
    tls: tuple[ssl.SSLContext, str], left_out: list[str]
) -> None:
    """Where we cannot log in, the notices stay queued and the password is not told."""
    context, ca_file = tls
    with another_server(tls=context, auth_exclude_mechanism=left_out) as (port, taken):
        wrong = secured("smtp+starttls", port, ca_file, password=PASSWORD + "x")
        told = refusal(wrong)
        assert "log in" in told
        assert "timeout" not in told
    assert not taken
