"""
django-otp: the rows of TOTPDevice and of StaticToken. Pure.

Source: django-otp 1.7, plugins otp_totp and otp_static, models.
"""

from collections.abc import Iterable, Iterator

from credguard._secret import Secret
from credguard.second_factor.takeover.code_rows import each_set
from credguard.second_factor.takeover.fields import (
    instant_of,
    last_step_of,
    number_of,
    parameters_of,
    text_of,
    truth_of,
)
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    checked_codes,
    each,
    shown,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_hex

SOURCE = "django-otp"


def read_django_otp(
    rows: Iterable[Row], *, account: str = "user_id"
) -> Iterator[Imported | Refused]:
    """
    Read rows of the table ``otp_totp_totpdevice``.

    Args:
        rows: The rows, with at least the columns ``key``, ``step``, ``t0``,
            ``digits``, ``last_t`` and ``confirmed``. Of an account's devices the
            first comes in, so let the one that was used last come first.

        account: The column that says whose a row is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        return _read(row, account)

    return each(rows, one, source=SOURCE, account=account)


def read_django_otp_codes(
    rows: Iterable[Row], *, account: str = "user_id"
) -> Iterator[Imported | Refused]:
    """
    Read recovery codes: ``otp_static_statictoken`` joined with its device.

    Args:
        rows: The rows, with the columns ``token`` and ``confirmed`` of the device,
            ordered by account.

        account: The column that says whose a row is.

    Yields:
        The codes of one account, or why they do not come in.
    """
    return each_set(rows, _read_token, source=SOURCE, account=account)


def _read(row: Row, account: str) -> Imported:
    account_id = account_of(row, account)
    if not truth_of(row.get("confirmed"), missing=False):
        raise unfit(ReasonCode.NOT_CONFIRMED)
    if number_of(row.get("t0"), missing=0) != 0:
        raise unfit(ReasonCode.PARAMETERS)
    return Imported(
        account_id=account_id,
        source=SOURCE,
        seed=from_hex(row.get("key")),
        parameters=parameters_of("sha1", row.get("digits"), row.get("step")),
        # The step that a code was of, the learned drift of the phone included.
        last_step=last_step_of(row.get("last_t")),
        made_at=instant_of(row.get("created_at")),
        label=shown(row.get("name")),
    )


def _read_token(row: Row) -> Secret:
    if not truth_of(row.get("confirmed"), missing=True):
        raise unfit(ReasonCode.NOT_CONFIRMED)
    return checked_codes([text_of(row.get("token")) or ""])[0]
