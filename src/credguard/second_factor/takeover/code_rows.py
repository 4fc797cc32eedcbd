"""Recovery codes that stand in a table of their own, one code to a row. Pure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby

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
    for _, group in groupby(numbered, key=lambda pair: shown_account(pair[1], account)):
        yield _read_set(group, read, source=source, account=account)


def _read_set(
    numbered: Iterator[tuple[int, Row]], read: ReadCode, *, source: str, account: str
) -> Imported | Refused:
    position, first = next(numbered)
    rows = chain([first], (row for _, row in numbered))
    try:
        came = Imported(account_id=account_of(first, account), source=source)
        return _with_codes(came, rows, read).at(position)
    except UnfitRecordError as error:
        reason = Reason(ReasonCode(error.reason.code))
        return Refused(source, position, reason, shown_account(first, account))


def _with_codes(came: Imported, rows: Iterable[Row], read: ReadCode) -> Imported:
    good: list[Secret | ForeignHash] = []
    # Row by row: used ones are not kept, however many an account has.
    for row in rows:
        if (code := read(row)) is None:
            continue
        if len(good) == MAX_CODES:
            raise unfit(ReasonCode.TOO_MANY_CODES)
        good.append(code)
    if not good:
        raise unfit(ReasonCode.NO_SEED)
    return came.carrying(
        codes=tuple(code for code in good if isinstance(code, Secret)),
        hashes=tuple(code for code in good if isinstance(code, ForeignHash)),
    )
