"""What the door returns: proof that something went well."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """
    A log-in that succeeded.

    Attributes:
        session: A stamp to keep in the session record; hand it to
            `CredGuard.check_session` with every request.

        replacement: A better hash of the same password, None if none is needed.
            Store it only if the old hash still stands in the column.

        scheme: The scheme of the hash that was verified.

        epoch: The account's credential epoch, for `SecondFactors.devices`.

        second_factor_needed: True if the account has a second factor in force: keep
            the session back until it was verified.
    """

    session: str = field(repr=False)
    replacement: str | None = field(repr=False)
    scheme: str
    epoch: int
    second_factor_needed: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is still good: whose it is, and its credential epoch."""

    account_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A reset token that was used up: whose it was, and for which campaign."""

    account_id: str
    campaign_id: str
