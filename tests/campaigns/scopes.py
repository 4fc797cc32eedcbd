"""Scopes, accounts and what is known of them, drawn at random."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from credguard.campaigns.scope import (
    AccountList,
    Facts,
    Scope,
    credential_set_before,
    everyone,
    in_list,
    logged_in_between,
    scheme,
)

IDS = st.sampled_from(["1", "2", "3", "ä", "x y"])
INSTANTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001  # as above
    timezones=st.just(UTC),
)
SCHEMES = ["argon2id", "django:md5", "unusable"]
LISTS = [AccountList.of(["1"]), AccountList.of(["2", "ä"]), AccountList.of(["x y"])]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Return what may be known of an account."""
    account_id = draw(IDS)
    return Facts(
        account_id=account_id,
        scheme=draw(st.sampled_from(SCHEMES)),
        created_at=draw(st.none() | INSTANTS),
        last_login_at=draw(st.none() | INSTANTS),
        set_at=draw(st.none() | INSTANTS),
        lists=frozenset(
            each.digest for each in LISTS if each.ids and account_id in each.ids
        ),
    )


def windows(instants: list[datetime]) -> Scope:
    """Return a scope of log-ins between two different instants."""
    return logged_in_between(min(instants), max(instants))


LEAVES = st.one_of(
    st.just(everyone),
    st.sampled_from(SCHEMES).map(scheme),
    INSTANTS.map(credential_set_before),
    st.lists(INSTANTS, min_size=2, max_size=2, unique=True).map(windows),
    st.sampled_from(LISTS).map(in_list),
)


def combined(inner: st.SearchStrategy[Scope]) -> st.SearchStrategy[Scope]:
    """Return one operator over *inner*."""
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda both: both[0] & both[1]),
        pairs.map(lambda both: both[0] | both[1]),
        inner.map(lambda one: ~one),
    )


SCOPES: st.SearchStrategy[Scope] = st.recursive(LEAVES, combined, max_leaves=8)
