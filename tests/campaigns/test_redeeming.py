"""Tokens that are redeemed, and what a crash between two databases leaves."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, true

from credguard import CredGuard
from credguard.campaigns import Accounts, finishing, in_list
from credguard.campaigns.states import AccountState
from credguard.errors import (
    BusyError,
    CampaignStateError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SessionRefusedError,
    TokenRefusedError,
)
from credguard.screening import ReasonCode
from credguard.storage.audit_tables import audit
from credguard.testing import RememberedMail
from forums import (
    BY_FORUM,
    NEW_PASSWORD,
    House,
    django_hash,
    hash_of,
    house_at,
    password_of,
    tokens_in,
)

NEW = NEW_PASSWORD.format("one")


@pytest.fixture
def apart(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard's tables in a database beside it."""
    with house_at(sqlite_url, tmp_path, "apart") as house:
        yield house


def told(house: House, campaign: str) -> dict[int, str]:
    """Send the notices and return the tokens in them."""
    mail = RememberedMail()
    house.campaigns.send(campaign, mail, worker="sender")
    return tokens_in(mail.messages)


def reset(house: House, *numbers: int) -> tuple[str, dict[int, str]]:
    """Return a campaign over a few members, and their tokens."""
    campaign = house.swept(in_list(map(str, numbers or [1])))
    return campaign, told(house, campaign)


def test_looking_at_a_link_uses_nothing_up(house: House) -> None:
    """Scanners follow links before people do."""
    _, tokens = reset(house)
    for _ in range(3):
        assert house.campaigns.claim(tokens[1]).account.id == "1"
    for bad in ("short", password_of(1), "", "\0" * 20, "x" * 10_000_000):
        with pytest.raises(PasswordRejectedError):
            house.guard.redeem(tokens[1], password=bad)
    assert house.guard.redeem(tokens[1], password=NEW).account_id == "1"


def test_a_name_and_an_address_make_no_password(house: House) -> None:
    """The account's own words are refused without being handed in."""
    _, tokens = reset(house)
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(tokens[1], password="member1@mail.example")
    assert ReasonCode.CONTEXT in [each.code for each in rejected.value.reasons]


def test_all_reasons_are_told_at_once(house: House) -> None:
    """Leaked and too short are two reasons, the leaked one first."""
    house.forum.set_password(1, django_hash("short"))
    _, tokens = reset(house)
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(tokens[1], password="short")
    codes = [each.code for each in rejected.value.reasons]
    assert codes == [ReasonCode.REUSED, ReasonCode.TOO_SHORT]


@pytest.mark.parametrize(
    "new",
    [
        "the old password of 1",
        "The old password of 1",
        "the old password of 2",
        "the old password of 1!",
        "1the old password of 1",
        "th3 0ld pa5sword of 1",
        "the old password of 1" * 2,
        "1 fo drowssap dlo eht",
    ],
)
def test_trivial_variations_of_the_leaked_password_are_refused(
    house: House, new: str
) -> None:
    """Whoever has the old one tries them first; the link stays good."""
    _, tokens = reset(house)
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.redeem(tokens[1], password=new)
    assert ReasonCode.REUSED in [each.code for each in rejected.value.reasons]
    assert house.guard.redeem(tokens[1], password=NEW).account_id == "1"


def test_a_link_dies_with_the_address_it_went_to(house: House) -> None:
    """Who lost a mailbox and has it changed is safe from whoever has it now."""
    _, tokens = reset(house)
    house.forum.set_address(1, "another@mail.example")
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[1], password=NEW)


def test_a_link_of_an_account_that_is_gone_is_refused(house: House) -> None:
    """Whose row was deleted has nothing to reset."""
    _, tokens = reset(house)
    house.forum.remove(1)
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[1], password=NEW)


def test_a_link_of_another_campaign_dies_when_one_is_redeemed(house: House) -> None:
    """Both campaigns are answered by one new password, and by no second one."""
    first = house.swept(in_list(["1"]))
    second = house.swept(in_list(["1"]))
    tokens = [told(house, campaign)[1] for campaign in (first, second)]
    assert house.guard.redeem(tokens[0], password=NEW).campaign_id == first
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[1], password="another new password")
    for campaign in (first, second):
        assert house.counted(campaign).counts[AccountState.RESET_DONE] == 1
    assert house.log_in(1, NEW)


