"""
The old password alone ends nowhere in a session or a new password.

A matrix: what somebody does who knows the leaked password, and everything that a leak
or a stale copy could give them beside it, at each stage of a campaign.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attackers import (
    NEW,
    PATHS,
    Attacker,
    TickingClock,
    change_the_password,
    go_on_with_an_old_session,
    log_in,
    log_in_by_a_variation,
)

from credguard.campaigns import in_list
from credguard.errors import RefusedError, UnreadableHashError
from credguard.guard import ProofPolicy
from credguard.sessions import credential_of
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, House, house_at, password_of, tokens_in
from phones import Phone, enrolled, proof_of
from salted import SaltedForum, salted_house_at

CLOCK = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
PLAIN, CAREFUL, OTHER = 1, 2, 4  # members; CAREFUL and OTHER have a second factor
VARIANT = password_of(PLAIN) + "!"


def _opened(house: House) -> str:
    return house.start()


def _swept(house: House) -> str:
    return house.swept()


def _told(house: House) -> str:
    campaign = house.swept()
    house.campaigns.send(campaign, RememberedMail(), worker="sender")
    return campaign


def _swept_twice(house: House) -> str:
    house.swept()
    return house.swept(in_list([str(PLAIN), str(CAREFUL)]))


def _after_an_abort_of_the_later(house: House) -> str:
    first = house.swept()
    later = house.swept(in_list([str(PLAIN), str(CAREFUL)]))
    house.campaigns.abort(later, reason="a false alarm")
    return first


STAGES = (_opened, _swept, _told, _swept_twice, _after_an_abort_of_the_later)


@pytest.fixture(params=["together", "apart", "salted together"])
def house(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> Iterator[House]:
    """A forum whose clock can be moved on."""
    moving = TickingClock(CLOCK)
    kind, _, mode = str(request.param).rpartition(" ")
    make = salted_house_at if kind == "salted" else house_at
    with make(sqlite_url, tmp_path, mode, clock=moving) as found:
        yield found


@pytest.mark.promise("P10")
@pytest.mark.parametrize("number", [PLAIN, CAREFUL])
@pytest.mark.parametrize("stage", STAGES)
def test_nobody_gets_in(
    house: House, number: int, stage: Callable[[House], str]
) -> None:
    """Each path is refused with a declared error, and the column stays as it was."""
    attacker = _attacker(house, number)
    stage(house)
    before = house.forum.password(number)
    for path in PATHS:
        refused = _refusal(path, attacker)
        assert refused is not None, f"{path.__name__} got through"
        assert attacker.password not in str(refused)
        assert house.forum.password(number) == before
        attacker.clock.advance(timedelta(seconds=1))


@pytest.mark.promise("P10")
@pytest.mark.parametrize("stage", STAGES)
def test_the_forums_own_form_gives_the_old_password_no_way_back(
    house: House, stage: Callable[[House], str]
) -> None:
    """Nor a trivial variation, where somebody chooses it again there."""
    attacker = _attacker(house, PLAIN)
    stage(house)
    attacker.clock.advance(timedelta(minutes=1))
    for again in (attacker.password, VARIANT):
        house.forum.choose(PLAIN, again)
        for path in (log_in, change_the_password, go_on_with_an_old_session):
            with pytest.raises(RefusedError):
                path(attacker)
        with pytest.raises(RefusedError):
            attacker.log_in(again, attacker.stored)


@pytest.mark.promise("P10")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("is_emptied_first", [False, True])
def test_a_salt_that_the_host_has_lost_opens_nothing(
    sqlite_url: str,
    tmp_path: Path,
    stage: Callable[[House], str],
    *,
    is_emptied_first: bool,
) -> None:
    """What was sealed with the hash is compared with; where there is none, nobody."""
    moving = TickingClock(CLOCK)
    with salted_house_at(sqlite_url, tmp_path, "together", clock=moving) as house:
        forum = house.forum
        assert isinstance(forum, SaltedForum)
        attacker = _attacker(house, PLAIN)
        if is_emptied_first:
            forum.set_salt(PLAIN, "")
        stage(house)
        forum.set_salt(PLAIN, "")
        for path in PATHS:
            with pytest.raises((RefusedError, UnreadableHashError)) as refused:
                path(attacker)
            assert attacker.password not in str(refused.value)


@pytest.mark.parametrize("stage", STAGES[1:])
def test_the_paths_are_real(house: House, stage: Callable[[House], str]) -> None:
    """What refuses the attacker lets the member through, who has the proofs."""
    attacker = _attacker(house, CAREFUL)
    guard, clock = house.guard, attacker.clock
    stage(house)
    phone = _PHONES[house.ours]
    done = guard.reset_by_factor(
        password_of(CAREFUL),
        new=NEW,
        proof=proof_of(guard, phone, clock),
        account_id=str(CAREFUL),
        stored=house.forum.password(CAREFUL),
    )
    assert done.account_id == str(CAREFUL)
    assert attacker.log_in(NEW, attacker.stored)
    with pytest.raises(RefusedError):
        guard.second_factors.devices.check(
            str(attacker.device),
            account_id=str(CAREFUL),
            epoch=_epoch(house, str(CAREFUL)),
        )
    for path in (log_in, log_in_by_a_variation, go_on_with_an_old_session):
        with pytest.raises(RefusedError):
            path(attacker)


def _refusal(
    path: Callable[[Attacker], object], attacker: Attacker
) -> RefusedError | None:
    """Return how *path* was refused, None if it was not."""
    try:
        path(attacker)
    except RefusedError as refused:
        return refused
    return None


_PHONES: dict[str, Phone] = {}


def _attacker(house: House, number: int) -> Attacker:
    """Let an earlier campaign pass, and keep what a leak may have given away."""
    clock = house.clock
    assert isinstance(clock, FrozenClock)
    guard = house.guard
    _PHONES[house.ours] = enrolled(guard, str(CAREFUL), clock)
    stranger = enrolled(guard, str(OTHER), clock)
    guard.proofs = ProofPolicy(factors_before=clock())
    token = _earlier_link(house, number)
    old_hash = house.forum.password(number)
    assert old_hash is not None
    session = house.log_in(number, password_of(number))
    device = None
    if number == CAREFUL:
        proof = proof_of(guard, _PHONES[house.ours], clock)
        epoch = _epoch(house, str(number))
        devices = guard.second_factors.devices
        device = devices.trust(str(number), proof=proof, epoch=epoch).token
    forgotten = guard.forgotten_token(str(number))
    clock.advance(timedelta(minutes=1))
    phone = enrolled(guard, str(PLAIN), clock) if number == PLAIN else None
    return Attacker(
        house,
        clock,
        number,
        old_hash,
        session,
        token,
        forgotten,
        device,
        stranger,
        phone,
    )


def _earlier_link(house: House, number: int) -> str:
    """Return the link of a campaign that was a false alarm."""
    mail = RememberedMail()
    plan = house.campaigns.plan(in_list([str(number)]), letter=LETTER, rate=FAST)
    earlier = house.campaigns.start(plan)
    house.campaigns.sweep(earlier, worker="sweeper")
    house.campaigns.send(earlier, mail, worker="sender")
    house.campaigns.abort(earlier, reason="a false alarm")
    return tokens_in(mail.messages)[number]


def _epoch(house: House, account_id: str) -> int:
    with house.guard._database.read() as connection:
        return credential_of(connection, account_id).epoch
