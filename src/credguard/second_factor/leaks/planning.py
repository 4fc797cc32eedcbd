"""The dry run: counts, and who would be left without a path. Writes nothing."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from credguard.second_factor.factor import FactorState, Place
from credguard.second_factor.leaks.deciding import Proof
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.members import MemberState
from credguard.second_factor.leaks.scanning import Paths, pages, paths_of
from credguard.storage import Database
from credguard.storage.tables import second_factor


@dataclass(slots=True)
class LeakPlan:
    """
    What a measure would do.

    Attributes:
        measure: The measure.

        selected: How many accounts it is about.

        locked: How many factors it selects that wrong codes put out of use: they
            need a vouch already, and stay as they are.

        states: Selected factors by state.

        strengths: By the seed's bits.

        sources: By where they came from.

        keys: By the key that the seed is under.

        paths: By the path that is left to the account.

        decided: Accounts that somebody decided on, by the decision.

        without_path: Every account that would be left without a path, and what was
            decided on it, None where nobody decided.
    """

    measure: Measure
    selected: int = 0
    locked: int = 0
    states: Counter[FactorState] = field(default_factory=Counter)
    strengths: Counter[int] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    paths: Counter[Proof] = field(default_factory=Counter)
    decided: Counter[MemberState] = field(default_factory=Counter)
    without_path: dict[str, MemberState | None] = field(default_factory=dict)

    @property
    def undecided(self) -> list[str]:
        """The accounts without a path that nobody has decided on."""
        return [name for name, decided in self.without_path.items() if decided is None]


def plan(database: Database, measure: Measure, paths: Paths) -> LeakPlan:
    """
    Return what *measure* would do.

    Raises:
        StorageUnavailableError: The database is away or locked.
    """
    found, ruled = LeakPlan(measure), measure.ruled
    which = measure.selection.condition()
    locked = (
        select(func.count())
        .select_from(second_factor)
        .where(
            second_factor.c.place == Place.CURRENT.value,
            second_factor.c.state == FactorState.LOCKED.value,
            which,
        )
    )
    with database.read() as connection:
        found.locked = int(connection.execute(locked).scalar_one())
    for page in pages(database, measure.leak_id, which):
        ways = paths_of(ruled, page, paths)
        for each in page:
            found.selected += 1
            found.states[each.state] += 1
            found.strengths[each.seed_bits] += 1
            found.sources[each.source] += 1
            found.keys[each.key_id or ""] += 1
            decided = None if each.decided is None else MemberState(each.decided)
            if decided is not None:
                found.decided[decided] += 1
            way = ways[each.account_id]
            if way is None:
                found.without_path[each.account_id] = decided
            else:
                found.paths[way] += 1
    return found
