"""All that a forum on django-machina changes: its settings."""

from machina_settings import *  # noqa: F403
from machina_settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "credguard.integrations.django"]
MIDDLEWARE = [
    *MIDDLEWARE,
    "credguard.integrations.django.middleware.CredGuardMiddleware",
]
AUTHENTICATION_BACKENDS = ["credguard.integrations.django.backends.CredGuardBackend"]
PASSWORD_HASHERS = [
    "credguard.integrations.django.hashers.CredGuardHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "credguard.integrations.django.validators.CredGuardValidator"}
]
CREDGUARD = {
    "NOTICES": {
        "site": "Machina",
        "sender_address": "help@machina.example",
        "link": "https://machina.example/credentials/reset/#{token}",
    },
}
