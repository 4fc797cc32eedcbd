from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from credguard.sessions.crossing import Entry, crossings

T = datetime(2019, 2, 5, 14, tzinfo=UTC)
LOG_INS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 500)))


@given(LOG_INS, st.integers(0, 100))
def test_the_pairs_are_those_that_a_double_loop_finds(
    log_ins: list[tuple[str, int]], within: int
) -> None:
    """Each pair of different accounts that is close enough, once."""
    entries = sorted(
        (Entry(who, T + timedelta(seconds=at)) for who, at in log_ins),
        key=lambda each: each.at,
    )
    apart = timedelta(seconds=within)
    found = [(pair.earlier, pair.later) for pair in crossings(entries, within=apart)]
    wanted = [
        (earlier, later)
        for earlier, later in combinations(entries, 2)
        if earlier.account_id != later.account_id and later.at - earlier.at <= apart
    ]
    key = str
    assert sorted(found, key=key) == sorted(wanted, key=key)


def test_a_pair_says_how_far_apart_it_is() -> None:
    """In the order of time."""
    entries = [Entry("a", T), Entry("b", T + timedelta(milliseconds=40))]
    pair = next(crossings(entries, within=timedelta(seconds=1)))
    assert pair.apart == timedelta(milliseconds=40)
