"""Why a record of another system does not come in: a stable code and English."""

from dataclasses import dataclass
from enum import StrEnum

from credguard.errors import UnfitRecordError


class ReasonCode(StrEnum):
    """A stable name; none of them carries anything of the record."""

    UNREADABLE = "unreadable"
    """It is not in the format that this system writes."""

    TOO_LARGE = "too_large"
    """A part of it is larger than any that the system writes."""

    NO_ACCOUNT = "no_account"
    """It does not say whose it is, or not as text of 1 to 255 characters."""

    UNKNOWN_ACCOUNT = "unknown_account"
    """No account goes by the name that it gives."""

    NO_SEED = "no_seed"
    """It holds neither a seed nor recovery codes that are still good."""

    SEED_UNREADABLE = "seed_unreadable"
    """The seed is not in the encoding that this system uses."""

    SEED_TOO_SHORT = "seed_too_short"
    """The seed has fewer than 80 bits."""

    SEED_TOO_LONG = "seed_too_long"
    """The seed has more than 1024 bits."""

    COUNTER_BASED = "counter_based"
    """Its codes come from a counter, not from the time."""

    ANOTHER_KIND = "another_kind"
    """It is a passkey, a phone number or a mail address: no shared seed."""

    PARAMETERS = "parameters"
    """Its hash function, digits, period or starting time are not supported."""

    NOT_CONFIRMED = "not_confirmed"
    """Nobody ever typed a code of it: its owner may not have it."""

    UNKNOWN_KEY = "unknown_key"
    """It is sealed by a key that was not given."""

    WRONG_KEY = "wrong_key"
    """None of the keys that were given opens it, or it was altered."""

    TOO_COSTLY = "too_costly"
    """To open it, or to check a code, takes more work than the ceiling allows."""

    UNKNOWN_HASH = "unknown_hash"
    """Its recovery codes are hashed in a way that is not supported."""

    TOO_MANY_CODES = "too_many_codes"
    """It has more than 32 recovery codes."""

    BATCH_MISSING = "batch_missing"
    """It is one part of an export, and other parts are missing."""

    ALREADY_ENROLLED = "already_enrolled"
    """The account has another factor in force, which was left as it is."""

    DISABLED_HERE = "disabled_here"
    """The account's factor was disabled here since; it is not brought back."""

    NO_FACTOR = "no_factor"
    """These are recovery codes of an account that has no factor in force."""


_ENGLISH = {
    ReasonCode.UNREADABLE: "not in the format that this system writes",
    ReasonCode.TOO_LARGE: "larger than any record that this system writes",
    ReasonCode.NO_ACCOUNT: "does not say whose it is",
    ReasonCode.UNKNOWN_ACCOUNT: "belongs to a name that no account has",
    ReasonCode.NO_SEED: "holds neither a seed nor a recovery code that is still good",
    ReasonCode.SEED_UNREADABLE: "the seed is not in the encoding of this system",
    ReasonCode.SEED_TOO_SHORT: "the seed is shorter than 80 bits; enroll anew",
    ReasonCode.SEED_TOO_LONG: "the seed is longer than 1024 bits",
    ReasonCode.COUNTER_BASED: "its codes come from a counter, not from the time",
    ReasonCode.ANOTHER_KIND: "a passkey, phone or mail address, not a shared seed",
    ReasonCode.PARAMETERS: "its hash function, digits, period or start is unsupported",
    ReasonCode.NOT_CONFIRMED: "no code of it was ever typed; let its owner enroll",
    ReasonCode.UNKNOWN_KEY: "sealed by a key that was not given",
    ReasonCode.WRONG_KEY: "opened by none of the keys that were given, or altered",
    ReasonCode.TOO_COSTLY: "takes more work than the ceiling allows",
    ReasonCode.UNKNOWN_HASH: "its recovery codes are hashed in an unsupported way",
    ReasonCode.TOO_MANY_CODES: "has more than 32 recovery codes",
    ReasonCode.BATCH_MISSING: "other parts of this export are missing",
    ReasonCode.ALREADY_ENROLLED: "the account has another factor, which was kept",
    ReasonCode.DISABLED_HERE: "the account's factor was disabled here since",
    ReasonCode.NO_FACTOR: "recovery codes of an account without a factor in force",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why a record does not come in.

    Attributes:
        code: A stable name.
    """

    code: ReasonCode

    @property
    def text(self) -> str:
        """English for the operator."""
        return _ENGLISH[self.code]


def unfit(code: ReasonCode) -> UnfitRecordError:
    """Return the error to raise for a record that does not come in."""
    return UnfitRecordError(Reason(code))
