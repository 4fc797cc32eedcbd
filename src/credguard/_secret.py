"""A value that does not show itself."""

import hmac
from typing import NoReturn


class Secret:
    """
    Bytes with no repr, no pickle and no hash; `reveal` is the one way in.

    Args:
        value: The bytes to keep out of logs, tracebacks and pickles.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes; every place that does so can be found by this name."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a set would compare in the open

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a secret cannot be pickled or copied"
        raise TypeError(message)
