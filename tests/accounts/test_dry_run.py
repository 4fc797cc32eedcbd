"""A dry run counts what a look at each account counts, and writes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from crowds import IDENTIFY, LAYOUTS, Crowd
from sqlalchemy import inspect
from test_scope_in_sql import NOW, OWN, crowd_in

from credguard.accounts import SqlAccounts
from credguard.campaigns import planning
from credguard.campaigns.accounts import Accounts, CountsBySet
from credguard.campaigns.expressions import Scope
from credguard.campaigns.forecast import Pace
from credguard.campaigns.lists import AccountList
from credguard.campaigns.notice_policy import Group, NoticePolicy
from credguard.campaigns.scope import (
    cost_below,
    created_before,
    everyone,
    has_second_factor,
    in_list,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)
from credguard.campaigns.tally import Tally
from credguard.errors import ScopeError
from credguard.storage import Database
from forums import LETTER

SCOPES: list[Scope] = [
    everyone,
    created_before(NOW) & ~staff,
    ~logged_in_between(NOW - timedelta(days=4000), NOW) | has_second_factor,
    cost_below("owasp") & mail_domain("*.mail.example"),
    ~scheme("unusable"),
    in_list(AccountList.of_addresses(["a@mail.example", "nobody@mail.example"])),
]


NOTICES = NoticePolicy(groups={"ours": Group(("kelvin.example",), 1.0)})


@pytest.fixture
def forum(database_url: str) -> Iterator[Database]:
    """A database for a forum's table."""
    database = Database(database_url)
    yield database
    database.close()


class OneByOne:
    """A user table whose database counts nothing by itself."""

    def __init__(self, accounts: SqlAccounts) -> None:
        for name in ("reading", "writing", "check", "count", "pages", "find"):
            setattr(self, name, getattr(accounts, name))


def planned(crowd: Crowd, accounts: Accounts, scope: Scope) -> Tally:
    """Return what a dry run over *accounts* counts."""
    inputs = planning.Inputs(
        accounts=accounts, identify=IDENTIFY, now=NOW, kept_in=crowd.kept_in
    )
    return planning._counted(inputs, scope, NOTICES)


@pytest.mark.parametrize("own", OWN)
def test_a_database_counts_what_a_look_at_each_counts(
    forum: Database, own: str, tmp_path: Path
) -> None:
    """Every number and the sample, on each database and table."""
    for layout in LAYOUTS[forum.dialect]:
        with crowd_in(forum, layout, own, tmp_path, seed=2) as crowd:
            slow = OneByOne(crowd.accounts)
            assert isinstance(crowd.accounts, CountsBySet)
            assert not isinstance(slow, CountsBySet)
            for scope in SCOPES:
                by_set = planned(crowd, crowd.accounts, scope)
                one_by_one = planned(crowd, slow, scope)  # type: ignore[arg-type]  # as it is used
                assert by_set == one_by_one, str(scope)
                assert by_set.sample == one_by_one.sample
                assert by_set.in_scope == len(crowd.in_scope(scope))


@pytest.mark.parametrize("own", OWN)
def test_a_dry_run_writes_nothing(forum: Database, own: str, tmp_path: Path) -> None:
    """Every row of every table is as it was, ours too, and there is no new table."""
    layout = next(iter(LAYOUTS[forum.dialect]))
    with crowd_in(forum, layout, own, tmp_path) as crowd:
        databases = [forum] + ([crowd.kept_in] if crowd.kept_in else [])
        before = [everything(each) for each in databases]
        inputs = planning.Inputs(
            accounts=crowd.accounts,
            identify=IDENTIFY,
            now=NOW,
            kept_in=crowd.kept_in,
        )
        for scope in SCOPES:
            planning.plan(
                inputs,
                scope,
                letter=LETTER,
                pace=Pace(rate=1.0),
                link_lifetime=timedelta(days=1),
            )
            planning.count_in_scope(inputs, scope)
        assert [everything(each) for each in databases] == before


def everything(database: Database) -> dict[str, list[str]]:
    """Return all rows of all tables, as text."""
    # PostgreSQL's driver cannot read all that its columns hold.
    row = "CAST(t AS TEXT)" if database.dialect == "postgresql" else "*"
    with database.read() as connection:
        return {
            name: sorted(
                repr(tuple(each))
                for each in connection.exec_driver_sql(f"SELECT {row} FROM {name} t")  # noqa: S608  # our names
            )
            for name in inspect(connection).get_table_names()
        }


def test_listed_ids_that_no_account_has_are_told(
    forum: Database, tmp_path: Path
) -> None:
    """Some of them by name; a list of strangers is a mistake."""
    layout = next(iter(LAYOUTS[forum.dialect]))
    with crowd_in(forum, layout, OWN[0], tmp_path) as crowd:
        inputs = planning.Inputs(accounts=crowd.accounts, identify=IDENTIFY, now=NOW)
        some = next(iter(crowd.facts))
        plan = planning.plan
        keys = {"letter": LETTER, "pace": Pace(rate=1.0)}
        strangers = [f"stranger {number}" for number in range(9)]
        with pytest.raises(ScopeError, match=r"9 ids .*stranger 0, .*, …"):
            plan(
                inputs,
                in_list([some, *strangers]),
                link_lifetime=timedelta(days=1),
                **keys,  # type: ignore[arg-type]  # of two kinds
            )
        with pytest.raises(ScopeError, match="nobody"):
            plan(
                inputs,
                in_list([some]) & ~everyone,
                link_lifetime=timedelta(days=1),
                **keys,  # type: ignore[arg-type]  # as above
            )
