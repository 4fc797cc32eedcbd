"""The extension: one object for an application, as Flask's others are."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask

from credguard._secret import keeping_no_locals
from credguard.errors import ResetRequiredError, UnavailableError
from credguard.guard import CredGuard, Login
from credguard.integrations.flask import sessions
from credguard.integrations.flask.answers import reset_required, unavailable
from credguard.integrations.flask.command import command
from credguard.integrations.flask.cookies import give_cookie
from credguard.integrations.flask.identities import Identity
from credguard.integrations.flask.pages import pages
from credguard.integrations.flask.settings import Settings
from credguard.integrations.flask.state import NAME, State, guard
from credguard.second_factor import Verified

_T = TypeVar("_T")


@keeping_no_locals
class FlaskGuard:
    """
    credguard for a Flask application.

    Args:
        app: The application; or call `init_app` later.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """
        Register pages, error handlers and ``flask credguard``, and hear of log-ins.

        Args:
            app: The application, with its configuration.
        """
        app.extensions[NAME] = State(Settings(app.config, app.instance_path))
        app.register_blueprint(pages(), url_prefix="/credentials")
        app.register_error_handler(ResetRequiredError, reset_required)
        app.register_error_handler(UnavailableError, unavailable)
        app.after_request(give_cookie)
        app.cli.add_command(command())
        try:
            from flask_login import user_logged_in  # noqa: PLC0415  # not everybody's
        except ModuleNotFoundError:
            return
        user_logged_in.connect(sessions.keep_identity, app)

    @property
    def guard(self) -> CredGuard:
        """
        The door, for what is not wrapped here.

        Raises:
            SetupError: The configuration cannot be used.
            CredguardError: As `CredGuard`.
        """
        return guard()

    def log_in(
        self, password: str, *, account_id: str | None, stored: str | None
    ) -> Login:
        """
        Log a person in; then call ``login_user``, and the stamp is kept.

        Args:
            password: What was typed.

            account_id: The account's id; None if there is no such account.

            stored: What stands in the password column; None if there is none.

        Returns:
            What `CredGuard.log_in` returns: store `replacement` if the old hash
            still stands there. A trusted browser needs no second factor.

        Raises:
            CredguardError: As `CredGuard.log_in`. `ResetRequiredError` and what is
                away need not be caught: they are answered by pages.
        """
        return sessions.log_in(password, account_id=account_id, stored=stored)

    def identity_of(self, account_id: str) -> str:
        """
        Return what to keep in the session, for hosts without Flask-Login.

        Args:
            account_id: Who has just logged in, by `log_in` or by other means.

        Returns:
            A text; hand it to `identity` with every request.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        return sessions.identity_of(account_id)

    def identity(self, written: object) -> Identity | None:
        """
        Return who is logged in, None if nobody is or the session is over.

        Args:
            written: What `identity_of` returned; anything may be given.

        Returns:
            Look at `waits`: whether the second factor is still to be verified.

        Raises:
            UnavailableError: It cannot be told now.
        """
        return sessions.identity(written)

    def checked(self, load: Callable[[str], _T]) -> Callable[[str], _T | None]:
        """
        Wrap a user loader: it is only asked for accounts whose session is good.

        Put it between ``@login_manager.user_loader`` and the function. It runs once
        for each request, for the session and for the cookie that remembers people.

        Args:
            load: Returns the user with an id.

        Returns:
            What to register. A session that is over, and one that waits for its
            second factor, is nobody's.
        """

        def loader(written: str) -> _T | None:
            try:
                found = sessions.identity(written)
            finally:
                del written  # what raises later, in `load` too, does not show it
            if found is None or found.waits:
                return None
            return load(found.account_id)

        return loader

    def second_step(self, code: str, *, trust: bool = False) -> Verified:
        """
        Accept the second factor of the session that waits for it.

        Args:
            code: What was typed.

            trust: Trust this browser, so that it is not asked next time.

        Returns:
            What was accepted; the session is the member's from now on.

        Raises:
            CodeMismatchError: The code is not right, or nobody is waiting.
            RefusedError, UnavailableError: As `SecondFactors.verify`.
        """
        return sessions.second_step(code, trust=trust)

    def renew_session(self) -> None:
        """
        Let the session go on whose member has just changed the password in it.

        Call it after `CredGuard.change_password` or `CredGuard.password_was_set`,
        which end all sessions, in the request of a member who is logged in.

        Raises:
            SessionRefusedError: Nobody is logged in.
            StorageUnavailableError: The database is away or locked.
        """
        sessions.renew_session()
