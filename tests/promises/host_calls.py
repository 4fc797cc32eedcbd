"""What web hosts hand secrets to: the parts for Django, for Flask and for Starlette."""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from flask_calls import FlaskCalls
from starlette.requests import Request

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.integrations.browsers import BROWSER_COOKIE, DEVICE_COOKIE
from credguard.integrations.flask import FlaskGuard
from credguard.integrations.flask.identities import read_identity
from credguard.integrations.flask.settings import Settings
from credguard.integrations.keyrings import keyring_of
from credguard.integrations.starlette import StarletteGuard
from credguard.testing import CHEAPEST
from django_site.fixtures import set_up

if TYPE_CHECKING:
    from django_calls import DjangoCalls

Calls = dict[str, Callable[..., object]]
AWAY = "127.0.0.1:9"  # the discard port: nobody listens


@contextmanager
def hosts_of(
    guard: CredGuard, texts: Mapping[str, str]
) -> Iterator[tuple[Calls, dict[str, object]]]:
    """
    Put three applications before one door.

    Args:
        guard: The door.

        texts: The secrets, by name.

    Yields:
        What can be called, and the parts themselves.
    """
    set_up()
    # Django's parts are imported when its settings are there.
    from django_calls import DjangoCalls  # noqa: PLC0415

    from credguard.integrations.django import door  # noqa: PLC0415

    cookies = {BROWSER_COOKIE: texts["cookie"], DEVICE_COOKIE: texts["device"]}
    plain = PasswordHasher(work_factor=CHEAPEST)
    django = DjangoCalls(texts, cookies)
    flask = FlaskCalls(guard, cookies, identity_in(texts))
    starlette = StarletteCalls(guard, cookies, texts["session"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_guard_of", lambda _process: guard)
        patch.setattr(door, "_passwords_of", lambda _process: plain)
        calls = {"keyring_of": _keyring, **flask.of_the_extension()}
        for host, each in (
            ("django", django),
            ("flask", flask),
            ("starlette", starlette),
        ):
            calls |= {f"{host}.{name}": call for name, call in _public(each)}
        yield calls, _parts(guard, texts, django)


def identity_in(texts: Mapping[str, str]) -> str:
    """Return what Flask's session keeps of who is logged in."""
    return f"+{texts['session']}:1"


def _public(owner: object) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, each in inspect.getmembers(owner, inspect.ismethod):
        if not name.startswith(("_", "of_")):
            yield name, each


def _keyring(text: str) -> object:
    return keyring_of(text, setting="A SETTING")


def _parts(
    guard: CredGuard, texts: Mapping[str, str], django: "DjangoCalls"
) -> dict[str, object]:
    url = f"postgresql://alice:{texts['mail password']}@{AWAY}/x"
    given = {"CREDGUARD_KEYRING": texts["keyring"], "CREDGUARD_DATABASE": url}
    return {
        **django.of_parts(Keyring.generate(), url),
        "flask guard": FlaskGuard(),
        "flask settings": Settings(given, ""),
        "identity": read_identity(identity_in(texts)),
        "starlette guard": StarletteGuard(guard),
    }


class StarletteCalls:
    """
    What an application on Starlette calls.

    Args:
        guard: The door.

        cookies: The browser's.

        stamp: A session that is good.
    """

    def __init__(
        self, guard: CredGuard, cookies: Mapping[str, str], stamp: str
    ) -> None:
        self._guarded = StarletteGuard(guard)
        self._cookies = cookies
        self._stamp = stamp

    def _asked(self, stamp: str) -> Request:
        scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": []}
        scope |= {"session": {"credguard": ["1", stamp, True, False]}}
        found = Request(scope | {"client": ("192.0.2.1", 1)})
        found._cookies = dict(self._cookies)
        return found

    def log_in(self, password: str, stored: str) -> object:
        """Log in."""
        given = self._asked("")
        called = self._guarded.log_in(given, password, account_id="1", stored=stored)
        return asyncio.run(called)

    def second_step(self, code: str) -> None:
        """Type a code."""
        asyncio.run(self._guarded.second_step(self._asked(self._stamp), code))

    def who(self, session: str) -> object:
        """Ask for a page of members."""

        async def asked() -> object:
            return await self._guarded(self._asked(session))

        return asyncio.run(asked())
