"""What the parts of this room share, handed in once."""

from dataclasses import dataclass, field
from datetime import timedelta

from credguard._clock import Clock
from credguard.keys import Keyring
from credguard.second_factor.events import Events
from credguard.second_factor.limits import Limits
from credguard.second_factor.recovery import CodeHasher
from credguard.second_factor.takeover.checking import ForeignCodeChecker
from credguard.second_factor.totp import Window
from credguard.storage import Database

MOST_TRIES = 200  # at most MAX_FAILURES others win first before there is a delay
BUSY = "This account is being changed. Try again in a moment."
NONE_IN_FORCE = "No second factor is set up for this account."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """
    What everything here works with.

    Attributes:
        database: Where the tables are.

        keyring: Seals the seeds, and makes proofs and the audit log's chain.

        clock: Tells the time.

        events: Where it is told what happened.

        hasher: The slow hash of recovery codes.

        window: Which steps are looked at beside the present one.

        limits: How wrong codes slow the next one down.

        recovery_codes: How many recovery codes a set has.

        trust_lifetime: How long a device is trusted.

        foreign: Compares recovery codes with hashes of other systems.
    """

    database: Database
    keyring: Keyring
    clock: Clock
    events: Events
    hasher: CodeHasher
    window: Window
    limits: Limits
    recovery_codes: int
    trust_lifetime: timedelta
    foreign: ForeignCodeChecker = field(default_factory=ForeignCodeChecker)
