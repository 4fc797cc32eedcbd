"""The forum's addresses; credguard's are there when its app is."""

from django.apps import apps
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

urlpatterns = [
    path("", include("misago.urls", namespace="misago")),
    path("django-i18n.js", JavaScriptCatalog.as_view(), name="django-i18n"),
]
if apps.is_installed("credguard.integrations.django"):
    urlpatterns.insert(
        0, path("credentials/", include("credguard.integrations.django.urls"))
    )
handler403 = "misago.core.errorpages.permission_denied"
handler404 = "misago.core.errorpages.page_not_found"
