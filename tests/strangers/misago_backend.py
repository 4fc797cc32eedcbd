"""The glue: Misago's members log in with their name or their address."""

from typing import Any

from django.contrib.auth import get_user_model
from misago.users.authbackends import MisagoBackend

from credguard.integrations.django.backends import CredGuardBackend


class GuardedBackend(CredGuardBackend, MisagoBackend):  # type: ignore[misc]  # untyped
    """Credguard's log-in, Misago's way to find and to load a member."""

    def find_user(self, name: str) -> Any:
        """Return the member with this name or address, None if there is none."""
        users = get_user_model()
        try:
            return users.objects.get_by_username_or_email(name)
        except users.DoesNotExist:
            return None
