"""One forced reset from its plan to its abort, on every database."""

import re

import pytest
from sqlalchemy import inspect, text

from credguard.campaigns.plan import Plan
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import (
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SessionRefusedError,
    TokenRefusedError,
)
from credguard.screening import ReasonCode
from credguard.storage import audit
from credguard.testing import RememberedMail
from forums import (
    BY_FORUM,
    NEW_PASSWORD,
    House,
    address_of,
    django_hash,
    engine_at,
    has_password,
    password_of,
    tokens_in,
)

WITH_PASSWORD = [number for number in range(1, 61) if has_password(number)]
TOLD = [number for number in WITH_PASSWORD if address_of(number)]
REDEEMS = TOLD[:5]
LEAKED = TOLD[6]  # tries the leaked password first
BY_FORM = TOLD[7]  # used the forum's own form
BY_FORM_LEAKED = TOLD[8]  # too, and chose the leaked password again
LEAVES = TOLD[9]
STAYS = TOLD[12]


def dump(url: str) -> dict[str, list[str]]:
    """Return every row of every table at *url*, as text."""
    with engine_at(url).connect() as connection:
        return {
            name: sorted(
                map(str, connection.execute(text(f"SELECT * FROM {name}")))  # noqa: S608  # its own tables
            )
            for name in inspect(connection).get_table_names()
        }


def test_a_reset_goes_from_plan_to_report(any_house: House) -> None:
    """Locked at once, retired, told once, redeemed, counted at every step."""
    house = any_house
    session = house.log_in(1, password_of(1))
    before = house.forum.passwords()

    campaign = house.campaigns.start(planned(house))
    assert house.counted(campaign).counts == {AccountState.GATED: 60}
    assert house.forum.passwords() == before
    check_locked(house, campaign, session)

    house.campaigns.sweep(
        campaign, worker="sweeper", on_progress=lambda _: counted_on(house, campaign)
    )
    check_retired(house, campaign)
    check_locked(house, campaign, session)

    tokens = told(house, campaign)
    redeem(house, campaign, tokens)
    use_the_form(house, tokens)
    leave(house, campaign, tokens)
    abort(house, campaign, before)
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[STAYS], password="another new password")
    audit.verify(house.guard._database, house.keyring)


def planned(house: House) -> Plan:
    """Plan, and check that nothing was written."""
    empty = dump(house.ours), dump(house.forum.url)
    plan = house.plan()
    assert (dump(house.ours), dump(house.forum.url)) == empty
    assert (plan.tally.accounts, plan.tally.in_scope) == (60, 60)
    assert plan.tally.to_tell == len(TOLD)
    assert plan.tally.no_password == 60 - len(WITH_PASSWORD)
    return plan


def counted_on(house: House, campaign: str) -> None:
    """Count in the middle of a sweep."""
    assert house.counted(campaign).ranges[1] == 3


def check_locked(house: House, campaign: str, session: str) -> None:
    """Check what log-ins and sessions meet while the member has to reset."""
    with pytest.raises(ResetRequiredError) as required:
        house.log_in(1, password_of(1))
    assert required.value.campaign_id == campaign
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, "another password")
    with pytest.raises(PasswordMismatchError):
        house.log_in(10_000, "another password")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(session, account_id="1")


def check_retired(house: House, campaign: str) -> None:
    """Check what a sweep leaves."""
    swept = house.counted(campaign)
    assert swept.state is CampaignState.NOTIFYING
    assert swept.ranges == (3, 3)
    assert swept.counts == {
        AccountState.NO_PASSWORD: 60 - len(WITH_PASSWORD),
        AccountState.UNREACHABLE: len(WITH_PASSWORD) - len(TOLD),
        AccountState.QUEUED: len(TOLD),
    }
    passwords = house.forum.passwords()
    markers = {str(passwords[str(number)]) for number in WITH_PASSWORD}
    assert len(markers) == len(WITH_PASSWORD)
    shape = re.compile(rf"cgretired1:{campaign}:[0-9a-f]{{16}}")
    assert all(shape.fullmatch(marker) for marker in markers)


def told(house: House, campaign: str) -> dict[int, str]:
    """Send the notices and return the tokens in them."""
    mail = RememberedMail()
    left = house.campaigns.send(campaign, mail, worker="sender")
    assert left.queued == 0
    tokens = tokens_in(mail.messages)
    assert sorted(tokens) == TOLD
    status = house.counted(campaign)
    assert status.state is CampaignState.WAITING
    assert (status.told, status.counts[AccountState.TOLD]) == (len(TOLD), len(TOLD))
    return tokens


def redeem(house: House, campaign: str, tokens: dict[int, str]) -> None:
    """Redeem some tokens, and check what they can do and what they cannot."""
    for number in REDEEMS:
        new = NEW_PASSWORD.format(number)
        redeemed = house.guard.redeem(tokens[number], password=new)
        assert (redeemed.account_id, redeemed.campaign_id) == (str(number), campaign)
        house.counted(campaign)
    number = REDEEMS[0]
    session = house.log_in(number, NEW_PASSWORD.format(number))
    found = house.guard.check_session(session, account_id=str(number))
    assert found.account_id == str(number)
    with pytest.raises(PasswordMismatchError):
        house.log_in(number, password_of(number))
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[number], password="another new password")
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(tokens[LEAKED], password=password_of(LEAKED))
    assert rejected.value.reasons[0].code is ReasonCode.REUSED
    house.guard.redeem(tokens[LEAKED], password=NEW_PASSWORD.format(LEAKED))


def use_the_form(house: House, tokens: dict[int, str]) -> None:
    """Set passwords as the forum's own form does; the leaked one does not pass."""
    house.forum.set_password(BY_FORM, django_hash(BY_FORUM.format(BY_FORM)))
    assert house.log_in(BY_FORM, BY_FORUM.format(BY_FORM))
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[BY_FORM], password="another new password")
    house.forum.set_password(BY_FORM_LEAKED, django_hash(password_of(BY_FORM_LEAKED)))
    with pytest.raises(ResetRequiredError):
        house.log_in(BY_FORM_LEAKED, password_of(BY_FORM_LEAKED))


def leave(house: House, campaign: str, tokens: dict[int, str]) -> None:
    """Delete two accounts, and check the report."""
    house.forum.remove(LEAVES, 14)
    report = house.counted(campaign)
    assert report.accounts == 60
    assert report.counts[AccountState.LEFT] == 2
    assert report.counts[AccountState.RESET_DONE] == 7
    assert report.reset_by == {"link": 6, "forum": 1}
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[LEAVES], password="another new password")


def abort(house: House, campaign: str, before: dict[str, str | None]) -> None:
    """Abort, and check that all other hashes are back byte for byte."""
    at_the_end = house.forum.passwords()
    house.campaigns.abort(campaign, reason="a false alarm")
    after = house.forum.passwords()
    changed = {int(name) for name in after if after[name] != before[name]}
    assert changed == {*REDEEMS, LEAKED, BY_FORM, BY_FORM_LEAKED}
    assert all(after[str(each)] == at_the_end[str(each)] for each in changed)
    last = house.counted(campaign)
    assert last.state is CampaignState.ABORTED
    assert last.counts[AccountState.RESTORED] == len(WITH_PASSWORD) - len(changed) - 1
    assert house.log_in(STAYS, password_of(STAYS))
