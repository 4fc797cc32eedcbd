"""P21: what a request says of its host leads nobody anywhere else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client, override_settings
from flask import Flask

from credguard import Keyring
from credguard.campaigns import Campaigns, everyone
from credguard.errors import DeliverySetupError
from credguard.guard import CredGuard
from credguard.integrations.django.mail import DjangoMail
from credguard.testing import RememberedMail
from flask_site.app import Member, credguard, db, make_app
from forums import LETTER, close_guard, django_hash
from proving import Proof

pytestmark = pytest.mark.promise("P21")

EVIL = "evil.example"
OLD = "the old password of alice"
FORGED = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Host": EVIL,
    "X-Original-URL": f"https://{EVIL}/",
    "Forwarded": f"host={EVIL};proto=http",
    "X-Forwarded-Proto": "http",
    "Referer": f"https://{EVIL}/",
}
PAGES = ("reset-required", "reset", "second-step", "second-factor")
CANARY = "canary-of-a-token"
_LINKS = re.compile(r"https?://[^\s>]+")


def swept(campaigns: Campaigns) -> str:
    """Return a campaign over everybody that is swept."""
    campaign = campaigns.start(campaigns.plan(everyone, letter=LETTER, rate=100_000.0))
    campaigns.sweep(campaign, worker="sweeper")
    return campaign


def check_mail(text: str) -> None:
    """Check that all links of a mail are those of the settings."""
    links = _LINKS.findall(text)
    assert links
    assert all(link.startswith("https://machina.example/") for link in links)
    assert EVIL not in text


def check_page(body: bytes, headers: dict[str, str]) -> None:
    """Check that a page leads nowhere else, and does not repeat a token."""
    shown = body.decode() + repr(headers)
    assert EVIL not in shown
    assert CANARY not in shown


@pytest.fixture
def in_django(site: Campaigns) -> Iterator[Campaigns]:
    """A Django project that believes everything, with one member."""
    get_user_model().objects.create(
        username="alice", email="alice@mail.example", password=django_hash(OLD)
    )
    with override_settings(ALLOWED_HOSTS=["*"], USE_X_FORWARDED_HOST=True):
        yield site


def test_djangos_pages_and_mail_name_the_configured_host(
    in_django: Campaigns, proof: Proof
) -> None:
    """Not even with ALLOWED_HOSTS open to everybody."""
    campaign = swept(in_django)
    client = Client(headers=FORGED)
    data = {"username": "alice", "password": OLD}
    gate = client.post("/accounts/login/", data)
    assert gate.url == "/credentials/reset-required/"
    for page in PAGES:
        address = f"/credentials/{page}/?token={CANARY}&next=https://{EVIL}/"
        for answer in (client.get(address), client.post(address, {"password": "x"})):
            kept = {k: v for k, v in answer.headers.items() if k != "Location"}
            check_page(answer.content, kept)
            assert not answer.headers.get("Location", "/").startswith(("http", "//"))
            proof.tried()
    assert client.get("/credentials/reset/")["Referrer-Policy"] == "same-origin"
    in_django.send(campaign, DjangoMail(), worker="sender")
    user = get_user_model().objects.get()
    assert in_django.request_link(str(user.pk))
    in_django.send(campaign, DjangoMail(), worker="sender")
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        check_mail(message.body + repr(message.message().items()))


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """A Flask application with one member."""
    made = make_app(sqlite_url, Keyring.generate())
    with made.app_context():
        address = "alice@mail.example"
        db.session.add(
            Member(id=1, name="alice", mail=address, password_hash=django_hash(OLD))
        )
        db.session.commit()
    yield made
    with made.app_context():
        close_guard(credguard.guard)
        db.engine.dispose()


def test_flasks_pages_and_mail_name_the_configured_host(
    app: Flask, proof: Proof
) -> None:
    """Redirects are paths, and links are those of the letter."""
    with app.app_context():
        door: CredGuard = credguard.guard
    campaign = swept(door.campaigns)
    client = app.test_client()
    data: dict[str, Any] = {"name": "alice", "password": OLD}
    gate = client.post("/log-in", data=data, headers=FORGED)
    assert gate.location == "/credentials/reset-required"
    for page in PAGES:
        address = f"/credentials/{page}?token={CANARY}&next=https://{EVIL}/"
        answers = (
            client.get(address, headers=FORGED),
            client.post(address, data={"password": "x"}, headers=FORGED),
        )
        for answer in answers:
            check_page(answer.data, dict(answer.headers))
            if answer.status_code == 200:
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["Cache-Control"] == "no-store"
            proof.tried()
    carrier = RememberedMail()
    door.campaigns.send(campaign, carrier, worker="sender")
    assert door.campaigns.request_link("1")
    door.campaigns.send(campaign, carrier, worker="sender")
    assert len(carrier.messages) == 2
    for message in carrier.messages:
        check_mail(message.as_string())


@pytest.mark.parametrize(
    "link",
    [
        "http://machina.example/reset#{token}",
        "//machina.example/reset#{token}",
        "https:machina.example/reset#{token}",
        "/reset#{token}",
    ],
)
def test_there_is_no_link_without_a_host_and_https(link: str) -> None:
    """Nothing is filled in from elsewhere: there is no default."""
    changed = {
        "site": LETTER.site,
        "reason": LETTER.reason,
        "sender_name": LETTER.sender_name,
        "sender_address": LETTER.sender_address,
    }
    with pytest.raises(DeliverySetupError):
        type(LETTER)(**changed, link=link)
