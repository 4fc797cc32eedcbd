"""The forum's addresses; credguard's are there when its app is."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
]
if apps.is_installed("credguard.integrations.django"):
    urlpatterns += [path("credentials/", include("credguard.integrations.django.urls"))]
urlpatterns += [path("", include("machina.urls"))]
