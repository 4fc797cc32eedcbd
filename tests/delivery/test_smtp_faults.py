"""P13: whatever a mail server does at whatever step, what is told of it is right."""

import random
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from notices import MEMBER, SENDER, notice
from staged_sinks import STAGES, WAYS, Staged

from credguard.campaigns.delivering import Outcome, Receipt
from credguard.campaigns.states import AccountState
from credguard.delivery import Smtp
from credguard.drill.mail_sink import MailSink
from credguard.errors import DeliveryUnavailableError
from credguard.testing import FrozenClock
from forums import MEMBERS, House, address_of, has_password, house_at
from keepers import NOON
from proving import Proof, sized

pytestmark = pytest.mark.promise("P13")

STEP = timedelta(seconds=0.2)
DEADLINE = timedelta(seconds=0.5)
MARGIN = 0.5  # seconds: a busy machine wakes a thread late, and QUIT is waited for
# Everyday every third of them, another third for each step.
EVERY = sized(everyday=3, prove=1)
FAULTS = [
    (stage, way)
    for row, stage in enumerate(STAGES)
    for column, way in enumerate(WAYS)
    if (row + column) % EVERY == 0
]


def faulty(stage: str, way: str) -> type[Staged]:
    """Return a server that misbehaves in one way at one step."""
    return type("Faulty", (Staged,), {"stage": stage, "way": way, "connections": 0})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the server keeps what it takes."""
    return tmp_path / "mails.jsonl"


@pytest.mark.parametrize(("stage", "way"), FAULTS)
def test_what_is_told_of_a_message_is_right(
    stage: str, way: str, path: Path, proof: Proof
) -> None:
    """Accepted is kept, deferred and refused is not, and nothing takes too long."""
    told: dict[str, Outcome | None] = {}
    with MailSink(path, conversation=faulty(stage, way)) as sink:
        smtp = Smtp(sink.url, sender=SENDER, timeout=STEP, deadline=DEADLINE)
        for name in "123":
            began = time.monotonic()
            try:
                told[name] = smtp.send(notice(name), recipient=MEMBER).outcome
            except DeliveryUnavailableError:
                told[name] = None
            assert time.monotonic() - began < DEADLINE.total_seconds() + MARGIN
        smtp.close()
        kept = [mail.message_id[1] for mail in sink.mails()]
    assert len(set(kept)) == len(kept)
    for name, outcome in told.items():
        if outcome is not Outcome.UNKNOWN:
            assert (outcome is Outcome.ACCEPTED) == (name in kept), (name, outcome)
    proof.tried(3)
    proof.injected(3)


class Whimsical(Staged):
    """Misbehaves at one step of four, at any step and in any way."""

    draw = random.Random(1)

    def _at(self, stage: str, right: str) -> str:
        self.stage = stage if self.draw.random() < 0.25 else ""
        self.way = self.draw.choice(WAYS)
        # What the server says of one member for good is not a fault of the line.
        if self.way == "5xx" and stage in {"recipient", "data", "message"}:
            self.way = "4xx"
        return super()._at(stage, right)

    def on_message(self, message: bytes, recipient: str) -> str:
        """Take the message, and then misbehave or not: nobody was refused."""
        self.stage = ""
        said = super().on_message(message, recipient)
        return "250 kept" if said.startswith(("4", "5")) else said


RUNS = sized(everyday=1, prove=4, nightly=50)


@pytest.mark.promise("P2")
@pytest.mark.parametrize("seed", range(RUNS))
def test_a_campaign_by_a_whimsical_server_tells_everybody(
    seed: int,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proof: Proof,
) -> None:
    """Nobody is lost unsaid, and one more copy is only where nobody could know."""
    clock = FrozenClock(NOON)
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )

    class Whim(Whimsical):
        draw = random.Random(seed)

    with (
        house_at(sqlite_url, tmp_path, "together", clock=clock) as house,
        MailSink(tmp_path / "mails", conversation=Whim) as sink,
    ):
        campaign = house.swept()
        carrier = Counting(sink.url)
        for _ in range(200):
            with suppress(DeliveryUnavailableError):
                house.campaigns.send(campaign, delivery=carrier, worker="one")
            clock.advance(timedelta(hours=1))
            house.campaigns.settle_held(campaign, resend=True)
            if not any(house.campaigns.sending(campaign).waiting.values()):
                break
        told = Counter(mail.recipient for mail in sink.mails())
        carrier.close()
        given_up = refused(house, campaign)
    everybody = {address_of(each) for each in MEMBERS if has_password(each)} - {""}
    # By bad luck a member may have been tried as often as anybody is.
    assert set(told) | given_up == everybody
    assert len(given_up) < len(everybody) / 2
    assert sum(told.values()) - len(told) <= carrier.unknown
    proof.tried(carrier.sent)
    proof.injected(Whim.connections)


def refused(house: House, campaign: str) -> set[str]:
    """Return the addresses of those whose server took nothing, as operators see it."""
    listed = house.campaigns.untold(campaign)
    return {
        address_of(int(each.account_id))
        for each in listed
        if each.state is AccountState.REFUSED
    }


class Counting(Smtp):
    """Counts what was sent, and how often nobody could know."""

    sent = 0
    unknown = 0

    def __init__(self, url: str) -> None:
        super().__init__(url, sender=SENDER, timeout=STEP, deadline=DEADLINE)

    def send(self, message: EmailMessage, **how: Any) -> Receipt:
        """Send, and count."""
        receipt = super().send(message, **how)
        self.sent += 1
        self.unknown += receipt.outcome is Outcome.UNKNOWN
        return receipt
