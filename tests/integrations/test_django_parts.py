"""The parts of the Django app one by one: hasher, validator, checks, mail, command."""

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import (
    get_user_model,
    hashers,
)
from django.core import mail
from django.core.exceptions import (
    ValidationError,
)
from django.core.management import (
    call_command,
)
from django.test import (
    Client,
    override_settings,
)
from sqlalchemy import make_url

from credguard import Keyring, PasswordHasher
from credguard.campaigns import Campaigns, everyone
from credguard.campaigns.delivering import Outcome
from credguard.errors import (
    BlocklistUnavailableError,
    DeliveryUnavailableError,
    KeyringError,
    SetupError,
)
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.databases import url_of
from credguard.integrations.django.door import guard
from credguard.integrations.django.hashers import CredGuardHasher
from credguard.integrations.django.mail import DjangoMail
from credguard.integrations.django.validators import CredGuardValidator
from forums import LETTER

pytestmark = pytest.mark.usefixtures("site")

TESTS = Path(__file__).parents[1]
OLD = "the old password of alice"
NEW = "a quiet harbour at noon"
APP = "credguard.integrations.django"
VALIDATOR = f"{APP}.validators.CredGuardValidator"
BACKEND = f"{APP}.backends.CredGuardBackend"
MIDDLEWARE = f"{APP}.middleware.CredGuardMiddleware"
BEFORE = "django.contrib.auth.middleware.AuthenticationMiddleware"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PHPASS = "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"  # phpass's own test: test12345


def member(name: str = "alice", password: str = OLD, **more: object) -> Any:
    """Make a member as Django's own code does."""
    return get_user_model().objects.create_user(
        name, f"{name}@mail.example", password, **more
    )


def test_django_writes_and_verifies_our_hashes() -> None:
    """By the functions that every Django project calls."""
    hashed = hashers.make_password(OLD)
    assert hashed.startswith("$argon2id$")
    assert hashers.check_password(OLD, hashed)
    assert not hashers.check_password("a guess", hashed)
    assert hashers.check_password(OLD.encode(), hashed)
    assert not hashers.check_password(b"\xff", hashed)


def test_what_begins_with_a_dollar_is_verified_and_due() -> None:
    """Hashes of the software that the forum had before, by `accept`."""
    assert hashers.check_password("test12345", PHPASS)
    assert CredGuardHasher().must_update(PHPASS)
    assert not CredGuardHasher().must_update(hashers.make_password(OLD))


@pytest.mark.parametrize("stored", ["$", "$argon2id$", "$unknown$x", "$H$9short"])
def test_what_cannot_be_read_fits_nothing(stored: str) -> None:
    """And is not due either, for nobody can get that far."""
    assert not hashers.check_password(OLD, stored)
    assert not CredGuardHasher().must_update(stored)


def test_django_renews_what_its_own_forms_verify() -> None:
    """`User.check_password` stores a better hash by itself."""
    user = member()
    user.password = hashers.PBKDF2PasswordHasher().encode(OLD, "salt", 2)
    user.save()
    assert user.check_password(OLD)
    assert get_user_model().objects.get(pk=user.pk).password.startswith("$argon2id$")


def test_the_admin_is_shown_the_scheme_alone() -> None:
    """Neither salt nor hash, not even a part of it."""
    hasher = CredGuardHasher()
    assert hasher.safe_summary(hashers.make_password(OLD)) == {"algorithm": "argon2id"}
    hasher.harden_runtime(OLD, PHPASS)


def refused(password: str, user: object | None = None) -> list[str]:
    """Return the codes with which a password is refused."""
    with pytest.raises(ValidationError) as raised:
        CredGuardValidator().validate(password, user)
    return [error.code for error in raised.value.error_list]


def test_the_validator_gives_djangos_errors() -> None:
    """With our codes and sentences, for accounts old and new."""
    assert refused("short") == ["too_short"]
    assert refused("short", member()) == ["too_short"]
    assert "context" in refused("alice alice alice", member("bob", first_name="alice"))
    CredGuardValidator().validate(NEW)
    CredGuardValidator().password_changed(NEW)
    assert "15" in CredGuardValidator().get_help_text()


