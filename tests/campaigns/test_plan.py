from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.accounts import Account
from credguard.campaigns.plan import (
    MAX_RETIRED_CHARACTERS,
    SAMPLE_SIZE,
    Plan,
    Tally,
    has_password,
)
from credguard.campaigns.scope import Facts, Scope, everyone, in_list, scheme
from credguard.errors import CampaignStateError, ScopeError
from forums import LETTER

T = datetime(2014, 4, 12, tzinfo=UTC)


def account(
    account_id: str = "1",
    *,
    password: str | None = "a hash",
    address: str | None = "a@mail.example",
    is_active: bool = True,
    is_staff: bool = False,
    last_login_at: datetime | None = T,
) -> Account:
    """Return an account."""
    return Account(
        account_id,
        password=password,
        address=address,
        is_active=is_active,
        is_staff=is_staff,
        last_login_at=last_login_at,
    )


def tally_of(
    accounts: Sequence[Account],
    *,
    scheme_name: str = "argon2id",
    scope: Scope = everyone,
) -> Tally:
    """Return the tally of *accounts*, all of one scheme."""
    tally = Tally()
    for each in accounts:
        tally.add(each, Facts(account_id=each.id, scheme=scheme_name), scope)
    return tally


def plan(
    *,
    in_scope: int = 1000,
    rate: float = 10.0,
    link_lifetime: timedelta = timedelta(days=14),
    scope: Scope = everyone,
) -> Plan:
    """Return a plan over *in_scope* accounts."""
    return Plan(
        scope=scope,
        letter=LETTER,
        rate=rate,
        link_lifetime=link_lifetime,
        made_at=T,
        tally=Tally(accounts=in_scope, in_scope=in_scope, to_tell=in_scope),
    )


def test_every_account_in_scope_is_counted_in_one_of_three_ways() -> None:
    """It is told, is not reachable, or has no password to reset."""
    found = tally_of(
        [
            account("1"),
            account("2", address=""),
            account("3", address=None),
            account("4", password=None),
            account("5", password="x" * (MAX_RETIRED_CHARACTERS + 1)),
        ]
    )
    assert (found.accounts, found.in_scope) == (5, 5)
    assert (found.to_tell, found.unreachable, found.no_password) == (1, 2, 2)
    assert found.schemes == {"argon2id": 5}


def test_closed_staff_and_idle_accounts_are_counted_besides() -> None:
    """An operator sees who else is hit."""
    found = tally_of(
        [
            account("1", is_active=False),
            account("2", is_staff=True),
            account("3", last_login_at=None),
        ]
    )
    assert (found.inactive, found.staff, found.never_logged_in) == (1, 1, 1)


def test_accounts_out_of_scope_are_only_counted() -> None:
    """Nothing else is said of them."""
    found = tally_of([account()], scope=scheme("django:md5"))
    assert found == Tally(accounts=1)


@pytest.mark.parametrize(
    ("stored", "scheme_name", "expected"),
    [
        (None, "unusable", False),
        ("", "unusable", False),
        ("!x", "unusable", False),
        (None, "argon2id", False),
        ("what nobody can read", "unreadable", True),
        ("cgretired1:x", "retired", True),
        ("x" * MAX_RETIRED_CHARACTERS, "unreadable", True),
        ("x" * (MAX_RETIRED_CHARACTERS + 1), "unreadable", False),
    ],
)
def test_what_may_be_a_password_is_retired(
    stored: str | None, scheme_name: str, *, expected: bool
) -> None:
    """What we cannot read, the forum's own code perhaps can."""
    assert has_password(stored, scheme_name) is expected


@given(st.lists(st.text(min_size=1), unique=True, max_size=60), st.randoms())
def test_the_sample_is_the_same_in_any_order(ids: list[str], draw: Random) -> None:
    """Who looks twice sees the same accounts, all of them in scope."""
    shuffled = list(ids)
    draw.shuffle(shuffled)
    first = tally_of([account(each) for each in ids]).sample
    second = tally_of([account(each) for each in shuffled]).sample
    assert first == second
    assert len(first) == min(len(ids), SAMPLE_SIZE)
    assert set(first) <= set(ids)
    assert len(set(first)) == len(first)


def test_an_id_that_has_no_utf_8_form_is_drawn_like_others() -> None:
    """A forum's odd id stops nothing."""
    assert tally_of([account("\ud800")]).sample == ["\ud800"]


def test_the_telling_takes_its_number_over_the_rate() -> None:
    """A thousand notices at ten a second take a hundred seconds."""
    assert plan().telling_takes == timedelta(seconds=100)


@pytest.mark.parametrize(
    "rate", [0.0, -1.0, float("nan"), float("inf"), 1 / 3601, 1e300, -0.0, 5e-324]
)
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    """No division by zero, and no sleep for ever."""
    with pytest.raises(CampaignStateError, match="rate"):
        plan(rate=rate)


@pytest.mark.parametrize("rate", [1 / 3600, 14, 1_000_000])
def test_rates_from_one_an_hour_are_taken(rate: float) -> None:
    """Slow and fast are for the operator to say."""
    assert plan(rate=rate, in_scope=10**9).telling_takes >= timedelta(seconds=1000)


@pytest.mark.parametrize(
    "link_lifetime",
    [
        timedelta(0),
        timedelta(minutes=5) - timedelta(microseconds=1),
        timedelta(days=-1),
        timedelta(days=367),
        timedelta.max,
    ],
)
def test_a_link_that_works_too_short_or_for_ever_is_refused(
    link_lifetime: timedelta,
) -> None:
    """Members need time to read, attackers get none to spare."""
    with pytest.raises(CampaignStateError, match="link"):
        plan(link_lifetime=link_lifetime)


def test_a_plan_for_nobody_is_refused() -> None:
    """A scope that selects nobody is a mistake."""
    with pytest.raises(ScopeError, match="nobody"):
        plan(in_scope=0)


def test_a_plan_whose_scope_could_not_be_read_back_is_refused() -> None:
    """It would be stored, and every log-in reads it."""
    wide: Scope = everyone
    for number in range(60):
        wide |= in_list([str(number)])
    with pytest.raises(ScopeError, match="characters"):
        plan(scope=wide)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1000, 1010, True),
        (1000, 1011, False),
        (1000, 990, True),
        (1000, 989, False),
        (5, 15, True),
        (5, 16, False),
        (100_000, 101_000, True),
        (100_000, 101_001, False),
    ],
)
def test_a_plan_holds_within_ten_accounts_or_one_in_a_hundred(
    before: int, after: int, *, expected: bool
) -> None:
    """Members come and go; more than that is news."""
    now = replace(plan(in_scope=before).tally, in_scope=after)
    if expected:
        plan(in_scope=before).check_still_true(now)
    else:
        with pytest.raises(CampaignStateError, match=rf"{before}.*{after}"):
            plan(in_scope=before).check_still_true(now)
