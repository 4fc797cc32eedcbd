"""How long the texts of a letter may be, to the character."""

from email.policy import SMTP

import pytest
from test_letter import QUEUED, UNTIL, notice, template, text_of

from credguard.campaigns.letter import compose, message_id


@pytest.mark.parametrize(
    "changes",
    [
        {"site": "x" * 100},
        {"sender_name": "x" * 100},
        {"subject": "x" * 200},
        {"reason": "x" * 2_000},
        {"body": "{link}" + "x" * 9_994},
        {"link": "https://forum.example/{token}" + "a" * 471},
    ],
)
def test_a_text_of_the_greatest_length_is_taken(changes: dict[str, str]) -> None:
    """What fits by a hair is no mistake."""
    made = notice(**changes)
    assert max(map(len, made.as_bytes(policy=SMTP).split(b"\r\n"))) <= 998


def test_a_template_shows_its_texts_and_not_its_headers() -> None:
    """Two templates of the same texts are the same, and look the same."""
    assert template() == template()
    assert repr(template()) == repr(template())
    assert template() != template(site="Another")


def test_a_token_of_the_greatest_length_fits() -> None:
    """Four hundred characters stand in the link, on one line."""
    made, token = template(), "a" * 400
    message = compose(
        made,
        recipient="a@b.example",
        token=token,
        until=UNTIL,
        queued_at=QUEUED,
        message_id=message_id("1", made.domain),
    )
    assert f"#{token}\n" in text_of(message)


@pytest.mark.parametrize(("length", "encoding"), [(998, "7bit"), (999, "quoted")])
def test_a_line_of_998_octets_is_the_longest(length: int, encoding: str) -> None:
    """RFC 5322 section 2.1.1: one more is encoded."""
    message = notice(reason="x" * length, body="{link}\n{reason}\n")
    assert message["Content-Transfer-Encoding"].startswith(encoding)
