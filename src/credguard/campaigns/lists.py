"""Lists of accounts that a scope names: by their ids, or by their mail addresses."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from credguard._text import fold_address

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ListKind(StrEnum):
    """What the entries of a list are."""

    IDS = "ids"
    """The forum's account ids."""

    ADDRESSES = "addresses"
    """Mail addresses, each kept as the SHA-256 of its lower-case form."""


@dataclass(frozen=True, slots=True)
class AccountList:
    """
    A list of accounts, named by its digest.

    Attributes:
        digest: SHA-256 over the kind and the sorted entries, 64 hexadecimal digits.

        ids: The entries: account ids, or hashes of addresses; None where only the
            digest was kept.

        kind: What the entries are.
    """

    digest: str
    ids: frozenset[str] | None = field(default=None, repr=False)
    kind: ListKind = ListKind.IDS

    @classmethod
    def of(cls, ids: Iterable[str]) -> "AccountList":
        """Make a list of account *ids*; order and repetition do not matter."""
        distinct = frozenset(ids)
        return cls(_digest(sorted(distinct)), distinct)

    @classmethod
    def of_addresses(cls, addresses: Iterable[str]) -> "AccountList":
        """
        Make a list of mail addresses.

        Args:
            addresses: Addresses as they are written, or the SHA-256 of their
                lower-case forms in hexadecimal; both may stand beside each other.
        """
        hashes = frozenset(
            each.strip().lower() if is_address_hash(each) else address_hash(each)
            for each in addresses
        )
        kind = ListKind.ADDRESSES
        return cls(_digest([kind.value, *sorted(hashes)]), hashes, kind)


def address_hash(address: str) -> str:
    """
    Return the name of *address* in a list: SHA-256 of its lower-case form, in hex.

    White space around it is dropped, as those who publish such lists do.
    """
    text = fold_address(address.strip())
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_address_hash(text: str) -> bool:
    """Return True if *text* is a SHA-256 in hexadecimal."""
    return _HASH.fullmatch(text.strip().lower()) is not None


def _digest(entries: Iterable[str]) -> str:
    text = "\n".join(entries).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()
