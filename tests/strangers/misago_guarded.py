"""All that a forum on Misago changes: its settings, and who is found at log-in."""

from misago_settings import *  # noqa: F403
from misago_settings import INSTALLED_APPS, MIDDLEWARE

_BEHIND = "django.contrib.auth.middleware.AuthenticationMiddleware"
_AT = MIDDLEWARE.index(_BEHIND) + 1

INSTALLED_APPS = [*INSTALLED_APPS, "credguard.integrations.django"]
MIDDLEWARE = [
    *MIDDLEWARE[:_AT],
    "credguard.integrations.django.middleware.CredGuardMiddleware",
    *MIDDLEWARE[_AT:],
]
AUTHENTICATION_BACKENDS = ["misago_backend.GuardedBackend"]
PASSWORD_HASHERS = [
    "credguard.integrations.django.hashers.CredGuardHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "credguard.integrations.django.validators.CredGuardValidator"}
]
CREDGUARD = {
    "NOTICES": {
        "site": "Misago",
        "sender_address": "help@misago.example",
        "link": "https://misago.example/credentials/reset/#{token}",
    },
}
