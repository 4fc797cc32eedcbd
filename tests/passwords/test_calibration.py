from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard import passwords
from credguard.errors import SetupError
from credguard.passwords.calibration import (
    NAMED,
    Candidate,
    Goal,
    Measurement,
    Proposal,
    Shortfall,
    candidates,
    propose,
)

MIB = 1024
GIB = 1024 * MIB

# OWASP Password Storage Cheat Sheet, Argon2id: (memory in KiB, passes, lanes).
OWASP_FLOOR = {
    (47_104, 1, 1),
    (19_456, 2, 1),
    (12_288, 3, 1),
    (9_216, 4, 1),
    (7_168, 5, 1),
}


def goal(
    *, memory_kib: int = GIB, target_ms: float = 250, logins_per_second: float = 20
) -> Goal:
    """Return the goal that the command has by default, or another."""
    return Goal(
        memory_kib=memory_kib,
        target=timedelta(milliseconds=target_ms),
        logins_per_second=logins_per_second,
    )


def measured(
    name: str, under_load_ms: float, logins_per_second: float, *, permits: int = 2
) -> Measurement:
    """Return a made-up measurement."""
    return Measurement(
        candidate=Candidate(name=name, permits=permits),
        at_rest=timedelta(milliseconds=under_load_ms) / 2,
        under_load=timedelta(milliseconds=under_load_ms),
        logins_per_second=logins_per_second,
    )


SLOW, FAST = 10.0, 1.0


def machine(speed: float) -> list[Measurement]:
    """Return what all named work factors take where OWASP's take *speed* × 25 ms."""
    return [
        measured(name, 25 * speed * weight, 80 / speed / weight)
        for name, weight in zip(NAMED, (1.0, 1.1, 1.2, 1.3, 1.5, 6.0), strict=True)
    ]


def chosen(proposal: Proposal) -> str:
    """Return the name of what was proposed."""
    return proposal.measurement.candidate.name


def test_every_name_can_be_imported() -> None:
    """What is proposed by name is there by that name."""
    for name, cost in NAMED.items():
        assert getattr(passwords, name) is cost
        assert name in passwords.__all__


def test_nothing_is_below_owasp() -> None:
    """Whatever is proposed is one of OWASP's five, or fills more memory in all."""
    for cost in NAMED.values():
        numbers = (cost.memory_kib, cost.passes, cost.lanes)
        assert numbers in OWASP_FLOOR or cost.work > 4 * 47_104 - 1
    assert len(OWASP_FLOOR & {(c.memory_kib, c.passes, 1) for c in NAMED.values()}) == 5


def test_the_strongest_that_reaches_the_goal_is_proposed() -> None:
    """On a fast machine it is RFC 9106's, where few log-ins are asked for."""
    proposal = propose(goal(logins_per_second=5), machine(FAST))
    assert chosen(proposal) == "RFC_9106_LOW_MEMORY"
    assert proposal.shortfalls == ()


def test_the_rate_rules_out_what_is_too_slow() -> None:
    """RFC 9106's would do 13 log-ins a second; 20 were asked for."""
    assert chosen(propose(goal(), machine(FAST))) == "OWASP_46_MIB"


def test_the_target_rules_out_what_is_too_slow() -> None:
    """RFC 9106's takes 150 ms under load; 149 ms were asked for."""
    proposal = propose(goal(target_ms=149, logins_per_second=1), machine(FAST))
    assert chosen(proposal) == "OWASP_46_MIB"
    assert proposal.shortfalls == ()


def test_the_target_is_met_to_the_millisecond() -> None:
    """What takes just as long as was asked for is quick enough."""
    found = [measured("OWASP_19_MIB", 250, 20)]
    assert propose(goal(), found).shortfalls == ()


def test_a_target_out_of_reach_is_said() -> None:
    """Where all is too slow, the quickest is proposed, and that it is too slow."""
    proposal = propose(goal(target_ms=100, logins_per_second=1), machine(SLOW))
    assert chosen(proposal) == "OWASP_7_MIB"
    assert proposal.shortfalls == (Shortfall.TARGET,)


def test_a_rate_out_of_reach_is_said() -> None:
    """Where too few log-ins are possible, the most possible are proposed."""
    proposal = propose(goal(target_ms=9_999, logins_per_second=9), machine(SLOW))
    assert chosen(proposal) == "OWASP_7_MIB"
    assert proposal.shortfalls == (Shortfall.RATE,)


def test_memory_out_of_reach_is_said() -> None:
    """A machine with 4 MiB for passwords is told that it has too little."""
    little = goal(memory_kib=4 * MIB)
    (candidate,) = candidates(little, cores=8)
    assert (candidate.name, candidate.permits) == ("OWASP_7_MIB", 1)
    proposal = propose(little, [measured("OWASP_7_MIB", 20, 50, permits=1)])
    assert proposal.shortfalls == (Shortfall.MEMORY,)


