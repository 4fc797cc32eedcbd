"""The factors that a measure selects, page by page, and the path of each."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from credguard.second_factor.factor import FactorState, Place
from credguard.second_factor.leaks.deciding import Proof, Ruled, live_path
from credguard.storage import Database
from credguard.storage.tables import factor_renewal, second_factor

BATCH_SIZE = 200  # rows of one transaction: it holds SQLite's lock for milliseconds

Having = Callable[[Sequence[str]], Collection[str]]
"""Is given account ids, and returns those that have it."""

_C = second_factor.c
_R = factor_renewal.c
_COUNTING = (FactorState.ACTIVE.value, FactorState.SUSPENDED.value)


def _nobody(account_ids: Sequence[str]) -> Collection[str]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, slots=True)
class Paths:
    """
    What the host knows of how people can show who they are.

    Attributes:
        with_address: Which of some accounts a mail reaches.

        with_other: Which of them have another proof, such as a passkey.
    """

    with_address: Having = _nobody
    with_other: Having = _nobody


@dataclass(frozen=True, slots=True)
class Found:
    """A selected factor, as far as a measure looks at it."""

    account_id: str
    id: str
    version: int
    state: FactorState
    seed_bits: int
    source: str
    key_id: str | None
    recovery_left: int
    decided: str | None
    reason: str | None


def selected(
    database: Database,
    leak_id: str,
    which: ColumnElement[bool],
    *,
    bounds: tuple[str, str | None] = ("", None),
) -> list[Found]:
    """
    Return the next factors that codes are asked of, and that were not swept yet.

    Args:
        database: Where the tables are.

        leak_id: The leak.

        which: The selection.

        bounds: The account id before the first, and the last one, None for no end.
    """
    low, high = bounds
    member = and_(_R.leak_id == leak_id, _R.account_id == _C.account_id)
    query = (
        select(
            _C.account_id,
            _C.id,
            _C.version,
            _C.state,
            _C.seed_bits,
            _C.source,
            _C.key_id,
            _C.recovery_left,
            _R.state.label("decided"),
            _R.reason,
        )
        .select_from(second_factor.outerjoin(factor_renewal, member))
        .where(
            _C.place == Place.CURRENT.value,
            _C.state.in_(_COUNTING),
            _C.account_id > low,
            or_(_R.account_id.is_(None), _R.factor_id.is_(None)),
            which,
        )
        .order_by(_C.account_id)
        .limit(BATCH_SIZE)
    )
    if high is not None:
        query = query.where(_C.account_id <= high)
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Found(**{**row, "state": FactorState(row["state"])}) for row in map(dict, rows)
    ]


def pages(
    database: Database, leak_id: str, which: ColumnElement[bool]
) -> Iterator[list[Found]]:
    """Yield all that `selected` finds."""
    low = ""
    while page := selected(database, leak_id, which, bounds=(low, None)):
        yield page
        low = page[-1].account_id


def paths_of(
    ruled: Ruled, page: Sequence[Found], paths: Paths
) -> dict[str, Proof | None]:
    """Return the live path of each account, None where it has none."""
    ids = [each.account_id for each in page]
    others, addresses = set(paths.with_other(ids)), set(paths.with_address(ids))
    return {
        each.account_id: live_path(
            ruled,
            code_counts=each.state is FactorState.ACTIVE,
            recovery_left=each.recovery_left,
            has_other=each.account_id in others,
            has_address=each.account_id in addresses,
        )
        for each in page
    }
