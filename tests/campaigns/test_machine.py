"""Campaigns against a model: whatever is done, in whatever order."""

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from credguard import sweeps
from credguard.campaigns import everyone, retiring
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import (
    CampaignStateError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SessionRefusedError,
    TokenRefusedError,
)
from credguard.testing import RememberedMail
from forums import (
    LETTER,
    Forum,
    House,
    address_of,
    django_hash,
    has_password,
    hash_of,
    tokens_in,
)
from proving import Proof, sized

NUMBERS = range(1, 13)
LIVES = sized(everyday=8, prove=60, nightly=10_000)
STEPS = sized(everyday=25, prove=25, nightly=50)
ANYBODY = st.sampled_from(NUMBERS)


@dataclass
class Person:
    """
    What the model knows of a member.

    Attributes:
        number: The id.

        password: What opens the account, if nothing else keeps it closed.

        leaked: What must never open it again while a campaign is on.

        state: What the report must say.

        told: How many notices the member has got.

        sessions: Stamps of log-ins that must still be good.
    """

    number: int
    password: str | None
    leaked: str | None = None
    state: AccountState = AccountState.OUT_OF_SCOPE
    told: int = 0
    sessions: list[str] = field(default_factory=list)


class Stop(Exception):  # noqa: N818  # it is no error
    """The sweep is interrupted."""


