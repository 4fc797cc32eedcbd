from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import getaddresses
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard.campaigns.letter import (
    LetterTemplate,
    compose,
    is_reachable,
    message_id,
    notice_named,
)
from credguard.errors import DeliverySetupError

UNTIL = datetime(2026, 5, 1, 14, 5, tzinfo=UTC)
QUEUED = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)
TOKEN = "cgt1.Zm9ydW0.c2VjcmV0LXNlY3JldA"
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


def template(**changes: str) -> LetterTemplate:
    """Return a template that works, with *changes*."""
    settings = {
        "site": "The Forum",
        "reason": "Somebody copied our user table on 20 April.",
        "sender_name": "The Forum",
        "sender_address": "help@forum.example",
        "link": "https://forum.example/reset#{token}",
    }
    return LetterTemplate(**{**settings, **changes})


def notice(recipient: str = "member@mail.example", **changes: str) -> EmailMessage:
    """Return a notice to *recipient*."""
    made = template(**changes)
    return compose(
        made,
        recipient=recipient,
        token=TOKEN,
        until=UNTIL,
        queued_at=QUEUED,
        message_id=message_id("notice 1", made.domain),
    )


def read_back(message: EmailMessage) -> EmailMessage:
    """Return *message* as the receiving side reads it off the wire."""
    return message_from_bytes(message.as_bytes(), EmailMessage, policy=default)


def text_of(message: EmailMessage) -> str:
    """Return the text of *message* as its receiver sees it."""
    return str(read_back(message).get_content()).replace("\r\n", "\n")


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c",
        "Member.Name+forum@Mail.Example",
        "o'brien@mail.example",
        "!#$%&'*+-/?=^_`{|}~@mail.example",
        "a" * 64 + "@mail.example",
        "a@" + ".".join(["b" * 63] * 3) + "." + "c" * 59,
        "a@xn--bcher-kva.example",
        "a@1.example",
    ],
)
def test_a_plain_address_is_reachable(address: str) -> None:
    """One dot-atom at a domain of two labels can be mailed, capitals and all."""
    assert is_reachable(address)


@pytest.mark.promise("P20")
@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "@",
        "a",
        "a@",
        "@b.c",
        "a@b",
        "a@b.",
        "a@.b.c",
        "a@b..c",
        ".a@b.c",
        "a.@b.c",
        "a..b@b.c",
        "a@b@c.d",
        "a b@c.d",
        " a@b.c",
        "a@b.c ",
        "a@b.c\n",
        "a@b.c\r\nBcc: x@y.z",
        "a\x00@b.c",
        "a,b@c.d",
        "a@b.c,d@e.f",
        "a@b.c;d@e.f",
        "<a@b.c>",
        "A <a@b.c>",
        '"a"@b.c',
        "a(x)@b.c",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
        "a@-b.c",
        "a@b-.c",
        "a@b_c.d",
        "a@" + "b" * 64 + ".c",
        "a" * 65 + "@b.c",
        "a@" + ".".join(["b" * 63] * 3) + "." + "c" * 61,
        # From a trial with the mail library: decodes to another recipient.
        "=?utf-8?q?attacker=40y.org=3e?=@x.org",
        "ä@b.c",
        "a@bücher.example",
        "a@b.ｃ",
        "mıke@example.org",
        "a\ud800@b.c",
        "\u202ea@b.c",
    ],
)
def test_anything_else_is_not_reachable(address: str | None) -> None:
    """What is not one plain ASCII address is never mailed."""
    assert not is_reachable(address)


def test_a_huge_address_costs_nothing() -> None:
    """Length is looked at before the pattern."""
    assert not is_reachable("a." * 5_000_000 + "@b.c")


@given(st.characters())
def test_no_character_outside_ascii_is_let_in(character: str) -> None:
    """Look-alikes of ASCII letters do not pass, wherever they stand."""
    if character.isascii():
        return
    assert not is_reachable(f"a{character}@example.org")
    assert not is_reachable(f"a@ex{character}mple.org")
    assert not is_reachable(f"a@example.o{character}g")


ADDRESS_LIKE = st.one_of(
    st.text(max_size=80),
    st.emails(),
    st.from_regex(r"[!-~]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,3}"),
    st.text(alphabet="ab=?@.<>,;:\"\\ \r\n()[]'-%utf8q_", max_size=60),
)


