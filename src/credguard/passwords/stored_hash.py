"""What a stored text turned out to be: a hash that a password is compared with."""

import hmac
from dataclasses import dataclass
from typing import Protocol

from credguard.passwords.phc import PhcString, Variety, read_phc
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor

UNUSABLE_PREFIX = "!"  # Django writes it for an account without a password


class StoredHash(Protocol):
    """A stored hash, taken apart; nothing was computed yet."""

    @property
    def scheme(self) -> str:
        """The name of its format, such as ``django:md5``."""

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the time that `matches` takes."""

    @property
    def argon2id(self) -> WorkFactor | None:
        """Its cost if it is a bare Argon2id under another name, None if it is not."""

    def check_cost(self, ceilings: Ceilings, /) -> None:
        """
        Refuse what costs more than *ceilings* allow; called before all that follows.

        Raises:
            WorkFactorTooHighError: A number is above its ceiling.
        """

    def matches(self, password: bytes, permit: Permit, /) -> bool:
        """
        Return True if *password* (UTF-8) is the one that was hashed.

        Raises:
            BusyError: The machine gave no memory or no thread.
            MissingExtraError: The format needs a package that is not installed.
            UnreadableHashError: The machine's OpenSSL refuses the algorithm.
        """


@dataclass(frozen=True, slots=True)
class Argon2Hash:
    """
    An Argon2 hash, under its own name or behind another software's prefix.

    Attributes:
        scheme: The name of its format.
        phc: Its parts.
    """

    scheme: str
    phc: PhcString

    @property
    def work(self) -> int:
        """How many KiB it fills in all."""
        return self.phc.memory_kib * self.phc.passes

    @property
    def argon2id(self) -> WorkFactor | None:
        """Its cost, None if it is an Argon2i."""
        if self.phc.variety is Variety.ARGON2ID:
            return self.phc.work_factor
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: Memory, passes or lanes are above their ceiling.
        """
        self.phc.check_cost(ceilings)

    def matches(self, password: bytes, permit: Permit) -> bool:
        """
        Return True if *password* is the one that was hashed.

        Raises:
            BusyError: The machine gave no memory or no thread.
        """
        tag = permit.compute(
            password,
            salt=self.phc.salt,
            work_factor=self.phc.work_factor,
            variety=self.phc.variety,
            tag_bytes=len(self.phc.tag),
        )
        return hmac.compare_digest(tag, self.phc.tag)


def read_argon2(stored: str) -> Argon2Hash | None:
    """Return the Argon2 hash that *stored* is by its own name, None if it is not."""
    phc = read_phc(stored)
    return None if phc is None else Argon2Hash(phc.variety.value, phc)
