"""
The shape that PyPI's own code base has: raw bytes, the last code, Argon2. Pure.

Of the last use only the code is kept there, not its step. So all steps up to the
moment at which a record comes in count as used: see `take_over`.

Source: pypi/warehouse, accounts.models and utils.otp.
"""

from collections.abc import Iterable, Iterator

from credguard.second_factor.takeover.code_rows import each_set
from credguard.second_factor.takeover.fields import text_of
from credguard.second_factor.takeover.foreign_hashes import ForeignHash, read_hash
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    each,
    shown,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_bytes

SOURCE = "warehouse"


def read_warehouse(
    rows: Iterable[Row], *, account: str = "id", seed: str = "totp_secret"
) -> Iterator[Imported | Refused]:
    r"""
    Read rows that hold a seed as raw bytes.

    Args:
        rows: The rows, as many as there are; in a text file, bytes are written as
            PostgreSQL does: ``\x3132``.

        account: The column that says whose a row is.

        seed: The column with the seed.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        return Imported(
            account_id=account_of(row, account),
            source=SOURCE,
            seed=from_bytes(row.get(seed)),
            label=shown(row.get("username")),
        )

    return each(rows, one, source=SOURCE, account=account)


def read_warehouse_codes(
    rows: Iterable[Row], *, account: str = "user_id"
) -> Iterator[Imported | Refused]:
    """
    Read recovery codes of the table ``user_recovery_codes``.

    Args:
        rows: The rows, with the columns ``code`` (the hash) and ``burned``,
            ordered by account.

        account: The column that says whose a row is.

    Yields:
        The codes of one account that were not used, or why they do not come in.
    """
    return each_set(rows, _read_code, source=SOURCE, account=account)


def _read_code(row: Row) -> ForeignHash | None:
    burned = row.get("burned")
    if burned is not None and burned != "":
        return None
    text = text_of(row.get("code"))
    if not text:
        raise unfit(ReasonCode.UNKNOWN_HASH)
    return read_hash(text)
