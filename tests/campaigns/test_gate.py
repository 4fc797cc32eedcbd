"""What log-ins and sessions meet while campaigns are in force."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from credguard import CredGuard
from credguard._clock import system_clock
from credguard.campaigns import (
    Scope,
    credential_set_before,
    everyone,
    in_list,
    logged_in_between,
    parse_scope,
    scheme,
)
from credguard.campaigns.confirming import FRESH, SKEW
from credguard.campaigns.gate import Ruling
from credguard.campaigns.leaked import Leaked
from credguard.campaigns.states import AccountState
from credguard.errors import (
    BusyError,
    CampaignStateError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    ScopeError,
    SessionRefusedError,
)
from credguard.sessions import raise_epochs
from credguard.testing import RememberedMail
from forums import (
    BY_FORUM,
    JOINED,
    LETTER,
    NEW_PASSWORD,
    House,
    django_hash,
    hash_of,
    hasher,
    password_of,
    policy,
    tokens_in,
)

SCOPES = {
    "everyone": (everyone, set(range(1, 61))),
    "list": (in_list(["1", "2", "60"]), {1, 2, 60}),
    "before": (
        credential_set_before(JOINED + timedelta(days=21)),
        set(range(1, 21)),
    ),
    "between": (
        logged_in_between(JOINED + timedelta(days=401), JOINED + timedelta(days=412)),
        set(range(1, 12)) - {5, 10},
    ),
    "scheme": (scheme("werkzeug:pbkdf2"), set(range(3, 61, 3)) - {42}),
    "both": (
        in_list(["1", "3", "42"]) & ~scheme("unusable") | in_list(["2"]),
        {1, 2, 3},
    ),
}


@pytest.mark.parametrize("name", SCOPES)
def test_the_plan_the_gate_and_the_sweep_mean_the_same_accounts(
    house: House, name: str
) -> None:
    """Who is counted is locked at once, and whoever is locked is retired."""
    scope, numbers = SCOPES[name]
    before = house.forum.passwords()
    with_password = {
        number for number in range(1, 61) if str(before[str(number)])[0] != "!"
    }
    assert house.plan(scope).tally.in_scope == len(numbers)
    campaign = house.start(scope)
    locked = {
        number
        for number in with_password
        if house.campaigns.rule(str(number), stored=before[str(number)]).campaign_id
    }
    assert locked == numbers & with_password
    assert house.counted(campaign).counts[AccountState.GATED] == len(numbers)
    house.campaigns.sweep(campaign, worker="sweeper")
    after = house.forum.passwords()
    assert {
        number for number in range(1, 61) if after[str(number)] != before[str(number)]
    } == numbers & with_password
    assert house.counted(campaign).in_scope == len(numbers)
    house.campaigns.abort(campaign, reason="a test")
    assert house.forum.passwords() == before
    house.counted(campaign)


def test_a_scope_from_text_selects_as_the_one_that_was_built(house: House) -> None:
    """What an operator types is what is started."""
    text = "credential_set_before('2013-01-22') & ~scheme('unusable')"
    assert house.plan(parse_scope(text)).tally.in_scope == 19


def test_ids_that_no_account_has_are_named(house: House) -> None:
    """A list with a slip in it is not started; five of the ids are shown."""
    with pytest.raises(ScopeError, match=r"2 ids .* \(61, x\)"):
        house.plan(in_list(["1", "61", "x"]))
    many = [f"x{number}" for number in range(9)]
    with pytest.raises(ScopeError, match=r"9 ids .*\(x0, x1, x2, x3, x4, …\)"):
        house.plan(in_list(many))


def test_a_scope_that_selects_nobody_is_no_campaign(house: House) -> None:
    """It would lock and tell nobody, which nobody wants."""
    with pytest.raises(ScopeError, match="nobody"):
        house.plan(scheme("argon2id"))


def test_a_plan_is_not_started_over_another_table(house: House) -> None:
    """More than ten accounts more or fewer than were looked at a while ago."""
    plan = house.plan()
    later = house.another(clock=lambda: system_clock() + FRESH + timedelta(minutes=1))
    house.forum.remove(*range(1, 12))
    with pytest.raises(CampaignStateError, match=r"60 .* 49"):
        later.campaigns.start(plan)
    assert house.campaigns.every() == []
    house.forum.add(1)
    assert later.campaigns.start(plan)


def test_a_plan_that_was_just_made_is_opened_without_counting(house: House) -> None:
    """A breach does not wait for a count that was taken a moment ago."""
    plan = house.plan()
    house.forum.remove(*range(1, 12))
    campaign = house.campaigns.start(plan)
    assert house.counted(campaign).counts[AccountState.GATED] == 49


def test_a_plan_from_the_future_is_not_started(house: House) -> None:
    """The cut-off is what a clock says: one that jumped back is mended first."""
    plan = house.plan()
    earlier = house.another(clock=lambda: system_clock() - SKEW - timedelta(minutes=1))
    with pytest.raises(CampaignStateError, match="clock"):
        earlier.campaigns.start(plan)
    assert house.campaigns.every() == []


def test_members_who_join_later_are_not_locked(house: House) -> None:
    """An account made after the watermark has a password that did not leak."""
    campaign = house.start()
    password = NEW_PASSWORD.format(61)
    stored = house.guard.sign_up(password, account_id="61")
    house.forum.add(61)
    house.forum.set_password(61, stored)
    assert house.log_in(61, password)
    house.campaigns.sweep(campaign, worker="sweeper")
    assert house.forum.password(61) == stored
    assert house.counted(campaign).counts[AccountState.OUT_OF_SCOPE] == 1


def test_an_old_session_is_over_and_others_are_not(house: House) -> None:
    """Only those in scope have to log in again."""
    mine, other = house.log_in(1, password_of(1)), house.log_in(2, password_of(2))
    campaign = house.start(in_list(["1"]))
    for _ in range(2):
        with pytest.raises(SessionRefusedError):
            house.guard.check_session(mine, account_id="1")
        assert house.guard.check_session(other, account_id="2").epoch == 0
        house.campaigns.sweep(campaign, worker="sweeper")


def test_the_end_of_anothers_sessions_is_not_mine(house: House) -> None:
    """The epoch that is asked for is the account's own."""
    mine, other = house.log_in(1, password_of(1)), house.log_in(2, password_of(2))
    with house.guard._database.begin() as connection:
        raise_epochs(connection, ["2"])
    assert house.guard.check_session(mine, account_id="1").epoch == 0
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(other, account_id="2")


