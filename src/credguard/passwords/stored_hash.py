"""What a stored text turned out to be: a hash that a password is compared with."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Protocol

from credguard.passwords.phc import PhcString, Variety, read_phc
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor

_ARGON2ID = Variety.ARGON2ID  # Python 3.11 computes it at each look-up
UNUSABLE_PREFIX = "!"  # Django writes it for an account without a password


class StoredHash(Protocol):
    """
    A stored hash, taken apart; nothing was computed yet.

    One password has one digest under it, which can itself be hashed: that is how a
    row is wrapped without its password.
    """

    @property
    def scheme(self) -> str:
        """The name of its format, such as ``django:md5``."""

    @property
    def cost(self) -> str:
        """What it costs, in the format's own numbers; empty for a plain digest."""

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the time that `digest` takes."""

    @property
    def argon2id(self) -> WorkFactor | None:
        """Its cost if it is a bare Argon2id under another name, None if it is not."""

    @property
    def is_shuckable(self) -> bool:
        """True if unsalted digests that leaked elsewhere can be tried on it."""

    @property
    def tag(self) -> bytes:
        """What the digest of the right password is; never empty."""

    @property
    def blank(self) -> str:
        """The stored text as it would be if all bits of the tag were zero."""

    def check_cost(self, ceilings: Ceilings, /) -> None:
        """
        Refuse what costs more than *ceilings* allow; called before all that follows.

        Raises:
            WorkFactorTooHighError: A number is above its ceiling.
        """

    def digest(self, password: bytes, permit: Permit, /) -> bytes:
        """
        Return what *password* (UTF-8) gives; empty if nobody could have hashed it.

        It depends on everything in the row but the tag.

        Raises:
            BusyError: The machine gave no memory or no thread.
            MissingExtraError: The format needs a package that is not installed.
            UnreadableHashError: The machine's OpenSSL refuses the algorithm.
        """


class TakesSeveral:  # no ABC, which looks for its instances in Python
    """
    A stored hash whose software took any of several digests of a password.

    Only where the row does not say which; all other rows have one digest.
    """

    __slots__ = ()

    @abstractmethod
    def digests(self, password: bytes, permit: Permit, /) -> Iterator[bytes]:
        """Give each digest in turn, as `StoredHash.digest` gives the one."""


def digests_of(row: StoredHash, password: bytes, permit: Permit) -> Iterator[bytes]:
    """
    Give what *password* may have as its digest under *row*: one, but for few formats.

    Raises:
        BusyError: The machine gave no memory or no thread.
        MissingExtraError: The format needs a package that is not installed.
        UnreadableHashError: The machine's OpenSSL refuses the algorithm.
    """
    if isinstance(row, TakesSeveral):
        yield from row.digests(password, permit)
    else:
        yield row.digest(password, permit)


def matches(row: StoredHash, password: bytes, permit: Permit) -> bool:
    """
    Return True if *password* (UTF-8) is the one that was hashed.

    Raises:
        BusyError: The machine gave no memory or no thread.
        MissingExtraError: The format needs a package that is not installed.
        UnreadableHashError: The machine's OpenSSL refuses the algorithm.
    """
    tag = row.tag
    if not isinstance(row, TakesSeveral):
        digest = row.digest(password, permit)
        return bool(tag) and compare_digest(digest, tag)
    return any(
        compare_digest(digest, tag) for digest in row.digests(password, permit) if tag
    )


def blanked(found: re.Match[str], group: int | str, *, zero: str) -> str:
    """
    Return the matched text with its tag set to zero, for `StoredHash.blank`.

    Args:
        found: The match of the whole stored text.

        group: The group that is the tag's spelling, padding included.

        zero: The format's digit for zero: ``0`` in hexadecimal, ``A`` in base64,
            ``.`` in the alphabets of crypt(3), phpass and bcrypt.
    """
    text, (start, end) = found.string, found.span(group)
    digits = text[start:end].rstrip("=")
    padding = end - start - len(digits)
    return f"{text[:start]}{zero * len(digits)}{'=' * padding}{text[end:]}"


@dataclass(slots=True)  # as PhcString
class Argon2Hash:
    """
    An Argon2 hash, under its own name or behind another software's prefix.

    Attributes:
        scheme: The name of its format.
        phc: Its parts.
        prefix: What stands before them in the stored text.
    """

    scheme: str
    phc: PhcString
    prefix: str = ""

    @property
    def cost(self) -> str:
        """Its three numbers, as in its text."""
        return str(self.phc.cost)

    @property
    def work(self) -> int:
        """How many KiB it fills in all."""
        return self.phc.cost.work

    @property
    def argon2id(self) -> WorkFactor | None:
        """Its cost, None if it is an Argon2i."""
        if self.phc.variety is _ARGON2ID:
            return self.phc.cost.work_factor
        return None

    @property
    def is_shuckable(self) -> bool:
        """False: it is salted, and hashes the password itself."""
        return False

    @property
    def tag(self) -> bytes:
        """What the password is compared with."""
        return self.phc.tag

    @property
    def blank(self) -> str:
        """The stored text with a tag of zeros."""
        zeros = bytes(len(self.phc.tag))
        return self.prefix + replace(self.phc, tag=zeros).to_text()

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: Memory, passes or lanes are above their ceiling.
        """
        self.phc.cost.check(ceilings)

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the Argon2 tag of *password*.

        Raises:
            BusyError: The machine gave no memory or no thread.
        """
        return permit.compute(
            password,
            salt=self.phc.salt,
            work_factor=self.phc.cost.work_factor,
            variety=self.phc.variety,
            tag_bytes=len(self.phc.tag),
        )


def read_argon2(stored: str) -> Argon2Hash | None:
    """Return the Argon2 hash that *stored* is by its own name, None if it is not."""
    phc = read_phc(stored)
    return None if phc is None else Argon2Hash(str(phc.variety), phc)
