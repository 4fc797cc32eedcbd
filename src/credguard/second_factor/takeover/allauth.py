"""
django-allauth: the rows of Authenticator. Pure.

Recovery codes are made from a stored seed there; here they are made once more, so
that their hashes can be kept instead.

Source: django-allauth 65.21, allauth.mfa, totp and recovery_codes.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from credguard.second_factor.takeover.fields import (
    instant_of,
    json_of,
    number_of,
    parameters_of,
    step_of,
    text_of,
)
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
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "allauth"

_MOST_DIGITS = 40  # two to a byte of HMAC-SHA-1, which has 20

Unwrap = Callable[[str], str]
"""What the site's adapter does in `decrypt`; raises ValueError if it cannot."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class AllauthSettings:
    """
    The site's settings of allauth.mfa, where they are not the default.

    Attributes:
        unwrap: What the site's adapter does in ``decrypt``.

        digits: MFA_TOTP_DIGITS.

        period: MFA_TOTP_PERIOD.

        tolerance: MFA_TOTP_TOLERANCE.

        code_count: MFA_RECOVERY_CODE_COUNT.

        code_digits: MFA_RECOVERY_CODE_DIGITS.
    """

    unwrap: Unwrap = _as_it_is
    digits: int = 6
    period: int = 30
    tolerance: int = 1
    code_count: int = 10
    code_digits: int = 8


ALLAUTH_DEFAULTS = AllauthSettings()


def read_allauth(
    rows: Iterable[Row],
    *,
    settings: AllauthSettings = ALLAUTH_DEFAULTS,
    account: str = "user_id",
) -> Iterator[Imported | Refused]:
    """
    Read rows of the table ``mfa_authenticator``.

    Args:
        rows: The rows, with the columns ``type``, ``data``, ``created_at`` and
            ``last_used_at``, those of one account in the order of ``type``
            descending: the seed before the recovery codes.

        settings: The site's settings.

        account: The column that says whose a row is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        data = json_of(row.get("data"))
        kind = text_of(row.get("type"))
        if kind == "totp":
            return _read_seed(row, data, account_id, settings)
        if kind == "recovery_codes":
            return _read_codes(row, data, account_id, settings)
        raise unfit(ReasonCode.ANOTHER_KIND)

    return each(rows, one, source=SOURCE, account=account)


def _read_seed(
    row: Row, data: Mapping[str, object], account_id: str, settings: AllauthSettings
) -> Imported:
    parameters = parameters_of("sha1", settings.digits, settings.period)
    used_at = instant_of(row.get("last_used_at"))
    return Imported(
        account_id=account_id,
        source=SOURCE,
        seed=from_base32(_unwrapped(data.get("secret"), settings)),
        parameters=parameters,
        last_step=step_of(used_at, parameters=parameters, ahead=settings.tolerance),
        made_at=instant_of(row.get("created_at")),
    )


def _read_codes(
    row: Row, data: Mapping[str, object], account_id: str, settings: AllauthSettings
) -> Imported:
    kept = data.get("migrated_codes")
    if isinstance(kept, list):
        codes = [_unwrapped(each, settings) for each in kept[: MAX_CODES + 1]]
    else:
        seed = _unwrapped(data.get("seed"), settings)
        used = number_of(data.get("used_mask"), missing=0)
        made = enumerate(_made(seed, settings))
        codes = [code for number, code in made if not used >> number & 1]
    if not codes:
        raise unfit(ReasonCode.NO_SEED)
    return Imported(
        account_id=account_id,
        source=SOURCE,
        codes=checked_codes(codes),
        made_at=instant_of(row.get("created_at")),
    )


def _made(seed: str, settings: AllauthSettings) -> Iterator[str]:
    """Make the codes of a seed: each one's HMAC runs over all numbers before it."""
    if not (seed.isascii() and 1 <= settings.code_digits <= _MOST_DIGITS):
        raise unfit(ReasonCode.UNREADABLE)
    running = hmac.new(seed.encode("ascii"), digestmod="sha1")
    size = settings.code_digits // 2
    for number in range(settings.code_count):
        running.update(f"{number:3},".encode())
        value = int.from_bytes(running.digest()[:size], "big")
        yield f"{value % 10**settings.code_digits:0{settings.code_digits}d}"


def _unwrapped(value: object, settings: AllauthSettings) -> str:
    text = text_of(value)
    if text is None:
        raise unfit(ReasonCode.NO_SEED)
    try:
        return settings.unwrap(text)
    except ValueError:
        pass
    raise unfit(ReasonCode.WRONG_KEY)