def test_what_could_not_be_checked_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form can say that it is worth trying again."""

    def away(*args: object, **kwargs: object) -> None:
        del args, kwargs
        raise BlocklistUnavailableError

    monkeypatch.setattr(guard(), "check_new_password", away)
    assert refused(NEW) == ["unavailable"]


def messages(**settings: object) -> list[Any]:
    """Return what `manage.py check` finds with other settings."""
    from credguard.integrations.django import checks  # noqa: PLC0415  # needs a project

    with override_settings(**settings):
        return checks.check_project(None)


def found(**settings: object) -> set[str]:
    """Return the ids of what is found with other settings."""
    return {each.id for each in messages(**settings)}


def test_a_project_as_the_how_to_says_is_fine() -> None:
    """Nothing is found."""
    assert found() == set()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CREDGUARD": None}, "credguard.E001"),
        ({"CREDGUARD": {"KEYRING": "x"}}, "credguard.E001"),
        ({"CREDGUARD": {"KEYRINGS": "x"}}, "credguard.E001"),
        (
            {"PASSWORD_HASHERS": [VALIDATOR]},
            "credguard.E003",
        ),
        ({"AUTHENTICATION_BACKENDS": []}, "credguard.E004"),
        (
            {
                "AUTHENTICATION_BACKENDS": [
                    BACKEND,
                    MODEL_BACKEND,
                ]
            },
            "credguard.E005",
        ),
        ({"MIDDLEWARE": []}, "credguard.E006"),
        (
            {"MIDDLEWARE": [MIDDLEWARE, BEFORE]},
            "credguard.E006",
        ),
        ({"AUTH_PASSWORD_VALIDATORS": []}, "credguard.W007"),
        (
            {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"},
            "credguard.W008",
        ),
    ],
)
def test_each_finding_has_its_cause(settings: dict[str, object], expected: str) -> None:
    """And nothing else is found with it."""
    assert found(**settings) == {expected}


def test_a_pepper_is_found() -> None:
    """Django's own forms do not know whose hash it is."""
    keyring = Keyring.generate()
    options = {"passwords": PasswordHasher(keyring=keyring)}
    given = {"KEYRING": keyring, "OPTIONS": options}
    assert found(CREDGUARD=given) == {"credguard.E002"}


def test_each_finding_names_its_remedy() -> None:
    """What is to be written, and where."""
    given = messages(
        MIDDLEWARE=[],
        AUTHENTICATION_BACKENDS=[MODEL_BACKEND],
        PASSWORD_HASHERS=[],
        AUTH_PASSWORD_VALIDATORS=[],
    )
    assert len(given) == 5
    for each in given:
        assert each.hint.startswith(("Put '", "Put {", "Take '"))


@pytest.mark.parametrize(
    ("backends", "expected"),
    [
        (["django_site.backends.OfTheForum"], set()),
        (["django_site.backends.OfTheForum", "nowhere.Backend"], set()),
        (
            [
                "django_site.backends.OfTheForum",
                "django.contrib.auth.backends.RemoteUserBackend",
            ],
            set(),
        ),
        (
            [
                "django_site.backends.OfTheForum",
                "django.contrib.auth.backends.AllowAllUsersModelBackend",
            ],
            {"credguard.E005"},
        ),
    ],
)
def test_a_forums_own_backend_counts_by_what_it_is(
    backends: list[str], expected: set[str]
) -> None:
    """Made from ours, it is ours; made from Django's, it takes passwords."""
    assert found(AUTHENTICATION_BACKENDS=backends) == expected


