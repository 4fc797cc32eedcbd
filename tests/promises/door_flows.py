"""
What members do at the door, each with what must hold when a step of it failed.

A flow ends in a return, which is acceptance, or in a declared error. Those of `BAD`
must never return: a wrong password, a code that was used, another's session.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from calls import FusedClock, FusedMail, fused_randomness
from drivers import wired
from every_k import is_tidying
from fuses import Fuse

from credguard import CredGuard, Keyring, PasswordPolicy, SecondFactors
from credguard.campaigns import in_list, plan_file
from credguard.errors import (
    CampaignStateError,
    CodeMismatchError,
    CodeReplayedError,
    PasswordMismatchError,
    RefusedError,
    TokenRefusedError,
)
from credguard.screening import Reason, ReasonCode
from credguard.screening.verdicts import Listed
from credguard.second_factor import Enrollment
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import audit
from credguard.testing import RememberedBlocklist, RememberedMail
from forums import NEW_PASSWORD, Forum, House, password_of, tokens_in
from keepers import keeper
from phones import seed_of

NUMBERS = range(1, 10)
OWN, REHASHED, FACTOR, TOLD, GATED, PENDING, NOBODY = "1", "2", "3", "4", "5", "6", "8"
LISTED = "a password that everybody has"
STEP, SECOND = timedelta(seconds=30), timedelta(seconds=1)


@dataclass(frozen=True)
class Place:
    """
    Where it is done and what the members have, as it is handed to a process.

    Attributes:
        flow: What is done.

        ours: Our database.

        forum: The forum's.

        keyring: The keys.

        at: When it is.

        has: What the members have: stamps, links, seeds, codes; and a plan.
    """

    flow: str
    ours: str
    forum: str
    keyring: str
    at: str
    has: dict[str, str] = field(default_factory=dict)

    def doing(self, flow: str) -> "Place":
        """Return the place with what is to be done."""
        return replace(self, flow=flow)

    @property
    def given(self) -> Mapping[str, object]:
        """The place, for `play`."""
        return asdict(self)


@dataclass
class World:
    """The door, opened by one process."""

    house: House
    factors: SecondFactors
    clock: FusedClock
    mail: RememberedMail
    has: dict[str, str]

    @property
    def guard(self) -> CredGuard:
        """The door."""
        return self.house.guard

    def code(self, whose: str, steps: int = 0) -> str:
        """Return what the phone of an account shows."""
        now = step_at(int(self.clock.now.timestamp()))
        return code_at(bytes.fromhex(self.has[whose]), now + steps)

    def stored(self, account_id: str) -> str:
        """Return what stood in the password column at first."""
        return self.has[f"stored {account_id}"]


@contextmanager
def world_at(place: Place, fuse: Fuse) -> Iterator[World]:
    """Open the door of a process."""
    clock = FusedClock(datetime.fromisoformat(place.at), fuse)
    keyring = Keyring.parse(place.keyring)
    with wired(fuse), fused_randomness(fuse), pytest.MonkeyPatch.context() as patch:
        # Nobody waits: while somebody sleeps, the clock goes on.
        patch.setattr(time, "sleep", lambda long: clock.advance(long * SECOND))
        house = House(place.ours, Forum(place.forum), clock, keyring)
        listed = RememberedBlocklist({LISTED: Listed(Reason(ReasonCode.COMMON))})
        house.guard.policy = PasswordPolicy(blocklist=listed, fewest_guesses=0)
        factors = keeper(house.guard._database, keyring, clock=clock)
        house.guard.second_factors = factors
        try:
            yield World(house, factors, clock, FusedMail(fuse), place.has)
        finally:
            house.close()


def play(fuse: Fuse, given: Mapping[str, object]) -> None:
    """Do one flow with a fuse that is lit."""
    place = Place(**given)  # type: ignore[arg-type]  # what `given` returned
    with world_at(place, fuse) as world:
        with fuse.lit():
            (GOOD | BAD)[place.flow](world)
        if place.flow == "redeem":
            # What is told as a success is one, though some of it may be lost.
            assert world.house.log_in(int(TOLD), NEW_PASSWORD)


def settle(place: Place) -> dict[str, object]:
    """Check what a fault left: the next try comes to what it should."""
    with world_at(place, Fuse()) as world:
        if place.flow in GOOD:
            AGAIN[place.flow](world)
        else:
            with pytest.raises(RefusedError):
                BAD[place.flow](world)
        audit.verify(world.guard._database, world.house.keyring)
    return {}


Flow = Callable[[World], object]
GOOD: dict[str, Flow] = {}
AGAIN: dict[str, Flow] = {}
BAD: dict[str, Flow] = {}


def _sign_up(world: World) -> str:
    return world.guard.sign_up(NEW_PASSWORD, account_id=NOBODY)


def _log_in(world: World) -> None:
    login = world.guard.log_in(
        password_of(1), account_id=OWN, stored=world.stored(OWN), browser="a"
    )
    assert login.session


def _log_in_again(world: World) -> None:
    stored = world.stored(OWN)
    login = world.guard.log_in(password_of(1), account_id=OWN, stored=stored)
    world.guard.check_session(login.session, account_id=OWN)


def _rehash(world: World) -> str | None:
    return world.guard.log_in(
        password_of(2), account_id=REHASHED, stored=world.stored(REHASHED)
    ).replacement


def _rehash_again(world: World) -> None:
    stored = _rehash(world)
    assert world.guard.log_in(
        password_of(2), account_id=REHASHED, stored=stored
    ).session


def _change(world: World) -> str:
    changed = world.guard.change_password(
        password_of(1), new=NEW_PASSWORD, account_id=OWN, stored=world.stored(OWN)
    )
    return changed.password


def _change_again(world: World) -> None:
    # The forum stored nothing, so that the old password is still the one.
    stored = _change(world)
    assert world.guard.log_in(NEW_PASSWORD, account_id=OWN, stored=stored).session


def _enroll(world: World) -> Enrollment:
    return world.factors.enroll(NOBODY)


def _enroll_again(world: World) -> None:
    world.has[NOBODY] = seed_of(_enroll(world).key).hex()
    world.factors.confirm(NOBODY, world.code(NOBODY))


def _confirm(world: World) -> object:
    return world.factors.confirm(PENDING, world.code(PENDING))


def _confirm_again(world: World) -> None:
    if not world.factors.is_enrolled(PENDING):
        _confirm(world)
    _next_code_works(world, PENDING)


def _verify(world: World) -> object:
    return world.factors.verify(FACTOR, world.code(FACTOR))


def _verify_again(world: World) -> None:
    # Used up or not: it was not told as a success before, and is one once at most.
    with suppress(CodeReplayedError):
        _verify(world)
    with pytest.raises(CodeReplayedError):
        _verify(world)
    _next_code_works(world, FACTOR)


def _next_code_works(world: World, whose: str) -> None:
    world.clock.advance(STEP)
    assert world.factors.verify(whose, world.code(whose)).proof
    with pytest.raises(CodeReplayedError):
        world.factors.verify(whose, world.code(whose))


def _recover(world: World) -> object:
    return world.factors.verify(FACTOR, world.has["recovery"])


def _recover_again(world: World) -> None:
    with suppress(CodeMismatchError):
        _recover(world)
    with pytest.raises(CodeMismatchError):
        _recover(world)
    _next_code_works(world, FACTOR)


def _replace_codes(world: World) -> object:
    return world.factors.replace_recovery_codes(FACTOR, proof=world.has["proof"])


def _replace_codes_again(world: World) -> None:
    _replace_codes(world)
    with pytest.raises(CodeMismatchError):
        world.factors.verify(FACTOR, world.has["recovery"])
    _next_code_works(world, FACTOR)


def _disable(world: World) -> object:
    return world.factors.disable(FACTOR, proof=world.has["proof"])


def _disable_again(world: World) -> None:
    _disable(world)
    assert not world.factors.is_enrolled(FACTOR)


def _redeem(world: World) -> object:
    return world.guard.redeem(world.has["link"], password=NEW_PASSWORD)


def _redeem_again(world: World) -> None:
    with suppress(TokenRefusedError):
        _redeem(world)
    assert world.house.log_in(int(TOLD), NEW_PASSWORD)
    with pytest.raises(PasswordMismatchError):
        world.house.log_in(int(TOLD), "another one")


def _forgotten(world: World) -> str:
    token = world.has["forgotten"]
    return world.guard.redeem_forgotten(
        token, password=NEW_PASSWORD, stored=world.stored(OWN)
    ).password


def _forgotten_again(world: World) -> None:
    try:
        stored = _forgotten(world)
    except TokenRefusedError:
        # The answer to the commit was lost: another link is asked for.
        world.has["forgotten"] = world.guard.forgotten_token(OWN)
        stored = _forgotten(world)
    with pytest.raises(TokenRefusedError):
        _forgotten(world)
    assert world.guard.log_in(NEW_PASSWORD, account_id=OWN, stored=stored).session


def _ask(world: World) -> None:
    world.has["asked"] = world.guard.forgotten_token(OWN)


def _ask_again(world: World) -> None:
    _ask(world)
    assert world.guard.check_forgotten(world.has["asked"]) == OWN


def _check_session(world: World) -> object:
    return world.guard.check_session(world.has["stamp"], account_id=OWN)


def _open_campaign(world: World) -> object:
    return world.house.campaigns.start(plan_file.read(world.has["plan"]))


def _open_campaign_again(world: World) -> None:
    with suppress(CampaignStateError):
        _open_campaign(world)
    with pytest.raises(CampaignStateError):
        _open_campaign(world)
    assert len(world.house.campaigns.every()) == 2


def _send(world: World) -> None:
    world.house.campaigns.send(world.has["campaign"], world.mail, worker="sender")


def _send_again(world: World) -> None:
    world.clock.advance(timedelta(minutes=5))
    _send(world)
    told = {str(each["To"]) for each in world.mail.messages}
    assert told <= {"member5@mail.example", "member7@mail.example"}
    status = world.house.counted(world.has["campaign"])
    assert "must reset, notice queued" not in status.counts


GOOD |= {
    "sign up": _sign_up,
    "log in": _log_in,
    "log in and rehash": _rehash,
    "change the password": _change,
    "enroll": _enroll,
    "confirm": _confirm,
    "second step": _verify,
    "recovery code": _recover,
    "replace recovery codes": _replace_codes,
    "disable": _disable,
    "redeem": _redeem,
    "forgotten": _ask,
    "redeem a forgotten one": _forgotten,
    "check a session": _check_session,
    "open a campaign": _open_campaign,
    "send a notice": _send,
}
AGAIN |= GOOD | {
    "log in": _log_in_again,
    "log in and rehash": _rehash_again,
    "change the password": _change_again,
    "enroll": _enroll_again,
    "confirm": _confirm_again,
    "second step": _verify_again,
    "recovery code": _recover_again,
    "replace recovery codes": _replace_codes_again,
    "disable": _disable_again,
    "redeem": _redeem_again,
    "forgotten": _ask_again,
    "redeem a forgotten one": _forgotten_again,
    "open a campaign": _open_campaign_again,
    "send a notice": _send_again,
}


def _wrong(world: World, **changes: str) -> object:
    given = {"account_id": OWN, "stored": world.stored(OWN)} | changes
    return world.guard.log_in("a wrong one", **given)


def _unknown(world: World) -> object:
    return world.guard.log_in(password_of(1), account_id=None, stored=None)


def _gated(world: World) -> object:
    stored = world.stored(GATED)
    return world.guard.log_in(password_of(5), account_id=GATED, stored=stored)


def _replayed(world: World) -> object:
    return world.factors.verify(FACTOR, world.code(FACTOR, -2))


BAD |= {
    "sign up with a listed password": lambda world: world.guard.sign_up(
        LISTED, account_id=NOBODY
    ),
    "log in with a wrong password": _wrong,
    "log in as nobody": _unknown,
    "log in with a leaked password": _gated,
    "change by a wrong password": lambda world: world.guard.change_password(
        "a wrong one", new=NEW_PASSWORD, account_id=OWN, stored=world.stored(OWN)
    ),
    "enroll over a factor": lambda world: world.factors.enroll(FACTOR),
    "confirm by a wrong code": lambda world: world.factors.confirm(
        PENDING, world.code(PENDING, 40)
    ),
    "second step by a wrong code": lambda world: world.factors.verify(
        FACTOR, world.code(FACTOR, 40)
    ),
    "second step by a used code": _replayed,
    "a recovery code that is none": lambda world: world.factors.verify(
        FACTOR, world.has["recovery"][:-1] + "x"
    ),
    "redeem what is no link": lambda world: world.guard.redeem(
        world.has["link"][:-2], password=NEW_PASSWORD
    ),
    "redeem with the leaked password": lambda world: world.guard.redeem(
        world.has["link"], password=password_of(4)
    ),
    "redeem a forgotten one of another": lambda world: world.guard.redeem_forgotten(
        world.has["forgotten"][:-2], password=NEW_PASSWORD, stored=world.stored(OWN)
    ),
    "check another's session": lambda world: world.guard.check_session(
        world.has["stamp"], account_id=REHASHED
    ),
    "check a session that is over": lambda world: world.guard.check_session(
        world.has["over"], account_id=REHASHED
    ),
}


def arranged(place: Place) -> Place:
    """Let the members come to what the flows begin with."""
    Forum(place.forum).make(NUMBERS)
    with world_at(place, Fuse()) as world:
        _arrange_members(world)
        _arrange_campaign(world)
        return replace(place, has=world.has)


def _arrange_members(world: World) -> None:
    house, has = world.house, world.has
    own = world.guard.passwords.hash(password_of(1), account_id=OWN)
    house.forum.set_password(int(OWN), own)
    has["stamp"] = house.log_in(int(OWN), password_of(1))
    has["over"] = house.log_in(int(REHASHED), password_of(2))
    world.guard.sign_out_everywhere(REHASHED)
    for whose in (FACTOR, PENDING):
        has[whose] = seed_of(world.factors.enroll(whose).key).hex()
    world.clock.advance(-10 * STEP)
    confirmed = world.factors.confirm(FACTOR, world.code(FACTOR))
    has["recovery"] = confirmed.recovery.codes[0]
    world.clock.advance(8 * STEP)
    world.factors.verify(FACTOR, world.code(FACTOR))
    has["proof"] = confirmed.proof
    world.clock.advance(2 * STEP)
    has["forgotten"] = world.guard.forgotten_token(OWN)


def _arrange_campaign(world: World) -> None:
    house, has = world.house, world.has
    has["campaign"] = campaign = house.swept(in_list([TOLD, GATED, "7"]))
    house.campaigns.send(
        campaign, world.mail, worker="first", stop=lambda: _is_told(world)
    )
    has["link"] = tokens_in(world.mail.messages)[int(TOLD)]
    has["plan"] = plan_file.write(house.plan(in_list([OWN, REHASHED])))
    for name, stored in house.forum.passwords().items():
        has[f"stored {name}"] = str(stored)


def _is_told(world: World) -> bool:
    return any("member4@" in str(each["To"]) for each in world.mail.messages)


# What may fail unseen, because the caller has nothing to do again: without a random
# number there is no better hash until the next log-in, and what is not kept of a
# screening is screened again then.
MAY_SUCCEED: dict[str, Callable[[Fuse], bool]] = {
    "log in and rehash": lambda fuse: fuse.last == "random",
    "redeem": is_tidying,
}
