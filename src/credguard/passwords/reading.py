"""
From a stored text to the hash that it is: ours, wrapped, peppered, or a legacy one.

Nothing is computed here, and nothing is tried: the first shape that fits decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from credguard._text import RETIRED_PREFIX, has_surrogate
from credguard.errors import SetupError, UnreadableHashError
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.own_text import OWN_PREFIX, OwnText, read_own_text
from credguard.passwords.phc import Variety, read_phc
from credguard.passwords.stored_hash import (
    UNUSABLE_PREFIX,
    Argon2Hash,
    StoredHash,
    read_argon2,
)
from credguard.passwords.work_factor import Ceilings, refuse_above
from credguard.passwords.wrapping import (
    SCHEME_NAME,
    WRAPPED_PREFIX,
    ReadScheme,
    WrappedHash,
    least_beside,
    read_inner,
)

RETIRED = "retired"
UNUSABLE = "unusable"
UNREADABLE = "unreadable"

NATIVE = frozenset(variety.value for variety in Variety)
_RESERVED = NATIVE | {RETIRED, UNUSABLE, UNREADABLE}


@dataclass(slots=True)  # as PhcString
class Reading:
    """
    What a stored text turned out to be.

    Attributes:
        row: The hash; where it is sealed, its tag is still the sealed one.
        own: The parts of a text of our own, None for any other.
    """

    row: StoredHash = field(repr=False)
    own: OwnText | None = field(default=None, repr=False)

    @property
    def key_id(self) -> str | None:
        """The key that it is sealed under, None if it is bare."""
        return None if self.own is None else self.own.key_id

    @property
    def is_wrapped(self) -> bool:
        """True if it is a hash around an old hash."""
        return isinstance(self.row, WrappedHash)

    @property
    def is_native(self) -> bool:
        """True if it is an Argon2 hash of a password, in a text that we read alone."""
        return self.row.scheme in NATIVE

    @property
    def is_legacy(self) -> bool:
        """True if it is another software's hash, as that software wrote it."""
        return self.own is None and not self.is_native

    def opened(self, bare: OwnText) -> "Reading":
        """Return it with the tag that *bare* holds, which can be compared with."""
        outer = Argon2Hash(Variety.ARGON2ID.value, bare.phc)
        if isinstance(self.row, WrappedHash):
            return replace(self, row=replace(self.row, outer=outer))
        return replace(self, row=outer)


