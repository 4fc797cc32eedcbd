"""
What is kept of who is logged in: account, stamp, and what the stamp is worth. Pure.

::

    +<stamp>:<account id>     made with the browser's cookie
    -<stamp>:<account id>     made where there was none
    ?+<stamp>:<account id>    as above, and waits for the second factor; ?- too

That it waits stands here and not beside it in the session: the cookie that remembers
people is made of this text alone, and would let them in without the second factor.
"""

import re
from dataclasses import dataclass, field

from credguard._secret import never_copied

_WAITS, _WITH, _WITHOUT = "?", "+", "-"
_SHAPE = re.compile(r"(\??)([+-])([^:]+):(.+)", re.ASCII | re.DOTALL)


@never_copied
@dataclass(frozen=True, slots=True)
class Identity:
    """
    One log-in.

    Attributes:
        account_id: The account's id.

        stamp: The session stamp.

        has_browser: Whether the stamp was made with the browser's cookie.

        waits: Whether the second factor is still to be verified.
    """

    account_id: str
    stamp: str = field(repr=False)
    has_browser: bool
    waits: bool

    def to_text(self) -> str:
        """Return the one text that `read_identity` reads back as an equal value."""
        marks = _WAITS * self.waits + (_WITH if self.has_browser else _WITHOUT)
        return f"{marks}{self.stamp}:{self.account_id}"


def read_identity(written: object) -> Identity | None:
    """Return what a text says, None if it is none of ours; anything may be given."""
    found = _SHAPE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return None
    waits, mark, stamp, account_id = found.groups()
    return Identity(account_id, stamp, has_browser=mark == _WITH, waits=bool(waits))
