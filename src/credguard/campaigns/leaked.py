"""A password hash that leaked, with what its software kept beside it."""

from dataclasses import dataclass, field

from credguard._secret import never_copied
from credguard.campaigns.accounts import Account


@never_copied
@dataclass(frozen=True, slots=True)
class Leaked:
    """
    A hash that a new password must not fit.

    Attributes:
        text: The hash.

        salt: The salt's column as it stood beside the hash, None if it is not known.

        username: The account's name as it stood beside the hash, None likewise.
    """

    text: str = field(repr=False)
    salt: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)


def as_it_stands(account: Account) -> Leaked:
    """Return the hash in *account*, which must have one, with what is beside it."""
    return Leaked(account.password or "", account.salt, account.username)
