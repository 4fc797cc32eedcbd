"""What all take-over targets check of a record."""

from collections.abc import Iterable

from credguard.second_factor.takeover import Imported, Refused


def drain(records: Iterable[Imported | Refused]) -> None:
    """Read all records: each is somebody's, or says why it does not come in."""
    for record in records:
        if isinstance(record, Refused):
            fits = bool(record.reason.text)
        else:
            has_any = record.seed is not None or record.codes or record.hashes
            fits = bool(record.account_id and has_any)
        if not fits:
            raise AssertionError
