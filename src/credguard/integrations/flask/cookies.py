"""The cookies of a browser in Flask: set on an answer."""

from flask import Response, current_app, request

from credguard._secret import keeps_no_locals
from credguard.integrations.browsers import AGE, browser_in, new_browser
from credguard.integrations.flask.state import state


def browser() -> str:
    """Return what tells this browser from others, empty if nothing does."""
    return browser_in(request.cookies, state().settings.browser_cookie)


def give_cookie(response: Response) -> Response:
    """Give a browser its cookie, with a page that shows a form."""
    if request.method == "GET" and not browser() and _shows_a_form(response):
        name = state().settings.browser_cookie
        set_cookie(response, name, new_browser(), max_age=AGE)
        response.vary.add("Cookie")
    return response


@keeps_no_locals
def set_cookie(response: Response, name: str, value: str, **lasts: object) -> None:
    """Set a cookie that no script reads, where the session's own is sent."""
    config = current_app.config
    response.set_cookie(
        name,
        value,
        path=config["SESSION_COOKIE_PATH"] or "/",
        domain=config["SESSION_COOKIE_DOMAIN"],
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        **lasts,  # type: ignore[arg-type]  # max_age or expires
    )


def _shows_a_form(response: Response) -> bool:
    is_page = response.mimetype == "text/html" and not response.is_streamed
    return is_page and b"<form" in response.get_data()
