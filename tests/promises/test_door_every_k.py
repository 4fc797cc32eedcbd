"""Every flow at the door, with each call of it failed or killed in turn."""

from collections.abc import Callable, Iterator
from functools import partial

import door_flows as flows
import pytest
from calls import ClockGoneError
from door_flows import BAD, GOOD, Place
from every_k import Trial, fail_everywhere, is_nothing, kill_everywhere
from executioner import Executioner
from fuses import Trouble
from snapshots import kept

from credguard import Keyring
from credguard.errors import CredguardError, RefusedError
from keepers import NOON
from proving import SIZE, Proof, Size, sized

pytestmark = pytest.mark.promise("P13")

DATABASES = ["sqlite"] if SIZE is Size.EVERYDAY else ["sqlite", "postgresql", "mariadb"]
EACH_DATABASE = pytest.mark.parametrize("database_url", DATABASES, indirect=True)
KINDS = len(Trouble)
EVERYDAY = 9  # a stride that is coprime to most flows' steps


@pytest.fixture
def executioner() -> Iterator[Executioner]:
    """Who kills."""
    with Executioner() as found:
        yield found


@pytest.fixture
def trials(database_url: str) -> Iterator[Iterator[Trial]]:
    """Each flow, in a database to which the members' life so far is put back."""
    ring = Keyring.generate().reveal()
    place = Place("", database_url, database_url, ring, NOON.isoformat())
    place = flows.arranged(place)

    def trial(name: str, put_back: Callable[[], None]) -> Trial:
        here = place.doing(name)
        return Trial(
            name="door_flows:play",
            play=flows.play,
            given=here.given,
            put_back=put_back,
            settle=partial(flows.settle, here),
            declared=(CredguardError, ClockGoneError),
            refusal=RefusedError if name in BAD else None,
            may_succeed=flows.MAY_SUCCEED.get(name, is_nothing),
        )

    with kept(database_url) as put_back:
        yield (trial(name, put_back) for name in (*GOOD, *BAD))


@EACH_DATABASE
def test_an_error_at_any_call_accepts_nothing(
    trials: Iterator[Trial], database_url: str, proof: Proof
) -> None:
    """A declared error, the state as before or after, and the next try is good."""
    # The kinds take turns, so that on SQLite each step fails in one.
    few = KINDS if database_url.startswith("sqlite") else 3 * KINDS
    stride = sized(everyday=EVERYDAY * KINDS, prove=few, nightly=1)
    steps = [fail_everywhere(trial, proof, stride=stride) for trial in trials]
    assert sum(steps) > 400


@pytest.mark.promise("P2")
@EACH_DATABASE
def test_a_kill_at_any_call_accepts_nothing(
    trials: Iterator[Trial], database_url: str, executioner: Executioner, proof: Proof
) -> None:
    """The state is as before or after, and the next try is good."""
    few = 2 if database_url.startswith("sqlite") else 7
    stride = sized(everyday=2 * EVERYDAY, prove=few, nightly=1)
    good = (trial for trial in trials if trial.given["flow"] in GOOD)
    steps = [
        kill_everywhere(trial, executioner, proof, stride=stride) for trial in good
    ]
    assert sum(steps) > 300
