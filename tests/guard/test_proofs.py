"""What lets somebody choose a new password is the forum's to say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credguard.errors import (
    BusyError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    StepUpRequiredError,
    TokenRefusedError,
)
from credguard.guard import Proof, ProofPolicy
from credguard.testing import FrozenClock, RememberedMail
from forums import House, django_hash, house_at, password_of, tokens_in
from phones import Phone, enrolled, proof_of

NEW = "a quiet harbour at noon"
MEMBER = 2


class TickingClock(FrozenClock):
    """A clock that goes on a little whenever somebody looks at it."""

    def __call__(self) -> datetime:
        """Return the time, a millisecond later than the last one."""
        self.advance(timedelta(milliseconds=1))
        return super().__call__()


@pytest.fixture
def moving() -> TickingClock:
    """A clock that can be moved on."""
    return TickingClock(datetime(2014, 4, 12, 17, 45, tzinfo=UTC))


@pytest.fixture(params=["together", "apart"])
def house(
    request: pytest.FixtureRequest,
    sqlite_url: str,
    tmp_path: Path,
    moving: TickingClock,
) -> Iterator[House]:
    """A forum with credguard in its database, and beside it."""
    with house_at(sqlite_url, tmp_path, request.param, clock=moving) as found:
        yield found


@pytest.fixture
def phone(house: House, moving: TickingClock) -> Phone:
    """The app of a member who then must reset."""
    found = enrolled(house.guard, str(MEMBER), moving)
    house.guard.proofs = ProofPolicy(factors_before=moving())
    house.swept()
    moving.advance(timedelta(minutes=1))
    return found


def by_factor(house: House, proof: str, *, new: str = NEW) -> object:
    """Reset with the old password and a proof of the factor."""
    return house.guard.reset_by_factor(
        password_of(MEMBER),
        new=new,
        proof=proof,
        account_id=str(MEMBER),
        stored=house.forum.password(MEMBER),
    )


def link_of(house: House) -> str:
    """Tell everybody and return the member's link."""
    mail = RememberedMail()
    house.campaigns.send(house.campaigns.every()[0].id, mail, worker="sender")
    return tokens_in(mail.messages)[MEMBER]


def refused_at_log_in(house: House, number: int) -> ResetRequiredError:
    """Log in with the old password and return the refusal."""
    with pytest.raises(ResetRequiredError) as refused:
        house.log_in(number, password_of(number))
    return refused.value


def test_whom_no_mail_reaches_resets_with_the_factor(
    house: House, phone: Phone, moving: TickingClock
) -> None:
    """The old password and a fresh code; the factor stays, and it is counted so."""
    proof = proof_of(house.guard, phone, moving)
    assert by_factor(house, proof)
    assert house.log_in(MEMBER, NEW)
    assert house.guard.second_factors.is_enrolled(str(MEMBER))
    assert house.counted(house.campaigns.every()[0].id).reset_by == {
        Proof.SECOND_FACTOR: 1
    }
    with pytest.raises(TokenRefusedError):
        house.guard.reset_by_factor(
            NEW,
            new="another quiet harbour",
            proof=proof,
            account_id=str(MEMBER),
            stored=house.forum.password(MEMBER),
        )


def test_the_factor_alone_is_no_proof(
    house: House, phone: Phone, moving: TickingClock
) -> None:
    """Nor is one of ten minutes ago; and the leaked password is not chosen again."""
    proof = proof_of(house.guard, phone, moving)
    with pytest.raises(PasswordMismatchError):
        house.guard.reset_by_factor(
            "not the old one",
            new=NEW,
            proof=proof,
            account_id=str(MEMBER),
            stored=house.forum.password(MEMBER),
        )
    with pytest.raises(PasswordRejectedError):
        by_factor(house, proof, new=password_of(MEMBER))
    moving.advance(timedelta(minutes=11))
    with pytest.raises(StepUpRequiredError):
        by_factor(house, proof)


