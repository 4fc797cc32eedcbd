"""The keyring of a host: from its own setting, or from the environment."""

import os

from credguard._secret import keeps_no_locals
from credguard.errors import KeyringError
from credguard.keys import Keyring

_VARIABLE = "CREDGUARD_KEYRING"


@keeps_no_locals
def keyring_of(given: object, *, setting: str) -> Keyring:
    """
    Return the keys.

    Args:
        given: What the setting holds: a `Keyring`, its text, or nothing.

        setting: How the host calls it.

    Raises:
        KeyringError: There are none, or they are none.
    """
    if isinstance(given, Keyring):
        return given
    line = given or os.environ.get(_VARIABLE)
    if not line:
        message = (
            f"no keyring: set {setting}, or {_VARIABLE} in the environment; make one "
            "with: credguard keygen"
        )
        raise KeyringError(message)
    return Keyring.parse(str(line))
