"""The door: passwords that are in use are screened when the lists have changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from credguard import CredGuard, PasswordPolicy
from credguard.accounts import SqlAccounts
from credguard.campaigns import in_list
from credguard.errors import (
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    StorageUnavailableError,
)
from credguard.guard import screening as screening_module
from credguard.screening import (
    AnyOf,
    Listed,
    NotListed,
    ReasonCode,
    Unasked,
    UnaskedReason,
    WhenUnasked,
    Words,
)
from credguard.screening.reasons import breached
from credguard.screening.standing import Outcome
from credguard.testing import FrozenClock, RememberedBlocklist, RememberedMail
from forums import COLUMNS, LETTER, House, hasher, house_at, password_of, tokens_in

MONTH = timedelta(days=30)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEEN = Listed(breached(1234), times=1234)
AWAY = Unasked(UnaskedReason.UNREACHABLE)
GOOD = "a quiet harbour at noon"
MARKING = WhenUnasked.ACCEPT_AND_RECHECK


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands at noon."""
    return FrozenClock(NOON)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[House]:
    """A forum with credguard in its database."""
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as found:
        yield found


@contextmanager
def door(
    house: House,
    blocklist: RememberedBlocklist,
    *,
    after: timedelta | None = MONTH,
    when: WhenUnasked = WhenUnasked.REFUSE,
) -> Iterator[CredGuard]:
    """Open a door that screens with *blocklist*."""
    guard = CredGuard(
        keyring=house.keyring,
        database=house.ours,
        accounts=SqlAccounts(house.forum.url, table="members", columns=COLUMNS),
        passwords=hasher(),
        policy=PasswordPolicy(blocklist=blocklist, fewest_guesses=0, when_unasked=when),
        rescreen_after=after,
        clock=house.clock,
    )
    yield guard
    accounts = guard.campaigns._means.accounts
    assert isinstance(accounts, SqlAccounts)
    accounts._database.close()
    guard._database.close()


def codes(
    guard: CredGuard, house: House, number: int, password: str | None = None
) -> list[ReasonCode]:
    """Log a member in, store the better hash, and return what was told."""
    stored = house.forum.password(number)
    login = guard.log_in(
        password or password_of(number), account_id=str(number), stored=stored
    )
    if login.replacement:
        house.forum.set_password(number, login.replacement)
    assert login.session
    return [reason.code for reason in login.reasons]


def test_a_listed_password_is_a_reason_and_no_error(house: House) -> None:
    """The member is in, and the host is told what to say."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        login = guard.log_in(
            password_of(1), account_id="1", stored=house.forum.password(1)
        )
        assert login.reasons == (breached(1234),)
        assert "1,000 or more" in login.reasons[0].text
        assert codes(guard, house, 2) == []
        assert guard.screening.counts() == {
            Outcome.LISTED: 1,
            Outcome.NOT_LISTED: 1,
            Outcome.UNASKED: 0,
        }


def test_lists_are_asked_again_only_after_a_change(
    house: House, clock: FrozenClock
) -> None:
    """The same edition is not asked twice, however old, and a new one once."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        for _ in range(3):
            assert codes(guard, house, 1) == [ReasonCode.BREACHED]
            assert codes(guard, house, 2) == []
            clock.advance(10 * MONTH)
        assert listing.asked == [password_of(1), password_of(2)]
        listing.stamp = "2026-11"
        listing.answers = {password_of(2): SEEN}
        for _ in range(2):
            assert codes(guard, house, 1) == []
            assert codes(guard, house, 2) == [ReasonCode.BREACHED]
        assert len(listing.asked) == 4
        assert list(guard.screening.listed()) == ["2"]


def test_a_list_without_a_stamp_is_asked_again_in_time(
    house: House, clock: FrozenClock
) -> None:
    """It may have changed unseen, so a finding holds for so long and no longer."""
    listing = RememberedBlocklist()
    with door(house, listing) as guard:
        codes(guard, house, 1)
        clock.advance(MONTH - timedelta(seconds=1))
        codes(guard, house, 1)
        assert len(listing.asked) == 1
        clock.advance(timedelta(seconds=1))
        codes(guard, house, 1)
        codes(guard, house, 1)
        assert len(listing.asked) == 2


def test_any_list_of_a_chain_counts(house: House) -> None:
    """A new word of the site's is enough to ask again."""
    listing = RememberedBlocklist(stamp="2026-07")
    with door(house, listing) as guard:
        found: list[ReasonCode] = []
        for words in (["one"], ["one"], ["one", password_of(1)]):
            guard.policy = PasswordPolicy(
                blocklist=AnyOf(Words(words), listing), fewest_guesses=0
            )
            found = codes(guard, house, 1)
        assert found == [ReasonCode.FORBIDDEN]
        assert len(listing.asked) == 1
        assert codes(guard, house, 1) == [ReasonCode.FORBIDDEN]


