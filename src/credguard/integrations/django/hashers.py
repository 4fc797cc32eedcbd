"""
The hasher for ``PASSWORD_HASHERS``: ours first, and all that Django can read behind it.

Django tells a hash by what stands before its first ``$``. A PHC string, and most that
old forums hold, begin with one, so that nothing stands there. The column keeps those
strings as they are: the same text for Django, for campaigns and for the command.
"""

from typing import Final

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.translation import gettext_noop

from credguard._secret import keeping_no_locals
from credguard.errors import PasswordMismatchError, StoredDataError
from credguard.integrations.django.door import passwords


class _NothingBeforeIt(str):
    """The empty name, which Django takes only from what looks like a name."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


@keeping_no_locals
class CredGuardHasher(BasePasswordHasher):
    """
    Argon2id by credguard's own pool, and comparison with what it is told to accept.

    Put it first in ``PASSWORD_HASHERS`` and leave Django's own behind it, so that
    the hashes of before are still verified.
    """

    algorithm: Final = _NothingBeforeIt()
    library = None

    def salt(self) -> str:
        """Return a text that nobody uses: the pool draws its own salt."""
        return "unused"

    def encode(self, password: str | bytes, salt: str) -> str:
        """
        Hash a password.

        Raises:
            BusyError: No permit or memory in time.
            PasswordUnhashableError: It is empty, too long, or not text.
        """
        del salt
        return passwords().hash(_text(password))

    def verify(self, password: str | bytes, encoded: str) -> bool:
        """
        Return True if the password is the one that was hashed.

        Raises:
            BusyError: No permit or memory in time; nothing was decided.
        """
        try:
            return bool(passwords().verify(_text(password), stored=encoded))
        except (PasswordMismatchError, StoredDataError):
            return False

    def must_update(self, encoded: str) -> bool:
        """Return True if a new hash of the same password would be better."""
        try:
            return passwords().needs_rehash(stored=encoded)
        except StoredDataError:
            return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: a wrong password costs the same whatever stands in the row."""

    def safe_summary(self, encoded: str) -> dict[str, object]:
        """Return what Django's admin shows of a hash: its scheme and nothing else."""
        scheme = passwords().describe(encoded).scheme
        return {gettext_noop("algorithm"): scheme}


def _text(password: str | bytes) -> str:
    # Django takes bytes too; what is not UTF-8 fits no hash.
    if isinstance(password, bytes):
        return password.decode("utf-8", "surrogateescape")
    return password
