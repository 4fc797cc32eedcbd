"""What leaked decides what still holds and what is done."""

from functools import reduce
from itertools import combinations
from operator import or_

import pytest

from credguard.errors import SetupError
from credguard.second_factor.leaks.deciding import Act, Leaked, Proof, live_path, rule

SEEDS_FALL = {Proof.CODE, Proof.TRUSTED_DEVICE}
NEW_SEEDS = (Act.SUSPEND, Act.REVOKE_TRUST, Act.END_SESSIONS)
ALL = [
    reduce(or_, some)
    for size in range(1, len(Leaked) + 1)
    for some in combinations(Leaked, size)
]


@pytest.mark.parametrize(
    ("leaked", "fallen", "acts"),
    [
        (Leaked.DATABASE, set(), (Act.RENEW_RECOVERY_CODES,)),
        (Leaked.KEYRING, set(), (Act.RESEAL,)),
        (Leaked.DATABASE | Leaked.KEYRING, SEEDS_FALL, (Act.RESEAL, *NEW_SEEDS)),
        (Leaked.PLAIN_SEEDS, SEEDS_FALL, NEW_SEEDS),
        (Leaked.PROCESS_MEMORY, SEEDS_FALL, (Act.RESEAL, *NEW_SEEDS)),
        (Leaked.RECOVERY_CODES, {Proof.RECOVERY_CODE}, (Act.VOID_RECOVERY_CODES,)),
        (Leaked.TRUST_KEY, {Proof.TRUSTED_DEVICE}, (Act.REVOKE_TRUST,)),
        (
            Leaked.DATABASE | Leaked.RECOVERY_CODES,
            {Proof.RECOVERY_CODE},
            (Act.VOID_RECOVERY_CODES,),
        ),
        (
            Leaked.PLAIN_SEEDS | Leaked.RECOVERY_CODES,
            {*SEEDS_FALL, Proof.RECOVERY_CODE},
            (
                Act.SUSPEND,
                Act.VOID_RECOVERY_CODES,
                Act.REVOKE_TRUST,
                Act.END_SESSIONS,
            ),
        ),
    ],
)
def test_a_leak_is_ruled_on(
    leaked: Leaked, fallen: set[Proof], acts: tuple[Act, ...]
) -> None:
    """Each row of the table, and rows of two."""
    ruled = rule(leaked)
    assert (ruled.holds, ruled.acts) == (frozenset(Proof) - fallen, acts)


@pytest.mark.parametrize("leaked", ALL, ids=str)
def test_more_that_leaked_never_helps(leaked: Leaked) -> None:
    """What falls with a part of a leak falls with all of it, and others never do."""
    ruled = rule(leaked)
    for part in leaked:
        assert ruled.holds <= rule(part).holds
    assert {Proof.MAILED_LINK, Proof.OTHER, Proof.SUPPORT} <= ruled.holds
    assert ruled.suspends == (Proof.CODE not in ruled.holds)
    assert ruled.voids_recovery_codes == (Proof.RECOVERY_CODE not in ruled.holds)
    assert ruled.revokes_trust == (Proof.TRUSTED_DEVICE not in ruled.holds)


@pytest.mark.parametrize(
    ("leaked", "renews"),
    [
        (Leaked.DATABASE, True),
        (Leaked.RECOVERY_CODES, True),
        (Leaked.KEYRING, False),
    ],
)
def test_recovery_codes_are_to_be_renewed(leaked: Leaked, *, renews: bool) -> None:
    """At leisure where their hashes leaked, and where they are void."""
    assert rule(leaked).renews_recovery_codes == renews


@pytest.mark.parametrize(
    ("leaked", "asks"),
    [
        (Leaked.PLAIN_SEEDS, True),
        (Leaked.DATABASE, True),
        (Leaked.RECOVERY_CODES, True),
        (Leaked.KEYRING, False),
        (Leaked.TRUST_KEY, False),
    ],
)
def test_people_are_asked_where_they_can_do_something(
    leaked: Leaked, *, asks: bool
) -> None:
    """A new seed or new recovery codes; the keys are the host's to change."""
    assert rule(leaked).asks_people is asks


@pytest.mark.parametrize(
    ("leaked", "code_counts", "left", "has_other", "has_address", "path"),
    [
        (Leaked.KEYRING, True, 1, True, True, Proof.CODE),
        (Leaked.KEYRING, False, 1, True, True, Proof.RECOVERY_CODE),
        (Leaked.PLAIN_SEEDS, True, 1, True, True, Proof.RECOVERY_CODE),
        (Leaked.PLAIN_SEEDS, True, 0, True, True, Proof.OTHER),
        (Leaked.PLAIN_SEEDS, True, 0, False, True, Proof.MAILED_LINK),
        (Leaked.PLAIN_SEEDS, True, 0, False, False, None),
        (
            Leaked.PLAIN_SEEDS | Leaked.RECOVERY_CODES,
            True,
            10,
            False,
            True,
            Proof.MAILED_LINK,
        ),
    ],
)
def test_the_path_is_the_one_that_costs_least(
    leaked: Leaked,
    left: int,
    path: Proof | None,
    *,
    code_counts: bool,
    has_other: bool,
    has_address: bool,
) -> None:
    """Of those that are there and still hold; without any, support is left."""
    found = live_path(
        rule(leaked),
        code_counts=code_counts,
        recovery_left=left,
        has_other=has_other,
        has_address=has_address,
    )
    assert found is path


def test_nothing_leaked_is_no_leak() -> None:
    """A measure without a reason is refused."""
    with pytest.raises(SetupError, match="say what leaked"):
        rule(Leaked(0))
