"""Credguard's stamp in Django's session: set at log-in, checked with every request."""

from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.utils.crypto import constant_time_compare

from credguard._secret import keeps_no_locals
from credguard.errors import SessionRefusedError
from credguard.guard import Session
from credguard.integrations.browsers import ONLY_READ
from credguard.integrations.django.browsers import browser_of
from credguard.integrations.django.current import was_changed
from credguard.integrations.django.devices import is_trusted
from credguard.integrations.django.door import guard

STAMP = "credguard"
SECOND_STEP = "credguard_second_step"
_BROWSERLESS = "credguard_browserless"


def network_of(request: Any) -> str:
    """Return the address that the request came from, as Django was told it."""
    return "" if request is None else str(request.META.get("REMOTE_ADDR", ""))


@keeps_no_locals
def open_stamp(sender: object, request: Any, user: Any, **kwargs: object) -> None:
    """Keep a stamp for who has just logged in, by whatever means."""
    del sender, kwargs
    session = getattr(request, "session", None)
    if session is None:
        return
    account_id = str(user.pk)
    login = user.__dict__.pop("_credguard_login", None)
    if login is not None:
        (made, browser) = login
        session[STAMP], needed = made.session, made.second_factor_needed
        needed = needed and not is_trusted(request, account_id, epoch=made.epoch)
    else:
        browser = browser_of(request)
        session[STAMP] = _opened(request, account_id, browser)
        needed = guard().second_factors.is_enrolled(account_id)
    session[_BROWSERLESS] = not browser
    if needed:
        session[SECOND_STEP] = True


@keeps_no_locals
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
    try:
        return guard().check_session(
            str(session.get(STAMP, "")),
            account_id=str(account_id),
            browser=_bound_browser(request),
            changes=request.method not in ONLY_READ,
        )
    except SessionRefusedError:
        logout(request)
        return None


@keeps_no_locals
def renew_stamp(request: Any) -> None:
    """Let the session go on in which the password was changed, if Django does."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not was_changed(str(user.pk)):
        return
    kept = request.session.get(HASH_SESSION_KEY, "")
    if constant_time_compare(kept, user.get_session_auth_hash()):
        browser = _bound_browser(request)
        request.session[STAMP] = _opened(request, str(user.pk), browser)


def _bound_browser(request: Any) -> str:
    """Return the browser that the session was bound to, if it was to any."""
    return "" if request.session.get(_BROWSERLESS) else browser_of(request)


def _opened(request: Any, account_id: str, browser: str) -> str:
    return guard().open_session(
        account_id, browser=browser, network=network_of(request)
    )
