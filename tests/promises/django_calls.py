"""What a project on Django calls with secrets; its settings must be there."""

from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends import signed_cookies
from django.http import QueryDict
from django.test import RequestFactory
from flask_calls import as_sent

from credguard import Keyring
from credguard.integrations.browsers import DEVICE_COOKIE
from credguard.integrations.django import devices, stamps, views
from credguard.integrations.django.backends import CredGuardBackend
from credguard.integrations.django.configuration import (
    Configuration,
    read_configuration,
)
from credguard.integrations.django.current import answering, note_changed
from credguard.integrations.django.databases import url_of
from credguard.integrations.django.hashers import CredGuardHasher
from credguard.integrations.django.mail import DjangoMail
from credguard.integrations.django.validators import CredGuardValidator


class _Backend(CredGuardBackend):
    def __init__(self, user: Any) -> None:
        self._user = user

    def find_user(self, name: str) -> Any:
        """Return the one user, without a database."""
        del name
        return self._user


class DjangoCalls:
    """
    A project with one member, and what it calls.

    Args:
        texts: The secrets.

        cookies: The browser's.
    """

    def __init__(self, texts: Mapping[str, str], cookies: Mapping[str, str]) -> None:
        self._texts = texts
        self._cookies = cookies

    def of_parts(self, keyring: Keyring, url: str) -> dict[str, object]:
        """Return the parts that a project names in its settings."""
        return {
            "django hasher": CredGuardHasher(),
            "django validator": CredGuardValidator(),
            "django mail": DjangoMail(password=self._texts["mail password"]),
            "django configuration": Configuration(keyring, url, url, {}, {}, {}),
        }

    def _user(self) -> Any:
        user = get_user_model()(pk=1, username="member1")
        user.password = self._texts["stored"]
        return user

    def _asked(self, **data: object) -> Any:
        asked: Any = RequestFactory().post("/")
        asked.POST = QueryDict(mutable=True)
        asked.POST.update({name: as_sent(each) for name, each in data.items()})
        asked.COOKIES = dict(self._cookies)
        asked.session = signed_cookies.SessionStore()
        asked.session["_auth_user_id"] = "1"
        asked.session["credguard"] = self._texts["session"]
        asked.user = self._user()
        return asked

    def authenticate(self, password: str) -> None:
        """Log in by Django's own form."""
        _Backend(self._user()).authenticate(self._asked(), "member1", password)

    def validate(self, password: str) -> None:
        """Choose a new password in Django's own form."""
        CredGuardValidator().validate(password, self._user())

    def open_stamp(self) -> None:
        """Hear of a log-in."""
        given = self._asked()
        stamps.open_stamp(None, given, given.user)

    def check_stamp(self, session: str) -> object:
        """Ask for a page of members."""
        given = self._asked()
        given.session["credguard"] = session
        return stamps.check_stamp(given)

    def renew_stamp(self) -> None:
        """Change the password, and go on."""
        given = self._asked()
        given.session["_auth_user_hash"] = given.user.get_session_auth_hash()
        with answering(given):
            note_changed("1")
            stamps.renew_stamp(given)

    def is_trusted(self, token: str) -> object:
        """Look whether a browser is trusted."""
        given = self._asked()
        given.COOKIES[DEVICE_COOKIE] = token
        return devices.is_trusted(given, "1", epoch=1)

    def trust(self, proof: str) -> None:
        """Trust a browser."""
        devices.trust(self._asked(), "1", proof=proof, epoch=1)

    def reset(self, token: str, password: str) -> None:
        """Choose a new password by a link."""
        views.reset(self._asked(token=token, password=password))

    def second_step(self, code: str) -> None:
        """Type a code, and trust the browser."""
        views.second_step(self._asked(code=code, trust="on"))

    def confirm_factor(self, code: str) -> None:
        """Type the first code."""
        views.confirm_factor(self._asked(code=code))

    def second_factor(self, proof: str) -> None:
        """Set up a second factor, and end it."""
        for view in (views.second_factor, views.disable_factor):
            given = self._asked()
            given.session["credguard_proof"] = proof
            view(given)

    def configuration(self, text: str) -> object:
        """Read the setting."""
        return self._read(KEYRING=text, DATABASE=f"sqlite:///{text}")

    def unknown(self, text: str) -> object:
        """Read a setting that is mistyped."""
        return self._read(KEYRING=text, UNKNOWN=text)

    def _read(self, **given: object) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "CREDGUARD", given)
            return read_configuration()

    def database(self, password: str) -> None:
        """Read the settings of a database, its port mistyped."""
        given = {"ENGINE": "x.postgresql", "PASSWORD": password, "PORT": "a port"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(settings.DATABASES, "canary", given)
            url_of("canary")

    def send(self, token: str) -> object:
        """Send a notice with a link."""
        mail = DjangoMail(
            backend="django.core.mail.backends.smtp.EmailBackend",
            host="127.0.0.1",
            port="9",
            password=token,
        )
        message = EmailMessage()
        message["From"], message["Subject"] = "help@machina.example", "a subject"
        message.set_content(as_sent(token))
        return mail.send(message, recipient="member1@mail.example")
