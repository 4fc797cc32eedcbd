"""A census of a password column: how many rows are of which kind."""

from collections import Counter
from collections.abc import Callable

from credguard.passwords.describing import Description
from credguard.passwords.reading import RETIRED, UNREADABLE, UNUSABLE


class Census:
    """
    What a table's stored hashes are, counted.

    Attributes:
        kinds: How many rows have which description.
    """

    def __init__(self) -> None:
        self.kinds: Counter[Description] = Counter()

    def add(self, description: Description) -> None:
        """Count one row."""
        self.kinds[description] += 1

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.kinds.total()

    @property
    def weak(self) -> int:
        """How many take less time to guess at than a new hash."""
        return self._count(lambda kind: kind.is_weak)

    @property
    def shuckable(self) -> int:
        """How many can be tried with digests that leaked elsewhere."""
        return self._count(lambda kind: kind.is_shuckable)

    @property
    def wrapped(self) -> int:
        """How many are an Argon2id hash around an old one."""
        return self._count(lambda kind: kind.is_wrapped)

    @property
    def wrappable(self) -> int:
        """How many are another software's, and not wrapped yet."""
        return self._count(lambda kind: kind.is_wrappable)

    @property
    def retired(self) -> int:
        """How many a campaign has taken out of use."""
        return self._count(lambda kind: kind.scheme == RETIRED)

    @property
    def unusable(self) -> int:
        """How many accounts have no password."""
        return self._count(lambda kind: kind.scheme == UNUSABLE)

    @property
    def unreadable(self) -> int:
        """How many are of no format that was asked for."""
        return self._count(lambda kind: kind.scheme == UNREADABLE)

    @property
    def keys(self) -> Counter[str]:
        """How many rows are sealed under which key."""
        found: Counter[str] = Counter()
        for kind, count in self.kinds.items():
            if kind.key_id is not None:
                found[kind.key_id] += count
        return found

    def most_common(self) -> list[tuple[Description, int]]:
        """Return what there is, the most frequent first, equals by name."""
        return sorted(
            self.kinds.items(),
            key=lambda found: (-found[1], found[0].scheme, found[0].cost),
        )

    def _count(self, holds: Callable[[Description], bool]) -> int:
        return sum(count for kind, count in self.kinds.items() if holds(kind))