def test_a_swept_campaign_costs_a_session_no_further_question(house: House) -> None:
    """Only while a campaign is open or sweeps is the user table asked as well."""
    session = house.log_in(2, password_of(2))
    campaign = house.start(in_list(["1"]))
    asked: list[str] = []

    def executing(_connection: object, _cursor: object, text: str, *_: object) -> None:
        asked.append(text)

    event.listen(house.guard._database._engine, "before_cursor_execute", executing)
    house.guard.check_session(session, account_id="2")
    assert asked
    house.campaigns.sweep(campaign, worker="sweeper")
    asked.clear()
    house.guard.check_session(session, account_id="2")
    assert not asked


def test_a_ruling_shows_nothing_of_a_hash() -> None:
    """Neither the hash nor what stood beside it gets into a log."""
    leaked = (Leaked("a leaked hash", "its salt", "its name"),)
    ruling = Ruling("a hash", 3, leaked=leaked, salt="a salt", username="a name")
    assert repr(ruling) == "Ruling(epoch=3, campaign_id=None, resolves=(), since=None)"


def test_a_session_that_an_abort_could_save_stays_over(house: House) -> None:
    """A false alarm costs a log-in, and nothing else."""
    session = house.log_in(1, password_of(1))
    campaign = house.swept()
    house.campaigns.abort(campaign, reason="a test")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(session, account_id="1")
    again = house.log_in(1, password_of(1))
    assert house.guard.check_session(again, account_id="1").epoch == 1


def test_the_leaked_password_opens_nothing_however_it_comes_back(
    house: House,
) -> None:
    """Set again by the forum's form, it asks for a reset; the row is not settled."""
    campaign = house.swept()
    house.forum.set_password(1, hash_of(1))
    for _ in range(2):
        with pytest.raises(ResetRequiredError):
            house.log_in(1, password_of(1))
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, BY_FORUM)
    house.forum.set_password(1, django_hash(BY_FORUM))
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, password_of(1))
    assert house.log_in(1, BY_FORUM)
    assert house.counted(campaign).reset_by == {"forum": 1}