@pytest.mark.promise("P20")
@given(ADDRESS_LIKE)
@example("a" * 64 + "@" + ".".join(["b" * 63] * 2) + "." + "c" * 58)
@example("From:x@y.org")
@example("?=@y.org")
@example("a=?b@x.org")
def test_a_reachable_address_is_the_one_recipient(address: str) -> None:
    """A message to a reachable address reads back as being to it and nobody else."""
    if not is_reachable(address):
        return
    received = read_back(notice(address))
    assert set(received.keys()) == HEADERS
    assert received.get_all("To") == [address]
    assert [each.addr_spec for each in received["To"].addresses] == [address]
    # A second reader, with other rules.
    assert getaddresses([str(received["To"])]) == [("", address)]


# The notice


def test_a_notice_is_plain_text_and_nothing_else() -> None:
    """A notice has nine headers, one part, and no trace of tracking."""
    received = read_back(notice())
    assert set(received.keys()) == HEADERS
    assert len(received.keys()) == len(HEADERS)
    assert received.get_content_type() == "text/plain"
    assert not received.is_multipart()
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["From"].addresses[0].addr_spec == "help@forum.example"
    assert received["From"].addresses[0].display_name == "The Forum"
    assert received["Subject"] == "Choose a new password for The Forum"
    assert received["Date"].datetime == QUEUED


def test_a_notice_says_what_a_member_needs() -> None:
    """The reason, the link, its end and the promise not to ask are all told."""
    text = text_of(notice())
    assert "Somebody copied our user table on 20 April." in text
    assert f"\nhttps://forum.example/reset#{TOKEN}\n" in text
    assert "2026-05-01, 14:05 UTC" in text
    assert "We will never ask you to send us a password" in text
    for pressing in ("urgent", "immediately", "!", "now", "suspended"):
        assert pressing not in text.casefold()


def test_the_default_text_has_one_link() -> None:
    """The only web address in a notice is the page that redeems the token."""
    assert text_of(notice()).count("://") == 1


def test_a_notice_composed_again_is_the_same() -> None:
    """A re-sent notice is the same message, byte for byte."""
    assert notice().as_bytes(policy=SMTP) == notice().as_bytes(policy=SMTP)


def test_a_local_time_is_told_in_utc() -> None:
    """An instant in another zone is told as the same instant in UTC."""
    made = template()
    zoned = datetime.fromisoformat("2026-05-01T16:05:00+02:00")
    message = compose(
        made,
        recipient="a@b.example",
        token=TOKEN,
        until=zoned,
        queued_at=zoned,
        message_id=message_id("1", made.domain),
    )
    assert "2026-05-01, 14:05 UTC" in text_of(message)
    assert read_back(message)["Date"] == "Fri, 01 May 2026 14:05:00 +0000"


@pytest.mark.parametrize("reason", ["Plain.", "Grüße aus Köln, 漢字 und 🔑."])
def test_the_link_survives_either_encoding(reason: str) -> None:
    """A long link reads back whole, from a 7-bit and from an encoded body."""
    long = "https://forum.example/" + "a" * 400 + "?x=y&token={token}"
    message = notice(link=long, reason=reason)
    assert message.as_bytes(policy=SMTP).isascii()
    lines = message.as_bytes(policy=SMTP).split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert f"\n{long.replace('{token}', TOKEN)}\n" in text_of(message)
    assert reason in text_of(message)


def test_a_line_that_no_relay_carries_is_encoded() -> None:
    """A body with a line above 998 octets is sent in short lines."""
    message = notice(reason="x" * 1_500)
    lines = message.as_bytes(policy=SMTP).split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert "x" * 1_500 in text_of(message)


def test_a_field_in_a_field_stays_text() -> None:
    """Braces in the reason are text; they do not name fields."""
    assert "{link} and {0.__class__}" in text_of(
        notice(reason="{link} and {0.__class__}")
    )


TEXTS = st.text(st.characters(), max_size=60)


@pytest.mark.promise("P20")
@given(TEXTS, TEXTS, TEXTS)
@example("=?utf-8?q?a=0d=0aBcc:_x?=", "x", "x")
@example("x\r\nBcc: a@b.example", "x", "x")
@example("x", "a\r\n.\r\nMAIL FROM:<a@b.example>", "x")
@example("x", ".\n..\nFrom me", "x")
@example("x", "x", '", <a@b.example>')
@example("x", "x", "a@b.example,")
@example("x", "x", "Grüße, \\")
def test_no_text_adds_a_header(site: str, reason: str, name: str) -> None:
    """Whatever site, reason and name hold, the headers are the nine, once each."""
    try:
        message = notice(site=site, reason=reason, sender_name=name)
    except DeliverySetupError:
        return
    received = read_back(message)
    assert sorted(received.keys()) == sorted(HEADERS)
    assert [each.addr_spec for each in received["To"].addresses] == [
        "member@mail.example"
    ]
    assert [each.addr_spec for each in received["From"].addresses] == [
        "help@forum.example"
    ]
    assert reason in text_of(message)


