from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from scopes import INSTANTS, LISTS, SCOPES, facts

from credguard.campaigns.scope import (
    POLICIES,
    AccountList,
    Facts,
    Scope,
    cost_below,
    created_before,
    credential_set_before,
    everyone,
    has_second_factor,
    in_list,
    is_affected,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)
from credguard.errors import ScopeError
from credguard.passwords import (
    OWASP_7_MIB,
    OWASP_9_MIB,
    OWASP_12_MIB,
    OWASP_19_MIB,
    OWASP_46_MIB,
    RFC_9106_LOW_MEMORY,
)

T = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
LATER = T + timedelta(microseconds=1)
NOTHING_KNOWN = Facts(account_id="1", scheme="argon2id")


def test_everyone_includes_an_account_of_which_nothing_is_known() -> None:
    """Everyone is everyone."""
    assert everyone.includes(NOTHING_KNOWN)


def test_a_password_of_unknown_age_is_old() -> None:
    """What nobody kept counts against the attacker."""
    assert credential_set_before(T).includes(NOTHING_KNOWN)


@pytest.mark.parametrize(
    "at",
    [
        Facts(account_id="1", scheme="argon2id", set_at=LATER),
        Facts(account_id="1", scheme="argon2id", created_at=LATER),
    ],
)
def test_a_password_set_at_the_instant_is_not_before_it(at: Facts) -> None:
    """The bound itself is out, the microsecond before it is in."""
    assert not credential_set_before(LATER).includes(at)
    assert credential_set_before(LATER + timedelta(microseconds=1)).includes(at)


def test_a_password_is_as_old_as_it_was_set_and_not_as_its_account() -> None:
    """A known date of setting goes before the account's."""
    changed = replace(NOTHING_KNOWN, created_at=T, set_at=LATER)
    assert not credential_set_before(LATER).includes(changed)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, False),
        (T - timedelta(microseconds=1), False),
        (T, True),
        (LATER, False),
    ],
)
def test_log_ins_are_counted_from_the_start_to_before_the_end(
    last: datetime | None, *, expected: bool
) -> None:
    """A window includes its start and not its end; never is outside."""
    found = replace(NOTHING_KNOWN, last_login_at=last)
    assert logged_in_between(T, LATER).includes(found) is expected


@pytest.mark.parametrize("end", [T, T - timedelta(days=1)])
def test_a_window_ends_after_it_starts(end: datetime) -> None:
    """A window that holds no instant is refused."""
    with pytest.raises(ScopeError, match="after the first"):
        logged_in_between(T, end)


def test_a_scheme_is_compared_whole() -> None:
    """A name that begins alike is another."""
    assert scheme("argon2id").includes(NOTHING_KNOWN)
    assert not scheme("argon2i").includes(NOTHING_KNOWN)


@pytest.mark.parametrize("name", ["", "A", "a b", "a'b", "é", "x" * 65, "a\n"])
def test_a_scheme_has_a_plain_name(name: str) -> None:
    """What could not be written back as text is refused."""
    with pytest.raises(ScopeError, match="scheme"):
        scheme(name)


@pytest.mark.parametrize("ids", [[], [""], ["1", ""]])
def test_a_list_holds_ids(ids: list[str]) -> None:
    """An empty list, or one with an empty id, is a mistake."""
    with pytest.raises(ScopeError, match="in_list"):
        in_list(ids)


def test_a_list_is_named_by_its_ids() -> None:
    """Order and repetition do not change the digest, another id does."""
    assert AccountList.of(["2", "1", "2"]).digest == AccountList.of(["1", "2"]).digest
    assert AccountList.of(["1", "2"]).digest != AccountList.of(["1", "3"]).digest
    assert AccountList.of(["\ud800"]).digest != AccountList.of(["\ud801"]).digest


@given(found=facts(), scope=SCOPES)
def test_a_list_that_is_known_by_digest_means_the_same(
    found: Facts, scope: Scope
) -> None:
    """The gate, which has digests, agrees with the plan, which has the ids."""
    for entries in LISTS:
        by_digest = in_list(AccountList(entries.digest, kind=entries.kind))
        assert by_digest.includes(found) is in_list(entries).includes(found)
        both = (scope & by_digest).includes(found)
        assert both is (scope & in_list(entries)).includes(found)


@given(found=facts(), left=SCOPES, right=SCOPES)
def test_operators_are_those_of_sets(found: Facts, left: Scope, right: Scope) -> None:
    """And, or and not of scopes are and, or and not of their answers."""
    here, there = left.includes(found), right.includes(found)
    assert (left & right).includes(found) is (here and there)
    assert (left | right).includes(found) is (here or there)
    assert (~left).includes(found) is (not here)
    assert (~(left & right)).includes(found) is (~left | ~right).includes(found)