@pytest.mark.parametrize("answer", [AWAY, ValueError("broke")])
def test_a_list_that_cannot_be_asked_is_asked_at_the_next_log_in(
    house: House, answer: Unasked | Exception
) -> None:
    """The log-in is good, nothing is taken for fine, and nothing is forgotten."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        listing.otherwise = answer
        assert codes(guard, house, 2) == []
        assert guard.screening.counts()[Outcome.UNASKED] == 1
        assert codes(guard, house, 1) == [ReasonCode.BREACHED]
        listing.stamp, listing.answers = "2026-11", {password_of(2): SEEN}
        assert codes(guard, house, 2) == [ReasonCode.BREACHED]
        # Once listed, it stays so until a list that can be asked says otherwise.
        assert codes(guard, house, 1) == [ReasonCode.BREACHED]
        assert sorted(guard.screening.listed()) == ["1", "2"]
        listing.otherwise = NotListed()
        assert codes(guard, house, 1) == []
        assert list(guard.screening.listed()) == ["2"]


@pytest.mark.parametrize("stored", ["right", "none", "unknown"])
def test_only_a_right_password_is_screened(house: House, stored: str) -> None:
    """So that screening tells nobody anything who does not know the password."""
    listing = RememberedBlocklist(otherwise=SEEN)
    with door(house, listing) as guard:
        account_id = None if stored == "unknown" else "1"
        text = house.forum.password(1) if stored == "right" else None
        with pytest.raises(PasswordMismatchError):
            guard.log_in("a wrong password", account_id=account_id, stored=text)
        assert listing.asked == []


def test_a_member_who_must_reset_is_not_screened(house: House) -> None:
    """The campaign asks for a new password anyway."""
    listing = RememberedBlocklist(otherwise=SEEN)
    house.swept(in_list(["1"]))
    with door(house, listing) as guard:
        with pytest.raises(ResetRequiredError):
            codes(guard, house, 1)
        assert listing.asked == []


def test_without_the_setting_nobody_is_screened(house: House) -> None:
    """A log-in asks no list and reads no row."""
    listing = RememberedBlocklist(otherwise=SEEN)
    with door(house, listing, after=None) as guard:
        assert codes(guard, house, 1) == []
        guard.policy = PasswordPolicy(blocklist=RememberedBlocklist(), fewest_guesses=0)
        guard.sign_up(GOOD, account_id="99")
        assert set(guard.screening.counts().values()) == {0}


def test_a_password_that_was_set_elsewhere_is_screened(house: House) -> None:
    """What was found belongs to one hash, and the forum's own form writes another."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        assert codes(guard, house, 1) == [ReasonCode.BREACHED]
        house.forum.set_password(1, hasher().hash(GOOD, account_id="1"))
        assert codes(guard, house, 1, GOOD) == []
        assert listing.asked == [password_of(1), GOOD]
        assert list(guard.screening.listed()) == []


def test_a_new_password_at_the_door_is_known_to_be_screened(
    house: House, clock: FrozenClock
) -> None:
    """Signing up and redeeming keep what the policy found; nobody asks again."""
    token = a_token(house, 1)
    listing = RememberedBlocklist(stamp="2026-07")
    with door(house, listing) as guard:
        stored = guard.sign_up(GOOD, account_id="99")
        guard.redeem(token, password="three dry words in autumn")
        clock.advance(timedelta(hours=1))
        assert len(listing.asked) == 2
        assert guard.log_in(GOOD, account_id="99", stored=stored).reasons == ()
        assert codes(guard, house, 1, "three dry words in autumn") == []
        assert len(listing.asked) == 2


def a_token(house: House, number: int) -> str:
    """Return a reset token of a member."""
    campaign = house.campaigns.start(
        house.campaigns.plan(in_list([str(number)]), letter=LETTER, rate=1000.0)
    )
    house.campaigns.sweep(campaign, worker="sweeper")
    mail = RememberedMail()
    house.campaigns.send(campaign, mail, worker="sender")
    return tokens_in(mail.messages)[number]


@pytest.mark.parametrize("after", [None, MONTH])
@pytest.mark.parametrize("how", ["sign up", "redeem"])
def test_a_mark_is_honored_at_the_next_log_in(
    house: House, how: str, after: timedelta | None
) -> None:
    """What was accepted unasked is asked about as soon as it is typed again."""
    listing = RememberedBlocklist(otherwise=AWAY, stamp="2026-07")
    token = a_token(house, 1)
    with door(house, listing, after=after, when=MARKING) as guard:
        if how == "redeem":
            guard.redeem(token, password=GOOD)
        else:
            house.forum.set_password(1, guard.sign_up(GOOD, account_id="1"))
        assert guard.screening.counts()[Outcome.UNASKED] == 1
        assert codes(guard, house, 1, GOOD) == []  # still away
        listing.otherwise = SEEN
        assert codes(guard, house, 1, GOOD) == [ReasonCode.BREACHED]
        assert guard.screening.counts()[Outcome.UNASKED] == 0
        assert list(guard.screening.listed()) == ["1"]


