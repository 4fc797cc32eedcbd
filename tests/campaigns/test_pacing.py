from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.pacing import (
    BATCH_LASTS,
    FIRST_REST,
    LATEST,
    LONGEST_REST,
    Candidate,
    Slots,
    Track,
    assign,
    batch_size,
    next_rest,
    step_of,
)

NOW = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RATES = st.floats(0.5, 1_000)
GROUPS = st.sampled_from(["google", "microsoft", "own.example"])


def numbered(*groups: str) -> list[Candidate]:
    """Return candidates in the order of the waves."""
    return [Candidate(str(at), group, at) for at, group in enumerate(groups)]


def slots(
    candidates: list[Candidate], rate: float, limits: dict[str, float], most: int = 50
) -> Slots:
    """Give slots to candidates at fresh tracks."""
    groups = {name: Track(NOW, step_of(limit)) for name, limit in limits.items()}
    return assign(
        candidates, whole=Track(NOW, step_of(rate)), groups=groups, now=NOW, most=most
    )


def test_slots_lie_a_step_apart_in_the_order_of_the_waves() -> None:
    """At four a second, the first goes now and the fifth in a second."""
    given_ = slots(numbered(*"aaaaa"), 4, {}).given
    assert given_ == [(str(at), NOW + at * SECOND / 4) for at in range(5)]


def test_a_group_at_its_limit_lets_others_pass() -> None:
    """Who waits for his group's slot holds up nobody else."""
    found = slots(numbered("a", "a", "a", "b", "b"), 4, {"a": 1}).given
    assert [name for name, _ in found] == ["0", "3", "4", "1"]
    assert found[3][1] == NOW + SECOND


def test_the_first_notice_of_a_group_says_when_the_group_is_told() -> None:
    """Whether it may go at once or waits for its group's slot."""
    candidates = numbered("a", "b", "b", "b", "a")
    assert [name for name, _ in slots(candidates, 4, {}).given] == list("01234")
    groups = {"a": Track(NOW + SECOND, None)}
    whole = Track(NOW, step_of(1))
    found = assign(candidates, whole=whole, groups=groups, now=NOW, most=50).given
    assert found == [("1", NOW), ("0", NOW + SECOND)]


def test_of_groups_that_all_wait_the_earliest_slot_is_next() -> None:
    """Whatever the order in which they came."""
    waits = {"a": 1.5, "b": 0.5, "c": 1.0}
    groups = {name: Track(NOW + at * SECOND, None) for name, at in waits.items()}
    whole = Track(NOW, step_of(1000))
    found = assign(numbered("a", "b", "c"), whole=whole, groups=groups, now=NOW, most=9)
    assert found.given == [
        ("1", NOW + 0.5 * SECOND),
        ("2", NOW + SECOND),
        ("0", NOW + 1.5 * SECOND),
    ]


def test_a_batch_is_short_and_says_when_to_come_again() -> None:
    """No slot is taken two seconds ahead, so that few notices are held."""
    found = slots(numbered("a", "a", "a"), 10, {"a": 0.5})
    assert found.given == [("0", NOW)]
    assert found.next_at == NOW + BATCH_LASTS


def test_a_full_batch_has_no_more_than_was_asked_for() -> None:
    """A sender holds as many as it can send in time, and comes again at once."""
    found = slots(numbered(*"aaaaa"), 4, {}, most=2)
    assert [name for name, _ in found.given] == ["0", "1"]
    assert found.next_at is None


def test_no_candidates_take_no_slots() -> None:
    """An empty outbox leaves the slots where they are."""
    whole = Track(NOW, step_of(1))
    assert assign([], whole=whole, groups={}, now=NOW, most=5) == Slots([], None)
    assert whole.free_at == NOW


def test_the_whole_may_have_no_limit() -> None:
    """Without a step all go at once."""
    whole = Track(NOW - SECOND, None)
    found = assign(numbered("a", "a"), whole=whole, groups={}, now=NOW, most=5)
    assert found.given == [("0", NOW), ("1", NOW)]
    assert whole.free_at == NOW


@given(
    groups=st.lists(GROUPS, max_size=60),
    rate=RATES,
    limits=st.dictionaries(GROUPS, RATES),
    lateness=st.lists(st.floats(0, 1), min_size=300, max_size=300),
    rounds=st.integers(1, 5),
)
def test_no_stretch_of_time_has_more_than_the_rate_allows(
    groups: list[str],
    rate: float,
    limits: dict[str, float],
    lateness: list[float],
    rounds: int,
) -> None:
    """Whatever is late within what a slot allows, W seconds have rate x (W + 1) + 1."""
    whole = Track(NOW, step_of(rate))
    tracks = {name: Track(NOW, step_of(limit)) for name, limit in limits.items()}
    now, sent = NOW, list[tuple[str, datetime]]()
    waiting = numbered(*groups)
    for _ in range(rounds):
        found = assign(waiting, whole=whole, groups=tracks, now=now, most=40)
        by_id = {each.id: each for each in waiting}
        for name, at in found.given:
            assert at >= now
            late = LATEST * lateness[len(sent)]
            sent.append((by_id.pop(name).group, at + late))
        waiting = list(by_id.values())
        now += SECOND
    for name, limit in {"*": rate, **limits}.items():
        check_limit([at for group, at in sent if name in {"*", group}], limit)


def check_limit(instants: list[datetime], rate: float) -> None:
    """Check every stretch that begins and ends with a message."""
    ordered = sorted(instants)
    for first, begin in enumerate(ordered):
        for count, end in enumerate(ordered[first:], 1):
            seconds = (end - begin + LATEST).total_seconds()
            assert count <= rate * seconds + 1 + 1e-6


@given(groups=st.lists(GROUPS, max_size=40), limits=st.dictionaries(GROUPS, RATES))
def test_each_candidate_gets_one_slot_at_most(
    groups: list[str], limits: dict[str, float]
) -> None:
    """Nobody is sent twice in a batch, and within a group the waves are kept."""
    found = slots(numbered(*groups), 100, limits).given
    names = [name for name, _ in found]
    assert len(names) == len(set(names))
    for group in groups:
        mine = [int(name) for name in names if groups[int(name)] == group]
        assert mine == sorted(mine)


@pytest.mark.parametrize(
    ("rate", "took", "size"),
    [
        (14.0, None, 10),
        (1.0, None, 2),
        (1 / 3600, None, 1),
        (14.0, 0.01, 28),
        (14.0, 0.2, 6),
        (2.0, 0.5, 4),
        (14.0, 1.0, 1),
        (100_000.0, 0.001, 200),
        (100_000.0, 0.01, 80),
        (100_000.0, 5.0, 1),
    ],
)
def test_a_batch_is_as_large_as_can_be_sent_in_time(
    rate: float, took: float | None, size: int
) -> None:
    """A slow sender holds few notices, so that other senders get the slots."""
    found = batch_size(rate, None if took is None else timedelta(seconds=took))
    assert found == size


@given(RATES)
def test_a_step_is_never_too_short(rate: float) -> None:
    """Rounding to microseconds never makes a rate that is above the limit."""
    assert step_of(rate).total_seconds() >= 1 / rate - 1e-12


def test_a_group_rests_longer_each_time() -> None:
    """It doubles from a minute to an hour, and stays there."""
    rests = [FIRST_REST]
    while rests[-1] < LONGEST_REST:
        rests.append(next_rest(rests[-1]))
    assert [rest // SECOND for rest in rests] == [60, 120, 240, 480, 960, 1920, 3600]
    assert next_rest(LONGEST_REST) == LONGEST_REST
    assert next_rest(timedelta(0)) == FIRST_REST
