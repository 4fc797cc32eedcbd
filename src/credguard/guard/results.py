"""What the door returns: proof that something went well."""

from dataclasses import dataclass, field

from credguard._secret import never_copied
from credguard.screening import Reason


@never_copied
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

        reasons: What is known against the password, such as that it was seen in
            data breaches: tell the person, and ask for another one. The log-in is
            good. Empty where nothing is known, or nothing was screened.
    """

    session: str = field(repr=False)
    replacement: str | None = field(repr=False)
    scheme: str
    epoch: int
    second_factor_needed: bool
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """
    A session that is still good.

    Attributes:
        account_id: Whose it is.

        epoch: Its credential epoch.

        is_confirmed: False if the database was away: the stamp is right, but it may
            have been ended since.
    """

    account_id: str
    epoch: int
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A reset token that was used up: whose it was, and for which campaign."""

    account_id: str
    campaign_id: str


@never_copied
@dataclass(frozen=True, slots=True)
class Changed:
    """
    A password that was changed by somebody who knew the old one.

    Attributes:
        password: The new hash: store it if the old one still stands in the column.

        session: A stamp for this browser; all older sessions of the account are
            over.
    """

    password: str = field(repr=False)
    session: str = field(repr=False)


@never_copied
@dataclass(frozen=True, slots=True)
class Renewed:
    """
    A password that was chosen by somebody who had forgotten the old one.

    Attributes:
        account_id: Whose it is.

        password: The new hash: store it.
    """

    account_id: str
    password: str = field(repr=False)
