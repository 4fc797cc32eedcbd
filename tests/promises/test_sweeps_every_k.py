"""Each sweep over passwords and second factors, killed and failed at every step."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import sweep_deeds as deeds
from every_k import Trial, fail_everywhere, kill_everywhere
from executioner import Executioner
from fuses import Trouble
from snapshots import kept
from sweep_deeds import DEEDS, Place

from credguard import Keyring
from credguard.passwords import tables
from credguard.second_factor import resealing
from credguard.second_factor.leaks import scanning
from proving import SIZE, Proof, Size, sized

pytestmark = [pytest.mark.promise("P2"), pytest.mark.promise("P23")]

DATABASES = ["sqlite"] if SIZE is Size.EVERYDAY else ["sqlite", "postgresql", "mariadb"]
CASES = [
    (name, mode, database)
    for database in DATABASES
    for mode in ("together", "apart")
    for name in DEEDS
    if mode == "together" or (SIZE is not Size.EVERYDAY and name in {"wrap", "re-key"})
]
EACH_SWEEP = pytest.mark.parametrize(
    ("name", "mode", "database_url"),
    CASES,
    ids=["-".join(case) for case in CASES],
    indirect=["database_url"],
)


@pytest.fixture(scope="module")
def executioner() -> Iterator[Executioner]:
    """Who kills."""
    with Executioner() as found:
        yield found


@pytest.fixture
def trial(
    name: str,
    mode: str,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Trial]:
    """Twenty members and twenty factors under an older key, to be swept."""
    for module in (tables, resealing):
        monkeypatch.setattr(module, "RANGE_SIZE", 8)
    monkeypatch.setattr(scanning, "BATCH_SIZE", 4)
    apart = f"sqlite:///{tmp_path / 'ours.db'}"
    old = Keyring.generate()
    place = Place(
        name,
        database_url if mode == "together" else apart,
        database_url,
        old.reveal(),
        old.rotate().reveal(),
    )
    deeds.arrange(place)
    with kept(place.ours, place.forum) as put_back:
        yield Trial(
            name="sweep_deeds:play",
            play=deeds.play,
            given=place.given,
            put_back=put_back,
            settle=partial(deeds.settle, place),
        )


@EACH_SWEEP
def test_a_sweep_survives_a_kill_at_every_step(
    database_url: str, trial: Trial, executioner: Executioner, proof: Proof
) -> None:
    """No password and no seed is lost, and the next run ends as any other."""
    few = 2 if database_url.startswith("sqlite") else 9
    stride = sized(everyday=37, prove=few, nightly=1)
    assert kill_everywhere(trial, executioner, proof, stride=stride) >= 10


@EACH_SWEEP
def test_a_sweep_survives_an_error_at_every_step(
    database_url: str, trial: Trial, proof: Proof
) -> None:
    """The error is a declared one that quotes nothing, and the next run goes on."""
    kinds = len(Trouble)
    few = 3 if database_url.startswith("sqlite") else 10
    stride = sized(everyday=31 * kinds, prove=few * kinds, nightly=1)
    assert fail_everywhere(trial, proof, stride=stride) >= 10
