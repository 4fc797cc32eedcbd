"""What an application on Flask calls with secrets."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps

from flask import Flask, request, session
from werkzeug.datastructures import ImmutableMultiDict

from credguard import CredGuard
from credguard.integrations.browsers import DEVICE_COOKIE
from credguard.integrations.flask import FlaskGuard, devices, pages, sessions
from credguard.integrations.flask.settings import Settings


def as_sent(given: object) -> str:
    """Return what a web framework makes of what a browser sends: all of it is text."""
    return str(given).encode("utf-8", "replace").decode()


class FlaskCalls:
    """
    An application, and what it calls.

    Args:
        guard: The door.

        cookies: The browser's.

        written: What the session keeps of who is logged in.
    """

    def __init__(
        self, guard: CredGuard, cookies: Mapping[str, str], written: str
    ) -> None:
        self._app = Flask(__name__)
        self._app.config.update(SECRET_KEY="for tests alone")
        self._guarded = FlaskGuard(self._app)
        self._app.extensions["credguard"]._doors[os.getpid()] = guard
        self._cookies = cookies
        self._written = written

    @contextmanager
    def _asked(self, **data: object) -> Iterator[None]:
        with self._app.test_request_context("/", method="POST"):
            texts = {name: as_sent(each) for name, each in data.items()}
            request.form = ImmutableMultiDict(texts)
            request.cookies = ImmutableMultiDict(self._cookies)
            session[sessions.USER_ID] = self._written
            yield

    def of_the_extension(self) -> dict[str, Callable[..., object]]:
        """Return the extension's methods, within a request."""
        return {
            f"flask guard, asked: {name}": self._inside(getattr(self._guarded, name))
            for name, each in vars(FlaskGuard).items()
            if inspect.isroutine(each) and name[0] != "_" and name != "init_app"
        }

    def _inside(self, function: Callable[..., object]) -> Callable[..., object]:
        @wraps(function)
        def inside(*args: object, **named: object) -> object:
            with self._asked():
                return function(*args, **named)

        return inside

    def loader(self, written: str) -> object:
        """Load a member, where the application's own code fails."""

        def failing(account_id: str) -> None:
            message = f"a loader that fails at {account_id}"
            raise ValueError(message)

        with self._asked():
            return self._guarded.checked(failing)(written)

    def keep_identity(self) -> None:
        """Hear of a log-in by Flask-Login."""
        with self._asked():
            sessions.keep_identity(None)

    def is_trusted(self, token: str) -> object:
        """Look whether a browser is trusted."""
        with self._asked():
            request.cookies = ImmutableMultiDict({DEVICE_COOKIE: token})
            return devices.is_trusted("1", epoch=1)

    def reset(self, token: str, password: str) -> None:
        """Choose a new password."""
        with self._asked(token=token, password=password):
            pages.reset()

    def second_step(self, code: str) -> None:
        """Type a code, and trust the browser."""
        with self._asked(code=code, trust="on"):
            pages.ask_second_step()

    def second_factor(self, proof: str, code: str) -> None:
        """Set up a second factor, confirm it, and end it."""
        for ask in ("enroll", "confirm", "disable"):
            with self._asked(ask=ask, code=code):
                session["credguard_proof"] = proof
                pages.second_factor()

    def keyring(self, text: str) -> object:
        """Read a keyring from the configuration."""
        return Settings({"CREDGUARD_KEYRING": text}, "").keyring()

    def users(self, password: str) -> str:
        """Read an address from the configuration."""
        given = {"SQLALCHEMY_DATABASE_URI": f"postgresql://a:{password}@x:a port/y"}
        return Settings(given, "").users
