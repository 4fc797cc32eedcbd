"""Several campaigns at once, against a model: none hides another."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
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

from credguard.campaigns import (
    Scope,
    created_before,
    everyone,
    in_list,
    logged_in_between,
    retiring,
)
from credguard.campaigns.states import UNSWEPT, CampaignState
from credguard.errors import (
    CampaignStateError,
    PasswordRejectedError,
    ResetRequiredError,
    TokenRefusedError,
)
from credguard.testing import RememberedMail
from forums import (
    JOINED,
    LETTER,
    NEW_PASSWORD,
    Forum,
    House,
    django_hash,
    has_password,
    hash_of,
    password_of,
    tokens_in,
)

NUMBERS = range(1, 10)  # everybody has a password and an address
MOST_CAMPAIGNS = 4
DAY = timedelta(days=1)
LIST = {2, 3, 5, 7}
Judge = Callable[[int], bool]
SCOPES: list[tuple[Scope, Judge]] = [
    (everyone, lambda _number: True),
    (created_before(JOINED + 5 * DAY), lambda number: number < 5),
    (in_list([str(each) for each in LIST]), lambda number: number in LIST),
    (
        logged_in_between(JOINED + 403 * DAY, JOINED + 408 * DAY),
        lambda number: number % 5 != 0 and 3 <= number < 8,
    ),
]


@dataclass
class Campaign:
    """
    What the model knows of a campaign.

    Attributes:
        id: Its id.
        includes: Whom its scope includes.
        resolved: Who has a new password since it was opened.
        is_swept: True if every hash in scope is retired.
        is_over: True if it was aborted.
        tokens: The token of each member that it told.
    """

    id: str
    includes: Judge
    resolved: set[int] = field(default_factory=set)
    is_swept: bool = False
    is_over: bool = False
    tokens: dict[int, str] = field(default_factory=dict)

    def wants(self, number: int) -> bool:
        """Return True if the member must choose a new password because of it."""
        return (
            not self.is_over and self.includes(number) and number not in self.resolved
        )


class SeveralCampaigns(RuleBasedStateMachine):
    """Up to four campaigns with scopes of their own, over nine members."""

    template: ClassVar[House]
    folder: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        place = Path(tempfile.mkdtemp(dir=self.folder))
        source = Path(self.template.forum.url.removeprefix("sqlite:///")).parent
        shutil.copytree(source, place, dirs_exist_ok=True)
        forum = Forum(f"sqlite:///{place / 'forum.db'}")
        ours = f"sqlite:///{place / Path(self.template.ours).name}"
        self.place = place
        self.house = House(ours, forum, keyring=self.template.keyring)
        self.campaigns: list[Campaign] = []
        self.passwords = {number: password_of(number) for number in NUMBERS}
        # Set by the forum's form while our marker stood there: a log-in settles it.
        self.unsettled: dict[int, list[Campaign]] = {}
        self.chosen = 0

    def teardown(self) -> None:
        """Close and forget."""
        self.house.close()
        shutil.rmtree(self.place)

    def open_ones(self) -> list[Campaign]:
        """Return the campaigns that were not aborted, the oldest first."""
        return [each for each in self.campaigns if not each.is_over]

    def wanting(self, number: int) -> list[str]:
        """Return the ids of those that ask the member for a new password."""
        settled = self.unsettled.get(number, [])
        return [
            each.id
            for each in self.campaigns
            if each.wants(number) and each not in settled
        ]

    @precondition(lambda self: len(self.campaigns) < MOST_CAMPAIGNS)
    @rule(which=st.sampled_from(SCOPES), turned=st.booleans())
    def start(self, which: tuple[Scope, Judge], turned: bool) -> None:  # noqa: FBT001  # drawn
        """Open another one, over a scope or over all others."""
        scope, includes = which
        if turned and scope is not everyone:
            scope, includes = ~scope, lambda number: not which[1](number)
        plan = self.house.campaigns.plan(scope, letter=LETTER, rate=100_000)
        self.campaigns.append(Campaign(self.house.campaigns.start(plan), includes))

    @precondition(lambda self: self.campaigns)
    @rule(data=st.data())
    def sweep(self, data: st.DataObject) -> None:
        """Retire what one of them wants retired, if it is its turn."""
        chosen = data.draw(st.sampled_from(self.campaigns))
        earlier = [
            each
            for each in self.open_ones()[: -1 if chosen.is_over else None]
            if not each.is_swept
        ]
        in_turn = chosen.is_swept or not earlier or earlier[0] is chosen
        if chosen.is_over or not in_turn:
            with pytest.raises(CampaignStateError):
                self.house.campaigns.sweep(chosen.id, worker="sweeper")
            return
        self.house.campaigns.sweep(chosen.id, worker="sweeper")
        if not chosen.is_swept:
            chosen.is_swept = True
            for number in NUMBERS:
                if chosen.wants(number):
                    # What the form had set is retired as well.
                    self.unsettled.pop(number, None)
                    self.end_links(number, besides=chosen)

    def end_links(self, number: int, *, besides: Campaign) -> None:
        """A sweep raises the epoch: an older link of another campaign is void."""
        for each in self.campaigns:
            token = each.tokens.pop(number, None) if each is not besides else None
            if token is not None:
                with pytest.raises(TokenRefusedError):
                    self.house.guard.redeem(token, password=NEW_PASSWORD)

    @precondition(lambda self: any(each.is_swept for each in self.open_ones()))
    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        """Send the notices of one that is swept."""
        swept = [each for each in self.open_ones() if each.is_swept]
        chosen = data.draw(st.sampled_from(swept))
        mail = RememberedMail()
        self.house.campaigns.send(chosen.id, mail, worker="sender")
        chosen.tokens |= tokens_in(mail.messages)

    @precondition(lambda self: any(each.tokens for each in self.open_ones()))
    @rule(data=st.data(), leaked=st.booleans())
    def redeem(self, data: st.DataObject, leaked: bool) -> None:  # noqa: FBT001  # drawn
        """Reset by a link: for every campaign that is open."""
        chosen = data.draw(
            st.sampled_from([each for each in self.open_ones() if each.tokens])
        )
        number = data.draw(st.sampled_from(sorted(chosen.tokens)))
        if not chosen.wants(number):
            return
        token = chosen.tokens[number]
        if leaked and self.wanting(number):
            with pytest.raises(PasswordRejectedError):
                self.house.guard.redeem(token, password=self.passwords[number])
            return
        self.house.guard.redeem(token, password=self.choose(number))
        self.resolve(number, self.open_ones())

    @rule(number=st.sampled_from(NUMBERS))
    def use_the_forums_form(self, number: int) -> None:
        """Set a password behind our back, where our marker stands."""
        stored = str(self.house.forum.password(number))
        if not stored.startswith("cgretired1:"):
            return
        self.house.forum.set_password(number, django_hash(self.choose(number)))
        self.unsettled[number] = [
            each for each in self.open_ones() if each.is_swept and each.wants(number)
        ]

    @rule(number=st.sampled_from(NUMBERS))
    def log_in(self, number: int) -> None:
        """Log in with the password that the account has."""
        wanting = self.wanting(number)
        if wanting:
            with pytest.raises(ResetRequiredError) as required:
                self.house.log_in(number, self.passwords[number])
            assert required.value.campaign_id in wanting
            return
        assert self.house.log_in(number, self.passwords[number])
        if number in self.unsettled:
            self.resolve(number, self.open_ones())

    @precondition(lambda self: self.open_ones())
    @rule()
    def abort_the_newest(self) -> None:
        """Give up the one that was opened last."""
        newest = self.open_ones()[-1]
        self.house.campaigns.abort(newest.id, reason="a test")
        newest.is_over = True

    @precondition(lambda self: len(self.open_ones()) > 1)
    @rule()
    def abort_out_of_turn(self) -> None:
        """An earlier one stands below a later one."""
        oldest = self.open_ones()[0]
        with pytest.raises(CampaignStateError):
            self.house.campaigns.abort(oldest.id, reason="a test")

    @invariant()
    def an_account_is_gated_if_a_campaign_wants_it(self) -> None:
        """The gate's ruling is the model's, for each member."""
        for number in NUMBERS:
            stored = self.house.forum.password(number)
            ruling = self.house.campaigns.rule(str(number), stored=stored)
            wanting = self.wanting(number)
            assert (ruling.campaign_id is not None) is bool(wanting)
            assert ruling.campaign_id is None or ruling.campaign_id in wanting

    @precondition(lambda self: self.campaigns)
    @rule()
    def look_at_each_report(self) -> None:
        """What one campaign does is not counted in another."""
        for each in self.campaigns:
            status = self.house.counted(each.id)
            if not each.is_over:
                wants = sum(each.wants(number) for number in NUMBERS)
                assert status.still_open == wants
            assert (status.state in UNSWEPT) is not (each.is_swept or each.is_over)
            assert (status.state is CampaignState.ABORTED) is each.is_over

    def choose(self, number: int) -> str:
        """Return a password that nobody had before, now the member's."""
        self.chosen += 1
        self.passwords[number] = NEW_PASSWORD.format(f"{number} {self.chosen}")
        return self.passwords[number]

    def resolve(self, number: int, which: list[Campaign]) -> None:
        """Let a new password resolve the campaigns *which*."""
        self.unsettled.pop(number, None)
        for each in which:
            each.resolved.add(number)


@pytest.mark.parametrize("mode", ["together", "apart"])
def test_several_campaigns_do_what_the_model_says(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start, sweep, tell, redeem, set by the forum's form, log in, abort."""
    assert all(has_password(number) for number in NUMBERS)
    monkeypatch.setattr(retiring, "RANGE_SIZE", 4)
    folder = tmp_path / "template"
    folder.mkdir()
    forum = Forum(f"sqlite:///{folder / 'forum.db'}")
    forum.make(NUMBERS)
    name = "forum.db" if mode == "together" else "ours.db"
    template = House(f"sqlite:///{folder / name}", forum)
    assert forum.password(1) == hash_of(1)
    template.close()
    SeveralCampaigns.template, SeveralCampaigns.folder = template, tmp_path
    everyday = settings.default
    assert everyday is not None
    run_state_machine_as_test(
        SeveralCampaigns,
        settings=settings(
            everyday,
            max_examples=max(6, everyday.max_examples // 16),
            stateful_step_count=20,
            suppress_health_check=list(HealthCheck),
        ),
    )
