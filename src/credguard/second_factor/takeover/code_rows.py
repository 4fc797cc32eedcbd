"""Recovery codes that stand in a table of their own, one code to a row. Pure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

from credguard._secret import Secret
from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.foreign_hashes import ForeignHash
from credguard.second_factor.takeover.records import (
    MAX_CODES,
    Imported,
    Refused,
    Row,
    account_of,
    shown_account,
)
from credguard.second_factor.takeover.refusals import Reason, ReasonCode, unfit

_MOST_ROWS = 1000  # used ones too; nobody has more

ReadCode = Callable[[Row], Secret | ForeignHash | None]
"""Reads one row; None for a code that was used already."""


def each_set(
    rows: Iterable[Row], read: ReadCode, *, source: str, account: str
) -> Iterator[Imported | Refused]:
    """
    Read codes, of which those of one account follow each other.

    Args:
        rows: The rows, in the order of the accounts.

        read: Reads one row, or raises UnfitRecordError.

        source: The system's name.

        account: The column that says whose a code is.

    Yields:
        The codes of one account, or why they do not come in; positions count the
        rows, and name the first of an account.
    """
    numbered = enumerate(rows, 1)
    for account_id, group in groupby(
        numbered, key=lambda pair: shown_account(pair[1], account)
    ):
        position, first = next(group)
        codes = [first, *(row for _, row in islice(group, _MOST_ROWS))]
        try:
            came = _read_set(codes, read, source=source, account=account)
            yield came.at(position)
        except UnfitRecordError as error:
            reason = Reason(ReasonCode(error.reason.code))
            yield Refused(source, position, reason, account_id)


def _read_set(
    rows: list[Row], read: ReadCode, *, source: str, account: str
) -> Imported:
    account_id = account_of(rows[0], account)
    good = [code for row in rows if (code := read(row)) is not None]
    if not good:
        raise unfit(ReasonCode.NO_SEED)
    if len(good) > MAX_CODES:
        raise unfit(ReasonCode.TOO_MANY_CODES)
    return Imported(
        account_id=account_id,
        source=source,
        codes=tuple(code for code in good if isinstance(code, Secret)),
        hashes=tuple(code for code in good if isinstance(code, ForeignHash)),
    )
