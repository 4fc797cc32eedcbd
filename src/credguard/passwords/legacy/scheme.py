"""What a legacy scheme is: a format that is compared with and never written."""

from dataclasses import dataclass, field
from typing import Protocol

from credguard.passwords.stored_hash import StoredHash


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """
    What stands in the other columns of the row that holds a stored text.

    Attributes:
        salt: The text of the salt's column; None if the table has none. An empty
            column is an empty text, which some software writes on purpose.
        username: The name of the account as the software hashed it, letter for
            letter; None if it is not at hand.
    """

    salt: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)


NOTHING_BESIDE = Beside()
"""For a stored text that says all by itself."""


class LegacyScheme(Protocol):
    """
    One format of another software's password hashes.

    A scheme tells by shape alone whether a text is its own. It takes only the
    spelling that the software itself writes, so that a hash has one text.
    """

    @property
    def name(self) -> str:
        """The software and its word for the format, such as ``django:md5``."""

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> StoredHash | None:
        """
        Take a stored text apart, without computing.

        Args:
            stored: The text; any text may be given.

            beside: What stands in the row's other columns; any texts may be given.

        Returns:
            The hash, whose `scheme` is this scheme's name; None if the text is not
            of this format, or if the format needs a column that *beside* lacks.
        """
