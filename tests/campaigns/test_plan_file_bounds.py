"""How long a plan and how large its numbers may be, and what its digest stands for."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from scopes import LISTS
from test_plan_file import SOME, WRITTEN

from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.plan import Plan
from credguard.campaigns.plan_file import digest, read, write
from credguard.campaigns.scope import everyone, in_list
from credguard.errors import ScopeError


def filled_up(characters: int) -> str:
    """Return a plan with a comment at its end that makes it *characters* long."""
    return f"{WRITTEN}#".ljust(characters, "x")


@pytest.mark.parametrize("characters", [199_999, 200_000])
def test_a_plan_of_200_000_characters_is_read(characters: int) -> None:
    """What the operator wrote into it counts, and is let be."""
    assert read(filled_up(characters)) == read(WRITTEN)


@pytest.mark.parametrize("characters", [200_001, 200_002])
def test_a_longer_plan_is_none(characters: int) -> None:
    """Nobody writes one; nothing of it is looked at."""
    with pytest.raises(ScopeError, match="not a plan"):
        read(filled_up(characters))


@pytest.mark.parametrize("count", [0, 1, 10**12 - 1, 10**12])
def test_a_count_up_to_a_million_millions_is_read(count: int) -> None:
    """From nobody to more than there are people."""
    changed = WRITTEN.replace('"accounts" = 10\n', f'"accounts" = {count}\n')
    assert read(changed).tally.accounts == count


@pytest.mark.parametrize("count", [-2, -1, 10**12 + 1, 2 * 10**12])
def test_any_other_count_makes_it_no_plan(count: int) -> None:
    """Fewer than none or more than there can be were not counted."""
    with pytest.raises(ScopeError, match="not a plan"):
        read(WRITTEN.replace('"accounts" = 10\n', f'"accounts" = {count}\n'))


@pytest.mark.parametrize("listed", [LISTS[0], LISTS[3]])
def test_a_list_is_opened_as_what_it_is(listed: AccountList) -> None:
    """A list of addresses is not read as one of ids, nor the other way round."""
    kinds: list[ListKind] = []

    def opened(_named: str, _name: str | None, kind: ListKind) -> AccountList:
        kinds.append(kind)
        return listed

    read(write(replace(SOME, scope=in_list(listed))), open_list=opened)
    assert kinds == [listed.kind]


OTHERS = [
    replace(SOME, scope=everyone),
    replace(SOME, letter=replace(SOME.letter, reason="Another.")),
    replace(SOME, rate=15.0),
    replace(SOME, link_lifetime=timedelta(days=13)),
    replace(SOME, made_at=SOME.made_at + timedelta(microseconds=1)),
    replace(SOME, tally=replace(SOME.tally, to_tell=7)),
    replace(SOME, tally=replace(SOME.tally, schemes=Counter({"django:md5": 9}))),
    replace(SOME, notices=NoticePolicy(day_quota=5)),
]


@pytest.mark.parametrize("plan", OTHERS)
def test_an_approval_is_for_all_of_a_plan(plan: Plan) -> None:
    """Whatever is changed in it, it is another plan."""
    approved, other = digest(SOME), digest(plan)
    assert re.fullmatch("[0-9a-f]{64}", approved)
    assert re.fullmatch("[0-9a-f]{64}", other)
    assert approved != other


def test_an_approval_outlives_where_a_list_is_kept() -> None:
    """What is read again and again is the same plan, wherever its files are."""
    assert digest(read(WRITTEN)) == digest(read(write(SOME))) == digest(SOME)
