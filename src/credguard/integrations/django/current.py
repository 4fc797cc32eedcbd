"""
The request that is being answered, and whose password was changed in it.

Not every forum hands its request to `authenticate`. Without it a log-in would not know
its browser, and a swapped session would go unnoticed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class _Current:
    request: Any
    changed: set[str] = field(default_factory=set)


_CURRENT: ContextVar[_Current | None] = ContextVar("credguard_current", default=None)


@contextmanager
def answering(request: Any) -> Iterator[None]:
    """Answer a request in the block."""
    token = _CURRENT.set(_Current(request))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def request_now() -> Any:
    """Return the request that is being answered, None outside of one."""
    current = _CURRENT.get()
    return None if current is None else current.request


def note_changed(account_id: str) -> None:
    """Remember that the account's password was changed in this request."""
    current = _CURRENT.get()
    if current is not None:
        current.changed.add(account_id)


def was_changed(account_id: str) -> bool:
    """Return True if the account's password was changed in this request."""
    current = _CURRENT.get()
    return current is not None and account_id in current.changed
