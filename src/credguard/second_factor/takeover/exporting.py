"""Seeds for those who leave: each factor in force as an otpauth URI."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, select

from credguard._text import to_iso
from credguard.errors import StoredDataError
from credguard.second_factor.enrollment import present
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.kit import Kit
from credguard.second_factor.seeds import open_seed
from credguard.second_factor.takeover import arriving_rows
from credguard.storage.tables import second_factor

_PAGE = 500
_C = second_factor.c
_IN_FORCE = (
    _C.place == Place.CURRENT.value,
    _C.state == FactorState.ACTIVE.value,
)


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """
    A factor in the clear. Write it where nobody else can read it.

    Attributes:
        account_id: Whose it is.

        uri: The otpauth URI, seed and all.

        last_step: The last step that was accepted, None before the first.

        made_at: When it was enrolled.
    """

    account_id: str
    uri: str = field(repr=False)
    last_step: int | None
    made_at: datetime

    def to_json(self) -> str:
        """Return it as one line of JSON, which `read_otpauth` reads."""
        content = {
            "account_id": self.account_id,
            "uri": self.uri,
            "last_step": self.last_step,
            "made_at": to_iso(self.made_at),
        }
        return json.dumps(content)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a seed in the clear cannot be pickled or copied"
        raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Exported:
    """
    What an export came to.

    Attributes:
        factors: How many factors were handed out.

        unreadable: The accounts whose seed does not open.
    """

    factors: int
    unreadable: tuple[str, ...]


def export(
    kit: Kit,
    write: Callable[[Leaving], None],
    *,
    issuer: str,
    name_of: Callable[[str], str | None],
) -> Exported:
    """Hand every factor in force to *write*; that it is done is recorded first."""
    count, unreadable, low = 0, list[str](), ""
    _announce(kit)
    while page := _page_after(kit, low):
        for factor in page:
            try:
                seed = open_seed(kit.keyring, factor)
            except StoredDataError:
                unreadable.append(factor.account_id)
                continue
            shown = present(
                seed,
                issuer=issuer,
                name=name_of(factor.account_id) or factor.account_id,
                expires_at=factor.changed_at,
                parameters=factor.parameters,
            )
            write(
                Leaving(factor.account_id, shown.uri, factor.last_step, factor.made_at)
            )
            count += 1
        low = page[-1].account_id
    return Exported(count, tuple(unreadable))


def _announce(kit: Kit) -> None:
    query = select(func.count()).select_from(second_factor).where(*_IN_FORCE)
    with kit.database.begin() as connection:
        count = connection.execute(query).scalar_one()
        event = FactorEvent(
            EventKind.EXPORTED, None, kit.clock(), {"factors": int(count)}
        )
        kit.events.record(connection, event)
    kit.events.tell_of(event)


def _page_after(kit: Kit, low: str) -> list[Factor]:
    query = (
        select(_C.account_id)
        .where(_C.account_id > low, *_IN_FORCE)
        .order_by(_C.account_id)
        .limit(_PAGE)
    )
    with kit.database.read() as connection:
        ids = list(connection.scalars(query))
        found = arriving_rows.standing(connection, ids)
    return [found[account_id] for account_id in ids]
