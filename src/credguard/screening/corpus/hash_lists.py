"""
Lists of password hashes to be audited, as other systems write them.

A line is a hash, or has one in columns parted by colons: ``user:hash``, or the seven
of pwdump. Unsalted SHA-1 is also known as ``sha1$$hash`` (Django) and ``{SHA}``
with base64 (LDAP).
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from credguard.screening.corpus.layout import Kind

BATCH = 1 << 15
_PWDUMP_COLUMNS = 4  # at least: user, number, LM hash, NT hash
_HEX = {
    Kind.SHA1: re.compile(r"(?:sha1\$\$)?([0-9A-Fa-f]{40})", re.ASCII),
    Kind.NTLM: re.compile(r"([0-9A-Fa-f]{32})", re.ASCII),
}
_LDAP_PREFIX = "{SHA}"


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Hashes to be looked up together.

    Attributes:
        digests: The hashes, one after the other.

        ids: Whose they are, empty if that is not known.

        unread: How many rows had no hash of the kind that is looked for.
    """

    digests: bytes
    ids: tuple[str, ...] = ()
    unread: int = 0


def batches_of(text: Iterable[bytes], kind: Kind) -> Iterator[Batch]:
    """
    Return the hashes of a list.

    Args:
        text: Its lines with their ends; an open binary file will do.

        kind: The kind of hash that is looked for.
    """
    lines = iter(text)
    while some := list(islice(lines, BATCH)):
        yield _plain(some, kind) or batch_of(_columns(some, kind), kind)


def batch_of(rows: Iterable[tuple[str, str | None]], kind: Kind) -> Batch:
    """
    Return the hashes of rows.

    Args:
        rows: Each an id, empty if there is none, and what was stored.

        kind: The kind of hash that is looked for.
    """
    ids, digests, unread = [], [], 0
    for account_id, stored in rows:
        digest = _digest(stored or "", kind)
        if digest is None:
            unread += 1
        else:
            ids.append(account_id)
            digests.append(digest)
    known = tuple(ids) if any(ids) else ()
    return Batch(b"".join(digests), known, unread)


def _plain(lines: list[bytes], kind: Kind) -> Batch | None:
    """Return lines that are hashes and nothing else, None if one is not."""
    joined = b"".join(lines).replace(b"\r\n", b"\n").removesuffix(b"\n")
    step = 2 * kind.hash_bytes + 1
    if len(joined) != len(lines) * step - 1 or joined[step - 1 :: step].strip(b"\n"):
        return None
    try:
        digests = bytes.fromhex(joined.decode("ascii"))
    except ValueError:
        return None
    whole = len(digests) == len(lines) * kind.hash_bytes
    return Batch(digests) if whole else None


def _columns(lines: list[bytes], kind: Kind) -> Iterator[tuple[str, str]]:
    """Yield the id and the hash of each line that is not empty."""
    for line in lines:
        columns = line.strip().decode(errors="replace").split(":")
        if columns == [""]:
            continue
        if kind is Kind.NTLM and len(columns) >= _PWDUMP_COLUMNS:
            yield columns[0], columns[3]
        elif len(columns) > 1:
            yield columns[0], columns[-1]
        else:
            yield "", columns[0]


def _digest(stored: str, kind: Kind) -> bytes | None:
    found = _HEX[kind].fullmatch(stored)
    if found:
        return bytes.fromhex(found[1])
    if kind is not Kind.SHA1 or not stored.startswith(_LDAP_PREFIX):
        return None
    try:
        digest = base64.b64decode(stored[len(_LDAP_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == kind.hash_bytes else None
