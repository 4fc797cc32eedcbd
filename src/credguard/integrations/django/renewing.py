"""
Sessions in which a password was changed: they go on, with a new stamp.

Django's own view keeps the session of whoever changes the password and ends all others
(`update_session_auth_hash`). What is kept there is kept here, and nothing else.
"""

from contextvars import ContextVar

_CHANGED: ContextVar[set[str] | None] = ContextVar("credguard_changed", default=None)


def begin() -> None:
    """Begin a request."""
    _CHANGED.set(set())


def note_changed(account_id: str) -> None:
    """Remember that the account's password was changed in this request."""
    changed = _CHANGED.get()
    if changed is not None:
        changed.add(account_id)


def was_changed(account_id: str) -> bool:
    """Return True if the account's password was changed in this request."""
    return account_id in (_CHANGED.get() or ())
