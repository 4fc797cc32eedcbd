"""
Passlib's TOTP objects as JSON, plain or sealed by an application secret.

The seal has no authentication: a secret of the right name and the wrong value
opens to another seed, and nothing in the record tells. Try one log-in.

Source: passlib 1.7.4 and libpass 1.9, passlib.totp, AppWallet.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping

from credguard._secret import Secret
from credguard.second_factor.takeover.fields import (
    json_of,
    number_of,
    parameters_of,
    text_of,
)
from credguard.second_factor.takeover.otpauth import read_uri
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    checked_seed,
    each,
    shown,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "passlib"
MAX_COST = 20  # 2**20 passes take about a second; passlib's own is 14

_KEY_BYTES, _IV_BYTES = 32, 16
_VERSION = 1

Wallet = Mapping[str, bytes]
"""Passlib's application secrets, by their tags."""


def read_passlib(
    rows: Iterable[Row],
    *,
    wallet: Wallet,
    account: str = "account_id",
    column: str = "totp",
) -> Iterator[Imported | Refused]:
    """
    Read rows that hold what ``TOTP.to_json`` or ``TOTP.to_uri`` returned.

    Args:
        rows: The rows, as many as there are. One that is sealed takes about 10 ms.

        wallet: The application secrets, by their tags.

        account: The column that says whose a row is.

        column: The column with the JSON.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        return read_totp(row.get(column), account_id=account_id, wallet=wallet)

    return each(rows, one, source=SOURCE, account=account)


def read_totp(
    value: object, *, account_id: str, wallet: Wallet, source: str = SOURCE
) -> Imported:
    """
    Read one object of passlib.

    Args:
        value: Its JSON, or its otpauth URI; anything may be given.

        account_id: Whose it is.

        wallet: The application secrets, by their tags.

        source: The system that wrote it.

    Raises:
        UnfitRecordError: It is none, or it is sealed and does not open.
    """
    text = text_of(value)
    if text is not None and text.lstrip().startswith("otpauth:"):
        return read_uri(text, account_id=account_id, source=source)
    data = json_of(value)
    if data.get("type") == "hotp":
        raise unfit(ReasonCode.COUNTER_BASED)
    if data.get("type") != "totp" or data.get("v") != _VERSION:
        raise unfit(ReasonCode.UNREADABLE)
    sealed = data.get("enckey")
    seed = from_base32(data.get("key")) if sealed is None else _opened(sealed, wallet)
    return Imported(
        account_id=account_id,
        source=source,
        seed=seed,
        parameters=parameters_of(
            data.get("alg"), data.get("digits"), data.get("period")
        ),
        label=shown(data.get("label")),
        issuer=shown(data.get("issuer")),
    )


def _opened(sealed: object, wallet: Wallet) -> Secret:
    parts = json_of(sealed)
    cost = number_of(parts.get("c"), missing=-1)
    if parts.get("v") != _VERSION or cost < 0:
        raise unfit(ReasonCode.UNREADABLE)
    if cost > MAX_COST:
        raise unfit(ReasonCode.TOO_COSTLY)
    secret = wallet.get(str(parts.get("t")))
    if secret is None:
        raise unfit(ReasonCode.UNKNOWN_KEY)
    salt, closed = _base32(parts.get("s")), _base32(parts.get("k"))
    made = hashlib.pbkdf2_hmac(
        "sha256", secret, salt, 1 << cost, dklen=_KEY_BYTES + _IV_BYTES
    )
    return checked_seed(_decrypted(closed, made[:_KEY_BYTES], made[_KEY_BYTES:]))


def _decrypted(closed: bytes, key: bytes, iv: bytes) -> bytes:
    # Imported here, as `keys` does: a plain export needs no cipher.
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
        Cipher,
        algorithms,
        modes,
    )

    opening = Cipher(algorithms.AES(key), modes.CTR(iv)).decryptor()
    return opening.update(closed) + opening.finalize()


def _base32(value: object) -> bytes:
    text = text_of(value) or ""
    padded = text.upper() + "=" * (-len(text) % 8)
    try:
        data = base64.b32decode(padded)
    except ValueError:
        data = b""
    if not data:
        raise unfit(ReasonCode.UNREADABLE)
    return data