def test_an_account_that_no_sweep_has_reached_is_asked_to_wait(
    house: House, moving: TickingClock
) -> None:
    """It is gated already, and its hash is not under seal yet."""
    found = enrolled(house.guard, str(MEMBER), moving)
    house.guard.proofs = ProofPolicy(factors_before=moving())
    house.start()
    moving.advance(timedelta(minutes=1))
    proof = proof_of(house.guard, found, moving)
    with pytest.raises(BusyError):
        by_factor(house, proof)


def test_a_refusal_says_what_is_accepted(house: House, phone: Phone) -> None:
    """With a second factor there is one way more."""
    assert phone.account_id == str(MEMBER)
    with_one = refused_at_log_in(house, MEMBER)
    assert with_one.proofs == ("link", "forum", "second factor")
    assert refused_at_log_in(house, 1).proofs == ("link", "forum")


def test_a_link_may_need_the_factor(
    house: House, phone: Phone, moving: TickingClock
) -> None:
    """Who reads a member's mail gets no further; a refusal uses nothing up."""
    house.guard.proofs = ProofPolicy(link_needs_factor=True)
    link = link_of(house)
    for proof in (None, "", "cgp1.00000000.1.x"):
        with pytest.raises(StepUpRequiredError):
            house.guard.redeem(link, password=NEW, proof=proof)
    proof = proof_of(house.guard, phone, moving)
    done = house.guard.redeem(link, password=NEW, proof=proof)
    assert done.account_id == str(MEMBER)


def test_a_link_needs_no_factor_where_there_is_none(house: House) -> None:
    """Others are not locked out by it."""
    house.guard.proofs = ProofPolicy(link_needs_factor=True)
    house.swept()
    done = house.guard.redeem(link_of(house), password=NEW)
    assert done.account_id == str(MEMBER)


def test_what_leaked_as_well_is_switched_off(
    house: House, phone: Phone, moving: TickingClock
) -> None:
    """Mailboxes, the forum's form, and seeds, each for itself."""
    house.guard.proofs = ProofPolicy(link=False, forum=False, second_factor=False)
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(link_of(house), password=NEW)
    with pytest.raises(ResetRequiredError) as refused:
        by_factor(house, proof_of(house.guard, phone, moving))
    assert refused.value.proofs == ()
    house.forum.set_password(MEMBER, django_hash(NEW))
    with pytest.raises(ResetRequiredError):
        house.log_in(MEMBER, NEW)
    house.guard.proofs = ProofPolicy()
    assert house.log_in(MEMBER, NEW)


def test_a_factor_that_the_thief_may_have_enrolled_proves_nothing(
    house: House, moving: TickingClock
) -> None:
    """Without a first day of the breach none does; the link is another way."""
    began = moving()
    thief = enrolled(house.guard, str(MEMBER), moving)
    house.swept()
    moving.advance(timedelta(minutes=1))
    for proofs in (ProofPolicy(), ProofPolicy(factors_before=began)):
        house.guard.proofs = proofs
        proof = proof_of(house.guard, thief, moving)
        with pytest.raises(ResetRequiredError) as refused:
            by_factor(house, proof)
        assert refused.value.proofs == ("link", "forum")
        assert refused_at_log_in(house, MEMBER).proofs == ("link", "forum")
    assert house.guard.redeem(link_of(house), password=NEW).account_id == str(MEMBER)
    assert house.guard.second_factors.is_enrolled(str(MEMBER))


def test_who_enrolled_in_the_window_is_not_locked_out_by_it(
    house: House, moving: TickingClock
) -> None:
    """A link comes without such a factor, and with one of before."""
    house.guard.proofs = ProofPolicy(link_needs_factor=True, factors_before=moving())
    enrolled(house.guard, str(MEMBER), moving)
    house.swept()
    link = link_of(house)
    before = house.guard.second_factors.made_at(str(MEMBER))
    assert before is not None
    old = ProofPolicy(
        link_needs_factor=True, factors_before=before + timedelta(microseconds=1)
    )
    asked, house.guard.proofs = house.guard.proofs, old
    with pytest.raises(StepUpRequiredError):
        house.guard.redeem(link, password=NEW)
    house.guard.proofs = asked
    assert house.guard.redeem(link, password=NEW).account_id == str(MEMBER)
