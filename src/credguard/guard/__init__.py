"""The door: the one object that a forum's code needs."""

from credguard.guard.door import CredGuard
from credguard.guard.proofs import Proof, ProofPolicy
from credguard.guard.results import Changed, Login, Redeemed, Renewed, Session
from credguard.guard.sessions import SessionPolicy

__all__ = [
    "Changed",
    "CredGuard",
    "Login",
    "Proof",
    "ProofPolicy",
    "Redeemed",
    "Renewed",
    "Session",
    "SessionPolicy",
]
