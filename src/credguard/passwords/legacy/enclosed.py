"""Hashes of one format that stand inside the text of another."""

from dataclasses import dataclass, field

from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import StoredHash
from credguard.passwords.work_factor import Ceilings, WorkFactor


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosedHash:
    """
    A hash with something around its text, and with a name of its own.

    Attributes:
        scheme: The name of the outer format.
        inner: The hash.
        before: What stands before its text.
        after: What stands after it.
    """

    scheme: str
    inner: StoredHash = field(repr=False)
    before: str = field(repr=False)
    after: str = field(default="", repr=False)

    @property
    def cost(self) -> str:
        """What the inner hash costs, in its own numbers."""
        return self.inner.cost

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the time that the inner hash takes."""
        return self.inner.work

    @property
    def argon2id(self) -> WorkFactor | None:
        """The inner hash's cost if it is an Argon2id, None if it is not."""
        return self.inner.argon2id

    @property
    def is_shuckable(self) -> bool:
        """Whether the inner hash is."""
        return self.inner.is_shuckable

    @property
    def tag(self) -> bytes:
        """What the digest of the right password is."""
        return self.inner.tag

    @property
    def blank(self) -> str:
        """The stored text with a tag of zeros."""
        return f"{self.before}{self.inner.blank}{self.after}"

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: A number is above its ceiling.
        """
        self.inner.check_cost(ceilings)

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return what the inner hash makes of *password*.

        Raises:
            BusyError: The machine gave no memory or no thread.
            MissingExtraError: The format needs a package that is not installed.
            UnreadableHashError: The machine's OpenSSL refuses the algorithm.
        """
        return self.inner.digest(password, permit)


def enclose(
    scheme: str, inner: StoredHash | None, *, before: str, after: str = ""
) -> EnclosedHash | None:
    """
    Put something around the text of a hash that may not be one.

    Args:
        scheme: The name of the outer format.

        inner: The hash; None if its text was none.

        before: What stands before its text.

        after: What stands after it.

    Returns:
        The hash under its new name, or None if there is none.
    """
    if inner is None:
        return None
    return EnclosedHash(scheme=scheme, inner=inner, before=before, after=after)