class Reader:
    """
    Reads stored texts.

    Args:
        accept: The legacy schemes, asked in this order.

        ceilings: The most work that a stored hash may ask for.

    Raises:
        SetupError: Two schemes have one name, or one has a name of ours or one
            that cannot stand in a stored text.
    """

    def __init__(self, accept: Sequence[LegacyScheme], ceilings: Ceilings) -> None:
        names = [scheme.name for scheme in accept]
        if len(set(names)) != len(names) or not _RESERVED.isdisjoint(names):
            message = "each scheme in accept has a name of its own"
            raise SetupError(message)
        for name in names:
            if not SCHEME_NAME.fullmatch(name) or name.startswith(WRAPPED_PREFIX):
                message = "a scheme's name is up to 64 of a-z, 0-9 and :._+-"
                raise SetupError(message)
        self._ceilings = ceilings
        self._schemes: dict[str, ReadScheme] = {
            scheme.name: scheme.read for scheme in accept
        }

    def scheme(self, name: str) -> ReadScheme | None:
        """Return what reads texts of the scheme called *name*, None if nothing does."""
        return _read_native if name in NATIVE else self._schemes.get(name)

    def read(self, stored: object, beside: Beside) -> Reading | None:
        """
        Read a text that is to be computed with.

        Returns:
            What it is; None where nobody can log in.

        Raises:
            UnreadableHashError: It is of no accepted format.
            WorkFactorTooHighError: It is above a ceiling.
        """
        if stored is None:
            return None
        if not isinstance(stored, str):
            raise UnreadableHashError
        if out_of_use(stored) is not None:
            return None
        refuse_above(self._ceilings.stored_characters, len(stored), "a length")
        reading = self.parse(stored, beside)
        if reading is None:
            raise UnreadableHashError
        reading.row.check_cost(self._ceilings)
        return reading

    def parse(self, stored: str, beside: Beside) -> Reading | None:
        """
        Take a text apart, however much work it asks for.

        Args:
            stored: The text; any text below the ceiling of length.

            beside: What stands in the row's other columns.

        Returns:
            What it is, None if it is of no accepted format.
        """
        is_alone = beside is NOTHING_BESIDE
        if not (self._is_text(stored) and (is_alone or self._is_readable(beside))):
            return None
        if stored.startswith(OWN_PREFIX):
            return self._parse_own(stored)
        row: StoredHash | None = read_argon2(stored)
        if row is not None:
            return Reading(row)
        for read in self._schemes.values():
            row = read(stored, beside)
            if row is not None:
                return Reading(row)
        return None

    def read_to_wrap(
        self, stored: object, beside: Beside, name: str | None
    ) -> tuple[StoredHash, Beside]:
        """
        Read another software's text, and tell what has to be kept beside it.

        Args:
            stored: The stored text.

            beside: What stands in the row's other columns.

            name: The name of its scheme; None for the first that reads it.

        Raises:
            SetupError: No scheme of that name is accepted, or it cannot be wrapped.
            UnreadableHashError: It is no text of that scheme, or nothing to wrap.
            WorkFactorTooHighError: It is above a ceiling.
        """
        names = tuple(self._schemes) if name is None else (name,)
        readers = {each: self.scheme(each) for each in names}
        if None in readers.values():
            message = "a row is wrapped by a scheme that is accepted"
            raise SetupError(message)
        text = self._foreign_text(stored, beside)
        for each, read in readers.items():
            least = None if read is None else least_beside(read, text, beside)
            row = None if read is None or least is None else read(text, least)
            if read is None or row is None or least is None or row.scheme != each:
                continue
            row.check_cost(self._ceilings)
            _check_blank(read, row, least)
            return row, least
        raise UnreadableHashError

    def _foreign_text(self, stored: object, beside: Beside) -> str:
        """Return a text that may be another software's hash."""
        if (
            not self._is_text(stored)
            or not isinstance(stored, str)
            or out_of_use(stored) is not None
            or stored.startswith(OWN_PREFIX)
            or not self._is_readable(beside)
        ):
            message = "There is no hash of other software to wrap."
            raise UnreadableHashError(message)
        return stored

    def _parse_own(self, stored: str) -> Reading | None:
        own = read_own_text(stored)
        if own is None:
            return None
        outer = Argon2Hash(Variety.ARGON2ID.value, own.phc)
        if not own.is_wrapped:
            return Reading(outer, own)
        inner = read_inner(own.inner)
        read = None if inner is None else self.scheme(inner.scheme)
        if inner is None or read is None:
            return None
        row = read(inner.blank, inner.beside)
        # Any other text for the same settings would be a second spelling.
        if row is None or (row.scheme, row.blank) != (inner.scheme, inner.blank):
            return None
        return Reading(WrappedHash(row, own.inner, outer), own)

    def _is_readable(self, beside: Beside) -> bool:
        return (beside.salt is None or self._is_text(beside.salt)) and (
            beside.username is None or self._is_text(beside.username)
        )

    def _is_text(self, text: object) -> bool:
        """Return True if *text* is text, not too long, and has a UTF-8 form."""
        if not isinstance(text, str) or len(text) > self._ceilings.stored_characters:
            return False
        return text.isascii() or not has_surrogate(text)


def beside_of(salt: str | None, username: str | None) -> Beside:
    """Return what stands in a row's other columns."""
    if salt is None and username is None:
        return NOTHING_BESIDE
    return Beside(salt=salt, username=username)


def out_of_use(stored: str) -> str | None:
    """Return the name of what keeps an account from logging in, None if nothing."""
    if stored.startswith(RETIRED_PREFIX):
        return RETIRED
    return UNUSABLE if not stored or stored.startswith(UNUSABLE_PREFIX) else None


def _read_native(stored: str, _beside: Beside) -> StoredHash | None:
    phc = read_phc(stored)
    return None if phc is None else Argon2Hash(str(phc.variety), phc)


def _check_blank(read: ReadScheme, row: StoredHash, beside: Beside) -> None:
    """Check that a wrapped row will be read again, before one is written."""
    again = read(row.blank, beside)
    if again is None or (again.scheme, again.blank) != (row.scheme, row.blank):
        message = f"rows of the scheme '{row.scheme}' cannot be wrapped"
        raise SetupError(message)
