"""
What a hash costs: work factors for new hashes, ceilings for stored ones.

The named work factors are called after the text that recommends them.
"""

from dataclasses import dataclass

from credguard.errors import SetupError, WorkFactorTooHighError

# RFC 9106 section 3.1.
MAX_MEMORY_KIB = 2**32 - 1
MAX_PASSES = 2**32 - 1
MAX_LANES = 2**24 - 1
MIN_MEMORY_KIB_PER_LANE = 8

MAX_BCRYPT_COST = 31  # the format's two digits mean a power of two, in 32 bits
# hashlib.scrypt takes its memory limit as a C int; the rest is room for its blocks.
MAX_SCRYPT_BYTES = 2**31 - 2**21
MAX_STORED_CHARACTERS = 65_536
MAX_PHPASS_ROUNDS = 2**30  # phpass knows no more


def refuse_above(ceiling: int, asked: int, what: str) -> None:
    """
    Refuse a stored hash that asks for more than *ceiling*.

    Raises:
        WorkFactorTooHighError: *asked* is above *ceiling*.
    """
    if asked > ceiling:
        raise WorkFactorTooHighError(what, ceiling=ceiling)


def _require_within(name: str, value: int, *, least: int, most: int) -> None:
    # type() and not isinstance(): True is no amount of memory.
    if type(value) is not int or not least <= value <= most:
        message = f"{name} is a whole number from {least} to {most}"
        raise SetupError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFactor:
    """
    What one Argon2 computation costs.

    Attributes:
        memory_kib: Memory in KiB; 8 times the lanes at least.
        passes: How often the memory is gone over, 1 at least.
        lanes: How many threads may share the work, 1 to 16,777,215.

    Raises:
        SetupError: A number lies outside RFC 9106.

    Source:
        RFC 9106 section 3.1.
    """

    memory_kib: int
    passes: int
    lanes: int

    def __post_init__(self) -> None:
        _require_within("lanes", self.lanes, least=1, most=MAX_LANES)
        _require_within("passes", self.passes, least=1, most=MAX_PASSES)
        least = MIN_MEMORY_KIB_PER_LANE * self.lanes
        _require_within("memory_kib", self.memory_kib, least=least, most=MAX_MEMORY_KIB)

    @property
    def work(self) -> int:
        """How many KiB are filled in all: the measure that schemes are compared by."""
        return self.memory_kib * self.passes

    def exceeds(self, other: "WorkFactor") -> bool:
        """Return True if any number is above that of *other*."""
        return (
            self.memory_kib > other.memory_kib
            or self.passes > other.passes
            or self.lanes > other.lanes
        )


# OWASP Password Storage Cheat Sheet, Argon2id; all are held to be equally strong, and
# no hash should cost less.
OWASP_7_MIB = WorkFactor(memory_kib=7_168, passes=5, lanes=1)
OWASP_9_MIB = WorkFactor(memory_kib=9_216, passes=4, lanes=1)
OWASP_12_MIB = WorkFactor(memory_kib=12_288, passes=3, lanes=1)
OWASP_19_MIB = WorkFactor(memory_kib=19_456, passes=2, lanes=1)
OWASP_46_MIB = WorkFactor(memory_kib=47_104, passes=1, lanes=1)
# RFC 9106 section 4, second recommended option.
RFC_9106_LOW_MEMORY = WorkFactor(memory_kib=65_536, passes=3, lanes=4)  # 64 MiB
CHEAPEST = WorkFactor(memory_kib=8, passes=1, lanes=1)  # only for testing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """
    The most work that a stored hash may ask for; it is refused before any is done.

    A stored text may come from an import or from whoever can write to the table,
    so that its numbers are bounded before they are computed with. The defaults let
    through what Django, Werkzeug, OWASP and the second option of RFC 9106 write.

    Attributes:
        argon2_memory_kib: Argon2 memory in KiB.
        argon2_passes: Argon2 passes.
        argon2_lanes: Argon2 lanes; each may be a thread.
        pbkdf2_iterations: PBKDF2 iterations.
        bcrypt_cost: The binary logarithm of bcrypt's rounds, 31 at most.
        scrypt_bytes: scrypt's N·r·p·128, which bounds memory and time.
        stored_characters: The length of a stored text.
        crypt_rounds: Rounds of the formats of crypt(3) that name them.
        phpass_rounds: Rounds of a phpass hash, those of Drupal included.

    Raises:
        SetupError: A ceiling is not a positive whole number, or is above what the
            algorithm knows.
    """

    argon2_memory_kib: int = 262_144  # 256 MiB, four times RFC 9106's second option
    argon2_passes: int = 16  # Google Identity Platform's limit for imported hashes
    argon2_lanes: int = 16  # as above
    pbkdf2_iterations: int = 5_000_000  # five times what Django 5.2 writes
    bcrypt_cost: int = 16  # sixteen times the work of Django's cost of 12
    scrypt_bytes: int = 268_435_456  # 256 MiB, three times what Django 5.2 writes
    stored_characters: int = 1_024  # no accepted format needs half of it
    crypt_rounds: int = 2_000_000  # three times the 656,000 that passlib writes
    phpass_rounds: int = 131_072  # twice what Drupal 8 writes, 16 times WordPress

    def allow(self, memory_kib: int, passes: int, lanes: int) -> bool:
        """Return True if no number of an Argon2 hash is above its ceiling."""
        return (
            memory_kib <= self.argon2_memory_kib
            and passes <= self.argon2_passes
            and lanes <= self.argon2_lanes
        )

    def __post_init__(self) -> None:
        limits = {
            "argon2_memory_kib": MAX_MEMORY_KIB,
            "argon2_passes": MAX_PASSES,
            "argon2_lanes": MAX_LANES,
            "pbkdf2_iterations": 2**31 - 1,  # OpenSSL counts them in a C int
            "bcrypt_cost": MAX_BCRYPT_COST,
            "scrypt_bytes": MAX_SCRYPT_BYTES,
            "stored_characters": MAX_STORED_CHARACTERS,
            "crypt_rounds": 2**32 - 1,  # crypt(5): what sha1crypt can name
            "phpass_rounds": MAX_PHPASS_ROUNDS,
        }
        for name, most in limits.items():
            _require_within(name, getattr(self, name), least=1, most=most)
