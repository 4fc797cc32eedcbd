"""What a dry run reads: as much as SQL can tell, and the rest to be judged."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, inspect, not_, select

from credguard.accounts.bounds import ASK, YES, Bounds
from credguard.accounts.columns import to_account_id, to_text
from credguard.accounts.compiling import Compiler, OwnRows, Where
from credguard.accounts.reflection import Reflected
from credguard.accounts.rows import account_of
from credguard.campaigns.accounts import Account, Sight
from credguard.campaigns.expressions import Scope
from credguard.campaigns.means import is_active_factor
from credguard.campaigns.tally import BANDS, Band
from credguard.storage import Database
from credguard.storage.tables import credential, second_factor

_LEFT_OPEN = len(BANDS)
_VERDICTS = 5  # columns that stand before those of the table

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

    def count_sure(self, scope: Scope) -> int:
        """Return how many accounts are in scope for certain."""
        query = select(func.count()).select_from(self._reflected.table)
        sure = self._compiler.bounds(scope).sure
        return int(self._connection.execute(query.where(sure)).scalar_one())

    def unsure(self, scope: Scope, *, size: int) -> Iterator[list[Account]]:
        """Read the accounts of which only the scope itself can tell."""
        bounds = self._compiler.bounds(scope)
        if bounds.is_exact:
            return
        query = select(*self._reflected.selected)
        query = query.where(bounds.possible, not_(bounds.sure))
        for page in self._pages(query, size, before=0):
            yield [self._account(row) for row in page]

    def read(
        self, scope: Scope, *, starts: tuple[datetime, ...], size: int
    ) -> Iterator[list[Sight]]:
        """Read the accounts that may be in scope; *starts* are those of the bands."""
        bounds = self._compiler.bounds(scope)
        query = select(*self._verdicts(bounds, starts), *self._reflected.selected)
        query = query.where(bounds.possible)
        for page in self._pages(query, size, before=_VERDICTS):
            yield [self._sight(row) for row in page]

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
        never = BANDS.index(Band.NEVER)
        last = compiler.instants("last_login_at")
        columns = [
            bounds.verdict,
            last.placed(starts, unknown=never, left_open=_LEFT_OPEN),
            compiler.truth("is_active", unknown=True).verdict,
            compiler.truth("is_staff", unknown=False).verdict,
            compiler.factor().verdict,
        ]
        return [each.label(f"verdict_{n}") for n, each in enumerate(columns)]

    def _sight(self, row: Values) -> Sight:
        in_scope, band, active, staff, factor = row[:_VERDICTS]
        values = row[_VERDICTS:]
        asks = None
        if ASK in {in_scope, active, staff, factor} or band == _LEFT_OPEN:
            asks = self._account(values)
            band = 0
        return Sight(
            to_account_id(self._at(values, "id")),
            to_text(self._at(values, "password")),
            to_text(self._at(values, "address")),
            to_text(self._at(values, "salt")),
            to_text(self._at(values, "username")),
            BANDS[int(str(band))],
            active == YES,
            staff == YES,
            factor == YES,
            asks,
        )

    def _at(self, values: Values, meaning: str) -> object:
        place = self._places.get(meaning)
        return None if place is None else values[place]

    def _account(self, values: Values) -> Account:
        return account_of(dict(zip(self._places, values, strict=True)))


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
