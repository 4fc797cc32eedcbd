"""The backend for ``AUTHENTICATION_BACKENDS``: the password goes through the door."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.views.decorators.debug import sensitive_variables

from credguard._secret import keeping_no_locals
from credguard.errors import PasswordMismatchError, ResetRequiredError, StoredDataError
from credguard.guard import Login
from credguard.integrations import resets
from credguard.integrations.django.browsers import browser_of
from credguard.integrations.django.current import request_now
from credguard.integrations.django.door import guard
from credguard.integrations.django.stamps import network_of

_LOG = logging.getLogger("credguard")


@keeping_no_locals
class CredGuardBackend(ModelBackend):
    """
    Django's own backend with credguard's log-in; put it in that one's place.

    Permissions stay Django's. An account that a campaign asks for a new password
    raises `ResetRequiredError`, which the middleware turns into the reset page.
    """

    @sensitive_variables()
    def authenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        **kwargs: object,
    ) -> object | None:
        """
        Return the user whose password it is, None if it is not.

        Raises:
            ResetRequiredError: It is right, but out of use.
            BusyError: Nothing was decided; try again.
            StorageUnavailableError: The database is away or locked.
        """
        named = kwargs.get(get_user_model().USERNAME_FIELD)
        name = username if username is not None else named
        if not isinstance(name, str) or password is None:
            return None
        user = self.find_user(name)
        request = request or request_now()
        login = _log_in(request, user, password)
        if login is None or user is None or not self.user_can_authenticate(user):
            return None
        _replace(user, login)
        user._credguard_login = (login, browser_of(request))
        return user

    @sensitive_variables()
    async def aauthenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        **kwargs: object,
    ) -> object | None:
        """
        Do what `authenticate` does, for views that are coroutines.

        Raises:
            RefusedError, UnavailableError: As `authenticate`.
        """
        # Django's own asks the hasher alone: no campaign, no journal, no session.
        return await sync_to_async(
            lambda: self.authenticate(request, username, password, **kwargs)
        )()

    def find_user(self, name: str) -> Any:
        """
        Return the user who is called *name*, None if there is none.

        Override it where people also log in with their address.
        """
        model = get_user_model()
        try:
            return model._default_manager.get_by_natural_key(name)
        except model.DoesNotExist:
            return None


def _log_in(request: Any, user: Any, password: str) -> Login | None:
    try:
        return guard().log_in(
            password,
            account_id=None if user is None else str(user.pk),
            stored=None if user is None else user.password,
            browser=browser_of(request),
            network=network_of(request),
        )
    except PasswordMismatchError:
        return None
    except ResetRequiredError as refused:
        if hasattr(request, "session") and user is not None:
            resets.remember(request.session, str(user.pk), refused)
        raise
    except StoredDataError as error:
        # Their texts hold no secret; somebody has to look.
        _LOG.error("A stored password could not be used: %s", type(error).__name__)
        return None


def _replace(user: Any, login: Login) -> None:
    if login.replacement is None:
        return
    # Only if the old one still stands there, or a reset meanwhile would be undone.
    rows = type(user)._default_manager.filter(pk=user.pk, password=user.password)
    if rows.update(password=login.replacement):
        user.password = login.replacement
