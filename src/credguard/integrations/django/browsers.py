"""
What tells one browser from others: a cookie that is there before anybody logs in.

It is set with a page that has a form and never in the answer to a log-in, so that what
swaps answers cannot swap it together with the session.
"""

import secrets
from typing import Any

from django.conf import settings
from django.utils.cache import patch_vary_headers

MAX_CHARACTERS = 64
_BYTES = 16
_AGE = 400 * 24 * 3600  # seconds: more is cut by browsers (RFC 6265bis)
_SHOWS_A_FORM = "CSRF_COOKIE_NEEDS_UPDATE"  # set where Django's token was asked for


def browser_of(request: Any, name: str) -> str:
    """Return the browser's cookie, empty if it has none or a strange one."""
    found = str(request.COOKIES.get(name, ""))
    return found if len(found) <= MAX_CHARACTERS else ""


def give_cookie(request: Any, response: Any, name: str) -> None:
    """Set the cookie if this is a page with a form, and the browser has none."""
    shows_a_form = request.method == "GET" and _SHOWS_A_FORM in request.META
    if browser_of(request, name) or not shows_a_form:
        return
    response.set_cookie(
        name,
        secrets.token_urlsafe(_BYTES),
        max_age=_AGE,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    patch_vary_headers(response, ("Cookie",))
