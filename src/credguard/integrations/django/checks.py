"""What `manage.py check` says of a project: each finding names its remedy."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004

from credguard.errors import CredguardError
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.door import passwords
from credguard.integrations.django.users import accounts_of

_HERE = "credguard.integrations.django"
HASHER = f"{_HERE}.hashers.CredGuardHasher"
BACKEND = f"{_HERE}.backends.CredGuardBackend"
MIDDLEWARE = f"{_HERE}.middleware.CredGuardMiddleware"
VALIDATOR = f"{_HERE}.validators.CredGuardValidator"
_DJANGOS_BACKEND = "django.contrib.auth.backends.ModelBackend"
_BEFORE = "django.contrib.auth.middleware.AuthenticationMiddleware"


def check_project(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Check the settings; `manage.py credguard accounts check` looks at the table."""
    del app_configs, kwargs
    return [*_configuration(), *_hashers(), *_backends(), *_middleware(), *_others()]


def _configuration() -> Iterator[CheckMessage]:
    try:
        configuration = read_configuration()
        accounts_of(configuration)
        peppered = passwords().describe(passwords().hash("a try")).key_id
    except CredguardError as error:
        yield Error(f"credguard cannot be used: {error}.", id="credguard.E001")
        return
    if peppered:
        yield Error(
            "The hasher has a pepper, which Django's own forms cannot open: they do "
            "not know whose hash it is.",
            hint="Make CREDGUARD['OPTIONS']['passwords'] without a keyring.",
            id="credguard.E002",
        )


def _hashers() -> Iterator[CheckMessage]:
    if list(settings.PASSWORD_HASHERS)[:1] != [HASHER]:
        yield Error(
            "New passwords are not hashed by credguard.",
            hint=f"Put '{HASHER}' first in PASSWORD_HASHERS.",
            id="credguard.E003",
        )


def _backends() -> Iterator[CheckMessage]:
    backends = list(settings.AUTHENTICATION_BACKENDS)
    if BACKEND not in backends:
        yield Error(
            "Log-ins do not pass through credguard.",
            hint=f"Put '{BACKEND}' into AUTHENTICATION_BACKENDS.",
            id="credguard.E004",
        )
    if _DJANGOS_BACKEND in backends:
        yield Error(
            "Django's own backend lets leaked passwords in until the sweep is done.",
            hint=f"Take '{_DJANGOS_BACKEND}' out of AUTHENTICATION_BACKENDS.",
            id="credguard.E005",
        )


def _middleware() -> Iterator[CheckMessage]:
    used = list(settings.MIDDLEWARE)
    is_behind = (
        MIDDLEWARE in used
        and _BEFORE in used
        and used.index(_BEFORE) < used.index(MIDDLEWARE)
    )
    if not is_behind:
        yield Error(
            "Sessions are not checked, so that a reset does not end them.",
            hint=f"Put '{MIDDLEWARE}' into MIDDLEWARE, behind '{_BEFORE}'.",
            id="credguard.E006",
        )


def _others() -> Iterator[CheckMessage]:
    named: list[Any] = [each.get("NAME") for each in settings.AUTH_PASSWORD_VALIDATORS]
    if VALIDATOR not in named:
        yield Warning(
            "New passwords are not judged by credguard, and those that forms store "
            "do not end older sessions.",
            hint=f"Put {{'NAME': '{VALIDATOR}'}} into AUTH_PASSWORD_VALIDATORS.",
            id="credguard.W007",
        )
    if settings.SESSION_ENGINE == "django.contrib.sessions.backends.signed_cookies":
        yield Warning(
            "Sessions are kept in cookies: whoever kept a copy from before the second "
            "step, or of a log-out, can go back to it.",
            hint="Use a SESSION_ENGINE that keeps sessions on the server.",
            id="credguard.W008",
        )