def test_all_that_is_short_is_said_at_once() -> None:
    """Nobody changes the target only to be told of the rate."""
    found = [measured("OWASP_7_MIB", 500, 4, permits=1)]
    proposal = propose(goal(memory_kib=4 * MIB), found)
    assert set(proposal.shortfalls) == set(Shortfall)


@pytest.mark.parametrize(
    ("memory_kib", "cores", "permits"),
    [
        (
            GIB,
            4,
            {
                "OWASP_7_MIB": 4,
                "OWASP_9_MIB": 4,
                "OWASP_12_MIB": 4,
                "OWASP_19_MIB": 4,
                "OWASP_46_MIB": 4,
                "RFC_9106_LOW_MEMORY": 4,
            },
        ),
        (
            100 * MIB,
            8,
            {
                "OWASP_7_MIB": 8,
                "OWASP_9_MIB": 8,
                "OWASP_12_MIB": 8,
                "OWASP_19_MIB": 5,
                "OWASP_46_MIB": 2,
                "RFC_9106_LOW_MEMORY": 1,
            },
        ),
        (19 * MIB, 0, dict.fromkeys(list(NAMED)[:4], 1)),
    ],
)
def test_permits_fit_the_memory_and_the_cores(
    memory_kib: int, cores: int, permits: dict[str, int]
) -> None:
    """As many computations are tried at once as fit, and never more than cores."""
    tried = candidates(goal(memory_kib=memory_kib), cores=cores)
    assert {found.name: found.permits for found in tried} == permits


@pytest.mark.parametrize(
    ("target_ms", "rate", "passes"), [(250, 20, 4), (50, 20, 2), (250, 10, 8)]
)
def test_room_for_more_passes_is_told(target_ms: int, rate: int, passes: int) -> None:
    """Time grows with the passes; target and rate both bound them."""
    found = [measured("OWASP_19_MIB", 40, 43)]
    room = propose(goal(target_ms=target_ms, logins_per_second=rate), found)
    assert room.passes_possible == passes


def test_nothing_measured_is_refused() -> None:
    """Without a measurement there is nothing to choose from."""
    with pytest.raises(SetupError):
        propose(goal(), [])


@pytest.mark.parametrize(
    ("memory_kib", "target_ms", "rate"),
    [
        (0, 250, 20),
        (GIB, 0, 20),
        (GIB, -1, 20),
        (GIB, 250, 0),
        (GIB, 250, float("nan")),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(
    memory_kib: int, target_ms: int, rate: float
) -> None:
    """No memory, no time and no log-ins are no goal."""
    with pytest.raises(SetupError):
        goal(memory_kib=memory_kib, target_ms=target_ms, logins_per_second=rate)


def test_each_shortfall_has_a_code_and_a_sentence() -> None:
    """Codes are stable names, texts are sentences."""
    for shortfall in Shortfall:
        assert shortfall.code.isidentifier()
        assert shortfall.text.endswith(".")


times = st.floats(min_value=0.1, max_value=10_000)
rates = st.floats(min_value=0.1, max_value=10_000)


@given(
    st.lists(
        st.builds(measured, st.sampled_from(list(NAMED)), times, rates),
        min_size=1,
        max_size=8,
    ),
    times,
    rates,
)
def test_a_proposal_is_honest(
    found: list[Measurement], target_ms: float, rate: float
) -> None:
    """A goal that can be reached is, by the most work; of any other it is said."""
    asked = goal(target_ms=target_ms, logins_per_second=rate)
    proposal = propose(asked, found)
    assert proposal.measurement in found
    reaching = [
        one.candidate.work_factor.work
        for one in found
        if one.under_load <= asked.target and one.logins_per_second >= rate
    ]
    assert bool(reaching) == (not proposal.shortfalls)
    if reaching:
        work_factor = proposal.measurement.candidate.work_factor
        assert work_factor.work == max(reaching)
        assert proposal.passes_possible >= work_factor.passes


@given(st.integers(1, 8 * GIB), st.integers(0, 256))
def test_candidates_fit_the_memory(memory_kib: int, cores: int) -> None:
    """All candidates fit, or there is one, of which only one computation runs."""
    tried = candidates(goal(memory_kib=memory_kib), cores=cores)
    assert len(tried) >= 1
    if memory_kib < NAMED["OWASP_7_MIB"].memory_kib:
        assert [(one.name, one.permits) for one in tried] == [("OWASP_7_MIB", 1)]
    else:
        assert all(one.memory_kib <= memory_kib for one in tried)
        assert all(1 <= one.permits <= max(1, cores) for one in tried)
