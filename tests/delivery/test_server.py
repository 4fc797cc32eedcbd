import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard.delivery._server import Security, Server
from credguard.errors import DeliverySetupError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", (Security.NONE, "127.0.0.1", 2525, "")),
        ("smtp://mail", (Security.NONE, "mail", 25, "")),
        ("smtp://[::1]:26/", (Security.NONE, "::1", 26, "")),
        ("smtps://mail.example", (Security.TLS, "mail.example", 465, "")),
        (
            "smtp+starttls://a%40b.example@mail.example",
            (Security.STARTTLS, "mail.example", 587, "a@b.example"),
        ),
        ("SMTPS://forum@MAIL.example:1", (Security.TLS, "mail.example", 1, "forum")),
    ],
)
def test_a_url_names_a_server(url: str, server: tuple[object, ...]) -> None:
    """Scheme, host, port and user are read; the port has the usual default."""
    read = Server.parse(url)
    assert (read.security, read.host, read.port, read.user) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://:25",
        "smtp://mail.example:0",
        "smtp://mail.example:65536",
        "smtp://mail.example:x",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=1",
        "smtp://mail.example#x",
        "smtp://a..b",
        "smtp://bücher.example",
        "smtp://" + "a" * 64 + ".example",
        "smtp://[::1",
        "smtp://[hunter2]",
        "smtps://a%0Ab@mail.example",
        "smtp://" + "a." * 1_000,
        "smtp://mail.example\ud800",
    ],
)
def test_what_is_no_server_is_refused(url: str) -> None:
    """A URL that names no server raises an error that shows the right form."""
    with pytest.raises(DeliverySetupError, match=r"is written smtp://host:25"):
        Server.parse(url)


@pytest.mark.parametrize(
    "url", ["smtps://forum:hunter2@mail.example", "smtp://:hunter2@mail.example"]
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    """A password has no place in a URL, nor in the error that says so."""
    with pytest.raises(DeliverySetupError, match="must not hold the password") as told:
        Server.parse(url)
    assert "hunter2" not in str(told.value)


def test_no_one_logs_in_without_tls() -> None:
    """A user in a plain URL is refused: the password would go in the clear."""
    with pytest.raises(DeliverySetupError, match="over TLS only"):
        Server.parse("smtp://forum@mail.example")


@given(st.text(st.characters(), max_size=60), st.sampled_from(["", *Security]))
@example("[::1%25\x00]", Security.TLS)
@example("a@[v1.x]", Security.TLS)
def test_any_text_is_a_server_or_refused(text: str, scheme: str) -> None:
    """No text does anything but name a server or raise the one error."""
    try:
        server = Server.parse(f"{scheme}://{text}")
    except DeliverySetupError:
        return
    assert server.host
    assert 0 < server.port < 65_536
