"""What `manage.py check` says of a project: each finding names its remedy."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.contrib.auth.backends import ModelBackend, RemoteUserBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004
from django.utils.module_loading import import_string

from credguard.errors import CredguardError
from credguard.integrations.django.backends import CredGuardBackend
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.door import passwords
from credguard.integrations.django.hashers import CredGuardHasher
from credguard.integrations.django.middleware import CredGuardMiddleware
from credguard.integrations.django.users import accounts_of
from credguard.integrations.django.validators import CredGuardValidator

_HERE = "credguard.integrations.django"
HASHER = f"{_HERE}.hashers.CredGuardHasher"
BACKEND = f"{_HERE}.backends.CredGuardBackend"
MIDDLEWARE = f"{_HERE}.middleware.CredGuardMiddleware"
VALIDATOR = f"{_HERE}.validators.CredGuardValidator"
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
    if not any(_are(list(settings.PASSWORD_HASHERS)[:1], CredGuardHasher)):
        yield Error(
            "New passwords are not hashed by credguard.",
            hint=f"Put '{HASHER}' first in PASSWORD_HASHERS.",
            id="credguard.E003",
        )


def _backends() -> Iterator[CheckMessage]:
    backends = list(settings.AUTHENTICATION_BACKENDS)
    ours = list(_are(backends, CredGuardBackend))
    if not any(ours):
        yield Error(
            "Log-ins do not pass through credguard.",
            hint=f"Put '{BACKEND}' into AUTHENTICATION_BACKENDS, or a subclass of it.",
            id="credguard.E004",
        )
    takes_passwords = _are(backends, ModelBackend)
    needs_none = _are(backends, RemoteUserBackend)
    for name, *is_ in zip(backends, ours, takes_passwords, needs_none, strict=True):
        if is_ == [False, True, False]:
            yield Error(
                "A backend lets leaked passwords in until the sweep is done.",
                hint=f"Take '{name}' out of AUTHENTICATION_BACKENDS.",
                id="credguard.E005",
            )


def _middleware() -> Iterator[CheckMessage]:
    ours, before = (
        list(_are(settings.MIDDLEWARE, kind))
        for kind in (CredGuardMiddleware, AuthenticationMiddleware)
    )
    if not (any(ours) and any(before) and before.index(True) < ours.index(True)):
        yield Error(
            "Sessions are not checked, so that a reset does not end them.",
            hint=f"Put '{MIDDLEWARE}' into MIDDLEWARE, directly behind '{_BEFORE}'.",
            id="credguard.E006",
        )


def _others() -> Iterator[CheckMessage]:
    named = [str(each.get("NAME")) for each in settings.AUTH_PASSWORD_VALIDATORS]
    if not any(_are(named, CredGuardValidator)):
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


def _are(names: Sequence[str], kind: type) -> Iterator[bool]:
    """Tell of each dotted name whether it is that class or one made from it."""
    for name in names:
        try:
            found = import_string(name)
        except ImportError:
            found = None  # Django says so itself
        yield isinstance(found, type) and issubclass(found, kind)
