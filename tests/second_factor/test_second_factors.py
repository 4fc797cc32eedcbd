"""The keeper of second factors, on every database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from authenticators import CHEAP, NOON, PERIOD, Authenticator, enrolled
from sqlalchemy import Connection, select, update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    AccountIdError,
    BusyError,
    CodeMismatchError,
    CodeReplayedError,
    FactorStateError,
    LockedOutError,
    SealAccountError,
    SealBrokenError,
    SealFactorError,
    SetupError,
    StepUpRequiredError,
    UnknownKeyError,
)
from credguard.second_factor import STRICT, Algorithm, Means, Parameters, rows
from credguard.second_factor.factor import Factor, FactorState, Place
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock


def row_of(database: Database, account_id: str, place: Place) -> Factor:
    """Return a row that is known to be there."""
    with database.read() as connection:
        found = rows.find(connection, account_id, place)
    assert found
    return found


def test_the_life_of_a_factor(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A factor is enrolled, confirmed, verified and disabled, on every database."""
    factors = SecondFactors(
        any_database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    phone = Authenticator(factors.enroll("17"))
    assert not factors.is_enrolled("17")
    assert factors.confirm("17", phone.code(clock())).factor_id
    assert factors.is_enrolled("17")
    with pytest.raises(CodeReplayedError):
        factors.verify("17", phone.code(clock()))
    clock.advance(PERIOD)
    verified = factors.verify("17", phone.code(clock()))
    assert (verified.account_id, verified.at) == ("17", clock())
    assert factors.disable("17", proof=verified.proof).was_enrolled
    assert not factors.is_enrolled("17")
    clock.advance(PERIOD)
    with pytest.raises(FactorStateError, match="No second factor"):
        factors.verify("17", phone.code(clock()))
    assert not factors.disable("17").was_enrolled


def test_a_new_enrollment_leaves_the_factor_in_force(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """The old phone works until the new one is confirmed, and not a moment longer."""
    factors = SecondFactors(
        any_database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    old = enrolled(any_database, keyring, "17")
    proof = factors.verify("17", old.code(clock())).proof
    before = row_of(any_database, "17", Place.CURRENT)
    new = Authenticator(factors.enroll("17", proof=proof))
    assert row_of(any_database, "17", Place.CURRENT) == before
    with pytest.raises(CodeMismatchError):
        factors.verify("17", new.code(clock()))
    clock.advance(PERIOD)
    assert factors.verify("17", old.code(clock())).factor_id
    factors.confirm("17", new.code(clock()))
    clock.advance(PERIOD)
    with pytest.raises(CodeMismatchError):
        factors.verify("17", old.code(clock()))
    assert factors.verify("17", new.code(clock())).factor_id


def test_a_second_enrollment_voids_the_first(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Of two enrollments only the later can be confirmed, and one row is kept."""
    factors = SecondFactors(
        any_database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    first = Authenticator(factors.enroll("17"))
    second = Authenticator(factors.enroll("17"))
    with pytest.raises(CodeMismatchError):
        factors.confirm("17", first.code(clock()))
    assert factors.confirm("17", second.code(clock())).factor_id
    with any_database.read() as connection:
        places = connection.scalars(select(second_factor.c.place)).all()
    assert list(places) == [Place.CURRENT]


def test_a_mistyped_code_does_not_end_an_enrollment(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """The same QR code can be confirmed after a typo."""
    phone = Authenticator(factors.enroll("17"))
    with pytest.raises(CodeMismatchError):
        factors.confirm("17", phone.wrong(clock()))
    assert factors.confirm("17", phone.code(clock())).factor_id


def test_an_enrollment_lapses(factors: SecondFactors, clock: FrozenClock) -> None:
    """After the instant that was shown, a person has to start again."""
    enrollment = factors.enroll("17")
    assert enrollment.expires_at == NOON + timedelta(minutes=15)
    clock.advance(timedelta(minutes=15))
    with pytest.raises(FactorStateError, match="Start again"):
        factors.confirm("17", Authenticator(enrollment).code(clock()))


def test_nothing_to_confirm_is_refused(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """A form that is sent twice confirms once."""
    with pytest.raises(FactorStateError, match="nothing to confirm"):
        factors.confirm("17", "123456")
    phone = Authenticator(factors.enroll("17"))
    assert factors.confirm("17", phone.code(clock())).factor_id
    with pytest.raises(FactorStateError, match="nothing to confirm"):
        factors.confirm("17", phone.code(clock()))


def test_disabling_ends_a_pending_enrollment_too(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """What was pending when a factor was disabled does not come in force later."""
    phone = Authenticator(factors.enroll("17"))
    factors.disable("17")
    with pytest.raises(FactorStateError, match="nothing to confirm"):
        factors.confirm("17", phone.code(clock()))


def test_a_disabled_factor_can_be_followed_by_another(
    database: Database, keyring: Keyring, factors: SecondFactors, clock: FrozenClock
) -> None:
    """After disabling, an account may enroll anew; the old seed is forgotten."""
    enrolled(database, keyring, "17")
    factors.disable("17", proof=factors.vouch("17", by="ticket 1"))
    assert row_of(database, "17", Place.CURRENT).sealed is None
    phone = Authenticator(factors.enroll("17"))
    factors.confirm("17", phone.code(clock()))
    assert row_of(database, "17", Place.CURRENT).state is FactorState.ACTIVE


def test_wrong_codes_make_wait(
    database: Database, keyring: Keyring, factors: SecondFactors, clock: FrozenClock
) -> None:
    """After five wrong codes even the right one waits for 30 seconds."""
    phone = enrolled(database, keyring, "17")
    for _ in range(5):
        with pytest.raises(CodeMismatchError):
            factors.verify("17", phone.wrong(clock()))
    with pytest.raises(LockedOutError) as locked:
        factors.verify("17", phone.code(clock()))
    assert locked.value.retry_at == NOON + timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    assert factors.verify("17", phone.code(clock())).factor_id


def test_a_hundred_wrong_codes_do_not_take_the_factor_away(
    database: Database, keyring: Keyring, factors: SecondFactors, clock: FrozenClock
) -> None:
    """A factor that was guessed at too often still bars the way, until it is new."""
    phone = enrolled(database, keyring, "17")
    for _ in range(100):
        clock.advance(timedelta(hours=1))
        with pytest.raises(CodeMismatchError):
            factors.verify("17", phone.wrong(clock()))
    clock.advance(timedelta(days=365))
    with pytest.raises(FactorStateError, match="set up anew"):
        factors.verify("17", phone.code(clock()))
    assert factors.is_enrolled("17")
    assert row_of(database, "17", Place.CURRENT).sealed is None
    with pytest.raises(StepUpRequiredError):
        factors.enroll("17")
    new = Authenticator(factors.enroll("17", proof=factors.vouch("17", by="ticket 1")))
    factors.confirm("17", new.code(clock()))
    clock.advance(PERIOD)
    assert factors.verify("17", new.code(clock())).factor_id


def test_the_strict_window_is_the_present_step(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """With the strict policy neither the last code nor the next one passes."""
    phone = enrolled(database, keyring, "17")
    strict = SecondFactors(
        database,
        keyring,
        issuer="Forum",
        window=STRICT,
        hasher=CHEAP,
        clock=clock,
    )
    for offset in (-1, 1):
        with pytest.raises(CodeMismatchError):
            strict.verify("17", phone.code(clock(), offset))
    assert strict.verify("17", phone.code(clock())).factor_id


@pytest.mark.parametrize(
    ("column", "error"),
    [
        ("account_id", SealAccountError),
        ("id", SealFactorError),
        ("sealed", SealAccountError),
    ],
)
def test_a_moved_seed_does_not_open(
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    column: str,
    error: type[SealBrokenError],
) -> None:
    """A seed that was copied to another account or factor is refused by its name."""
    factors = SecondFactors(
        any_database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    mine = enrolled(any_database, keyring, "mine")
    enrolled(any_database, keyring, "yours")
    theirs = second_factor.c.account_id == "yours"
    found = row_of(any_database, "mine", Place.CURRENT)
    moved: dict[str, dict[str, str | None]] = {
        "account_id": {"account_id": "third"},
        "id": {"id": "A" * 22},
        "sealed": {"sealed": found.sealed, "id": found.id},
    }
    with any_database.begin() as connection:
        connection.execute(update(second_factor).where(theirs).values(**moved[column]))
    victim = "third" if column == "account_id" else "yours"
    before = row_of(any_database, victim, Place.CURRENT)
    with pytest.raises(error):
        factors.verify(victim, mine.code(clock()))
    assert row_of(any_database, victim, Place.CURRENT) == before


def test_a_code_without_a_factor_is_refused(factors: SecondFactors) -> None:
    """Where nobody enrolled there is nothing to verify."""
    with pytest.raises(FactorStateError, match="No second factor"):
        factors.verify("17", "123456")


def test_another_keyring_opens_nothing(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A wrong keyring is named as such, and nobody's code is counted as wrong."""
    phone = enrolled(database, keyring, "17")
    other = Keyring.generate()
    wrong = SecondFactors(database, other, issuer="Forum", hasher=CHEAP, clock=clock)
    with pytest.raises(UnknownKeyError) as unknown:
        wrong.verify("17", phone.code(clock()))
    assert unknown.value.key_id == keyring.current.id
    assert row_of(database, "17", Place.CURRENT).failures == 0


def test_an_older_key_still_opens(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """After a rotation the people who enrolled before it log in as ever."""
    phone = enrolled(database, keyring, "17")
    rotated = SecondFactors(
        database, keyring.rotate(), issuer="Forum", hasher=CHEAP, clock=clock
    )
    assert rotated.verify("17", phone.code(clock())).factor_id


def test_seeds_are_never_stored_in_the_open(
    database: Database, factors: SecondFactors
) -> None:
    """No column of the row holds the seed, and no two seeds are alike."""
    first = factors.enroll("17")
    seed = Authenticator(first).seed
    assert len(seed) == 20
    assert Authenticator(factors.enroll("18")).seed != seed
    with database.read() as connection:
        stored = [str(row) for row in connection.execute(select(second_factor))]
    shown = [seed.hex(), first.key, first.key.replace(" ", "")]
    assert not [row for row in stored for text in shown if text in row]


def test_the_name_is_shown_and_the_id_if_there_is_none(factors: SecondFactors) -> None:
    """An app shows the account's name; the forum's id where it was handed none."""
    assert "/Forum:alice?" in factors.enroll("17", name="alice").uri
    assert "/Forum:17?" in factors.enroll("17").uri


@pytest.mark.parametrize(
    "account_id", ["", "x" * 256, "a\0b", "a\ud800"], ids=["", "long", "NUL", "lone"]
)
def test_an_id_that_cannot_name_an_account_is_refused(
    factors: SecondFactors, account_id: str
) -> None:
    """Every call checks the id, and its error does not repeat it."""
    calls: list[Callable[[str], object]] = [
        factors.enroll,
        factors.disable,
        factors.is_enrolled,
        lambda each: factors.confirm(each, "123456"),
        lambda each: factors.verify(each, "123456"),
    ]
    for call in calls:
        with pytest.raises(AccountIdError) as refused:
            call(account_id)
        assert not account_id or account_id not in str(refused.value)


def test_an_issuer_is_checked_when_the_keeper_is_made(
    database: Database, keyring: Keyring
) -> None:
    """An issuer that apps cannot show is found at start-up."""
    with pytest.raises(SetupError):
        SecondFactors(database, keyring, issuer="a:b")


def test_a_lost_race_is_judged_again(
    database: Database,
    keyring: Keyring,
    factors: SecondFactors,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An attempt whose row changed meanwhile is judged by the new row."""
    phone = enrolled(database, keyring, "17")
    stale = row_of(database, "17", Place.CURRENT)
    assert factors.verify("17", phone.code(clock())).factor_id
    found = iter([stale, row_of(database, "17", Place.CURRENT)])
    monkeypatch.setattr(rows, "find_quickly", lambda *_: next(found))
    with pytest.raises(CodeReplayedError):
        factors.verify("17", phone.code(clock()))
    assert next(found, None) is None


def test_a_race_that_is_always_lost_is_busy(
    factors: SecondFactors, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no write ever wins, nothing is told but to try again."""
    phone = Authenticator(factors.enroll("17"))
    monkeypatch.setattr(rows, "settle", lambda *_: False)
    with pytest.raises(BusyError):
        factors.confirm("17", phone.code(clock()))
    monkeypatch.setattr(rows, "put", lambda *_: False)
    with pytest.raises(BusyError):
        factors.enroll("17")


def test_one_write_decides(any_database: Database, keyring: Keyring) -> None:
    """Of two changes to one row as it was read, the second finds that it lost."""
    enrolled(any_database, keyring, "17")
    found = row_of(any_database, "17", Place.CURRENT)
    with any_database.begin() as connection:
        first = rows.settle(connection, found, _next(found, 1))
        second = rows.settle(connection, found, _next(found, 2))
    assert (first, second) == (True, False)
    assert row_of(any_database, "17", Place.CURRENT).failures == 1


def test_an_enrollment_of_the_same_version_is_not_taken_for_another(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A confirmation of a voided enrollment loses, though its version is the same."""
    factors = SecondFactors(
        any_database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    factors.enroll("17")
    voided = row_of(any_database, "17", Place.PENDING)
    factors.enroll("17")
    with any_database.begin() as connection:
        assert not rows.settle(connection, voided, _next(voided, 0))


def _next(found: Factor, failures: int) -> Factor:
    return replace(found, failures=failures, version=found.version + 1)


def test_a_factor_in_force_is_changed_with_a_proof_only(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A stolen session neither enrolls another phone nor takes the factor away."""
    phone = enrolled(database, keyring, "17")
    for proof in (None, "", "True", factors.vouch("17", by="x")[:-1] + "?"):
        with pytest.raises(StepUpRequiredError):
            factors.enroll("17", proof=proof)
        with pytest.raises(StepUpRequiredError):
            factors.disable("17", proof=proof)
    proof = factors.verify("17", phone.code(clock())).proof
    clock.advance(timedelta(minutes=10))
    assert factors.enroll("17", proof=proof).uri
    clock.advance(timedelta(seconds=1))
    with pytest.raises(StepUpRequiredError):
        factors.enroll("17", proof=proof)


def test_an_enrollment_without_proof_replaces_nothing_later(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who began before there was a factor cannot confirm over one that came since."""
    monkeypatch.setattr(any_factors._changing, "in_force", lambda _: None)
    phone = enrolled(any_database, keyring, "17")
    thief = Authenticator(any_factors.enroll("17"))
    monkeypatch.undo()
    with pytest.raises(FactorStateError, match="came in force meanwhile"):
        any_factors.confirm("17", thief.code(clock()))
    assert any_factors.verify("17", phone.code(clock())).factor_id


def test_disabling_takes_away_what_was_proved(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A factor that came in force since the proof was checked stays in force."""
    monkeypatch.setattr(factors._changing, "in_force", lambda _: None)
    enrolled(database, keyring, "17")
    with pytest.raises(StepUpRequiredError):
        factors.disable("17")
    monkeypatch.undo()
    assert factors.is_enrolled("17")


@pytest.mark.parametrize("by", ["", "x" * 65])
def test_who_vouches_has_a_name(
    factors: SecondFactors, database: Database, keyring: Keyring, by: str
) -> None:
    """Nobody vouches without saying who it is, or for an account without a factor."""
    with pytest.raises(FactorStateError):
        factors.vouch("17", by="ticket 1")
    enrolled(database, keyring, "17")
    with pytest.raises(SetupError):
        factors.vouch("17", by=by)


def test_unusual_parameters_warn_and_work(
    any_factors: SecondFactors, clock: FrozenClock
) -> None:
    """SHA-512, eight digits and a minute are taken, with a word of warning."""
    assert any_factors.enroll("16").warning is None
    unusual = Parameters(8, Algorithm.SHA512, 60)
    enrollment = any_factors.enroll("17", parameters=unusual)
    assert enrollment.warning
    assert "algorithm=SHA512&digits=8&period=60" in enrollment.uri
    phone = Authenticator(enrollment)

    def code() -> str:
        step = step_at(int(clock().timestamp()), period_seconds=60)
        return code_at(phone.seed, step, parameters=unusual)

    any_factors.confirm("17", code())
    clock.advance(timedelta(minutes=1))
    assert any_factors.verify("17", code()).means is Means.CODE


def test_a_weak_seed_works_and_asks_for_another(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Eighty bits keep verifying; the result says that it is time to enroll anew."""
    phone = enrolled(database, keyring, "17")
    assert not factors.verify("17", phone.code(clock())).should_reenroll
    with database.begin() as connection:
        connection.execute(update(second_factor).values(seed_bits=80))
    clock.advance(PERIOD)
    assert factors.verify("17", phone.code(clock())).should_reenroll


def test_a_log_in_puts_its_seed_under_the_current_key(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """After a rotation each log-in re-seals in its own write; a wrong code does not."""
    phone = enrolled(any_database, keyring, "17")
    rotated = keyring.rotate()
    factors = SecondFactors(
        any_database, rotated, issuer="Forum", hasher=CHEAP, clock=clock
    )
    with pytest.raises(CodeMismatchError):
        factors.verify("17", phone.wrong(clock()))
    assert factors.key_counts() == {keyring.current.id: 1}
    assert factors.verify("17", phone.code(clock())).factor_id
    assert factors.key_counts() == {rotated.current.id: 1}
    clock.advance(PERIOD)
    assert factors.verify("17", phone.recovery[0]).factor_id


def test_a_seal_of_the_first_form_still_opens(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Rows of before seals had parts verify, and go over with the next log-in."""
    phone = enrolled(any_database, keyring, "17")
    found = row_of(any_database, "17", Place.CURRENT)
    first = keyring.seal(phone.seed, purpose="totp seed", owner=f"17/{found.id}")
    with any_database.begin() as connection:
        connection.execute(update(second_factor).values(sealed=first))
    rotated = keyring.rotate()
    factors = SecondFactors(
        any_database, rotated, issuer="Forum", hasher=CHEAP, clock=clock
    )
    assert factors.verify("17", phone.code(clock())).factor_id
    sealed = row_of(any_database, "17", Place.CURRENT).sealed
    assert sealed
    assert sealed.startswith(f"cgs2.{rotated.current.id}.")


def test_a_set_of_codes_has_a_size(database: Database, keyring: Keyring) -> None:
    """More codes than there are slots are refused when the keeper is made."""
    with pytest.raises(SetupError):
        SecondFactors(database, keyring, issuer="Forum", recovery_codes=33)


def test_a_place_that_was_emptied_meanwhile_is_busy(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A confirmation that finds its row but not the one to replace decides nothing."""
    enrolled(any_database, keyring, "17")
    proof = any_factors.vouch("17", by="ticket 1")
    phone = Authenticator(any_factors.enroll("17", proof=proof))
    find = rows.find

    def find_another(connection: Connection, account_id: str, place: Place) -> Factor:
        found = find(connection, account_id, place)
        assert found
        return replace(found, id="gone") if place is Place.CURRENT else found

    pending = row_of(any_database, "17", Place.PENDING)
    monkeypatch.setattr(rows, "find", find_another)
    then = replace(pending, state=FactorState.ACTIVE, version=pending.version + 1)
    with pytest.raises(BusyError), any_database.begin() as connection:
        rows.settle(connection, replace(pending, replaces="gone"), then)
    monkeypatch.undo()
    assert any_factors.confirm("17", phone.code(clock())).factor_id
