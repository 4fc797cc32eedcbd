"""Random bytes from the operating system, and a declared error where it has none."""

import secrets

from credguard._text import to_base64url
from credguard.errors import BusyError

_NONE = "The system gives no random numbers now; nothing was decided. Try again."


def random_bytes(count: int) -> bytes:
    """
    Return *count* bytes that nobody can foretell.

    Raises:
        BusyError: The system has none to give (getrandom(2), urandom(4)).
    """
    try:
        return secrets.token_bytes(count)
    except (OSError, NotImplementedError):
        pass
    raise BusyError(_NONE)


def random_hex(count: int) -> str:
    """
    Return *count* random bytes in hexadecimal.

    Raises:
        BusyError: See `random_bytes`.
    """
    return random_bytes(count).hex()


def random_text(count: int) -> str:
    """
    Return *count* random bytes in Base64 for URLs, without padding.

    Raises:
        BusyError: See `random_bytes`.
    """
    return to_base64url(random_bytes(count))
