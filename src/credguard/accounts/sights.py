"""What a dry run reads: as much as SQL can tell, and the rest to be judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import repeat

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    inspect,
    literal,
    select,
)

from credguard.accounts.bounds import ASK, NO, YES, Bounds
from credguard.accounts.columns import to_account_id, to_text, to_texts
from credguard.accounts.compiling import Compiler, OwnRows, Where, needs_of
from credguard.accounts.reflection import Reflected
from credguard.accounts.rows import account_of
from credguard.campaigns.accounts import Account, Sight, Taking
from credguard.campaigns.expressions import Scope
from credguard.campaigns.means import is_active_factor
from credguard.campaigns.tally import BANDS, NEVER
from credguard.storage import Database
from credguard.storage.tables import credential, second_factor

_LEFT_OPEN = len(BANDS)
# Columns that stand before those of the table: in scope or not, active, staff, second
# factor, and the band of the last log-in. What SQL cannot tell of each is in these:
_COLUMNS_ASKED = ("", "is_active", "is_staff", "second_factor", "last_login_at")
_VERDICTS = len(_COLUMNS_ASKED)
_ANSWERS = _BAND = _VERDICTS - 1
_TRUTH_AT: dict[object, bool | None] = {NO: False, YES: True, ASK: None}
_BAND_AT: dict[object, int | None] = {
    **{place: place for place in range(len(BANDS))},
    _LEFT_OPEN: None,
}
_ASKED = "asked"
_PLAIN = frozenset({"id", "password", "address", "salt", "username"})

Values = Sequence[object]


class Sights:
    """
    Counts scopes over one table, in one transaction.

    Args:
        reflected: The table.

        connection: A transaction in the forum's database.

        kept_in: Where our own tables are, if there are any yet.

        is_shared: True if that is the forum's database too.
    """

    def __init__(
        self,
        reflected: Reflected,
        connection: Connection,
        *,
        kept_in: Database | None,
        is_shared: bool,
    ) -> None:
        self._reflected = reflected
        self._connection = connection
        own = _own_rows(connection, kept_in, is_shared=is_shared)
        self._compiler = Compiler(reflected, connection.dialect.name, own)
        self._places = {
            label.name: place for place, label in enumerate(reflected.selected)
        }
        at = {name: place + _VERDICTS for name, place in self._places.items()}
        self._id, self._password, self._address = (
            at["id"],
            at["password"],
            at["address"],
        )
        self._salt, self._username = at.get("salt"), at.get("username")

    def count(self, scope: Scope) -> tuple[int, int]:
        """Return how many are in scope for certain, and how many may be."""
        bounds = self._compiler.bounds(scope)
        # Each row's values are looked at once: that is what takes the time.
        asked: ColumnElement[int] = literal(0)
        if not bounds.is_exact:
            asked = case((bounds.left_open, 1), else_=0)
        query = select(func.count(), func.coalesce(func.sum(asked), 0))
        query = query.select_from(self._reflected.table).where(bounds.possible)
        possible, left_open = self._connection.execute(query).one()
        return int(possible) - int(left_open), int(left_open)

    def unsure(self, scope: Scope, *, size: int) -> Iterator[list[Account]]:
        """Read the accounts of which only the scope itself can tell."""
        bounds = self._compiler.bounds(scope)
        query = select(*self._reflected.selected).where(bounds.left_open)
        wanted = _PLAIN | needs_of(scope)
        for page in self._pages(query, size, before=0):
            yield [self._account(row, wanted) for row in page]

    def read(
        self, scope: Scope, *, starts: tuple[datetime, ...], size: int
    ) -> Iterator[list[Sight]]:
        """Read the accounts that may be in scope; *starts* are those of the bands."""
        bounds = self._compiler.bounds(scope)
        query = select(*self._verdicts(bounds, starts), *self._reflected.selected)
        query = query.where(bounds.possible)
        needs = needs_of(scope)
        for page in self._pages(query, size, before=_VERDICTS):
            yield [self._sight(row, needs) for row in page]

    def takings(
        self, scope: Scope, ids: ColumnElement[bool], *, size: int, lock: bool
    ) -> Iterator[list[Taking]]:
        """Read those of *ids* that may be in scope, locked until the end if asked."""
        bounds = self._compiler.bounds(scope)
        wanted = _PLAIN if bounds.is_exact else _PLAIN | needs_of(scope)
        columns = [each for each in self._reflected.selected if each.name in wanted]
        if not bounds.is_exact:
            columns.append(case((bounds.left_open, 1), else_=0).label(_ASKED))
        query = select(*columns).where(ids, bounds.possible)
        query = query.order_by(self._reflected.id)
        rows = self._connection.execute(query.with_for_update() if lock else query)
        names = [each.name for each in columns]
        for page in rows.partitions(size):
            by_column = zip(*page, strict=True)
            yield _takings(dict(zip(names, by_column, strict=True)))

    def _pages(
        self, query: Select[*tuple[object, ...]], size: int, *, before: int
    ) -> Iterator[Sequence[Values]]:
        place = before + self._places["id"]
        query = query.order_by(self._reflected.id).limit(size)
        page: Sequence[Values] = self._connection.execute(query).all()
        while page:
            yield page
            rest = query.where(self._reflected.id > page[-1][place])
            page = self._connection.execute(rest).all()

    def _verdicts(
        self, bounds: Bounds, starts: tuple[datetime, ...]
    ) -> list[ColumnElement[int]]:
        compiler = self._compiler
        last = compiler.instants("last_login_at")
        columns = [
            bounds.verdict,
            compiler.truth("is_active", unknown=True).verdict,
            compiler.truth("is_staff", unknown=False).verdict,
            compiler.factor().verdict,
            last.placed(starts, unknown=NEVER, left_open=_LEFT_OPEN),
        ]
        return [each.label(f"verdict_{n}") for n, each in enumerate(columns)]

    def _sight(self, row: Values, needs: frozenset[str]) -> Sight:
        asks = None
        if ASK in row[:_ANSWERS] or row[_BAND] == _LEFT_OPEN:
            asks = self._account(
                row[_VERDICTS:], _wanted(tuple(row[:_VERDICTS]), needs)
            )
        return Sight(
            to_account_id(row[self._id]),
            to_text(row[self._password]),
            to_text(row[self._address]),
            None if self._salt is None else to_text(row[self._salt]),
            None if self._username is None else to_text(row[self._username]),
            _BAND_AT[row[_BAND]],
            _TRUTH_AT[row[1]],
            _TRUTH_AT[row[2]],
            _TRUTH_AT[row[3]],
            _TRUTH_AT[row[0]],
            asks,
        )

    def _account(self, values: Values, wanted: frozenset[str]) -> Account:
        places = self._places.items()
        return account_of({name: values[at] for name, at in places if name in wanted})


def _takings(columns: Mapping[str, Sequence[object]]) -> list[Taking]:
    """Return what was read column by column, row by row."""
    beside = [
        to_texts(columns[name]) if name in columns else repeat(None)
        for name in ("salt", "username")
    ]
    asks: Iterable[Account | None] = repeat(None)
    if any(columns.get(_ASKED, ())):
        rows = zip(*columns.values(), strict=True)
        asks = [_asking(dict(zip(columns, row, strict=True))) for row in rows]
    ids = map(to_account_id, columns["id"])
    passwords, addresses = (to_texts(columns[n]) for n in ("password", "address"))
    # As many as there are ids.
    return list(map(Taking, ids, passwords, addresses, *beside, asks))


def _asking(row: Mapping[str, object]) -> Account | None:
    return account_of(row) if row[_ASKED] else None


@lru_cache(maxsize=1024)
def _wanted(verdicts: tuple[object, ...], needs: frozenset[str]) -> frozenset[str]:
    """Return the columns without which nobody can tell what SQL could not."""
    asked = {
        column
        for place, column in enumerate(_COLUMNS_ASKED)
        if verdicts[place] == (_LEFT_OPEN if place == _BAND else ASK)
    }
    return _PLAIN | asked | (needs if verdicts[0] == ASK else frozenset())


def _own_rows(
    connection: Connection, kept_in: Database | None, *, is_shared: bool
) -> OwnRows:
    if kept_in is None:
        return OwnRows()
    if is_shared:
        return _found(connection, Where.BESIDE)
    with kept_in.read() as ours:
        return _found(ours, Where.APART)


def _found(connection: Connection, where: Where) -> OwnRows:
    """Return where our rows are, if there are any that could matter."""
    is_there = inspect(connection).has_table
    has_credentials = is_there(credential.name) and _any(
        connection, select(credential.c.set_at).where(credential.c.set_at.is_not(None))
    )
    has_factors = is_there(second_factor.name) and _any(
        connection, select(second_factor.c.account_id).where(is_active_factor())
    )
    return OwnRows(
        where if has_credentials else Where.NOWHERE,
        where if has_factors else Where.NOWHERE,
    )


def _any(connection: Connection, query: Select[*tuple[object, ...]]) -> bool:
    return connection.execute(query.limit(1)).first() is not None
