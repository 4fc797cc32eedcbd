"""
Flask-Security: its columns of a user table. Pure.

Source: Flask-Security 5.9, totp and recovery_codes; seeds are objects of passlib.
"""

from collections.abc import Iterable, Iterator

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.fernet import FernetKeys
from credguard.second_factor.takeover.fields import text_of
from credguard.second_factor.takeover.passlib_totp import Wallet, read_totp
from credguard.second_factor.takeover.records import (
    MAX_CODES,
    Imported,
    Refused,
    Row,
    account_of,
    checked_codes,
    each,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit

SOURCE = "flask-security"

_APP = "authenticator"


def read_flask_security(
    rows: Iterable[Row],
    *,
    wallet: Wallet,
    code_keys: FernetKeys | None = None,
    account: str = "id",
) -> Iterator[Imported | Refused]:
    """
    Read rows of the user table.

    Args:
        rows: The rows, with the columns ``tf_totp_secret``,
            ``tf_primary_method`` and ``mf_recovery_codes``.

        wallet: SECURITY_TOTP_SECRETS: the application secrets by their tags.

        code_keys: SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS, if they are set.

        account: The column that says whose a row is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        totp = text_of(row.get("tf_totp_secret"))
        if not totp:
            raise unfit(ReasonCode.NO_SEED)
        # A seed whose codes were sent by mail or phone is in nobody's app.
        if (text_of(row.get("tf_primary_method")) or _APP) != _APP:
            raise unfit(ReasonCode.ANOTHER_KIND)
        came = read_totp(totp, account_id=account_id, wallet=wallet, source=SOURCE)
        codes = _codes(row.get("mf_recovery_codes"), code_keys)
        return came.carrying(checked_codes(codes))

    return each(rows, one, source=SOURCE, account=account)


def _codes(value: object, keys: FernetKeys | None) -> list[str]:
    if isinstance(value, list | tuple):
        kept = [text_of(part) or "" for part in value]
    else:
        kept = (text_of(value) or "").replace(",", " ").split()
    if len(kept) > MAX_CODES:
        raise unfit(ReasonCode.TOO_MANY_CODES)
    if keys is None:
        return kept
    opened = (_opened(code, keys) for code in kept)
    return [code for code in opened if code is not None]


def _opened(code: str, keys: FernetKeys) -> str | None:
    # One that does not open was void there too; the others are still good.
    try:
        return keys.open(code)
    except UnfitRecordError:
        return None