def test_a_mark_of_a_password_before_is_over(house: House) -> None:
    """A new password that was screened needs no second look."""
    listing = RememberedBlocklist(otherwise=AWAY)
    with door(house, listing, after=None, when=MARKING) as guard:
        guard.sign_up(GOOD, account_id="99")
        listing.otherwise = NotListed()
        stored = guard.sign_up(f"{GOOD} again", account_id="99")
        asked = len(listing.asked)
        guard.log_in(f"{GOOD} again", account_id="99", stored=stored)
        assert len(listing.asked) == asked


def test_a_password_that_changes_meanwhile_keeps_its_own_finding(
    house: House, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    """A slow log-in with the old password does not speak for the new one."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        look_up = listing.look_up

        def slowly(password: str) -> object:
            if password == password_of(1):
                clock.advance(timedelta(seconds=1))
                house.forum.set_password(1, guard.sign_up(GOOD, account_id="1"))
            return look_up(password)

        monkeypatch.setattr(listing, "look_up", slowly)
        assert codes(guard, house, 1) == [ReasonCode.BREACHED]
        assert list(guard.screening.listed()) == []
        assert guard.screening.counts()[Outcome.NOT_LISTED] == 1


@pytest.mark.parametrize("part", ["find", "keep"])
def test_a_row_that_is_not_at_hand_fails_no_log_in(
    house: House, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The database was there for the log-in; it may be locked a moment later."""

    def away(connection: Connection, *_: object, **__: object) -> None:
        del connection
        raise StorageUnavailableError

    listing = RememberedBlocklist({password_of(1): SEEN})
    with door(house, listing) as guard:
        monkeypatch.setattr(screening_module, part, away)
        told = codes(guard, house, 1)
        assert told == ([] if part == "find" else [ReasonCode.BREACHED])
        assert set(guard.screening.counts().values()) == {0}


def test_a_rotated_key_makes_no_password_strange(house: House) -> None:
    """What was found is still known under the older key."""
    listing = RememberedBlocklist({password_of(1): SEEN}, stamp="2026-07")
    with door(house, listing) as guard:
        codes(guard, house, 1)
        codes(guard, house, 1)
    house.keyring = house.keyring.rotate()
    with door(house, listing) as guard:
        assert codes(guard, house, 1) == [ReasonCode.BREACHED]
    assert len(listing.asked) == 1


def test_the_listed_are_handed_to_a_campaign(house: House) -> None:
    """Those who are still there, and no account that has left."""
    answers = {password_of(number): SEEN for number in (1, 3, 5)}
    listing = RememberedBlocklist(answers, stamp="2026-07")
    with door(house, listing) as guard:
        for number in (1, 2, 3, 5):
            codes(guard, house, number)
        house.forum.remove(5)
        assert list(guard.screening.listed()) == ["1", "3"]
        assert list(guard.screening.listed(at_least=1000)) == ["1", "3"]
        assert list(guard.screening.listed(at_least=1001)) == []
        scope = in_list(guard.screening.listed())
        campaign = guard.campaigns.start(guard.campaigns.plan(scope, letter=LETTER))
        guard.campaigns.sweep(campaign, worker="sweeper")
        with pytest.raises(ResetRequiredError):
            codes(guard, house, 1)
        assert codes(guard, house, 2) == []


@pytest.mark.parametrize("act", ["sign up", "redeem"])
def test_a_second_factor_makes_a_shorter_password_do(house: House, act: str) -> None:
    """Eight characters where the account always asks for one, and not otherwise."""
    token = a_token(house, 1)
    short = "zx7!qwmv"
    with door(house, RememberedBlocklist()) as guard:
        acts: dict[str, Callable[[bool], object]] = {
            "sign up": lambda is_second: guard.sign_up(
                short, account_id="1", second_factor=is_second
            ),
            "redeem": lambda is_second: guard.redeem(
                token, password=short, second_factor=is_second
            ),
        }
        with pytest.raises(PasswordRejectedError) as rejected:
            acts[act](False)  # noqa: FBT003  # named above
        assert [each.code for each in rejected.value.reasons] == [ReasonCode.TOO_SHORT]
        assert acts[act](True)  # noqa: FBT003  # named above
