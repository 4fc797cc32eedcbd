"""The cookies of a browser in Django: read from a request, set on an answer."""

from typing import Any

from django.conf import settings
from django.utils.cache import patch_vary_headers

from credguard._secret import keeps_no_locals
from credguard.integrations.browsers import AGE, browser_in, new_browser
from credguard.integrations.django.configuration import browser_cookie

_SHOWS_A_FORM = "CSRF_COOKIE_NEEDS_UPDATE"  # set where Django's token was asked for


def browser_of(request: Any) -> str:
    """Return the browser's cookie, empty where there is none or no request."""
    return "" if request is None else browser_in(request.COOKIES, browser_cookie())


def give_cookie(request: Any, response: Any) -> None:
    """Set the browser's cookie if it has none, with a page that has a form."""
    shows_a_form = request.method == "GET" and _SHOWS_A_FORM in request.META
    if shows_a_form and not browser_of(request):
        set_cookie(response, browser_cookie(), new_browser(), max_age=AGE)
        patch_vary_headers(response, ("Cookie",))


@keeps_no_locals
def set_cookie(response: Any, name: str, value: str, **lasts: object) -> None:
    """Set a cookie that no script reads, where the session's own is sent."""
    response.set_cookie(
        name,
        value,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        **lasts,
    )