def test_a_second_campaign_ends_the_links_of_the_first(house: House) -> None:
    """They may have been read by whoever made the second one necessary."""
    _, tokens = reset(house)
    house.swept(in_list(["1"]))
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(tokens[1], password=NEW)


def test_campaigns_are_aborted_in_turn(house: House) -> None:
    """The later one stands on what the earlier one retired."""
    before = house.forum.passwords()
    first, second = house.swept(), house.swept(in_list(["1"]))
    with pytest.raises(CampaignStateError, match=second):
        house.campaigns.abort(first, reason="a test")
    house.campaigns.abort(second, reason="a test")
    assert house.counted(second).counts[AccountState.RESTORED] == 1
    with pytest.raises(ResetRequiredError):
        house.log_in(1, password_of(1))
    house.campaigns.abort(first, reason="a test")
    assert house.forum.passwords() == before
    for campaign in (first, second):
        with pytest.raises(CampaignStateError, match="aborted"):
            house.campaigns.abort(campaign, reason="a test")
        with pytest.raises(CampaignStateError, match="aborted"):
            house.campaigns.sweep(campaign, worker="sweeper")


def test_an_abort_that_was_overtaken_waits_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign that opened while another was being undone is undone first."""
    before = house.forum.passwords()
    first = house.swept(in_list(["1", "2"]))
    monkeypatch.setattr("credguard.campaigns.restoring.PAGE_SIZE", 1)
    started: list[str] = []

    def meanwhile(_restored: int) -> None:
        if not started:
            started.append(house.swept(in_list(["1", "2"])))

    with pytest.raises(CampaignStateError) as refused:
        house.campaigns.abort(first, reason="a test", on_progress=meanwhile)
    assert started[0] in str(refused.value)
    with pytest.raises(CampaignStateError, match=started[0]):
        house.campaigns.abort(first, reason="a test")
    house.campaigns.abort(started[0], reason="a test")
    house.campaigns.abort(first, reason="a test")
    assert house.forum.passwords() == before
    assert house.log_in(1, password_of(1))


def test_an_abort_counts_all_that_it_put_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was stopped in the middle and went on later."""
    campaign = house.swept()
    monkeypatch.setattr("credguard.campaigns.restoring.PAGE_SIZE", 10)

    def stop(_restored: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.campaigns.abort(campaign, reason="a test", on_progress=stop)
    half = house.counted(campaign).counts
    assert half[AccountState.RESTORED] == 10
    assert half[AccountState.RESTORING] + half[AccountState.UNREACHABLE] == 46
    with pytest.raises(BusyError):
        house.log_in(59, password_of(59))
    house.campaigns.abort(campaign, reason="a test")
    assert house.counted(campaign).counts[AccountState.RESTORED] == 56
    assert '"restored": 56' in last_audit_detail(house)


def last_audit_detail(house: House) -> str:
    """Return what the last audit record says."""
    query = select(audit.c.detail).order_by(audit.c.number.desc()).limit(1)
    with house.guard._database.read() as connection:
        return str(connection.execute(query).scalar_one())


def test_a_member_who_left_is_not_put_back(house: House) -> None:
    """An abort passes over accounts that are gone."""
    campaign = house.swept(in_list(["1", "2"]))
    house.forum.remove(1)
    house.campaigns.abort(campaign, reason="a test")
    counts = house.counted(campaign).counts
    assert (counts[AccountState.LEFT], counts[AccountState.RESTORED]) == (1, 1)


def test_a_password_of_the_forums_form_is_kept_by_an_abort(house: House) -> None:
    """Only what we took is put back."""
    campaign = house.swept(in_list(["1", "2"]))
    house.forum.set_password(1, django_hash(BY_FORUM))
    house.campaigns.abort(campaign, reason="a test")
    assert house.forum.password(1) == django_hash(BY_FORUM)
    assert house.counted(campaign).reset_by == {"forum": 1}


def test_a_redemption_that_the_forum_overtakes_can_be_repeated(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is used up when the column changed under us."""
    _, tokens = reset(house)
    hashing = house.guard.passwords.hash

    def slowly(password: str, *, account_id: str) -> str:
        house.forum.set_password(1, django_hash(BY_FORUM))
        return hashing(password, account_id=account_id)

    monkeypatch.setattr(house.guard.passwords, "hash", slowly)
    with pytest.raises(BusyError):
        house.guard.redeem(tokens[1], password=NEW)
    monkeypatch.undo()
    assert house.guard.redeem(tokens[1], password=NEW).account_id == "1"
    assert house.log_in(1, NEW)
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, BY_FORUM)


def crash_before_the_forum(house: House, token: str) -> None:
    """Redeem, and die when the new hash is written down but not in the column."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(finishing, "_put", lambda *_, **__: exit_now())
        with pytest.raises(SystemExit):
            house.guard.redeem(token, password=NEW)


def exit_now() -> None:
    """Die."""
    raise SystemExit


def test_a_redemption_that_died_is_finished_at_the_log_in(apart: House) -> None:
    """The member was told nothing, and both what they chose and the link count."""
    campaign, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    assert apart.counted(campaign).counts[AccountState.RESETTING] == 1
    with pytest.raises(TokenRefusedError):
        apart.guard.redeem(tokens[1], password="another new password")
    session = apart.log_in(1, NEW)
    assert apart.guard.check_session(session, account_id="1").epoch == 2
    assert apart.counted(campaign).reset_by == {"link": 1}
    with pytest.raises(PasswordMismatchError):
        apart.log_in(1, password_of(1))


def test_a_wrong_password_finishes_it_too(apart: House) -> None:
    """Who asks does not matter; who gets in does."""
    campaign, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    for wrong in (password_of(1), "another password"):
        with pytest.raises(PasswordMismatchError):
            apart.log_in(1, wrong)
    assert apart.counted(campaign).counts[AccountState.RESET_DONE] == 1
    assert apart.log_in(1, NEW)


def test_without_the_user_table_it_cannot_be_finished(apart: House) -> None:
    """Another process will; this one says wait."""
    _, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    blind = CredGuard(keyring=apart.keyring, database=apart.ours)
    with pytest.raises(BusyError):
        blind.log_in(NEW, account_id="1", stored=apart.forum.password(1))
    blind._database.close()


def test_a_password_that_the_forum_set_meanwhile_is_kept(apart: House) -> None:
    """The reset that was never confirmed gives way, and its link works again."""
    campaign, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    apart.forum.set_password(1, django_hash(BY_FORUM))
    with pytest.raises(PasswordMismatchError):
        apart.log_in(1, NEW)
    assert apart.counted(campaign).counts[AccountState.TOLD] == 1
    assert apart.log_in(1, BY_FORUM)
    assert apart.counted(campaign).reset_by == {"forum": 1}


def test_a_leaked_hash_that_is_still_there_is_written_over(apart: House) -> None:
    """A sweep that died before the column leaves nothing that opens the account."""
    _, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    apart.forum.set_password(1, hash_of(1))
    assert apart.log_in(1, NEW)
    with pytest.raises(PasswordMismatchError):
        apart.log_in(1, password_of(1))


def test_an_account_that_left_meanwhile_is_gone(apart: House) -> None:
    """Nobody logs in to it, and it counts as gone."""
    campaign, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    marker = apart.forum.password(1)
    apart.forum.remove(1)
    with pytest.raises(PasswordMismatchError):
        apart.guard.log_in(NEW, account_id="1", stored=marker)
    assert apart.counted(campaign).counts[AccountState.LEFT] == 1


def test_a_later_campaign_is_not_undone_by_an_old_reset(apart: House) -> None:
    """A password that was chosen before the second leak is out of use as well."""
    first, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    second = apart.swept(in_list(["1"]))
    with pytest.raises(PasswordMismatchError):
        apart.log_in(1, NEW)
    for campaign in (first, second):
        assert apart.counted(campaign).in_scope == 1
    token = told(apart, second)[1]
    assert apart.guard.redeem(token, password="another new password").account_id == "1"
    assert apart.log_in(1, "another new password")


def test_two_who_finish_the_same_reset_agree(apart: House) -> None:
    """The second finds it done."""
    campaign, tokens = reset(apart)
    crash_before_the_forum(apart, tokens[1])
    means = apart.campaigns._means
    assert finishing.finish_pending(means, "1")
    assert finishing.finish_pending(means, "1")
    assert apart.counted(campaign).reset_by == {"link": 1}


def test_a_sweep_that_was_overtaken_undoes_nothing(
    apart: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept through its lease leaves the others' work alone."""
    campaign = apart.start()
    other = apart.another()
    kind = type(apart.campaigns._means.accounts)
    writing = kind.writing
    slept: list[bool] = []

    def slow(accounts: Accounts) -> AbstractContextManager[Connection]:
        if not slept:
            slept.append(True)
            # As if all leases had run out.
            monkeypatch.setattr("credguard.sweeps.or_", lambda *_: true())
            other.campaigns.sweep(campaign, worker="quick")
        return writing(accounts)

    monkeypatch.setattr(kind, "writing", slow)
    apart.campaigns.sweep(campaign, worker="slow")
    monkeypatch.undo()
    retired = [
        str(password).startswith("cgretired1:")
        for password in apart.forum.passwords().values()
    ]
    assert sum(retired) == 56
    counts = apart.counted(campaign).counts
    assert AccountState.GATED not in counts


def test_old_sessions_are_over_after_a_reset(house: House) -> None:
    """Whoever was logged in with the old password is not any more."""
    session = house.log_in(1, password_of(1))
    _, tokens = reset(house)
    house.guard.redeem(tokens[1], password=NEW)
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(session, account_id="1")


def test_a_token_with_the_id_of_another_key_is_refused(house: House) -> None:
    """The key that made a token stands with its notice."""
    _, tokens = reset(house)
    version, key_id, rest = tokens[1].split(".", 2)
    swapped = f"{version}.{key_id[::-1]}.{rest}"
    with pytest.raises(TokenRefusedError):
        house.guard.redeem(swapped, password=NEW)


def test_of_two_redemptions_the_first_to_settle_wins(house: House) -> None:
    """The second was good when it was claimed, and is refused all the same."""
    campaign, tokens = reset(house)
    claims = [house.campaigns.claim(tokens[1]) for _ in range(2)]
    house.campaigns.settle(claims[0], replacement=django_hash(NEW), how="link")
    with pytest.raises(TokenRefusedError):
        house.campaigns.settle(claims[1], replacement=django_hash(BY_FORUM), how="link")
    assert house.forum.password(1) == django_hash(NEW)
    assert house.counted(campaign).reset_by == {"link": 1}


def test_of_two_log_ins_that_settle_both_get_in(house: House) -> None:
    """The second finds that the forum's form was settled already."""
    campaign, _ = reset(house)
    stored = django_hash(BY_FORUM)
    house.forum.set_password(1, stored)
    rulings = [house.campaigns.rule("1", stored=stored) for _ in range(2)]
    epochs = [house.campaigns.settle_by_forum(each.resolves) for each in rulings]
    assert epochs == [2, 2]
    assert house.counted(campaign).reset_by == {"forum": 1}


def test_an_abort_that_was_stopped_is_finished_before_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what the later campaign took still stands on the earlier one."""
    before = house.forum.passwords()
    first, second = house.swept(), house.swept(in_list(["1", "2"]))
    monkeypatch.setattr("credguard.campaigns.restoring.PAGE_SIZE", 1)

    def stop(_restored: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.campaigns.abort(second, reason="a test", on_progress=stop)
    with pytest.raises(CampaignStateError, match=second):
        house.campaigns.abort(first, reason="a test")
    monkeypatch.undo()
    house.campaigns.abort(second, reason="a test")
    house.campaigns.abort(first, reason="a test")
    assert house.forum.passwords() == before