@given(left=SCOPES, right=SCOPES)
def test_a_scope_names_the_lists_of_all_its_parts(left: Scope, right: Scope) -> None:
    """No list is lost on the way up."""
    assert (left & ~right).lists() == (*left.lists(), *right.lists())


@given(found=facts(), scope=SCOPES, opened_at=INSTANTS)
def test_what_is_known_to_be_younger_than_the_campaign_is_not_affected(
    found: Facts, scope: Scope, opened_at: datetime
) -> None:
    """A password chosen after the watermark did not leak before it."""
    affected = is_affected(scope, found, opened_at=opened_at)
    born = found.set_at or found.created_at
    if born is not None and born >= opened_at:
        assert not affected
    else:
        assert affected is scope.includes(found)


def test_an_account_of_unknown_age_may_be_old() -> None:
    """What nobody kept counts against the attacker."""
    assert created_before(T).includes(NOTHING_KNOWN)
    young = replace(NOTHING_KNOWN, created_at=T, set_at=T - timedelta(days=9))
    assert not created_before(T).includes(young)
    assert created_before(LATER).includes(young)


@pytest.mark.parametrize(
    ("policy", "work", "expected"),
    [
        ("owasp", 35_839, True),
        ("owasp", 35_840, False),
        ("owasp", 0, True),
        ("owasp", None, False),
        ("rfc9106", 196_607, True),
        ("rfc9106", 196_608, False),
        ("m=19456,t=2", 38_911, True),
        ("m=19456,t=2", 38_912, False),
        ("m=1,t=1", 0, True),
        ("m=1,t=1", 1, False),
        ("m=1073741824,t=1024", 2**40 - 1, True),
    ],
)
def test_a_hash_that_costs_less_is_below(
    policy: str, work: int | None, *, expected: bool
) -> None:
    """What nobody can read counts as free; where there is no hash, none is weak."""
    assert cost_below(policy).includes(replace(NOTHING_KNOWN, work=work)) is expected


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "cheap",
        "OWASP",
        "m=0,t=1",
        "m=1",
        "t=1,m=1",
        "m=1,t=1,p=1",
        "m=1,t=1\n",
        "m=1073741825,t=1024",
    ],
)
def test_a_policy_has_a_name_or_numbers(policy: str) -> None:
    """A mistyped policy is told."""
    with pytest.raises(ScopeError, match="cost_below"):
        cost_below(policy)


def test_the_policies_are_those_of_the_work_factors() -> None:
    """One number, whether a hash is made or judged."""
    owasp = (OWASP_7_MIB, OWASP_9_MIB, OWASP_12_MIB, OWASP_19_MIB, OWASP_46_MIB)
    assert POLICIES["owasp"] == min(each.work for each in owasp)
    assert POLICIES["rfc9106"] == RFC_9106_LOW_MEMORY.work


@pytest.mark.parametrize(
    ("domain", "address", "expected"),
    [
        ("example.org", "a@example.org", True),
        ("Example.ORG", "a@EXAMPLE.org", True),
        ("example.org", "a@mail.example.org", False),
        ("example.org", "a@notexample.org", False),
        ("example.org", "a@example.org ", False),
        ("example.org", "a@b@example.org", False),
        ("example.org", "example.org", False),
        ("example.org", None, False),
        ("*.example.org", "a@mail.example.org", True),
        ("*.example.org", "a@example.org", True),
        ("*.example.org", "a@notexample.org", False),
    ],
)
def test_a_domain_is_what_follows_the_first_at(
    domain: str, address: str | None, *, expected: bool
) -> None:
    """Domains below it are meant only where that is written."""
    found = replace(NOTHING_KNOWN, address=address)
    assert mail_domain(domain).includes(found) is expected


@pytest.mark.parametrize(
    "domain",
    ["", "org", "a@example.org", "*.org", "exämple.org", "*.*.example.org", "."],
)
def test_a_domain_is_one(domain: str) -> None:
    """A mistyped domain is told."""
    with pytest.raises(ScopeError, match="mail_domain"):
        mail_domain(domain)


def test_staff_and_second_factors_are_asked_for_by_name() -> None:
    """Who is not known to be one is none."""
    assert not staff.includes(NOTHING_KNOWN)
    assert not has_second_factor.includes(NOTHING_KNOWN)
    assert staff.includes(replace(NOTHING_KNOWN, is_staff=True))
    assert has_second_factor.includes(replace(NOTHING_KNOWN, has_second_factor=True))


def test_what_is_known_of_an_account_shows_no_address() -> None:
    """A member's address does not get into a log."""
    assert "alice" not in repr(replace(NOTHING_KNOWN, address="alice@example.org"))
