"""
Hash a new password, verify an old one, and say when the hash should be replaced.

A wrong password costs about the same whether the account is unknown, its row is
retired, unreadable or weak, or all is in order. Only a row that costs more than a
new hash still shows, until it is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_bytes

from credguard._secret import Secret
from credguard._text import RETIRED_PREFIX
from credguard.errors import (
    CredguardError,
    PasswordMismatchError,
    PasswordUnhashableError,
    SetupError,
    StoredDataError,
    UnreadableHashError,
)
from credguard.passwords.legacy import DJANGO, WERKZEUG, LegacyScheme
from credguard.passwords.phc import SALT_BYTES, PhcString, Variety
from credguard.passwords.pool import DEFAULT_PATIENCE, Argon2Pool, Permit
from credguard.passwords.preparing import prepare
from credguard.passwords.stored_hash import (
    UNUSABLE_PREFIX,
    StoredHash,
    read_argon2,
)
from credguard.passwords.work_factor import (
    OWASP_19_MIB,
    Ceilings,
    WorkFactor,
    refuse_above,
)

RETIRED = "retired"
UNUSABLE = "unusable"
UNREADABLE = "unreadable"

_NATIVE = frozenset(variety.value for variety in Variety)
_RESERVED = _NATIVE | {RETIRED, UNUSABLE, UNREADABLE}
_DEFAULT_CEILINGS = Ceilings()
# Computed on where there is nothing to compare with; their values mean nothing.
_NO_SALT = bytes(SALT_BYTES)
_NO_PASSWORD = (Secret(b"no password"),)


@dataclass(frozen=True, slots=True)
class Verified:
    """
    The password was right.

    Attributes:
        scheme: The name of the stored hash's format, such as ``argon2id``.
        needs_rehash: Whether the stored hash should be replaced by a new one of the
            same password, by compare-and-set on the stored text.
    """

    scheme: str
    needs_rehash: bool


class PasswordHasher:
    """
    Argon2id for new passwords, and comparison with what other software wrote.

    It keeps no state about accounts; make one for each process and share it between
    threads.

    Args:
        work_factor: What a new hash costs.

        accept: The legacy schemes that are compared with, asked in this order.

        ceilings: The most work that a stored hash may ask for.

        permits: How many computations may run at a time; None for one a core.

        patience: How long a call waits for a permit before it is `BusyError`.

    Raises:
        SetupError: *work_factor* is above *ceilings*, two schemes of *accept* have
            one name or one of ours, or *permits* or *patience* make no sense.
    """

    def __init__(
        self,
        *,
        work_factor: WorkFactor = OWASP_19_MIB,
        accept: Sequence[LegacyScheme] = DJANGO + WERKZEUG,
        ceilings: Ceilings = _DEFAULT_CEILINGS,
        permits: int | None = None,
        patience: timedelta = DEFAULT_PATIENCE,
    ) -> None:
        names = [scheme.name for scheme in accept]
        if len(set(names)) != len(names) or not _RESERVED.isdisjoint(names):
            message = "each scheme in accept has a name of its own"
            raise SetupError(message)
        if not _is_within(work_factor, ceilings):
            message = "the work factor is above the ceilings for stored hashes"
            raise SetupError(message)
        self.work_factor = work_factor
        self.accept = tuple(accept)
        self.ceilings = ceilings
        self._readers = (read_argon2, *(scheme.read for scheme in self.accept))
        self._pool = Argon2Pool(permits=permits, patience=patience)

    def hash(self, password: str) -> str:
        """
        Hash a new password with Argon2id.

        Args:
            password: Up to 4,096 bytes in UTF-8; hashed in Normalization Form C.

        Returns:
            A PHC string to store, below 128 characters unless the work factor is
            astronomic. Hand it back as ``stored=``.

        Raises:
            BusyError: No permit or memory in time.
            PasswordUnhashableError: It is not text, empty, too long, or holds a lone
                surrogate.

        Source:
            RFC 9106; NIST SP 800-63B-4 section 3.1.1.2.
        """
        form = prepare(password).normalized_first[0]
        salt = token_bytes(SALT_BYTES)
        with self._pool.permit() as permit:
            tag = permit.compute(form.reveal(), salt=salt, work_factor=self.work_factor)
        return PhcString(
            variety=Variety.ARGON2ID,
            memory_kib=self.work_factor.memory_kib,
            passes=self.work_factor.passes,
            lanes=self.work_factor.lanes,
            salt=salt,
            tag=tag,
        ).to_text()

    def verify(self, password: str, *, stored: str | None) -> Verified:
        """
        Verify a password against what is stored for an account.

        Args:
            password: What was typed; anything may be given.

            stored: The stored text; None for an unknown account.

        Returns:
            Proof that the password was right, and whether to replace the hash.

        Raises:
            BusyError: No permit or memory in time; nothing was decided.
            MissingExtraError: The stored format needs a package that is not
                installed.
            PasswordMismatchError: The password is wrong, the account is unknown, or
                its row is retired or unusable.
            UnreadableHashError: The stored text is of no accepted format.
            WorkFactorTooHighError: The stored hash is above a ceiling.
        """
        row: StoredHash | None = None
        refusal: CredguardError = PasswordMismatchError()
        try:
            row = self._read(stored)
        except StoredDataError as error:
            refusal = error
        forms = _forms(password, row)
        with self._pool.permit() as permit:
            if row is None or not forms:
                self._spend(permit, forms or _NO_PASSWORD, self.work_factor.work)
            elif any(row.matches(form.reveal(), permit) for form in forms):
                return Verified(row.scheme, self._is_weaker(row))
            else:
                self._spend(permit, forms, self.work_factor.work - row.work)
        raise refusal

    def needs_rehash(self, *, stored: str) -> bool:
        """
        Return True if a new hash of the same password would be better.

        A legacy format is to be replaced. So is an Argon2id hash of which no number
        is above ours and one is below; a hash with any greater number is kept,
        also one behind Django's prefix, so that no cost is ever lowered.

        Args:
            stored: The stored text.

        Raises:
            UnreadableHashError: The stored text is of no accepted format.
            WorkFactorTooHighError: The stored hash is above a ceiling.
        """
        row = self._read(stored)
        return row is not None and self._is_weaker(row)

    def identify(self, stored: str | None) -> str:
        """
        Name what a stored text is, without computing; for counting a whole table.

        Args:
            stored: The stored text; anything may be given.

        Returns:
            The scheme's name, such as ``argon2id`` or ``django:md5``; ``retired``;
            ``unusable`` for an account without a password; or ``unreadable``. A hash
            above the ceilings is named as what it is.
        """
        if stored is None:
            return UNUSABLE
        if not isinstance(stored, str):
            return UNREADABLE
        out_of_use = _out_of_use(stored)
        if out_of_use is not None:
            return out_of_use
        if len(stored) > self.ceilings.stored_characters:
            return UNREADABLE
        row = self._parse(stored)
        return UNREADABLE if row is None else row.scheme

    def __repr__(self) -> str:
        names = ", ".join(scheme.name for scheme in self.accept)
        return f"PasswordHasher(work_factor={self.work_factor!r}, accept=[{names}])"

    def _read(self, stored: str | None) -> StoredHash | None:
        """Return the hash that may be computed with, None where nobody can log in."""
        if stored is None:
            return None
        if not isinstance(stored, str):
            raise UnreadableHashError
        if _out_of_use(stored) is not None:
            return None
        refuse_above(self.ceilings.stored_characters, len(stored), "a length")
        row = self._parse(stored)
        if row is None:
            raise UnreadableHashError
        row.check_cost(self.ceilings)
        return row

    def _parse(self, stored: str) -> StoredHash | None:
        for read in self._readers:
            row = read(stored)
            if row is not None:
                return row
        return None

    def _spend(self, permit: Permit, forms: Sequence[Secret], work: int) -> None:
        """Compute for nobody, for as long as a current row has *work* left to do."""
        passes = round(work / self.work_factor.memory_kib)
        if passes < 1:
            return
        cost = replace(self.work_factor, passes=passes)
        for form in forms:
            permit.compute(form.reveal(), salt=_NO_SALT, work_factor=cost)

    def _is_weaker(self, row: StoredHash) -> bool:
        theirs, ours = row.argon2id, self.work_factor
        if theirs is None:
            return True
        pairs = (
            (theirs.memory_kib, ours.memory_kib),
            (theirs.passes, ours.passes),
            (theirs.lanes, ours.lanes),
        )
        if any(old > new for old, new in pairs):
            return False
        return row.scheme not in _NATIVE or any(old < new for old, new in pairs)


def _forms(password: str, row: StoredHash | None) -> tuple[Secret, ...]:
    """Return what to compare, most likely first; nothing for what nobody can hash."""
    try:
        prepared = prepare(password)
    except PasswordUnhashableError:
        return ()
    if row is None or row.scheme in _NATIVE:
        return prepared.normalized_first
    return prepared.typed_first


def _out_of_use(stored: str) -> str | None:
    if stored.startswith(RETIRED_PREFIX):
        return RETIRED
    return UNUSABLE if not stored or stored.startswith(UNUSABLE_PREFIX) else None


def _is_within(work_factor: WorkFactor, ceilings: Ceilings) -> bool:
    return (
        work_factor.memory_kib <= ceilings.argon2_memory_kib
        and work_factor.passes <= ceilings.argon2_passes
        and work_factor.lanes <= ceilings.argon2_lanes
    )
