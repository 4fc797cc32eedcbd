"""
Authelia: what ``authelia storage user totp export`` writes. Pure.

In the YAML export the secret is base64 of base32; in the CSV export it is base32.
A YAML file is parsed by the caller, who hands in the mappings.

Source: authelia, internal/model/totp_configuration.go and internal/commands.
"""

import base64
from collections.abc import Iterable, Iterator

from credguard.second_factor.takeover.fields import (
    instant_of,
    parameters_of,
    step_of,
    text_of,
)
from credguard.second_factor.takeover.records import (
    Imported,
    Refused,
    Row,
    account_of,
    each,
    shown,
)
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "authelia"

_SKEW = 1  # how many steps ahead it accepts, unless it is set up otherwise


def read_authelia(
    rows: Iterable[Row], *, account: str = "username"
) -> Iterator[Imported | Refused]:
    """
    Read rows of the CSV export.

    Args:
        rows: The rows, by the names in the first line.

        account: The column that says whose a row is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        return _read(row, account_of(row, account), row.get("secret"))

    return each(rows, one, source=SOURCE, account=account)


def read_authelia_yaml(
    rows: Iterable[Row], *, account: str = "username"
) -> Iterator[Imported | Refused]:
    """
    Read the entries of ``totp_configurations`` in the YAML export.

    Args:
        rows: The entries, as any reader of YAML returns them.

        account: What says whose an entry is.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        try:
            secret = base64.b64decode(text_of(row.get("secret")) or "", validate=True)
        except ValueError:
            secret = b"?"
        return _read(row, account_id, secret)

    return each(rows, one, source=SOURCE, account=account)


def _read(row: Row, account_id: str, secret: object) -> Imported:
    parameters = parameters_of(
        row.get("algorithm"), row.get("digits"), row.get("period")
    )
    used_at = instant_of(row.get("last_used_at"))
    return Imported(
        account_id=account_id,
        source=SOURCE,
        seed=from_base32(secret),
        parameters=parameters,
        last_step=step_of(used_at, parameters=parameters, ahead=_SKEW),
        made_at=instant_of(row.get("created_at")),
        label=shown(row.get("username")),
        issuer=shown(row.get("issuer")),
    )
