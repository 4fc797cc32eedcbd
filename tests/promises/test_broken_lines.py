"""P13 and P2: a database whose line breaks at byte k neither hangs nor lets in."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from broken_lines import DEADLINE, BrokenHouse, broken_house, points

from credguard.campaigns import Outcome, Receipt
from credguard.campaigns.states import AccountState
from credguard.errors import RefusedError, UnavailableError
from credguard.guard.results import Login, Session
from credguard.second_factor import Verified
from credguard.storage import audit
from forums import password_of
from phones import Phone, enrolled
from proving import Proof, sized
from tcp_proxy import Way

pytestmark = [pytest.mark.promise("P13")]

POINTS = sized(everyday=6, prove=40, nightly=200)
SWEEPS = sized(everyday=4, prove=16, nightly=100)
MEMBER = 3


@pytest.fixture
def broken(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokenHouse]:
    """A house with a proxy before its database server."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is reached over no line")
    with broken_house(database_url) as house:
        name = "credguard.campaigns.means.time.sleep"
        monkeypatch.setattr(name, house.clock.sleep)
        yield house


class Door:
    """What a person and a stranger do at the door, and what came of it."""

    def __init__(self, broken: BrokenHouse) -> None:
        self.broken = broken
        self.phone: Phone = enrolled(broken.house.guard, str(MEMBER), broken.clock)
        self.ended = broken.house.log_in(MEMBER, password_of(MEMBER))
        broken.house.guard.sign_out_everywhere(str(MEMBER))
        self.stamp = broken.house.log_in(MEMBER, password_of(MEMBER))
        self.stored = broken.house.forum.password(MEMBER)

    def passed(self) -> dict[str, object]:
        """Do everything once over the line, in a new step of the clock."""
        broken, code = self.broken, self.phone.code(self.broken.clock())
        guard, account = broken.guard, str(MEMBER)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        steps: dict[str, Callable[[], object]] = {
            "log in": lambda: self._log_in(password_of(MEMBER)),
            "wrong password": lambda: self._log_in("another password"),
            "session": lambda: guard.check_session(self.stamp, account_id=account),
            "ended session": lambda: guard.check_session(
                self.ended, account_id=account
            ),
            "code": lambda: guard.second_factors.verify(account, code),
            "code again": lambda: guard.second_factors.verify(account, code),
            "wrong code": lambda: guard.second_factors.verify(account, wrong),
        }
        found = {name: broken.tried(step) for name, step in steps.items()}
        broken.clock.advance(timedelta(minutes=31))
        return found

    def _log_in(self, password: str) -> Login:
        return self.broken.guard.log_in(
            password, account_id=str(MEMBER), stored=self.stored
        )


def check_door(found: dict[str, object]) -> None:
    """Check that nobody was let in who should not be, and nobody was called wrong."""
    for name in ("wrong password", "ended session", "wrong code"):
        assert isinstance(found[name], RefusedError | UnavailableError), name
    codes = [found["code"], found["code again"]]
    assert sum(isinstance(each, Verified) for each in codes) <= 1
    # What is right is never called wrong because a line broke.
    assert isinstance(found["log in"], Login | UnavailableError)
    assert isinstance(found["session"], Session | UnavailableError)
    assert isinstance(found["code"], Verified | UnavailableError)


def test_the_door_while_the_line_breaks(broken: BrokenHouse, proof: Proof) -> None:
    """Log-ins, sessions and codes: right, or told to be away, and within a deadline."""
    door = Door(broken)
    broken.reconnected()
    broken.proxy.arm(None)
    undisturbed = door.passed()
    check_door(undisturbed)
    assert not any(isinstance(each, UnavailableError) for each in undisturbed.values())
    counts = dict(broken.proxy.counts)
    for number, plan in enumerate(points(counts[Way.UP], counts[Way.DOWN], POINTS)):
        broken.reconnected()
        broken.proxy.arm(plan)
        check_door(door.passed())
        broken.proxy.heal()
        assert broken.proxy.fired, (number, plan)
        proof.tried(7)
        proof.injected()
    assert broken.longest < DEADLINE
    broken.proxy.arm(None)
    assert not any(isinstance(e, UnavailableError) for e in door.passed().values())


