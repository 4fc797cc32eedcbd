"""
What Google Authenticator exports: otpauth-migration URIs, one or several. Pure.

Source: the message as other readers of it have it (Aegis, google_auth.proto;
scito/extract_otp_secrets). Digits are an enumeration: 1 for six, 2 for eight.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.fields import parameters_of, text_of
from credguard.second_factor.takeover.protobuf import fields_of
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    checked_seed,
    shown,
    shown_account,
)
from credguard.second_factor.takeover.refusals import Reason, ReasonCode, unfit

SOURCE = "google"
MAX_URI_CHARACTERS = 8192

_ALGORITHMS = {0: "SHA1", 1: "SHA1", 2: "SHA256", 3: "SHA512"}  # 4 is MD5
_DIGITS = {0: 6, 1: 6, 2: 8}
_HOTP = 1
_MOST_BATCHES = 1000


@dataclass(slots=True)
class _Part:
    """One URI: its entries, and which part of how many it is."""

    entries: list[bytes] = field(default_factory=list)
    size: int = 1
    index: int = 0
    batch: int = 0


def read_google(
    rows: Iterable[Row], *, account: str = "account_id", uri: str = "uri"
) -> Iterator[Imported | Refused]:
    """
    Read rows that hold otpauth-migration URIs; each may hold several seeds.

    An export of several parts, of which not all are there, is refused once at the
    end, and what did come is handed over all the same.

    Args:
        rows: The rows.

        account: The column that says whose a row is; where it is not there, the
            name of each entry says it.

        uri: The column with the URI.

    Yields:
        What came in, or why it did not, in order; positions count the rows.
    """
    sizes: dict[int, int] = {}
    seen: defaultdict[int, set[int]] = defaultdict(set)
    position = 0
    for position, row in enumerate(rows, 1):
        account_id = shown_account(row, account)
        try:
            part = _read_part(row.get(uri))
        except UnfitRecordError as error:
            yield _refusal(error, position, account_id)
            continue
        sizes[part.batch] = min(part.size, _MOST_BATCHES)
        seen[part.batch].add(part.index)
        yield from _entries(part, position, account_id)
    for batch, size in sizes.items():
        if not seen[batch] >= set(range(size)):
            yield Refused(SOURCE, position, Reason(ReasonCode.BATCH_MISSING))


def _entries(
    part: _Part, position: int, account_id: str | None
) -> Iterator[Imported | Refused]:
    for entry in part.entries:
        try:
            yield _read_entry(entry, account_id).at(position)
        except UnfitRecordError as error:
            yield _refusal(error, position, account_id)


def _refusal(error: UnfitRecordError, position: int, account_id: str | None) -> Refused:
    reason = Reason(ReasonCode(error.reason.code))
    return Refused(SOURCE, position, reason, account_id)


def _read_part(value: object) -> _Part:
    part = _Part()
    for number, found in fields_of(_payload(value)):
        match number, found:
            case 1, bytes():
                part.entries.append(found)
            case 3, int():
                part.size = found
            case 4, int():
                part.index = found
            case 5, int():
                part.batch = found
    if not part.entries:
        raise unfit(ReasonCode.NO_SEED)
    return part


def _payload(value: object) -> bytes:
    text = (text_of(value) or "").strip()
    if len(text) > MAX_URI_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    try:
        parts = urlsplit(text)
        [data] = parse_qs(parts.query, max_num_fields=8)["data"]
        # Where the plus signs of base64 were not quoted, they came out as spaces.
        data = data.replace(" ", "+")
        payload = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except (KeyError, ValueError, binascii.Error):
        pass
    else:
        if parts.scheme.lower() == "otpauth-migration":
            return payload
    raise unfit(ReasonCode.UNREADABLE)


def _read_entry(entry: bytes, account_id: str | None) -> Imported:
    values: dict[int, int | bytes] = dict(fields_of(entry))
    if values.get(6) == _HOTP:
        raise unfit(ReasonCode.COUNTER_BASED)
    seed = values.get(1, b"")
    if not isinstance(seed, bytes):
        raise unfit(ReasonCode.UNREADABLE)
    issuer, name = _text(values.get(3)), _text(values.get(2))
    prefix, colon, rest = name.partition(":")
    # Without an issuer of its own, a colon is part of the name.
    named = rest.strip() if colon and prefix.strip() == issuer else name
    return Imported(
        account_id=account_of({"name": account_id or named}, "name"),
        source=SOURCE,
        seed=checked_seed(seed),
        parameters=parameters_of(
            _known(_ALGORITHMS, values.get(4, 0)),
            _known(_DIGITS, values.get(5, 0)),
            30,
        ),
        label=shown(name),
        issuer=shown(issuer),
    )


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _known(table: dict[int, str] | dict[int, int], value: int | bytes) -> object:
    if isinstance(value, bytes) or value not in table:
        raise unfit(ReasonCode.PARAMETERS)
    return table[value]
