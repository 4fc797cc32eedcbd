"""Scopes, accounts and what is known of them, drawn at random."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from credguard.campaigns.expressions import Facts, Scope
from credguard.campaigns.lists import AccountList, ListKind, address_hash
from credguard.campaigns.scope import (
    cost_below,
    created_before,
    credential_set_before,
    everyone,
    has_second_factor,
    in_list,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)

IDS = st.sampled_from(["1", "2", "3", "ä", "x y"])
INSTANTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001  # as above
    timezones=st.just(UTC),
)
SCHEMES = ["argon2id", "django:md5", "unusable"]
ADDRESSES = ["a@mail.example", "A@MAIL.example", "b@x.mail.example", "ä@mail.example"]
LISTS = [
    AccountList.of(["1"]),
    AccountList.of(["2", "ä"]),
    AccountList.of(["x y"]),
    AccountList.of_addresses(["a@mail.example"]),
    AccountList.of_addresses([address_hash("b@x.mail.example"), "Ä@mail.example "]),
]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Return what may be known of an account."""
    account_id = draw(IDS)
    address = draw(st.none() | st.sampled_from(ADDRESSES))
    hashed = address_hash(address or "")
    return Facts(
        account_id=account_id,
        scheme=draw(st.sampled_from(SCHEMES)),
        created_at=draw(st.none() | INSTANTS),
        last_login_at=draw(st.none() | INSTANTS),
        set_at=draw(st.none() | INSTANTS),
        lists=standing_on(ListKind.IDS, account_id),
        work=draw(st.none() | st.sampled_from([0, 35_839, 35_840, 10**6])),
        address=address,
        address_lists=standing_on(ListKind.ADDRESSES, hashed),
        has_second_factor=draw(st.booleans()),
        is_staff=draw(st.booleans()),
    )


def standing_on(kind: ListKind, entry: str) -> frozenset[str]:
    """Return the digests of the lists of *kind* on which *entry* stands."""
    return frozenset(
        each.digest for each in LISTS if each.kind is kind and entry in (each.ids or ())
    )


def windows(instants: list[datetime]) -> Scope:
    """Return a scope of log-ins between two different instants."""
    return logged_in_between(min(instants), max(instants))


LEAVES = st.one_of(
    st.sampled_from([everyone, has_second_factor, staff]),
    st.sampled_from(SCHEMES).map(scheme),
    INSTANTS.map(credential_set_before),
    INSTANTS.map(created_before),
    st.lists(INSTANTS, min_size=2, max_size=2, unique=True).map(windows),
    st.sampled_from(LISTS).map(in_list),
    st.sampled_from(["owasp", "rfc9106", "m=19456,t=2"]).map(cost_below),
    st.sampled_from(["mail.example", "*.MAIL.example", "x.mail.example"]).map(
        mail_domain
    ),
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
