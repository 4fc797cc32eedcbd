"""Races of real processes for ranges, notices, whole campaigns and seals."""

import secrets
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard import Keyring, sweeps
from credguard._sealed import key_id_of
from credguard.campaigns import in_list
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import CodeReplayedError
from credguard.storage import Database, audit
from credguard.storage.tables import second_factor
from credguard.sweeps import Progress
from credguard.testing import FrozenClock
from forums import MEMBERS, House, address_of, has_password
from handsets import Handset, enroll_all
from keepers import NOON, keeper
from proving import Proof, sized
from racing import PROCESSES, Order, Racers, Scene

RANGES = sized(everyday=40, prove=400, nightly=4_000)
CAMPAIGNS = sized(everyday=1, prove=4, nightly=50)
LOG_INS = sized(everyday=40, prove=700, nightly=7_000)
WITH_PASSWORD = [str(number) for number in MEMBERS if has_password(number)]
TOLD = [address_of(int(name)) for name in WITH_PASSWORD if address_of(int(name))]


def scene_in(house: House) -> Scene:
    """Return the scene of a race in *house*."""
    return Scene(house.ours, house.keyring.reveal(), forum=house.forum.url)


@pytest.mark.promise("P2")
def test_a_range_is_leased_by_one(
    shared_database: Database, shared_url: str, racers: Racers, proof: Proof
) -> None:
    """Eight workers share hundreds of ranges, and each range is done once."""
    sweep = secrets.token_hex(8)
    with shared_database.begin() as connection:
        sweeps.lay_out(connection, sweep, (f"{at:08}" for at in range(RANGES)))
    scene = Scene.at(shared_url, Keyring.generate())
    order: Order = {"verb": "lease", "sweep": sweep}
    [told] = racers.race(scene, [[order] * PROCESSES])
    proof.tried(RANGES)
    assert {each[0] for each in told} == {"list"}
    done = sorted(int(number) for each in told for number in each[1:])
    assert done == list(range(RANGES))
    with shared_database.read() as connection:
        assert sweeps.progress(connection, sweep) == Progress(RANGES, RANGES, RANGES)


@pytest.mark.promise("P2")
def test_eight_runs_at_once_are_one_campaign(
    shared_house: House, racers: Racers, proof: Proof, tmp_path: Path
) -> None:
    """All sweep and send: each hash is retired once, and each member told once."""
    before = shared_house.forum.passwords()
    for number in range(CAMPAIGNS):
        ledger = tmp_path / f"ledger {number}"
        campaign = shared_house.start(in_list(WITH_PASSWORD))
        order = {"verb": "sweep and send", "campaign": campaign}
        run: Order = {**order, "carrier": str(ledger)}
        told = racers.tell(scene_in(shared_house), [[run] * PROCESSES])
        proof.tried(len(WITH_PASSWORD) * PROCESSES)
        assert told == [{"done": PROCESSES}]
        recipients = [line.split('"')[1] for line in ledger.read_text().splitlines()]
        assert sorted(recipients) == sorted(TOLD)
        status = shared_house.counted(campaign)
        assert status.state is CampaignState.WAITING
        audit.verify(shared_house.guard._database, shared_house.keyring)
        shared_house.campaigns.abort(campaign, reason="the next round")
        assert shared_house.forum.passwords() == before


@pytest.mark.promise("P2")
def test_two_campaigns_at_once_do_not_disturb_each_other(
    shared_house: House, racers: Racers, proof: Proof
) -> None:
    """Four sweep the one and four the other, and log-ins go on: both add up."""
    before = shared_house.forum.passwords()
    for _ in range(CAMPAIGNS):
        first = shared_house.start(in_list(WITH_PASSWORD))
        later = shared_house.start(in_list(WITH_PASSWORD[::2]))
        orders: list[Order] = [
            {"verb": "sweep", "campaign": (first, later)[at % 2]}
            for at in range(PROCESSES)
        ]
        told = _swept_in_the_end(shared_house, racers, [first, later], orders)
        proof.tried(len(WITH_PASSWORD) * 2)
        assert set(told) <= {"done", "CampaignStateError", "BusyError"}
        for campaign, size in ((first, WITH_PASSWORD), (later, WITH_PASSWORD[::2])):
            counts = shared_house.counted(campaign).counts
            unasked = {AccountState.OUT_OF_SCOPE, AccountState.NO_PASSWORD}
            asked = sum(
                count for state, count in counts.items() if state not in unasked
            )
            assert asked == len(size)
        for campaign in (later, first):
            shared_house.campaigns.abort(campaign, reason="the next round")
        assert shared_house.forum.passwords() == before
        audit.verify(shared_house.guard._database, shared_house.keyring)


def _swept_in_the_end(
    house: House, racers: Racers, campaigns: list[str], orders: list[Order]
) -> Counter[str]:
    [told] = racers.tell(scene_in(house), [orders])
    for campaign in campaigns:  # the later one waits for the earlier: begun again
        house.campaigns.sweep(campaign, worker="the last")
    return told


@pytest.mark.promise("P3", "P23")
def test_to_re_seal_stops_no_log_in(
    shared_database: Database, shared_url: str, racers: Racers, proof: Proof
) -> None:
    """Seven log members in while one re-seals: nobody is refused, no step is lost."""
    old = Keyring.generate()
    new = old.rotate()
    mark = secrets.token_hex(4)
    names = [f"{mark} {number:06}" for number in range(LOG_INS)]
    handsets = enroll_all(shared_database, old, names)
    scene = Scene(shared_url, old.reveal(), others=new.reveal())
    workers = PROCESSES - 1
    logging_in: list[Order] = [
        {"verb": "verify rotated", "pairs": _pairs(handsets[at::workers])}
        for at in range(workers)
    ]
    [told] = racers.race(scene, [[{"verb": "reseal"}, *logging_in]])
    proof.tried(LOG_INS)
    assert Counter(word for each in told[1:] for word in each) == {"Verified": LOG_INS}
    ours = second_factor.c.account_id.startswith(mark)
    with shared_database.read() as connection:
        sealed = connection.scalars(select(second_factor.c.sealed).where(ours)).all()
    assert {key_id_of(each) for each in sealed} == {new.current.id}
    factors = keeper(shared_database, new, clock=FrozenClock(NOON))
    for each in handsets[:: max(1, LOG_INS // 50)]:
        with pytest.raises(CodeReplayedError):
            factors.verify(each.account_id, each.code(NOON))


def _pairs(handsets: list[Handset]) -> list[tuple[str, str]]:
    return [(each.account_id, each.code(NOON)) for each in handsets]
