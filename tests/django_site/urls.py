"""The project's pages: Django's own, credguard's, and one for members."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import include, path


def members_only(request: Any) -> HttpResponse:
    """Greet the member by name."""
    return HttpResponse(f"Hello {request.user.get_username()}.")


def without_request(request: Any) -> HttpResponse:
    """Log somebody in as forums do whose form does not know its request."""
    user = authenticate(
        username=request.POST["username"], password=request.POST["password"]
    )
    login(request, user)
    return HttpResponse("in")


urlpatterns = [
    path("without-request/", without_request),
    path("", login_required(members_only), name="home"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("credentials/", include("credguard.integrations.django.urls")),
    path("admin/", admin.site.urls),
]
