"""A forum's own backend: people log in with their address."""

from typing import Any

from django.contrib.auth import get_user_model

from credguard.integrations.django.backends import CredGuardBackend


class OfTheForum(CredGuardBackend):
    """Finds members by their address."""

    def find_user(self, name: str) -> Any:
        """Return the member with this address, None if there is none."""
        return get_user_model().objects.filter(email=name).first()
