"""Who knows a member's leaked password, and the ways that they could try."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from credguard.testing import FrozenClock
from forums import House, password_of
from phones import Phone, proof_of

NEW = "a quiet harbour at noon"


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
    forgotten: str
    device: str | None
    stranger: Phone
    enrolled: Phone | None

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
            password, account_id=self.account_id, stored=stored, **self.beside
        )

    @property
    def beside(self) -> dict[str, str]:
        """What else a log-in form hands over, where the software keeps a salt."""
        return self.house.forum.beside(self.number)

    @property
    def stored(self) -> str | None:
        """What stands in the column."""
        return self.house.forum.password(self.number)


def log_in(attacker: Attacker) -> object:
    """Type the leaked password."""
    return attacker.log_in(attacker.password, attacker.stored)


def _log_in_by_a_stale_copy(attacker: Attacker) -> object:
    """A replica or a cache still has the old hash."""
    return attacker.log_in(attacker.password, attacker.old_hash)


def log_in_by_a_variation(attacker: Attacker) -> object:
    """Type what somebody might have made of it."""
    return attacker.log_in(f"{attacker.password}!", attacker.stored)


def go_on_with_an_old_session(attacker: Attacker) -> object:
    """Use a session of before."""
    return attacker.house.guard.check_session(
        attacker.session, account_id=attacker.account_id
    )


def _come_by_a_trusted_device(attacker: Attacker) -> object:
    """A remembered browser stands for the factor, after the password was right."""
    guard = attacker.house.guard
    login = guard.log_in(
        attacker.password,
        account_id=attacker.account_id,
        stored=attacker.stored,
        **attacker.beside,
    )
    return guard.second_factors.devices.check(
        str(attacker.device), account_id=attacker.account_id, epoch=login.epoch
    )


def change_the_password(attacker: Attacker) -> object:
    """Use the form of those who are in."""
    return attacker.house.guard.change_password(
        attacker.password,
        new=NEW,
        account_id=attacker.account_id,
        stored=attacker.stored,
        salt=attacker.beside.get("salt"),
    )


def _change_it_by_a_stale_copy(attacker: Attacker) -> object:
    return attacker.house.guard.change_password(
        attacker.password,
        new=NEW,
        account_id=attacker.account_id,
        stored=attacker.old_hash,
        salt=attacker.beside.get("salt"),
    )


def _redeem_an_earlier_campaigns_link(attacker: Attacker) -> object:
    return attacker.house.guard.redeem(attacker.token, password=NEW)


def _redeem_a_forged_link(attacker: Attacker) -> object:
    token = attacker.token[:-4] + attacker.token[-4:][::-1]
    return attacker.house.guard.redeem(token, password=NEW)


def _redeem_a_forgotten_link_of_before(attacker: Attacker) -> object:
    """It was asked for while whoever leaked the rest could read the mail as well."""
    return attacker.house.guard.redeem_forgotten(
        attacker.forgotten, password=NEW, stored=attacker.stored
    )


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


def _choose_it_again(attacker: Attacker, password: str) -> object:
    """The member comes with a link and takes what they had: the attacker has it."""
    guard = attacker.house.guard
    attacker.clock.advance(timedelta(seconds=1))
    return guard.redeem_forgotten(
        guard.forgotten_token(attacker.account_id),
        password=password,
        stored=attacker.stored,
    )


def _choose_the_same_again(attacker: Attacker) -> object:
    return _choose_it_again(attacker, attacker.password)


def _choose_a_variation(attacker: Attacker) -> object:
    return _choose_it_again(attacker, f"{attacker.password}!")


def _choose_it_again_without_the_column(attacker: Attacker) -> object:
    """The host hands over no hash: the door looks for itself."""
    guard = attacker.house.guard
    attacker.clock.advance(timedelta(seconds=1))
    return guard.redeem_forgotten(
        guard.forgotten_token(attacker.account_id),
        password=attacker.password,
        stored=None,
    )


def _choose_it_again_in_the_hosts_form(attacker: Attacker) -> object:
    attacker.house.guard.check_new_password(
        attacker.password, account_id=attacker.account_id, stored=attacker.stored
    )
    return True


def _reset_with_a_factor_of_the_window(attacker: Attacker) -> object:
    """Whoever had the password could enroll one where there was none."""
    guard = attacker.house.guard
    phone = attacker.enrolled or attacker.stranger
    return guard.reset_by_factor(
        attacker.password,
        new=NEW,
        proof=proof_of(guard, phone, attacker.clock),
        account_id=attacker.account_id,
        stored=attacker.stored,
    )


PATHS = (
    log_in,
    _log_in_by_a_stale_copy,
    log_in_by_a_variation,
    go_on_with_an_old_session,
    _come_by_a_trusted_device,
    change_the_password,
    _change_it_by_a_stale_copy,
    _redeem_an_earlier_campaigns_link,
    _redeem_a_forged_link,
    _redeem_a_forgotten_link_of_before,
    _reset_without_the_factor,
    _reset_with_their_own_factor,
    _reset_with_a_factor_of_the_window,
    _choose_the_same_again,
    _choose_a_variation,
    _choose_it_again_without_the_column,
    _choose_it_again_in_the_hosts_form,
)
