"""Which proofs a policy accepts."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from credguard.guard.proofs import DEFAULT, Proof, ProofPolicy

BREACH = datetime(2014, 4, 7, tzinfo=UTC)
BEFORE = BREACH - timedelta(days=1)


def test_by_default_no_factor_is_a_proof() -> None:
    """Nobody has said since when passwords were known; mail is enough."""
    assert DEFAULT.accepted(factor_made_at=BEFORE) == (Proof.LINK, Proof.FORUM)
    assert not DEFAULT.accepts_factor(made_at=BEFORE)
    assert not DEFAULT.asks_factor(made_at=BEFORE)


@pytest.mark.parametrize(
    ("policy", "accepted"),
    [
        (
            ProofPolicy(factors_before=BREACH),
            (Proof.LINK, Proof.FORUM, Proof.SECOND_FACTOR),
        ),
        (
            ProofPolicy(factors_before=BREACH, link=False),
            (Proof.FORUM, Proof.SECOND_FACTOR),
        ),
        (
            ProofPolicy(factors_before=BREACH, forum=False),
            (Proof.LINK, Proof.SECOND_FACTOR),
        ),
        (
            ProofPolicy(factors_before=BREACH, second_factor=False),
            (Proof.LINK, Proof.FORUM),
        ),
    ],
)
def test_each_proof_is_switched_off_for_itself(
    policy: ProofPolicy, accepted: tuple[Proof, ...]
) -> None:
    """The others stay as they are."""
    assert policy.accepted(factor_made_at=BEFORE) == accepted
    assert Proof.SECOND_FACTOR not in policy.accepted(factor_made_at=None)


def test_a_link_may_ask_for_any_factor() -> None:
    """Where no first instant is known, every factor in force is asked for."""
    policy = ProofPolicy(link_needs_factor=True)
    assert policy.asks_factor(made_at=BREACH)
    assert not policy.asks_factor(made_at=None)


@pytest.mark.parametrize("zone", [None, UTC])
def test_the_first_day_is_the_first_that_proves_nothing(zone: tzinfo | None) -> None:
    """To the microsecond; without a zone it is taken to be in UTC."""
    day = datetime(2014, 4, 7, tzinfo=zone)
    policy = ProofPolicy(factors_before=day, link_needs_factor=True)
    first = datetime(2014, 4, 7, tzinfo=UTC)
    just = first - timedelta(microseconds=1)
    for made_at, counts in ((first, False), (just, True), (None, False)):
        assert policy.accepts_factor(made_at=made_at) is counts
        assert policy.asks_factor(made_at=made_at) is counts