class CampaignMachine(RuleBasedStateMachine):
    """One campaign over twelve members, with a model beside it."""

    template: ClassVar[House]
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self._place = Path(tempfile.mkdtemp(dir=self.folder))
        source = Path(self.template.forum.url.removeprefix("sqlite:///")).parent
        shutil.copytree(source, self._place, dirs_exist_ok=True)
        forum = Forum(f"sqlite:///{self._place / 'forum.db'}")
        ours = f"sqlite:///{self._place / Path(self.template.ours).name}"
        self.house = House(ours, forum, keyring=self.template.keyring)
        self.campaign = ""
        self.tokens: dict[int, str] = {}
        self.people = {
            number: Person(number, password_at_first(number)) for number in NUMBERS
        }
        self.chosen = 0

    def teardown(self) -> None:
        """Close and forget."""
        self.house.close()
        shutil.rmtree(self._place)

    @property
    def state(self) -> CampaignState | None:
        """Where the campaign stands, None before there is one."""
        return self.house.campaigns.find(self.campaign).state if self.campaign else None

    def is_gated(self, person: Person) -> bool:
        """Return True if the model says that the member has to reset."""
        return person.state not in {
            AccountState.OUT_OF_SCOPE,
            AccountState.RESET_DONE,
            AccountState.RESTORED,
            AccountState.LEFT,
        }

    @precondition(lambda self: not self.campaign)
    @rule()
    def start(self) -> None:
        """Lock everybody."""
        plan = self.house.campaigns.plan(everyone, letter=LETTER, rate=100_000)
        self.campaign = self.house.campaigns.start(plan)
        for person in self.people.values():
            if person.state is not AccountState.LEFT:
                person.state = AccountState.GATED
                person.leaked = person.password
                person.sessions.clear()

    @precondition(lambda self: self.campaign)
    @rule()
    def sweep_a_range(self) -> None:
        """Retire some, as a run does that is interrupted."""
        if self.state in {CampaignState.ABORTED, CampaignState.ABORTING}:
            with pytest.raises(CampaignStateError):
                self.house.campaigns.sweep(self.campaign, worker="sweeper")
            return

        def stop(_done: sweeps.Progress) -> None:
            raise Stop

        with suppress(Stop):
            self.house.campaigns.sweep(
                self.campaign, worker="sweeper", on_progress=stop
            )
        retired = self.house.forum.passwords()
        for person in self.people.values():
            if person.state is AccountState.GATED and self._was_swept(person):
                person.state = self._after_sweep(person)
                if person.state is not AccountState.NO_PASSWORD:
                    assert str(retired[str(person.number)]).startswith("cgretired1:")

    def _was_swept(self, person: Person) -> bool:
        with self.house.guard._database.read() as connection:
            ranges = sweeps.open_ranges(connection, self.campaign)
        return self.state is not CampaignState.OPEN and not any(
            int(low or 0) < person.number <= int(high) for low, high in ranges
        )

    def _after_sweep(self, person: Person) -> AccountState:
        if not self._has_password_now(person):
            return AccountState.NO_PASSWORD
        if not address_of(person.number):
            return AccountState.UNREACHABLE
        return AccountState.QUEUED

    def _has_password_now(self, person: Person) -> bool:
        return person.password is not None

    @precondition(lambda self: self.campaign)
    @rule()
    def sweep_all(self) -> None:
        """Retire the rest."""
        if self.state in {CampaignState.ABORTED, CampaignState.ABORTING}:
            return
        self.house.campaigns.sweep(self.campaign, worker="sweeper")
        for person in self.people.values():
            if person.state is AccountState.GATED:
                person.state = self._after_sweep(person)

    @precondition(lambda self: self.campaign)
    @rule(most=st.integers(1, 5))
    def send(self, most: int) -> None:
        """Tell some of those who are queued."""
        mail = RememberedMail()
        if self.state not in {CampaignState.NOTIFYING, CampaignState.WAITING}:
            with pytest.raises(CampaignStateError):
                self.house.campaigns.send(self.campaign, mail, worker="sender")
            return
        self.house.campaigns.send(
            self.campaign,
            mail,
            worker="sender",
            stop=lambda: len(mail.carried) >= most,
        )
        for number, token in tokens_in(mail.messages).items():
            person = self.people[number]
            assert person.state is AccountState.QUEUED
            person.state = AccountState.TOLD
            person.told += 1
            self.tokens[number] = token
        if not mail.carried:
            self._notice_who_left()

    def _notice_who_left(self) -> None:
        assert not any(
            person.state is AccountState.QUEUED for person in self.people.values()
        )

    @precondition(lambda self: self.tokens)
    @rule(number=ANYBODY, leaked=st.booleans())
    def redeem(self, number: int, leaked: bool) -> None:  # noqa: FBT001  # drawn
        """Redeem a token with a new password, or with the leaked one."""
        token = self.tokens.get(number)
        if token is None:
            return
        person = self.people[number]
        is_good = person.state is AccountState.TOLD
        if not is_good:
            with pytest.raises(TokenRefusedError):
                self.house.guard.redeem(token, password="a quiet harbour at noon")
            return
        if leaked:
            with pytest.raises(PasswordRejectedError):
                self.house.guard.redeem(token, password=str(person.leaked))
            return
        person.password = self._choose()
        self.house.guard.redeem(token, password=person.password)
        person.state = AccountState.RESET_DONE
        person.sessions.clear()

    def _choose(self) -> str:
        self.chosen += 1
        return f"a quiet harbour at noon {self.chosen}"

    @rule(number=ANYBODY)
    def log_in(self, number: int) -> None:
        """Log in with the right password."""
        person = self.people[number]
        if person.password is None or person.state is AccountState.LEFT:
            with pytest.raises(PasswordMismatchError):
                self.house.log_in(number, "the old password of nobody")
        elif self.is_gated(person) and person.password == person.leaked:
            with pytest.raises(ResetRequiredError) as required:
                self.house.log_in(number, person.password)
            assert required.value.campaign_id == self.campaign
        elif person.state is AccountState.GATED:
            # Not swept yet: nobody knows that the forum's form was used.
            with pytest.raises(ResetRequiredError):
                self.house.log_in(number, person.password)
        else:
            person.sessions.append(self._logged_in(person))

    def _logged_in(self, person: Person) -> str:
        if self.is_gated(person):
            # Set by the forum's own form; the log-in settles it.
            person.state = AccountState.RESET_DONE
            person.sessions.clear()
        return self.house.log_in(person.number, str(person.password))

    @rule(number=ANYBODY)
    def log_in_with_the_leaked_password(self, number: int) -> None:
        """What leaked opens nothing while the campaign is on."""
        person = self.people[number]
        if person.leaked is None or self.state is CampaignState.ABORTED:
            return
        with pytest.raises((PasswordMismatchError, ResetRequiredError)):
            self.house.log_in(number, person.leaked)

    @precondition(lambda self: self.campaign)
    @rule(number=ANYBODY, leaked=st.booleans())
    def use_the_forums_form(self, number: int, leaked: bool) -> None:  # noqa: FBT001  # drawn
        """Set a password behind our back, perhaps the leaked one."""
        person = self.people[number]
        is_swept = self.is_gated(person) and person.state is not AccountState.GATED
        if not is_swept or person.leaked is None:
            return
        person.password = person.leaked if leaked else self._choose()
        stored = hash_of(number) if leaked else django_hash(person.password)
        self.house.forum.set_password(number, stored)

    @rule(number=ANYBODY)
    def leave(self, number: int) -> None:
        """Delete an account."""
        gone = [
            each for each in self.people.values() if each.state is AccountState.LEFT
        ]
        if len(gone) < 4 and self.people[number].state is not AccountState.LEFT:
            self.house.forum.remove(number)
            if self.people[number].state in {
                AccountState.OUT_OF_SCOPE,
                AccountState.GATED,
            }:
                del self.people[number]
                self.people[number] = Person(number, None)
                self.people[number].state = AccountState.LEFT
                self.people[number].told = -1
            else:
                self.people[number].state = AccountState.LEFT
            self.people[number].password = None

    @precondition(lambda self: self.campaign)
    @rule()
    def abort(self) -> None:
        """Give the campaign up."""
        if self.state is CampaignState.ABORTED:
            with pytest.raises(CampaignStateError):
                self.house.campaigns.abort(self.campaign, reason="a test")
            return
        columns = self.house.forum.passwords()
        self.house.campaigns.abort(self.campaign, reason="a test")
        for person in self.people.values():
            if person.state is AccountState.GATED:
                person.state = AccountState.OUT_OF_SCOPE
            elif self.is_gated(person) and person.leaked is not None:
                column = str(columns[str(person.number)])
                is_ours = column.startswith("cgretired1:")
                is_back = is_ours or column == hash_of(person.number)
                person.state = (
                    AccountState.RESTORED if is_back else AccountState.RESET_DONE
                )
                if is_ours:
                    person.password = person.leaked

    @invariant()
    def every_account_is_in_one_state(self) -> None:
        """The report says what the model says, and adds up."""
        if not self.campaign:
            return
        status = self.house.counted(self.campaign)
        expected = Counter(
            person.state for person in self.people.values() if person.told >= 0
        )
        assert dict(status.counts) == dict(expected)

    @invariant()
    def sessions_are_good_until_a_password_changes(self) -> None:
        """Only what should end ends, and nobody is told twice."""
        for person in self.people.values():
            assert person.told <= 1
            if person.state is AccountState.LEFT:
                continue
            for session in person.sessions[-1:]:
                name = str(person.number)
                try:
                    found = self.house.guard.check_session(session, account_id=name)
                except SessionRefusedError:
                    pytest.fail(f"the session of {name} ended")
                assert found.account_id == name


def password_at_first(number: int) -> str | None:
    """Return what opens the account before anything happens."""
    return f"the old password of {number}" if has_password(number) else None


@pytest.mark.promise("P2")
@pytest.mark.parametrize("mode", ["together", "apart"])
def test_campaigns_do_what_the_model_says(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """Start, sweep, send, redeem, log in, use the forum's form, leave, abort."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", 4)
    folder = tmp_path / "template"
    folder.mkdir()
    forum = Forum(f"sqlite:///{folder / 'forum.db'}")
    forum.make(NUMBERS)
    name = "forum.db" if mode == "together" else "ours.db"
    template = House(f"sqlite:///{folder / name}", forum)
    template.close()
    CampaignMachine.template, CampaignMachine.folder = template, tmp_path
    everyday = settings.default
    assert everyday is not None
    run_state_machine_as_test(
        CampaignMachine,
        settings=settings(
            everyday,
            max_examples=LIVES,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
    proof.tried(LIVES * STEPS)
