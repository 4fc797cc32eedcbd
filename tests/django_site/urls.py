"""The project's pages: Django's own, credguard's, and one for members."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import include, path


def members_only(request: Any) -> HttpResponse:
    """Greet the member by name."""
    return HttpResponse(f"Hello {request.user.get_username()}.")


urlpatterns = [
    path("", login_required(members_only), name="home"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("credentials/", include("credguard.integrations.django.urls")),
    path("admin/", admin.site.urls),
]
