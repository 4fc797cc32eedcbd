"""A scope in SQL means what its predicate means, on each database and table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from crowds import IDENTIFY, LAYOUTS, MOMENTS, Crowd, T, crowd_at, questions
from hypothesis import given, settings

from credguard.campaigns import planning
from credguard.campaigns.expressions import Scope
from credguard.campaigns.scope import credential_set_before
from credguard.campaigns.tally import band_starts
from credguard.storage import Database
from credguard.storage.schema import prepare

NOW = T + timedelta(days=100)
OWN = ["nothing of ours", "beside", "apart"]


@pytest.fixture
def forum(database_url: str) -> Iterator[Database]:
    """A database for a forum's table."""
    database = Database(database_url)
    yield database
    database.close()


@contextmanager
def crowd_in(
    forum: Database, layout: str, own: str, folder: Path, *, seed: int = 1
) -> Iterator[Crowd]:
    """Make a crowd, with our own rows beside it, apart or nowhere."""
    ours = Database(f"sqlite:///{folder / 'ours.db'}") if own == "apart" else None
    ours = forum if own == "beside" else ours
    if ours is not None:
        prepare(ours)
    with crowd_at(forum, LAYOUTS[forum.dialect][layout], ours, seed=seed) as crowd:
        yield crowd
    if ours is not None:
        ours.close()


def check_meaning(crowd: Crowd, scope: Scope) -> None:
    """Check that the database and the predicate mean the same by *scope*."""
    expected = crowd.in_scope(scope)
    inputs = planning.Inputs(
        accounts=crowd.accounts, identify=IDENTIFY, now=NOW, kept_in=crowd.kept_in
    )
    assert planning.count_in_scope(inputs, scope) == len(expected), str(scope)
    with crowd.accounts.reading() as connection:
        kept_in, size = crowd.kept_in, 37
        counts = crowd.accounts.count_scope(connection, scope, kept_in=kept_in)
        pages = crowd.accounts.unsure(connection, scope, kept_in=kept_in, size=size)
        asked = {account.id for page in pages for account in page}
        sights = [
            sight
            for page in crowd.accounts.sights(
                connection,
                scope,
                kept_in=kept_in,
                starts=band_starts(NOW),
                size=size,
            )
            for sight in page
        ]
    names = {sight.account_id for sight in sights}
    assert len(names) == len(sights)
    # Nobody in scope is passed over, and nobody else is taken for sure.
    assert expected <= names, str(scope)
    assert names - asked <= expected, str(scope)
    assert asked <= names
    assert counts == (len(names - asked), len(asked))


@pytest.mark.parametrize("own", OWN)
def test_sql_and_predicate_mean_the_same(
    forum: Database, own: str, tmp_path: Path
) -> None:
    """Whatever a table holds, and whatever is asked of it."""
    for layout in LAYOUTS[forum.dialect]:
        with crowd_in(forum, layout, own, tmp_path) as crowd:
            check_all(crowd)


def check_all(crowd: Crowd) -> None:
    """Ask many questions of one crowd."""
    everyday = settings.default
    assert everyday is not None

    @given(questions(crowd))
    @settings(max_examples=everyday.max_examples // 8)
    def same(scope: Scope) -> None:
        check_meaning(crowd, scope)

    same()


@pytest.mark.parametrize("own", OWN[1:])
def test_of_two_instants_the_later_counts(
    forum: Database, own: str, tmp_path: Path
) -> None:
    """Where we and the forum both kept when a password was set."""
    for layout in LAYOUTS[forum.dialect]:
        with crowd_in(forum, layout, own, tmp_path) as crowd:
            for moment in MOMENTS:
                scope = credential_set_before(moment)
                check_meaning(crowd, scope)
                check_meaning(crowd, ~scope)
