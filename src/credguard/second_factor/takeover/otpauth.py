"""
otpauth URIs, as QR codes hold them. Pure.

Source: the wiki of google-authenticator, page Key URI Format.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from credguard.second_factor.takeover.fields import (
    instant_of,
    last_step_of,
    parameters_of,
    text_of,
)
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    each,
    shown,
    shown_account,
)
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "otpauth"
MAX_URI_CHARACTERS = 4096  # a QR code holds fewer (ISO/IEC 18004: 2953 bytes)

_MOST_FIELDS = 32


def read_otpauth(
    rows: Iterable[Row], *, account: str = "account_id", uri: str = "uri"
) -> Iterator[Imported | Refused]:
    """
    Read rows that hold otpauth URIs.

    The columns ``last_step`` and ``made_at``, which our own export has, are read
    where they are there.

    Args:
        rows: The rows, as many as there are.

        account: The column that says whose a row is; where it is not there, the
            name in the URI says it.

        uri: The column with the URI.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        came = read_uri(row.get(uri), account_id=shown_account(row, account))
        return came.known_since(
            instant_of(row.get("made_at")), last_step_of(row.get("last_step"))
        )

    return each(rows, one, source=SOURCE, account=account)


def read_uri(
    value: object, *, account_id: str | None = None, source: str = SOURCE
) -> Imported:
    """
    Read one otpauth URI.

    Args:
        value: The URI; anything may be given.

        account_id: Whose it is; None for the name in the URI.

        source: The system that wrote it.

    Raises:
        UnfitRecordError: It is none, is of another kind, or holds no seed.
    """
    parts, query = _split(value)
    kind = parts.netloc.lower()
    if kind == "hotp":
        raise unfit(ReasonCode.COUNTER_BASED)
    if kind != "totp" or query.get("encoder"):
        raise unfit(ReasonCode.PARAMETERS)
    issuer, name = _label(parts.path)
    named = {"name": account_id or name}
    return Imported(
        account_id=account_of(named, "name"),
        source=source,
        seed=from_base32(query.get("secret")),
        parameters=parameters_of(
            query.get("algorithm"), query.get("digits"), query.get("period")
        ),
        label=shown(name),
        issuer=shown(query.get("issuer") or issuer),
    )


def _split(value: object) -> tuple[SplitResult, dict[str, str]]:
    text = (text_of(value) or "").strip()
    if len(text) > MAX_URI_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    try:
        parts = urlsplit(text)
        fields = parse_qsl(
            parts.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        parts, fields = SplitResult("", "", "", "", ""), []
    # Names are the same in any case, so that each stands once in all its spellings.
    query = {name.lower(): value for name, value in fields}
    if parts.scheme.lower() != "otpauth" or len(query) != len(fields):
        raise unfit(ReasonCode.UNREADABLE)
    return parts, query


def _label(path: str) -> tuple[str, str]:
    """Return issuer and account; the colon between them may be written as %3A."""
    label = unquote(path.removeprefix("/"))
    issuer, colon, name = label.partition(":")
    return (issuer.strip(), name.strip()) if colon else ("", label.strip())
