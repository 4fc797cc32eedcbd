"""
The formats of Discourse: PBKDF2, with the salt in a column of its own.

Source: lib/password_hasher.rb and lib/pbkdf2.rb of Discourse; the salt is used as
the characters that stand in the column, hexadecimal or not.
"""

import re

from credguard.errors import SetupError
from credguard.passwords.legacy.columns import salt_of
from credguard.passwords.legacy.derivations import Pbkdf2Hash
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.phc import COUNT
from credguard.passwords.stored_hash import blanked

_TAG = r"[0-9a-f]{64}"
_BEFORE_ALGORITHM_COLUMN = 64_000  # what Discourse wrote until 2023


class DiscoursePbkdf2:
    """
    The 64 hexadecimal digits of ``password_hash`` alone.

    Args:
        iterations: What the site's setting was when the rows were written; where
            ``password_algorithm`` is filled, use `DiscourseAlgorithm`.

    Raises:
        SetupError: *iterations* is not a positive whole number.

    Source:
        app/models/user.rb of Discourse before 3.1.
    """

    _SHAPE = re.compile(rf"({_TAG})", re.ASCII)

    def __init__(self, *, iterations: int = _BEFORE_ALGORITHM_COLUMN) -> None:
        if type(iterations) is not int or iterations < 1:
            message = "iterations is a positive whole number"
            raise SetupError(message)
        usual = iterations == _BEFORE_ALGORITHM_COLUMN
        self.name = "discourse:pbkdf2" + ("" if usual else f"+{iterations}")
        self._iterations = iterations

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        return _row(self.name, found, self._iterations, beside)


class DiscourseAlgorithm:
    """
    ``$pbkdf2-sha256$i=600000,l=32$`` and the digits: both columns, joined.

    Source:
        lib/password_hasher.rb of Discourse 3.1; ``password_algorithm`` ends in the
        dollar sign after which ``password_hash`` is put here.
    """

    name = "discourse:pbkdf2_algorithm"

    _SHAPE = re.compile(rf"\$pbkdf2-sha256\$i=({COUNT}),l=32\$({_TAG})", re.ASCII)

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        return _row(self.name, found, int(found[1]), beside)


def _row(
    scheme: str, found: re.Match[str], iterations: int, beside: Beside
) -> Pbkdf2Hash | None:
    salt, last = salt_of(beside), found.re.groups
    if salt is None:
        return None
    return Pbkdf2Hash(
        scheme=scheme,
        digest_name="sha256",
        iterations=iterations,
        salt=salt,
        tag=bytes.fromhex(found[last]),
        blank=blanked(found, last, zero="0"),
    )


DISCOURSE: tuple[LegacyScheme, ...] = (DiscourseAlgorithm(), DiscoursePbkdf2())
"""What a Discourse with its defaults wrote."""
