"""A second factor as it stands in its row. Pure."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from credguard.second_factor.totp import EVERY_APP, Parameters

PENDING_LIFETIME = timedelta(minutes=15)  # to find the phone and install an app
ENROLLED_HERE = "enrolled"
WEAK_BELOW_BITS = 128  # RFC 4226 section 4 R6; NIST SP 800-63B-4 3.1.4 asks for 112
MAX_SEED_BYTES = 128  # a block of SHA-512: HMAC hashes what is longer (RFC 2104)


_SUSPENDED_MARK = "!"


class FactorState(StrEnum):
    """Where a factor stands."""

    PENDING = "pending"
    """A seed was handed out; no code of it was seen yet."""

    ACTIVE = "active"
    """Codes are accepted."""

    LOCKED = "locked"
    """Too many wrong codes in a row; a new factor has to be enrolled."""

    SUSPENDED = "suspended"
    """The seed leaked: no code of it counts; a new factor has to be enrolled."""

    DISABLED = "disabled"
    """Taken out of use on purpose; the account has no second factor."""


IN_FORCE = frozenset({FactorState.ACTIVE, FactorState.LOCKED, FactorState.SUSPENDED})
"""The states in which a log-in needs the factor."""


class Place(StrEnum):
    """An account has at most one factor in each place."""

    PENDING = "pending"
    CURRENT = "current"


@dataclass(slots=True)  # frozen ones take twice as long to make
class Factor:
    """
    A factor as it stands in its row.

    Attributes:
        account_id: Whose it is.

        id: Its own id; the seed is sealed to both.

        state: Where it stands.

        sealed: The seed under seal, None once it is out of use.

        last_step: The last step that was accepted, None before the first.

        failures: Wrong codes since the last right one, of whatever kind.

        retry_at: Before this instant no code is looked at.

        expires_at: When a pending factor lapses, None for others.

        made_at: When it was enrolled.

        changed_at: When its row was last written.

        version: What must still stand in the row when it is changed.

        parameters: How its codes are made.

        seed_bits: How strong the seed is, in bits.

        source: Where it came from: ``enrolled``, or the system that it was taken
            over from.

        replaces: `standing_id` of the factor that this pending one may replace, None
            if there was none in force when it was enrolled.

        recovery_left: How many recovery codes are not used yet.

        recovery_saved_at: When a recovery code of the present set was first typed:
            so they were saved. None before that.
    """

    account_id: str
    id: str
    state: FactorState
    sealed: str | None = field(repr=False)
    last_step: int | None
    failures: int
    retry_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    changed_at: datetime
    version: int
    parameters: Parameters = EVERY_APP
    seed_bits: int = 160
    source: str = ENROLLED_HERE
    replaces: str | None = None
    recovery_left: int = 0
    recovery_saved_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Where in its account it stands: pending, or the one in force."""
        is_pending = self.state is FactorState.PENDING
        return Place.PENDING if is_pending else Place.CURRENT

    @property
    def is_in_force(self) -> bool:
        """True if a log-in needs it; so it does when it is locked or suspended."""
        return self.state in IN_FORCE

    @property
    def standing_id(self) -> str:
        """
        What a proof or a pending factor refers to: another once it is suspended.

        So what a thief proved or began before that does not count after it.
        """
        # No id has this mark, and 21 characters are still 126 random bits.
        is_suspended = self.state is FactorState.SUSPENDED
        return _SUSPENDED_MARK + self.id[1:] if is_suspended else self.id

    @property
    def is_weak(self) -> bool:
        """True if its seed is shorter than it should be: it works, and is to go."""
        return self.seed_bits < WEAK_BELOW_BITS

    def copied(self) -> "Factor":
        """Return a row of its own with the same values, in a third of `replace`."""
        return Factor(*_VALUES(self))


_VALUES = attrgetter(*(each.name for each in fields(Factor)))


def new_factor(
    account_id: str,
    factor_id: str,
    *,
    sealed: str,
    now: datetime,
    seed_bits: int = 160,
    parameters: Parameters = EVERY_APP,
    replaces: str | None = None,
) -> Factor:
    """Return a pending factor; it lapses after 15 minutes."""
    return Factor(
        account_id=account_id,
        id=factor_id,
        state=FactorState.PENDING,
        sealed=sealed,
        last_step=None,
        failures=0,
        retry_at=None,
        expires_at=now + PENDING_LIFETIME,
        made_at=now,
        changed_at=now,
        version=0,
        parameters=parameters,
        seed_bits=seed_bits,
        replaces=replaces,
    )
