"""What the tests of all readers share: a known seed, and records as plain values."""

from collections.abc import Iterable

from credguard.second_factor.takeover import Imported, ReasonCode, Refused

# RFC 4226 appendix D: what the other systems were given to keep, where they let us.
SEED = b"12345678901234567890"
SEED_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
USED_AT = 1_790_000_010  # when the other systems were given a code of it


def came_in(records: Iterable[Imported | Refused]) -> list[Imported]:
    """Return the records, all of which come in."""
    found = []
    for record in records:
        assert isinstance(record, Imported), record
        found.append(record)
    return found


def seed_of(record: Imported) -> bytes:
    """Return the seed of a record that has one."""
    assert record.seed is not None
    return record.seed.reveal()


def codes_of(record: Imported) -> list[str]:
    """Return the recovery codes of a record, in the clear."""
    return [code.reveal().decode() for code in record.codes]


def reasons(records: Iterable[Imported | Refused]) -> list[ReasonCode | None]:
    """Return why each record was refused, None for one that comes in."""
    return [
        record.reason.code if isinstance(record, Refused) else None
        for record in records
    ]