@pytest.mark.parametrize("given", [None, "", {"KEYRING": ""}])
def test_a_keyring_is_needed(given: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the setting or from the environment."""
    monkeypatch.delenv("CREDGUARD_KEYRING", raising=False)
    with override_settings(CREDGUARD=given), pytest.raises((KeyringError, SetupError)):
        read_configuration()


def test_the_keyring_may_stand_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the command expects it too."""
    keyring = Keyring.generate()
    monkeypatch.setenv("CREDGUARD_KEYRING", keyring.reveal())
    with override_settings(CREDGUARD={"DATABASE": "sqlite:///other.db"}):
        configuration = read_configuration()
    assert configuration.keyring.ids == keyring.ids
    assert configuration.database == "sqlite:///other.db"


@pytest.mark.parametrize(
    ("database", "url"),
    [
        (
            {"ENGINE": "django.db.backends.sqlite3", "NAME": "/a/b.db"},
            "sqlite:////a/b.db",
        ),
        (
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "forum",
                "USER": "web",
                "PASSWORD": "p@ss/word",
                "HOST": "db.example",
                "PORT": "5433",
                "OPTIONS": {"sslmode": "require", "pool": True},
            },
            "postgresql://web:p%40ss%2Fword@db.example:5433/forum?sslmode=require",
        ),
        (
            {"ENGINE": "django.db.backends.postgresql", "NAME": "f", "HOST": "/run/pg"},
            "postgresql:///f?host=%2Frun%2Fpg",
        ),
        (
            {"ENGINE": "django.db.backends.mysql", "NAME": "f", "HOST": "/run/my.sock"},
            "mariadb:///f?unix_socket=%2Frun%2Fmy.sock",
        ),
    ],
)
def test_djangos_databases_have_urls(
    database: dict[str, object], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same host, name, user and password."""
    monkeypatch.setattr(settings, "DATABASES", {"default": database})
    assert make_url(url_of("default")) == make_url(url)


@pytest.mark.parametrize(
    "database",
    [
        {},
        {"ENGINE": "django.db.backends.oracle", "NAME": "x"},
        {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "PORT": "a secret"},
        {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "PORT": "-1"},
        {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:x?mode=memory"},
    ],
)
def test_other_databases_are_refused_with_the_remedy(
    database: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one in memory, which no second connection sees."""
    monkeypatch.setattr(settings, "DATABASES", {"default": database})
    with pytest.raises(SetupError) as refused:
        url_of("default")
    assert "a secret" not in str(refused.value)


def notice() -> EmailMessage:
    """Return a notice as a campaign makes it."""
    message = EmailMessage()
    message["Subject"] = "Your password"
    message["From"] = "Machina <help@machina.example>"
    message["To"] = "alice@mail.example"
    message["Message-ID"] = "<17@machina.example>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("In text.")
    message.add_alternative("<p>In HTML.</p>", subtype="html")
    return message


def test_a_notice_goes_out_as_any_mail_of_the_projects() -> None:
    """With its text, its HTML and its headers, each once."""
    carrier = DjangoMail()
    receipt = carrier.send(
        notice(), recipient="alice@mail.example", idempotency_key="k"
    )
    assert receipt.outcome is Outcome.ACCEPTED
    carrier.close()
    carrier.close()
    [sent] = mail.outbox
    raw = sent.message()
    for name in ("From", "To", "Subject", "Message-ID", "Date", "MIME-Version"):
        assert len(raw.get_all(name)) == 1
    assert raw["Message-ID"] == "<17@machina.example>"
    assert raw["Auto-Submitted"] == "auto-generated"
    assert raw["Idempotency-Key"] == "k"
    texts = [part.get_payload() for part in raw.walk() if not part.is_multipart()]
    assert texts == ["In text.\n", "<p>In HTML.</p>\n"]


def test_a_bounce_comes_back_where_it_is_wanted() -> None:
    """The envelope's sender is one thing and the header another."""
    DjangoMail().send(notice(), recipient="a@b.example", return_path="b+1@m.example")
    [sent] = mail.outbox
    assert sent.from_email == "b+1@m.example"
    assert sent.message()["From"] == "Machina <help@machina.example>"


def raising(error: Exception) -> Callable[..., int]:
    """Return a `send_messages` that fails."""

    def send_messages(*args: object, **kwargs: object) -> int:
        del args, kwargs
        raise error

    return send_messages


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), Outcome.REFUSED),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), Outcome.DEFERRED),
        (smtplib.SMTPRecipientsRefused({}), Outcome.DEFERRED),
        (smtplib.SMTPDataError(554, b"spam"), Outcome.REFUSED),
        (smtplib.SMTPDataError(451, b"later"), Outcome.DEFERRED),
        (smtplib.SMTPServerDisconnected("gone"), Outcome.UNKNOWN),
        (ConnectionRefusedError(), None),
        (smtplib.SMTPAuthenticationError(535, b"who?"), None),
    ],
)
def test_what_the_backend_raises_is_told_apart(
    error: Exception, outcome: Outcome | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What concerns one recipient, and what concerns everybody."""
    place = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    monkeypatch.setattr(place, raising(error))
    if outcome is None:
        with pytest.raises(DeliveryUnavailableError):
            DjangoMail().send(notice(), recipient="alice@mail.example")
    else:
        sent = DjangoMail().send(notice(), recipient="alice@mail.example")
        assert sent.outcome is outcome


def test_a_backend_that_took_nothing_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is lost."""
    place = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    monkeypatch.setattr(place, lambda *_: 0)
    sent = DjangoMail().send(notice(), recipient="alice@mail.example")
    assert sent.outcome is Outcome.DEFERRED


def test_a_connection_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has enough hangs up, and then nobody knows of the last one."""
    done: list[str] = []
    for name in ("open", "close"):
        place = f"django.core.mail.backends.locmem.EmailBackend.{name}"
        monkeypatch.setattr(place, lambda *_, name=name: done.append(name))
    carrier = DjangoMail()
    for _ in range(250):
        carrier.send(notice(), recipient="alice@mail.example")
    assert done == ["open", "close", "open", "close", "open"]
    assert len(mail.outbox) == 250


def test_the_admin_shows_campaigns_and_changes_none(site: Campaigns) -> None:
    """To who may look at them."""
    member()
    campaign = site.start(site.plan(everyone, letter=LETTER, rate=1.0))
    client = Client()
    client.force_login(member("root", is_staff=True, is_superuser=True))
    page = "/admin/credguard/campaign/"
    assert campaign in client.get(page).content.decode()
    assert b"<svg" in client.get(f"{page}{campaign}/change/").content
    assert client.get(f"{page}nothing/change/").status_code == 404
    for what in ("add/", f"{campaign}/delete/"):
        assert client.get(page + what).status_code == 403
    client.force_login(member("staff", is_staff=True))
    assert client.get(page).status_code == 403


def test_the_command_knows_database_keyring_and_mail(
    site: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`manage.py credguard` needs no file and no environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDGUARD_KEYRING", raising=False)
    member()
    run("accounts", "check")
    plan = str(tmp_path / "plan.toml")
    run("campaign", "plan", "everyone", "--reason", "A leak.", "--out", plan)
    run("campaign", "start", plan, "--yes")
    run("campaign", "run")
    [message] = mail.outbox
    assert message.to == ["alice@mail.example"]
    [record] = site.every()
    assert site.status(record.id).told == 1
    run("audit", "verify")


def run(*arguments: str) -> None:
    """Run `manage.py credguard` to a good end."""
    with pytest.raises(SystemExit) as ended:
        call_command("credguard", *arguments)
    assert not ended.value.code


def test_migrate_is_all_it_takes(database_url: str, tmp_path: Path) -> None:
    """On each database, from nothing to a member who logs in."""
    url = make_url(database_url)
    engine = {"sqlite": "sqlite3", "mariadb": "mysql"}.get(
        url.get_backend_name(), url.get_backend_name()
    )
    database = {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": str(url.port or ""),
    }
    environment = {
        **os.environ,
        "CREDGUARD_SITE_DATABASE": json.dumps(database),
        "DJANGO_SETTINGS_MODULE": "django_site.settings",
        "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
    }
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    found = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.split() == ["$argon2id", "302", "200"], found.stderr


SCRIPT = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("migrate", verbosity=0)
from django.contrib.auth import get_user_model
from django.test import Client
user = get_user_model().objects.create_user("alice", password="three dry words")
print(user.password[:9])
client = Client()
data = {"username": "alice", "password": "three dry words"}
print(client.post("/accounts/login/", data).status_code)
print(client.get("/").status_code)
"""