def test_of_two_campaigns_the_newer_ones_password_is_asked_for(house: House) -> None:
    """What stood there last is what a member types, and is the right one."""
    first = house.swept(in_list(["1"]))
    house.forum.set_password(1, django_hash(BY_FORUM))
    second = house.swept(in_list(["1"]))
    with pytest.raises(ResetRequiredError) as required:
        house.log_in(1, BY_FORUM)
    assert required.value.campaign_id == second
    for leaked in (password_of(1), BY_FORUM):
        house.forum.set_password(1, django_hash(leaked))
        with pytest.raises(ResetRequiredError):
            house.log_in(1, leaked)
    for campaign in (first, second):
        house.counted(campaign)


def test_without_the_user_table_a_campaign_that_opens_says_wait(
    house: House,
) -> None:
    """A process that cannot judge an account yet lets nobody in and refuses nobody."""
    session = house.log_in(1, password_of(1))
    blind = CredGuard(
        keyring=house.keyring,
        database=house.ours,
        passwords=hasher(),
        policy=policy(),
    )
    campaign = house.start(in_list(["1"]))
    stored = house.forum.password(1)
    with pytest.raises(BusyError):
        blind.log_in(password_of(1), account_id="1", stored=stored)
    with pytest.raises(BusyError):
        blind.check_session(session, account_id="1")
    with pytest.raises(CampaignStateError, match="accounts="):
        blind.campaigns.status(campaign)
    house.campaigns.sweep(campaign, worker="sweeper")
    stored = house.forum.password(1)
    with pytest.raises(ResetRequiredError):
        blind.log_in(password_of(1), account_id="1", stored=stored)
    with pytest.raises(SessionRefusedError):
        blind.check_session(session, account_id="1")
    blind._database.close()


def test_a_marker_that_nobody_can_explain_is_no_wrong_password(house: House) -> None:
    """Half an old backup in the column is for the forum to mend."""
    campaign = house.swept()
    marker = house.forum.password(1)
    house.campaigns.abort(campaign, reason="a test")
    house.forum.set_password(2, str(marker))
    with pytest.raises(BusyError):
        house.log_in(2, password_of(2))


def test_a_watermark_is_never_before_the_one_before(house: House) -> None:
    """Campaigns that open in one instant have an order in which to be undone."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    frozen = house.another(clock=lambda: now)
    scopes: list[Scope] = [in_list(["1"]), everyone]
    first, second = (
        frozen.campaigns.start(frozen.campaigns.plan(scope, letter=LETTER))
        for scope in scopes
    )
    newer, older = house.campaigns.every()
    assert (newer.id, older.id) == (second, first)
    with pytest.raises(CampaignStateError, match=second):
        house.campaigns.abort(first, reason="a test")


def test_a_password_set_after_one_watermark_is_gated_by_the_next(house: House) -> None:
    """It may have leaked with the second breach, though not with the first."""
    first = house.swept()
    mail = RememberedMail()
    house.campaigns.send(first, mail, worker="sender")
    token = tokens_in(mail.messages)[1]
    house.forum.set_password(1, django_hash(BY_FORUM))
    second = house.start(in_list(["1"]))
    with pytest.raises(ResetRequiredError) as required:
        house.log_in(1, BY_FORUM)
    assert required.value.campaign_id == second
    with pytest.raises(PasswordRejectedError):
        house.guard.redeem(token, password=BY_FORUM)
    house.guard.redeem(token, password=NEW_PASSWORD)
    assert house.log_in(1, NEW_PASSWORD)
    house.campaigns.sweep(second, worker="sweeper")
    assert house.log_in(1, NEW_PASSWORD)
    assert house.counted(second).still_open == 0


def test_a_later_campaign_is_swept_after_an_earlier_one(house: House) -> None:
    """Markers stand on each other in the order in which they can be undone."""
    first, second = house.start(in_list(["1", "2"])), house.start(in_list(["2", "3"]))
    with pytest.raises(CampaignStateError, match=first):
        house.campaigns.sweep(second, worker="sweeper")
    assert house.campaigns.rule("3", stored=hash_of(3)).campaign_id == second
    house.campaigns.sweep(first, worker="sweeper")
    house.campaigns.sweep(second, worker="sweeper")
    for campaign in (second, first):
        house.campaigns.abort(campaign, reason="a test")
    assert house.forum.password(2) == hash_of(2)
