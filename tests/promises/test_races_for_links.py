"""Races of real processes for reset links, passwords and sessions."""

from collections import Counter
from collections.abc import Sequence

import pytest

from credguard.campaigns import in_list
from credguard.errors import PasswordMismatchError, SessionRefusedError
from credguard.testing import RememberedMail
from forums import (
    MEMBERS,
    NEW_PASSWORD,
    House,
    django_hash,
    has_password,
    tokens_in,
)
from proving import Proof, sized
from racing import PROCESSES, Order, Racers, Round, Scene

ROUNDS = sized(everyday=4, prove=100, nightly=1_000)
LINKS = sized(everyday=4, prove=40, nightly=40)  # of each campaign
CAMPAIGNS = sized(everyday=1, prove=2, nightly=25)
NEW = [NEW_PASSWORD.format(at) for at in range(PROCESSES)]
WITH_PASSWORD = [str(number) for number in MEMBERS if has_password(number)]


def scene_in(house: House) -> Scene:
    """Return the scene of a race in *house*."""
    return Scene(house.ours, house.keyring.reveal(), forum=house.forum.url)


def fresh(house: House, number: int) -> tuple[str, str, str]:
    """Give a member an old hash of a new password; return id, password and hash."""
    account_id = WITH_PASSWORD[number % len(WITH_PASSWORD)]
    password = f"the password of round {number}"
    stored = django_hash(password, f"salt{number}")
    house.forum.set_password(int(account_id), stored)
    return account_id, password, stored


def forgotten(house: House, account_id: str, stored: str) -> list[Order]:
    """Return the order of each process that uses one link."""
    token = house.guard.forgotten_token(account_id)
    order = {"verb": "forgotten", "token": token, "stored": stored}
    return [{**order, "new": new} for new in NEW]


def batches(count: int) -> list[range]:
    """Cut rounds into pieces in which no member comes twice."""
    size = len(WITH_PASSWORD)
    return [range(low, min(low + size, count)) for low in range(0, count, size)]


def refused(house: House, account_id: str, stamps: Sequence[str]) -> None:
    """
    Check that sessions are over that were begun before a password was set.

    In other rounds than those in which all had read, a log-in may begin after it.
    """
    for stamp in stamps:
        with pytest.raises(SessionRefusedError):
            house.guard.check_session(stamp, account_id=account_id)


@pytest.mark.promise("P22")
def test_a_forgotten_link_works_once(
    shared_house: House, racers: Racers, proof: Proof
) -> None:
    """Of eight passwords for one link, one wins, and it is the one that counts."""
    for batch in batches(ROUNDS):
        olds = [fresh(shared_house, number) for number in batch]
        rounds = [forgotten(shared_house, name, stored) for name, _, stored in olds]
        told = racers.race(scene_in(shared_house), rounds)
        passwords = shared_house.forum.passwords()
        for (account_id, old, _), one in zip(olds, told, strict=True):
            proof.tried(PROCESSES)
            words = [word for each in one for word in each]
            expected = {"Renewed": 1, "TokenRefusedError": PROCESSES - 1}
            assert Counter(words) == expected
            won, stored = NEW[words.index("Renewed")], passwords[account_id]
            assert shared_house.guard.passwords.verify(won, stored=stored).scheme
            with pytest.raises(PasswordMismatchError):
                shared_house.guard.passwords.verify(old, stored=stored)


@pytest.mark.promise("P22")
def test_a_notices_link_works_once(
    shared_house: House, racers: Racers, proof: Proof
) -> None:
    """Of eight passwords for one notice's link, one wins, and it counts."""
    for number in range(CAMPAIGNS):
        mail = RememberedMail()
        low = 1 + number % 10
        some = in_list(WITH_PASSWORD[low : low + LINKS])
        for each in range(len(WITH_PASSWORD)):  # what leaks is near to none that is new
            fresh(shared_house, each)
        campaign = shared_house.swept(some)
        shared_house.campaigns.send(campaign, mail, worker="sender")
        tokens = tokens_in(mail.messages)
        rounds: list[Round] = [
            [
                {"verb": "redeem", "campaign": campaign, "token": token}
                for _ in range(PROCESSES)
            ]
            for token in tokens.values()
        ]
        told = racers.race(scene_in(shared_house), rounds)
        for member, one in zip(tokens, told, strict=True):
            proof.tried(PROCESSES)
            words = [word for each in one for word in each]
            winners = [word for word in words if word.isdigit()]
            assert len(winners) == 1, words
            assert set(words) <= {winners[0], "TokenRefusedError", "BusyError"}
            assert shared_house.log_in(member, NEW_PASSWORD.format(winners[0]))
        shared_house.campaigns.abort(campaign, reason="the next round")


@pytest.mark.promise("P10", "P22")
def test_a_reset_beats_log_ins_that_rehash(
    shared_house: House, racers: Racers, proof: Proof
) -> None:
    """Seven log in with the old password, whose hash is replaced; one resets it."""
    for batch in batches(ROUNDS):
        olds = [fresh(shared_house, number) for number in batch]
        rounds = []
        for account_id, password, stored in olds:
            log_in: Order = {
                "verb": "log in",
                "account_id": account_id,
                "password": password,
                "stored": stored,
            }
            reset = forgotten(shared_house, account_id, stored)[0]
            rounds.append([reset, *[log_in] * (PROCESSES - 1)])
        told = racers.race(scene_in(shared_house), rounds)
        passwords = shared_house.forum.passwords()
        for number, (account_id, _, _) in enumerate(olds):
            reset_told, *others = told[number]
            proof.tried(PROCESSES)
            assert reset_told == ["Renewed"]
            assert {each[0] for each in others} == {"Login"}
            found = passwords[account_id]
            assert shared_house.guard.passwords.verify(NEW[0], stored=found).scheme
            if number % 2:
                refused(shared_house, account_id, [stamp for _, stamp in others])


@pytest.mark.promise("P10")
def test_a_change_ends_every_session_that_is_being_opened(
    shared_house: House, racers: Racers, proof: Proof
) -> None:
    """Six log in, one signs out everywhere, and one changes the password."""
    for batch in batches(ROUNDS):
        olds = [fresh(shared_house, number) for number in batch]
        rounds = []
        for account_id, password, stored in olds:
            mine = {"account_id": account_id, "password": password, "stored": stored}
            log_in: Order = {"verb": "log in", **mine}
            change: Order = {"verb": "change", "new": NEW[0], **mine}
            out: Order = {"verb": "sign out", "account_id": account_id}
            rounds.append([change, out, *[log_in] * (PROCESSES - 2)])
        told = racers.race(scene_in(shared_house), rounds)
        for number, (account_id, _, _) in enumerate(olds):
            changed, out_told, *others = told[number]
            proof.tried(PROCESSES)
            assert out_told == ["int"]
            assert {each[0] for each in others} == {"Login"}
            assert changed[0] in {"Changed", "str"}  # a better hash may come first
            if number % 2:
                refused(shared_house, account_id, [stamp for _, stamp in others])
