"""Every part of a campaign's life, killed and failed at every step of it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import campaign_deeds as deeds
import pytest
from campaign_deeds import BEFORE, DAYS, DEEDS, Place
from every_k import (
    Trial,
    fail_everywhere,
    is_nothing,
    is_tidying,
    kill_everywhere,
)
from executioner import Executioner
from fuses import Fuse, Trouble
from snapshots import kept

from credguard.campaigns import everyone, plan_file, retiring
from forums import Forum, House, address_of
from proving import SIZE, Proof, Size, sized

pytestmark = pytest.mark.promise("P2")

DATABASES = ["sqlite"] if SIZE is Size.EVERYDAY else ["sqlite", "postgresql", "mariadb"]
# Beside the forum's database a chunk is two transactions: that is where it matters.
APART = {"sweep", "redeem", "abort", "close"}
CASES = [
    (name, mode, database)
    for database in DATABASES
    for mode in ("together", "apart")
    for name in DEEDS
    if mode == "together"
    or SIZE is Size.NIGHTLY
    or (SIZE is Size.PROVE and database == "sqlite" and name in APART)
]
EACH_PART = pytest.mark.parametrize(
    ("name", "mode", "database_url"),
    CASES,
    ids=["-".join(case) for case in CASES],
    indirect=["database_url"],
)
# A message is eighteen steps, and there are sixteen of them: with a stride that is
# coprime to its steps, each step is hit in several messages.
STRIDES = {"send": 5, "remind": 7}


@pytest.fixture(scope="module")
def executioner() -> Iterator[Executioner]:
    """Who kills."""
    with Executioner() as found:
        yield found


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twenty members be several ranges."""
    monkeypatch.setattr(retiring, "RANGE_SIZE", deeds.RANGE_SIZE)


@pytest.fixture
def trial(name: str, mode: str, database_url: str, tmp_path: Path) -> Iterator[Trial]:
    """Do what comes before a part of the life, and keep how it is then."""
    forum = Forum(database_url)
    forum.make(deeds.NUMBERS)
    apart = f"sqlite:///{tmp_path / 'ours.db'}"
    house = House(database_url if mode == "together" else apart, forum)
    ledger = tmp_path / "ledger"
    text = plan_file.write(house.plan(everyone))
    place = Place(name, house.ours, forum.url, house.keyring.reveal(), str(ledger))
    for before in BEFORE[name]:
        DEEDS[before](house, place.planned(text), Fuse())
    house.close()
    tokens = {who: token for who, _, token in deeds.written(place)}
    place = place.planned(text, tokens.get(address_of(1), ""), DAYS.get(name, 0.0))
    with kept(house.ours, forum.url) as put_back:

        def begin() -> None:
            ledger.unlink(missing_ok=True)
            put_back()

        yield Trial(
            name="campaign_deeds:play",
            play=deeds.play,
            given=place.given,
            put_back=begin,
            settle=partial(deeds.settle, place),
            may_succeed=is_tidying if name == "redeem" else is_nothing,
        )


@EACH_PART
def test_a_campaign_survives_a_kill_at_every_step(
    name: str,
    database_url: str,
    trial: Trial,
    executioner: Executioner,
    proof: Proof,
) -> None:
    """Each account is in one state, and the next run ends as any other."""
    # On servers, whose transactions end as SQLite's do, every fourth one.
    few = STRIDES.get(name, 1) * (1 if database_url.startswith("sqlite") else 4)
    stride = sized(everyday=23 * few, prove=few, nightly=1)
    assert kill_everywhere(trial, executioner, proof, stride=stride) >= 10


@EACH_PART
def test_a_campaign_survives_an_error_at_every_step(
    name: str, database_url: str, trial: Trial, proof: Proof
) -> None:
    """The error is a declared one that quotes nothing, and the next run goes on."""
    # In the prove setting the kinds take turns, so that each step fails in one.
    kinds = len(Trouble)
    few = STRIDES.get(name, 1) * (1 if database_url.startswith("sqlite") else 3)
    stride = sized(everyday=17 * kinds * few, prove=kinds * few, nightly=1)
    assert fail_everywhere(trial, proof, stride=stride) >= 10
