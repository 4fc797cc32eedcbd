"""What a census of a password column says of one row, without computing."""

from dataclasses import dataclass

from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.reading import (
    UNREADABLE,
    UNUSABLE,
    Reader,
    Reading,
    out_of_use,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """
    What one stored text is.

    Attributes:
        scheme: The scheme's name, such as ``argon2id``, ``django:md5`` or
            ``wrapped:django:md5``; ``retired``; ``unusable`` for an account
            without a password; or ``unreadable``.
        cost: What it costs, in the format's own numbers; empty for a plain digest.
        work: About how many KiB Argon2 fills in the time that a log-in takes.
        key_id: The key that it is sealed under, None if it is bare.
        is_bound: Whether the seal opens for one account only.
        is_wrapped: Whether it is an Argon2id hash around an old hash.
        is_wrappable: Whether it is another software's hash, which `wrap` improves.
        is_weak: Whether a guess takes less time than it takes on a new hash.
        is_shuckable: Whether unsalted digests that leaked elsewhere can be tried
            on it in place of passwords.
    """

    scheme: str
    cost: str = ""
    work: int = 0
    key_id: str | None = None
    is_bound: bool = False
    is_wrapped: bool = False
    is_wrappable: bool = False
    is_weak: bool = False
    is_shuckable: bool = False


def describe(
    stored: object, beside: Beside, *, reader: Reader, work: int
) -> Description:
    """
    Describe a stored text, whatever it is.

    Args:
        stored: The stored text; anything may be given.

        beside: What stands in the row's other columns.

        reader: What reads it.

        work: The work of a new hash.
    """
    if stored is None:
        return Description(scheme=UNUSABLE)
    if not isinstance(stored, str):
        return Description(scheme=UNREADABLE)
    name = out_of_use(stored)
    if name is not None:
        return Description(scheme=name)
    reading = reader.parse(stored, beside)
    if reading is None:
        return Description(scheme=UNREADABLE)
    return _of_hash(reading, work)


def _of_hash(reading: Reading, work: int) -> Description:
    row, own = reading.row, reading.own
    return Description(
        scheme=row.scheme,
        cost=row.cost,
        work=row.work,
        key_id=reading.key_id,
        is_bound=own is not None and own.is_bound,
        is_wrapped=reading.is_wrapped,
        is_wrappable=reading.is_legacy,
        is_weak=row.work < work,
        is_shuckable=row.is_shuckable,
    )
