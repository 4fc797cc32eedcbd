"""
The old password alone ends nowhere in a session or a new password.

A matrix: what somebody does who knows the leaked password, and everything that a leak
or a stale copy could give them beside it, at each stage of a campaign.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credguard.campaigns import in_list
from credguard.errors import RefusedError
from credguard.sessions import credential_of
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, House, django_hash, house_at, password_of, tokens_in
from phones import Phone, enrolled, proof_of

CLOCK = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
PLAIN, CAREFUL, OTHER = 1, 2, 4  # members; CAREFUL and OTHER have a second factor
NEW = "a quiet harbour at noon"
VARIANT = password_of(PLAIN) + "!"


class TickingClock(FrozenClock):
    """A clock that goes on a little whenever somebody looks at it."""

    def __call__(self) -> datetime:
        """Return the time, a millisecond later than the last one."""
        self.advance(timedelta(milliseconds=1))
        return super().__call__()


@dataclass
class Attacker:
    """Who knows a member's password, and what else lay about."""

    house: House
    clock: FrozenClock
    number: int
    old_hash: str
    session: str
    token: str
    device: str | None
    stranger: Phone

    @property
    def account_id(self) -> str:
        """The member's id."""
        return str(self.number)

    @property
    def password(self) -> str:
        """What leaked."""
        return password_of(self.number)

    def log_in(self, password: str, stored: str | None) -> object:
        """Log in as any form or interface of the forum does."""
        return self.house.guard.log_in(
            password, account_id=self.account_id, stored=stored
        )

    @property
    def stored(self) -> str | None:
        """What stands in the column."""
        return self.house.forum.password(self.number)


def _log_in(attacker: Attacker) -> object:
    return attacker.log_in(attacker.password, attacker.stored)


def _log_in_by_a_stale_copy(attacker: Attacker) -> object:
    """A replica or a cache still has the old hash."""
    return attacker.log_in(attacker.password, attacker.old_hash)


def _log_in_by_a_variation(attacker: Attacker) -> object:
    return attacker.log_in(f"{attacker.password}!", attacker.stored)


def _go_on_with_an_old_session(attacker: Attacker) -> object:
    return attacker.house.guard.check_session(
        attacker.session, account_id=attacker.account_id
    )


def _come_by_a_trusted_device(attacker: Attacker) -> object:
    """A remembered browser stands for the factor, after the password was right."""
    guard = attacker.house.guard
    login = guard.log_in(
        attacker.password, account_id=attacker.account_id, stored=attacker.stored
    )
    return guard.second_factors.devices.check(
        str(attacker.device), account_id=attacker.account_id, epoch=login.epoch
    )


def _change_the_password(attacker: Attacker) -> object:
    return attacker.house.guard.change_password(
        attacker.password,
        new=NEW,
        account_id=attacker.account_id,
        stored=attacker.stored,
    )


def _change_it_by_a_stale_copy(attacker: Attacker) -> object:
    return attacker.house.guard.change_password(
        attacker.password,
        new=NEW,
        account_id=attacker.account_id,
        stored=attacker.old_hash,
    )


def _redeem_an_earlier_campaigns_link(attacker: Attacker) -> object:
    return attacker.house.guard.redeem(attacker.token, password=NEW)


def _redeem_a_forged_link(attacker: Attacker) -> object:
    token = attacker.token[:-4] + attacker.token[-4:][::-1]
    return attacker.house.guard.redeem(token, password=NEW)


def _reset_without_the_factor(attacker: Attacker) -> object:
    return attacker.house.guard.reset_by_factor(
        attacker.password,
        new=NEW,
        proof="",
        account_id=attacker.account_id,
        stored=attacker.stored,
    )


def _reset_with_their_own_factor(attacker: Attacker) -> object:
    """The attacker is a member as well, with a factor and a proof of it."""
    guard = attacker.house.guard
    return guard.reset_by_factor(
        attacker.password,
        new=NEW,
        proof=proof_of(guard, attacker.stranger, attacker.clock),
        account_id=attacker.account_id,
        stored=attacker.stored,
    )


PATHS = (
    _log_in,
    _log_in_by_a_stale_copy,
    _log_in_by_a_variation,
    _go_on_with_an_old_session,
    _come_by_a_trusted_device,
    _change_the_password,
    _change_it_by_a_stale_copy,
    _redeem_an_earlier_campaigns_link,
    _redeem_a_forged_link,
    _reset_without_the_factor,
    _reset_with_their_own_factor,
)


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


@pytest.fixture(params=["together", "apart"])
def house(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> Iterator[House]:
    """A forum whose clock can be moved on."""
    moving = TickingClock(CLOCK)
    with house_at(sqlite_url, tmp_path, request.param, clock=moving) as found:
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
        house.forum.set_password(PLAIN, django_hash(again, "another"))
        for path in (_log_in, _change_the_password, _go_on_with_an_old_session):
            with pytest.raises(RefusedError):
                path(attacker)
        with pytest.raises(RefusedError):
            attacker.log_in(again, attacker.stored)


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
    for path in (_log_in, _log_in_by_a_variation, _go_on_with_an_old_session):
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
    clock.advance(timedelta(minutes=1))
    return Attacker(house, clock, number, old_hash, session, token, device, stranger)


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