class Ledger:
    """A delivery that writes down whom it told, and in what words."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """Take the message."""
        del return_path, idempotency_key
        text = message.get_content()
        self.told.append((recipient, str(message["Message-ID"]), text))
        return Receipt(Outcome.ACCEPTED, "250")

    def close(self) -> None:
        """Do nothing: there is no line."""


class Campaign:
    """A campaign of which one worker's line breaks, and another's does not."""

    def __init__(self, broken: BrokenHouse) -> None:
        self.broken = broken
        self.before = broken.house.forum.rows()
        self.ledger = Ledger()
        self.id = broken.house.start()

    def sweep(self) -> object:
        """Sweep over the line."""
        sweep = self.broken.guard.campaigns.sweep
        return self.broken.tried(lambda: sweep(self.id, worker="one"))

    def send(self) -> object:
        """Send over the line."""
        send = self.broken.guard.campaigns.send
        return self.broken.tried(
            lambda: send(self.id, delivery=self.ledger, worker="one")
        )

    def finished(self) -> dict[AccountState, int]:
        """Let another worker finish; return how the accounts are counted."""
        broken = self.broken
        broken.clock.advance(timedelta(minutes=10))
        campaigns = broken.house.campaigns
        campaigns.sweep(self.id, worker="two")
        broken.clock.advance(timedelta(minutes=10))
        campaigns.send(self.id, delivery=self.ledger, worker="two")
        audit.verify(broken.house.guard._database, broken.house.keyring)
        return dict(broken.house.counted(self.id).counts)

    def restored(self) -> None:
        """Abort it, and check that the forum's table is what it was."""
        self.broken.house.campaigns.abort(self.id, reason="the next one")
        assert self.broken.house.forum.rows() == self.before

    def copies(self) -> int:
        """Return how many messages went out twice; they are the same message."""
        told = Counter(self.ledger.told)
        assert len({recipient for recipient, _, _ in told}) == len(told)
        return sum(told.values()) - len(told)


@pytest.mark.promise("P2")
@pytest.mark.parametrize("step", ["sweep", "send"])
def test_a_campaign_while_the_line_breaks(
    broken: BrokenHouse, step: str, proof: Proof
) -> None:
    """Another worker brings it to where an undisturbed one comes, nobody is lost."""
    counts, undisturbed, told = _undisturbed(broken, step)
    for plan in points(counts[Way.UP], counts[Way.DOWN], SWEEPS):
        campaign = Campaign(broken)
        if step == "send":
            campaign.sweep()
        broken.reconnected()
        broken.proxy.arm(plan)
        _done(campaign, step)
        broken.proxy.arm(None)
        assert campaign.finished() == undisturbed, plan
        assert campaign.copies() <= 1, plan
        assert {each[0] for each in campaign.ledger.told} == told
        campaign.restored()
        proof.tried()
        proof.injected()
    assert broken.longest < 2 * DEADLINE


def _undisturbed(
    broken: BrokenHouse, step: str
) -> tuple[dict[Way, int], dict[AccountState, int], set[str]]:
    campaign = Campaign(broken)
    if step == "send":
        campaign.sweep()
    broken.reconnected()
    broken.proxy.arm(None)
    assert not isinstance(_done(campaign, step), UnavailableError)
    counts = dict(broken.proxy.counts)
    state = campaign.finished()
    assert campaign.copies() == 0
    campaign.restored()
    return counts, state, {each[0] for each in campaign.ledger.told}


def _done(campaign: Campaign, step: str) -> object:
    return campaign.sweep() if step == "sweep" else campaign.send()
