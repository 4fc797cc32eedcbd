"""What a legacy scheme is: a format that is compared with and never written."""

from typing import Protocol

from credguard.passwords.stored_hash import StoredHash


class LegacyScheme(Protocol):
    """
    One format of another software's password hashes.

    A scheme tells by shape alone whether a text is its own. It takes only the
    spelling that the software itself writes, so that a hash has one text.
    """

    @property
    def name(self) -> str:
        """The software and its word for the format, such as ``django:md5``."""

    def read(self, stored: str, /) -> StoredHash | None:
        """
        Take a stored text apart, without computing.

        Args:
            stored: The text; any text may be given.

        Returns:
            The hash, whose `scheme` is this scheme's name; None if the text is not
            of this format.
        """
