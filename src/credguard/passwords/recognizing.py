"""
What a stored text is, quickly, where a million of them are looked at.

Reading one text takes some twenty microseconds. Texts of one software on one
setting differ in their random parts alone, and what they are depends on none of
these: it is read once and remembered by the shape of the text.
"""

import re

from credguard.passwords.describing import Description
from credguard.passwords.hasher import PasswordHasher

MOST_SHAPES = 65_536  # remembered at a time; settings differ, texts do not

# All that a reader looks at stands in a group, and so becomes part of the shape: the
# settings, and the last digit of each random part, which must be one that holds no
# stray bits. So do the length of the first random part and that of the whole text.
# The rest is any digits of the alphabet.
_SHAPES = re.compile(
    r"(\$(?:argon2i?d?\$v=19|cgh1[a-z]{0,2}\$(?:-|[0-9a-f]{8}))"
    r"\$m=\d{1,10},t=\d{1,10},p=\d{1,8}\$)"
    r"[A-Za-z0-9+/]*([A-Za-z0-9+/])\$[A-Za-z0-9+/]*([A-Za-z0-9+/])"
    r"|(pbkdf2_sha(?:1|256)\$\d{1,10}\$)"
    r"[A-Za-z0-9]*([A-Za-z0-9])\$[A-Za-z0-9+/]*([A-Za-z0-9+/]={0,2})"
    r"|((?:bcrypt(?:_sha256)?\$)?\$2[abxy]\$\d\d\$)"
    r"[./A-Za-z0-9]{21}([./A-Za-z0-9])[./A-Za-z0-9]{30}([./A-Za-z0-9])"
    r"|(\$[PH]\$[./0-9A-Za-z])[./0-9A-Za-z]{28}([./0-9A-Za-z])([./0-9A-Za-z])",
    re.ASCII,
)

Shape = tuple[object, ...]


def shape_of(stored: str) -> Shape | None:
    """Return what all texts of one reading have in common, None if that is unknown."""
    found = _SHAPES.fullmatch(stored)
    if found is None:
        return None
    # Each alternative has three groups; the last that matched tells which it was.
    last = found.lastindex or 0
    salt_ends = found.end(last - 1)
    return (*found.group(last - 2, last - 1, last), salt_ends, len(stored))


class Recognizer:
    """
    Tells what stored texts are, as `PasswordHasher.describe` does, and remembers.

    Args:
        hasher: Reads what has not been seen yet.
    """

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._known: dict[Shape, Description] = {}

    def __call__(
        self,
        stored: str | None,
        *,
        salt: str | None = None,
        username: str | None = None,
    ) -> Description:
        """
        Tell what a stored text is, without computing.

        Args:
            stored: The stored text; anything may be given.

            salt: The salt's column, for software that keeps one.

            username: The account's name, for software that hashed it.
        """
        alone = isinstance(stored, str) and salt is None and username is None
        shape = shape_of(stored) if alone and stored is not None else None
        if shape is None:
            return self._hasher.describe(stored, salt=salt, username=username)
        found = self._known.get(shape)
        if found is None:
            if len(self._known) >= MOST_SHAPES:
                self._known.clear()
            found = self._known[shape] = self._hasher.describe(stored)
        return found