@pytest.mark.promise("P21")
@pytest.mark.parametrize("token", ["", "a b", "a\nb", "a/b", "é", "a" * 401])
def test_a_token_that_breaks_a_link_is_refused(token: str) -> None:
    """Only what needs no escaping in a URL goes into a link."""
    with pytest.raises(DeliverySetupError, match="token"):
        compose(
            template(),
            recipient="a@b.example",
            token=token,
            until=UNTIL,
            queued_at=QUEUED,
            message_id="<a@b.example>",
        )


def test_an_unreachable_recipient_is_refused_and_not_repeated() -> None:
    """Composing to what is not an address raises an error that does not hold it."""
    with pytest.raises(DeliverySetupError) as refused:
        notice("victim@mail.example\r\nBcc: x@y.example")
    assert "victim" not in str(refused.value)


@pytest.mark.parametrize(
    "bad", ["", "<>", "a@b.example", "<a@b.example>\r\nX: y", "<a@b>", "<<a@b.c>>"]
)
def test_a_message_id_must_be_one(bad: str) -> None:
    """A Message-ID that is not one cannot carry a second header in."""
    with pytest.raises(DeliverySetupError, match="Message-ID"):
        compose(
            template(),
            recipient="a@b.example",
            token=TOKEN,
            until=UNTIL,
            queued_at=QUEUED,
            message_id=bad,
        )


# Message-IDs


def test_a_message_id_is_always_the_same() -> None:
    """The same notice has the same Message-ID; another has another."""
    assert message_id("1", "forum.example") == message_id("1", "forum.example")
    assert message_id("1", "forum.example") != message_id("2", "forum.example")
    assert message_id("1", "forum.example").endswith("@forum.example>")


@given(st.text(st.characters(), max_size=30))
@example("\ud800")
def test_any_notice_id_makes_a_message_id(notice_id: str) -> None:
    """What a notice is called cannot break a header, and cannot be read back."""
    made = message_id(notice_id, "forum.example")
    assert is_reachable(made[1:-1])


def test_a_message_id_needs_a_domain() -> None:
    """What is not a domain cannot end a Message-ID."""
    with pytest.raises(DeliverySetupError, match="domain"):
        message_id("1", "forum.example>\r\nX: y")


def test_a_long_message_id_stays_whole() -> None:
    """A sender with a domain of the greatest length has Message-IDs that survive."""
    sender = "a@" + ".".join(["b" * 63] * 3) + "." + "c" * 59
    domain = sender[2:]
    wire = notice(sender_address=sender).as_bytes(policy=SMTP)
    unfolded = wire.replace(b"\r\n ", b" ")
    named = message_id("notice 1", domain).encode()
    assert b"Message-ID: " + named in unfolded.replace(b"  ", b" ")


