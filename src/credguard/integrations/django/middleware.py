"""The middleware: sessions are checked, and refusals become pages."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from credguard.errors import ResetRequiredError, UnavailableError
from credguard.integrations.browsers import AGAIN_AFTER
from credguard.integrations.django.browsers import give_cookie
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.current import answering
from credguard.integrations.django.devices import give_token
from credguard.integrations.django.stamps import (
    SECOND_STEP,
    check_stamp,
    renew_stamp,
)


class CredGuardMiddleware:
    """
    Checks the session of each request; put it behind ``AuthenticationMiddleware``.

    A session that is over is logged out, and the request goes on as nobody's. A
    session that waits for its second factor sees the page that asks for it, and no
    other.
    """

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response
        read_configuration()  # what cannot be used is said at the start

    def __call__(self, request: Any) -> Any:
        """Answer a request."""
        try:
            with answering(request):
                response = self._answered(request)
        except UnavailableError:
            return _unavailable()
        give_cookie(request, response)
        give_token(request, response)
        return response

    def _answered(self, request: Any) -> Any:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            check_stamp(request)
            if _waits(request):
                said = _("Confirm your second factor first.")
                return _to("second_step", request, said)
        response = self._get_response(request)
        renew_stamp(request)
        return response

    def process_exception(self, request: Any, exception: Exception) -> Any:
        """Turn a refusal that a view let through into a page."""
        if isinstance(exception, ResetRequiredError):
            request.session["credguard_proofs"] = list(exception.proofs)
            return _to("reset_required", request, str(exception))
        if isinstance(exception, UnavailableError):
            return _unavailable()
        return None


def _waits(request: Any) -> bool:
    if not request.session.get(SECOND_STEP):
        return False
    open_to_it = {reverse("credguard:second_step"), reverse("credguard:sign_out")}
    return request.path not in open_to_it


def _to(name: str, request: Any, said: str = "") -> HttpResponse:
    page = reverse(f"credguard:{name}")
    if _wants_json(request):
        return JsonResponse({"detail": said, "code": name, "page": page}, status=403)
    if name == "second_step" and request.method == "GET":
        request.session["credguard_next"] = request.get_full_path()
    response = HttpResponseRedirect(page)
    add_never_cache_headers(response)
    return response


def _wants_json(request: Any) -> bool:
    # A script that calls an API would follow a redirect and read a page as its data.
    return "application/json" in (request.content_type, request.headers.get("Accept"))


def _unavailable() -> HttpResponse:
    said = _("This cannot be answered just now. Please try again in a moment.")
    response = HttpResponse(said, status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = AGAIN_AFTER
    return response
