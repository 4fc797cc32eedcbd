"""The door: the one object that a forum's code needs."""

from credguard.guard.door import CredGuard
from credguard.guard.results import Login, Redeemed, Session

__all__ = ["CredGuard", "Login", "Redeemed", "Session"]
