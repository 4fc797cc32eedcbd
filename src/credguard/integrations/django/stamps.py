"""Credguard's stamp in Django's session: set at log-in, checked with every request."""

from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.utils.crypto import constant_time_compare

from credguard.errors import SessionRefusedError
from credguard.guard import Session
from credguard.integrations.django.browsers import browser_of
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.current import was_changed
from credguard.integrations.django.devices import is_trusted
from credguard.integrations.django.door import guard

STAMP = "credguard"
SECOND_STEP = "credguard_second_step"
_BROWSERLESS = "credguard_browserless"
_ONLY_READ = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def network_of(request: Any) -> str:
    """Return the address that the request came from, as Django was told it."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR", ""))


def seen_browser(request: Any) -> str:
    """Return the browser's cookie, empty where there is none or no request."""
    return "" if request is None else browser_of(request, _cookie_name())


def open_stamp(sender: object, request: Any, user: Any, **kwargs: object) -> None:
    """Keep a stamp for who has just logged in, by whatever means."""
    del sender, kwargs
    session = getattr(request, "session", None)
    if session is None:
        return
    door, account_id = guard(), str(user.pk)
    login = user.__dict__.pop("_credguard_login", None)
    if login is not None:
        (made, browser) = login
        session[STAMP], needed = made.session, made.second_factor_needed
        needed = needed and not is_trusted(request, account_id, epoch=made.epoch)
    else:
        browser = seen_browser(request)
        session[STAMP] = door.open_session(
            account_id, browser=browser, network=network_of(request)
        )
        needed = door.second_factors.is_enrolled(account_id)
    session[_BROWSERLESS] = not browser
    if needed:
        session[SECOND_STEP] = True


def check_stamp(request: Any) -> Session | None:
    """
    Log the request's session out if it is over.

    Returns:
        The session, None if nobody is logged in, or not any more.

    Raises:
        UnavailableError: It cannot be told now.
    """
    session = request.session
    account_id = session.get(SESSION_KEY)
    if account_id is None:
        return None
    browser = "" if session.get(_BROWSERLESS) else seen_browser(request)
    try:
        return guard().check_session(
            str(session.get(STAMP, "")),
            account_id=str(account_id),
            browser=browser,
            changes=request.method not in _ONLY_READ,
        )
    except SessionRefusedError:
        logout(request)
        return None


def renew_stamp(request: Any) -> None:
    """Let the session go on in which the password was changed, if Django does."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not was_changed(str(user.pk)):
        return
    kept = request.session.get(HASH_SESSION_KEY, "")
    if constant_time_compare(kept, user.get_session_auth_hash()):
        browser = "" if request.session.get(_BROWSERLESS) else seen_browser(request)
        request.session[STAMP] = guard().open_session(
            str(user.pk), browser=browser, network=network_of(request)
        )


def _cookie_name() -> str:
    return read_configuration().browser_cookie