# Templates


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"site": " "}, "site is empty"),
        ({"site": "x" * 101}, "site is longer"),
        ({"site": "a\nb"}, "site has a character"),
        ({"site": "a\u2028b"}, "site has a character"),
        ({"site": "\ud800"}, "site has a character"),
        ({"site": "=?utf-8?q?x?="}, "site has a character"),
        ({"reason": ""}, "reason is empty"),
        ({"reason": "x" * 2_001}, "reason is longer"),
        ({"reason": "a\x00b"}, "reason has a character"),
        ({"reason": "a\rb"}, "reason has a character"),
        ({"sender_name": "a\r\nBcc: b@c.d"}, "sender name has a character"),
        ({"sender_address": "forum.example"}, "sender must be one address"),
        ({"sender_address": "a@b.example, c@d.example"}, "sender must be one"),
        ({"sender_name": "x" * 101}, "sender name is longer"),
        ({"subject": ""}, "subject is empty"),
        ({"subject": "x" * 201}, "subject is longer"),
        ({"subject": "a\nb"}, "subject has a character"),
        ({"subject": "{link}"}, "field 'link'"),
        ({"body": "{link} {pasword}"}, "field 'pasword'"),
        ({"body": "{link} {site.__class__}"}, "names a field"),
        ({"body": "{link} {site!r}"}, "names a field"),
        ({"body": "{link} {site:>9999999}"}, "names a field"),
        ({"body": "{link} {site[0]}"}, "names a field"),
        ({"body": "{link} {}"}, "names a field"),
        ({"body": "{link} {0}"}, "names a field"),
        ({"body": "{link"}, "names a field"),
        ({"body": "{link}" + "x" * 9_995}, "body is longer"),
        ({"body": "no place for it"}, "must name the field {link}"),
        ({"link": "https://forum.example/reset"}, "exactly one place"),
        ({"link": "https://forum.example/{token}/{token}"}, "exactly one place"),
        ({"link": "https://forum.example/{token}" + "a" * 500}, "fit one line"),
        ({"link": "https://forum.example/{token}" + "a" * 472}, "fit one line"),
        ({"link": "https://forum.example:0/{token}"}, "must be of the form"),
        ({"link": "http://forum.example/{token}"}, "must begin with https"),
        ({"link": "ftp://localhost/{token}"}, "must begin with https"),
        ({"link": "javascript:{token}"}, "must be of the form"),
        ({"link": "/reset/{token}"}, "must be of the form"),
        ({"link": "https:///{token}"}, "must be of the form"),
        ({"link": "https://{token}.forum.example/"}, "must be of the form"),
        ({"link": "https://forum.example@evil.example/{token}"}, "of the form"),
        ({"link": "https://forum.example:99999/{token}"}, "must be of the form"),
        ({"link": "https://[::1/{token}"}, "must be of the form"),
        ({"link": "https://forum.example/a b{token}"}, "has a character"),
        ({"link": "https://forum.example/\n{token}"}, "has a character"),
        ({"link": "https://förum.example/{token}"}, "has a character"),
        ({"link": "https://forum.example/{site}{token}"}, "has a character"),
    ],
)
def test_a_template_that_cannot_work_is_refused(
    changes: dict[str, str], told: str
) -> None:
    """A template is checked when it is made, and the error names the field."""
    with pytest.raises(DeliverySetupError) as refused:
        template(**changes)
    assert told in str(refused.value)


@pytest.mark.promise("P21")
@pytest.mark.parametrize(
    "link",
    [
        "https://forum.example/{token}",
        "https://forum.example:8443/reset?token={token}&from=mail",
        "http://localhost:8000/reset/{token}",
        "http://127.0.0.1/{token}/",
        "http://[::1]:8000/{token}",
    ],
)
def test_a_link_that_works_is_taken(link: str) -> None:
    """A link is https anywhere, or http on this machine; it ends up with the token."""
    whole = link.replace("{token}", TOKEN)
    assert f"\n{whole}\n" in text_of(notice(link=link))
    assert urlsplit(whole).hostname


def test_a_forum_may_write_its_own_text() -> None:
    """Subject and body of a forum's own are used, doubled braces and all."""
    message = notice(subject="{site}: neues Passwort", body="Hallo {{x}}\n{link}\n")
    assert read_back(message)["Subject"] == "The Forum: neues Passwort"
    assert text_of(message).startswith("Hallo {x}\nhttps://")


def test_a_sender_may_have_no_name() -> None:
    """Without a name the From header is the bare address."""
    assert str(notice(sender_name="")["From"]) == "help@forum.example"


def test_a_message_id_names_its_notice() -> None:
    """The id of a notice is read back from its Message-ID, however it is quoted."""
    notice_id = "AAECAwQFBgcICQoLDA0ODw"
    named = message_id(notice_id, "forum.example")
    assert named == "<000102030405060708090a0b0c0d0e0f.credguard@forum.example>"
    assert notice_named(named) == notice_named(f"x {named[1:-1]} y") == notice_id


@pytest.mark.parametrize("text", ["", "<a@b.example>", "0" * 31, "f" * 33, "\udcff"])
def test_what_names_no_notice_is_none(text: str) -> None:
    """Any text may be given."""
    assert notice_named(text) is None


def test_a_letter_without_a_link_has_none() -> None:
    """The default text says to go there oneself, and a token is not looked at."""
    made = template(link="")
    assert "{link}" not in made.body
    sent = compose(
        made,
        recipient="member@mail.example",
        token="",
        until=UNTIL,
        queued_at=QUEUED,
        message_id=message_id("notice 1", made.domain),
    )
    assert "://" not in sent.get_content()
    assert "yourself" in sent.get_content()


@pytest.mark.parametrize("field", ["link", "until"])
def test_a_letter_without_a_link_names_no_field_of_one(field: str) -> None:
    """There is nothing to put into it."""
    with pytest.raises(DeliverySetupError, match=field):
        template(link="", body=f"Hello {{{field}}}")
