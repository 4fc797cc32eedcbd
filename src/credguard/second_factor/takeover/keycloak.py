"""
Keycloak: credentials of a realm's export, or of the table ``credential``. Pure.

The secret is used there as the bytes of its text, unless it says that it is base32.
Recovery codes are bare SHA-512 digests; their order is not asked for here.

Source: keycloak, OTPCredentialModel, RecoveryAuthnCodesCredentialModel and
RecoveryAuthnCodesUtils.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping

from credguard._secret import Secret
from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.fields import (
    json_of,
    milliseconds_of,
    number_of,
    parameters_of,
    text_of,
)
from credguard.second_factor.takeover.foreign_hashes import Dress, ForeignHash, digest
from credguard.second_factor.takeover.records import (
    MAX_CODES,
    Imported,
    Refused,
    Row,
    account_of,
    checked_seed,
    shown,
    shown_account,
)
from credguard.second_factor.takeover.refusals import Reason, ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "keycloak"

_SEED, _CODES = "otp", "recovery-authn-codes"
_DIGESTS = {"RS256": "sha256", "RS512": "sha512"}
_PASSWORDS = {"password", "password-history"}  # passed over: none of our business


def read_keycloak(
    rows: Iterable[Row], *, account: str = "id"
) -> Iterator[Imported | Refused]:
    """
    Read users of a realm's export, or rows of the table ``credential``.

    Args:
        rows: Users with a list of ``credentials``; or rows with the columns
            ``type``, ``secret_data`` and ``credential_data``, seeds before
            recovery codes.

        account: What says whose it is: ``id`` or ``username`` of a user,
            ``user_id`` of a row.

    Yields:
        What came in, or why it did not, in order; positions count users or rows.
        Passwords are passed over.
    """
    for position, row in enumerate(rows, 1):
        account_id = shown_account(row, account)
        for credential in _credentials(row):
            kind = str(_value(credential, "type"))
            if kind in _PASSWORDS:
                continue
            try:
                came = _read(credential, kind, account_of(row, account))
                yield came.at(position)
            except UnfitRecordError as error:
                reason = Reason(ReasonCode(error.reason.code))
                yield Refused(SOURCE, position, reason, account_id)


def _credentials(row: Row) -> list[Mapping[str, object]]:
    listed = row.get("credentials")
    if row and listed is None and "type" not in {name.lower() for name in row}:
        return []  # a user without any
    if not isinstance(listed, list):
        return [row]
    found = [each for each in listed if isinstance(each, Mapping)]
    # Codes are put beside a seed that has come in before them.
    return sorted(found, key=lambda each: each.get("type") == _CODES)


def _read(credential: Mapping[str, object], kind: str, account_id: str) -> Imported:
    if kind not in {_SEED, _CODES}:
        raise unfit(ReasonCode.ANOTHER_KIND)
    secret = json_of(_value(credential, "secret_data"))
    data = json_of(_value(credential, "credential_data"))
    came = Imported(
        account_id=account_id,
        source=SOURCE,
        made_at=milliseconds_of(_value(credential, "created_date")),
        label=shown(_value(credential, "user_label")),
    )
    if kind == _CODES:
        return came.carrying((), _hashes(secret, data))
    if data.get("subType") == "hotp":
        raise unfit(ReasonCode.COUNTER_BASED)
    parameters = parameters_of(
        data.get("algorithm"), data.get("digits"), data.get("period")
    )
    return came.holding(_seed(secret, data), parameters)


def _seed(secret: Mapping[str, object], data: Mapping[str, object]) -> Secret:
    encoding = data.get("secretEncoding")
    if encoding is None:
        text = text_of(secret.get("value")) or ""
        return checked_seed(text.encode("utf-8", "replace"))
    if str(encoding).upper() == "BASE32":
        return from_base32(secret.get("value"))
    raise unfit(ReasonCode.SEED_UNREADABLE)


def _hashes(
    secret: Mapping[str, object], data: Mapping[str, object]
) -> tuple[ForeignHash, ...]:
    algorithm = _DIGESTS.get(str(data.get("algorithm")))
    codes = secret.get("codes")
    is_bare = number_of(data.get("hashIterations"), missing=1) == 1
    if algorithm is None or not is_bare or not isinstance(codes, list):
        raise unfit(ReasonCode.UNKNOWN_HASH)
    if not codes:
        raise unfit(ReasonCode.NO_SEED)
    if len(codes) > MAX_CODES:
        raise unfit(ReasonCode.TOO_MANY_CODES)
    return tuple(_hash(code, algorithm) for code in codes)


def _hash(code: object, algorithm: str) -> ForeignHash:
    kept = code.get("encodedHashedValue") if isinstance(code, Mapping) else None
    try:
        tag = base64.b64decode(text_of(kept) or "", validate=True)
    except ValueError:
        tag = b""
    return digest(tag, algorithm, dress=Dress.UPPER)


def _value(credential: Mapping[str, object], name: str) -> object:
    """Return a value by its name in a table, or as JSON writes that: secretData."""
    head, *rest = name.split("_")
    spoken = head + "".join(part.capitalize() for part in rest)
    for spelling in (name, spoken, name.upper()):
        if spelling in credential:
            return credential[spelling]
    return None
