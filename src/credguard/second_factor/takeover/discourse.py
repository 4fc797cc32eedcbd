"""
Discourse: the rows of ``user_second_factors``. Pure.

Source: discourse, app/models/concerns/second_factor_manager.rb: methods 1 (an app)
and 2 (backup codes), PBKDF2-HMAC-SHA-256 over 64,000 iterations.
"""

from collections.abc import Iterable, Iterator

from credguard.second_factor.takeover.code_rows import each_set
from credguard.second_factor.takeover.fields import (
    instant_of,
    json_of,
    number_of,
    step_of,
    text_of,
    truth_of,
)
from credguard.second_factor.takeover.foreign_hashes import Dress, ForeignHash, pbkdf2
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    each,
    shown,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_base32
from credguard.second_factor.totp import EVERY_APP

SOURCE = "discourse"

_APP, _CODE = 1, 2
_ITERATIONS = 64_000
_DRIFT = 1  # it accepts a code of the step after the present one
_MOST_SALT_CHARACTERS = 128


def read_discourse(
    rows: Iterable[Row], *, account: str = "user_id"
) -> Iterator[Imported | Refused]:
    """
    Read the authenticator apps: rows with method 1.

    Args:
        rows: The rows, with the columns ``method``, ``data``, ``enabled``,
            ``last_used`` and ``created_at``. Of an account's apps the first comes
            in, so let the one that was used last come first.

        account: The column that says whose a row is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        if number_of(row.get("method"), missing=0) != _APP:
            raise unfit(ReasonCode.ANOTHER_KIND)
        if not truth_of(row.get("enabled"), missing=True):
            raise unfit(ReasonCode.NOT_CONFIRMED)
        used_at = instant_of(row.get("last_used"))
        return Imported(
            account_id=account_id,
            source=SOURCE,
            seed=from_base32(row.get("data")),
            last_step=step_of(used_at, parameters=EVERY_APP, ahead=_DRIFT),
            made_at=instant_of(row.get("created_at")),
            label=shown(row.get("name")),
        )

    return each(rows, one, source=SOURCE, account=account)


def read_discourse_codes(
    rows: Iterable[Row], *, account: str = "user_id"
) -> Iterator[Imported | Refused]:
    """
    Read the backup codes: rows with method 2.

    Args:
        rows: The rows, with the columns ``method``, ``data`` and ``enabled``,
            ordered by account.

        account: The column that says whose a row is.

    Yields:
        The codes of one account that were not used, or why they do not come in.
    """
    return each_set(rows, _read_code, source=SOURCE, account=account)


def _read_code(row: Row) -> ForeignHash | None:
    if number_of(row.get("method"), missing=0) != _CODE:
        raise unfit(ReasonCode.ANOTHER_KIND)
    if not truth_of(row.get("enabled"), missing=True):
        return None
    kept = json_of(row.get("data"))
    salt = text_of(kept.get("salt")) or ""
    try:
        tag = bytes.fromhex(text_of(kept.get("code_hash")) or "")
    except ValueError:
        tag = b""
    if len(salt) > _MOST_SALT_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    return pbkdf2(
        tag,
        "sha256",
        iterations=_ITERATIONS,
        salt=salt.encode("utf-8", "replace"),
        dress=Dress.LOWER,
    )
