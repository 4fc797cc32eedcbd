"""Rows with the seed in base32: what most home-made second factors keep. Pure."""

from collections.abc import Callable, Iterable, Iterator

from credguard._secret import Secret
from credguard.second_factor.takeover.fields import (
    instant_of,
    last_step_of,
    parameters_of,
    text_of,
    truth_of,
)
from credguard.second_factor.takeover.foreign_hashes import read_hash
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
from credguard.second_factor.takeover.seeds import from_base32

SOURCE = "base32"


def _as_it_is(value: object) -> object:
    return value


def read_base32(
    rows: Iterable[Row],
    *,
    account: str = "account_id",
    seed: str = "secret",
    unwrap: Callable[[object], object] = _as_it_is,
    source: str = SOURCE,
) -> Iterator[Imported | Refused]:
    """
    Read rows that hold a seed in base32, and what else is known of it.

    The columns ``algorithm``, ``digits``, ``period``, ``last_step``,
    ``confirmed``, ``made_at``, ``name``, ``issuer``, ``recovery_codes`` and
    ``recovery_hashes`` (each separated by spaces or commas) are read where they
    are there.

    Args:
        rows: The rows, as many as there are.

        account: The column that says whose a row is.

        seed: The column with the seed.

        unwrap: What to do to it first; raises UnfitRecordError if it cannot.

        source: The system's name.

    Yields:
        What came in, or why it did not, in order.
    """

    def one(row: Row) -> Imported:
        account_id = account_of(row, account)
        return _read(row, account_id, from_base32(unwrap(row.get(seed))), source)

    return each(rows, one, source=source, account=account)


def _read(row: Row, account_id: str, seed: Secret, source: str) -> Imported:
    if not truth_of(row.get("confirmed"), missing=True):
        raise unfit(ReasonCode.NOT_CONFIRMED)
    return Imported(
        account_id=account_id,
        source=source,
        seed=seed,
        parameters=parameters_of(
            row.get("algorithm"), row.get("digits"), row.get("period")
        ),
        last_step=last_step_of(row.get("last_step")),
        made_at=instant_of(row.get("made_at")),
        codes=checked_codes(_parts(row.get("recovery_codes"))),
        hashes=tuple(read_hash(each) for each in _parts(row.get("recovery_hashes"))),
        label=shown(row.get("name")),
        issuer=shown(row.get("issuer")),
    )


def _parts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [text_of(part) or "" for part in value]
    # An Argon2 string has commas in it, and no spaces.
    text = text_of(value) or ""
    return text.split() if "$" in text else text.replace(",", " ").split()
