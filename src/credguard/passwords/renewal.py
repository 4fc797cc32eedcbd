"""What is done to one row of a password column offline, and why not to others."""

import hashlib
import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from statistics import median

from credguard.errors import (
    SealBrokenError,
    SetupError,
    UnknownKeyError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.passwords.column import Row
from credguard.passwords.describing import Description
from credguard.passwords.hasher import PasswordHasher
from credguard.passwords.reading import RETIRED, UNREADABLE, UNUSABLE

_DIGEST_CHARACTERS = 16
_TRIALS = 3
_LOST = "\ufffd"  # stands in a text of which not all bytes could be read


class Fate(StrEnum):
    """What becomes of a row."""

    DUE = "to be changed"
    CURRENT = "left as they are"
    NO_HASH = "without a hash in use"
    UNREADABLE = "of no format that was asked for"
    TOO_COSTLY = "above a ceiling"
    UNKNOWN_KEY = "under a key that is not on the keyring"
    BROKEN = "altered, or another account's"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What becomes of a row, and why.

    Attributes:
        fate: What becomes of it.
        description: What it is now.
        characters: How many its new text has at most; 0 if it gets none.
    """

    fate: Fate
    description: Description
    characters: int = 0


class Renewal(ABC):
    """
    A change of many rows, without their passwords.

    Args:
        hasher: Reads and writes the texts, as the forum's own hasher does.
    """

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher = hasher

    @property
    @abstractmethod
    def kind(self) -> str:
        """What is done, in one short word."""

    def name_in(self, place: str) -> str:
        """
        Return what tells this change of one table from every other change.

        Args:
            place: What tells the table from others.
        """
        said = json.dumps([place, repr(self.hasher), *self._settings()])
        digest = hashlib.sha256(said.encode()).hexdigest()
        return f"{self.kind}-{digest[:_DIGEST_CHARACTERS]}"

    @abstractmethod
    def characters(self, row: Row, description: Description) -> int:
        """
        Return how many characters the new text has at most, 0 if there is none.

        Raises:
            StoredDataError: The row cannot be changed.
        """

    @abstractmethod
    def renew(self, row: Row) -> str:
        """
        Return the new text of a row that is due.

        Raises:
            BusyError: The machine gave no memory.
        """

    @abstractmethod
    def row_time(self) -> timedelta:
        """Return about how long one row takes on this machine."""

    @abstractmethod
    def _settings(self) -> list[str]:
        """Return what else tells one change from another."""


class Wrapping(Renewal):
    """
    Put old hashes under Argon2id.

    Args:
        hasher: Accepts the old schemes, and has the keyring if the new texts are
            to be sealed.

        only: The names of the schemes that are wrapped; empty for all.

    Raises:
        SetupError: A name in *only* is of no scheme that the hasher accepts.
    """

    kind = "wrap"

    def __init__(
        self, hasher: PasswordHasher, *, only: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(hasher)
        strange = only - {scheme.name for scheme in hasher.accept}
        if strange:
            message = f"no scheme that is accepted is called '{min(strange)}'"
            raise SetupError(message)
        self._only = only

    def characters(self, row: Row, description: Description) -> int:
        """Return how long the wrapped text is, 0 for what is not to be wrapped."""
        scheme = description.scheme
        if not description.is_wrappable or (self._only and scheme not in self._only):
            return 0
        return self.hasher.wrapped_characters(
            row.password or "", salt=row.salt, username=row.username
        )

    def renew(self, row: Row) -> str:
        """Return the wrapped text."""
        return self.hasher.wrap(
            row.password or "",
            salt=row.salt,
            username=row.username,
            account_id=row.id,
        )

    def row_time(self) -> timedelta:
        """Return how long one Argon2id takes."""
        return hash_time(self.hasher)

    def _settings(self) -> list[str]:
        return [str(self.hasher.new_characters), *sorted(self._only)]


class Rekeying(Renewal):
    """
    Seal hashes under the current key, wherever they are under an older one.

    Args:
        hasher: Has the keyring.

        current: The id of the keyring's current key.

        seals_bare: Whether an Argon2id hash under no key gets one.
    """

    kind = "rekey"

    def __init__(
        self, hasher: PasswordHasher, *, current: str, seals_bare: bool = False
    ) -> None:
        super().__init__(hasher)
        self._current = current
        self._seals_bare = seals_bare

    def characters(self, row: Row, description: Description) -> int:
        """Return how long the new text is, 0 for what is under the current key."""
        if description.key_id == self._current and description.is_bound:
            return 0
        if description.key_id is None and not self._seals_bare:
            return 0
        return len(self._rekeyed(row) or "")

    def renew(self, row: Row) -> str:
        """Return the text under the current key."""
        return self._rekeyed(row) or ""

    def row_time(self) -> timedelta:
        """Return how long one seal takes, generously."""
        return timedelta(milliseconds=1)

    def _rekeyed(self, row: Row) -> str | None:
        return self.hasher.rekey(
            row.password or "",
            account_id=row.id,
            salt=row.salt,
            username=row.username,
        )

    def _settings(self) -> list[str]:
        return [self._current, str(self._seals_bare)]


def hash_time(hasher: PasswordHasher) -> timedelta:
    """Measure how long one new hash takes on this machine, now."""
    taken = []
    for _ in range(_TRIALS):
        begun = time.perf_counter()
        hasher.hash("a password to measure with")
        taken.append(time.perf_counter() - begun)
    return timedelta(seconds=median(taken))


def judge(renewal: Renewal, row: Row) -> Verdict:
    """
    Say what becomes of a row, without computing a hash.

    Args:
        renewal: What is to be done.

        row: The row; anything may stand in it.

    Raises:
        SetupError: The renewal cannot be done to rows of this scheme.
    """
    described = described_row(renewal.hasher, row)
    if described.scheme in {RETIRED, UNUSABLE}:
        return Verdict(Fate.NO_HASH, described)
    if described.scheme == UNREADABLE:
        return Verdict(Fate.UNREADABLE, described)
    try:
        characters = renewal.characters(row, described)
    except WorkFactorTooHighError:
        return Verdict(Fate.TOO_COSTLY, described)
    except UnknownKeyError:
        return Verdict(Fate.UNKNOWN_KEY, described)
    except SealBrokenError:
        return Verdict(Fate.BROKEN, described)
    except UnreadableHashError:
        return Verdict(Fate.UNREADABLE, described)
    fate = Fate.DUE if characters else Fate.CURRENT
    return Verdict(fate, described, characters)


def described_row(hasher: PasswordHasher, row: Row) -> Description:
    """Describe what stands in a row."""
    if _LOST in (row.salt or "") or _LOST in (row.username or ""):
        # A wrong salt would be kept in the wrapped text for ever.
        plain = hasher.describe(row.password)
        return Description(scheme=UNREADABLE) if plain.is_wrappable else plain
    return hasher.describe(row.password, salt=row.salt, username=row.username)
