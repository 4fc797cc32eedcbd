"""Every file that is written, with each of its writes failed or killed in turn."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import corpus_deeds as deeds
import pytest
from corpus_deeds import DEEDS, RANGES, Place
from every_k import Trial, fail_everywhere, kill_everywhere
from executioner import Executioner
from fuses import Trouble
from upstream import Upstream

from credguard import Keyring
from credguard.screening.corpus import writing
from credguard.screening.corpus.fetching import Fetcher
from proving import Proof, sized

pytestmark = [pytest.mark.promise("P18"), pytest.mark.promise("P13")]


@pytest.fixture(scope="module")
def executioner() -> Iterator[Executioner]:
    """Who kills."""
    with Executioner() as found:
        yield found


@pytest.fixture(params=list(DEEDS))
def trial(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trial]:
    """Files that are about to be written."""
    monkeypatch.setattr(Fetcher, "_pause", lambda *_: None)
    monkeypatch.setattr(writing, "_BUFFER_BYTES", deeds.BUFFER)
    folder, template = tmp_path / "files", tmp_path / "template"
    ring = Keyring.generate().rotate().rotate().reveal()
    with Upstream(RANGES) as upstream:
        place = Place(request.param, str(folder), upstream.url, ring)
        deeds.arrange(place)
        folder.rename(template)
        yield Trial(
            name="corpus_deeds:play",
            play=deeds.play,
            given=place.given,
            put_back=partial(deeds.put_back, place, template),
            settle=partial(deeds.settle, place),
            # An old corpus that cannot be read is fetched anew, and what is left of
            # the journal is removed by the next sync.
            may_succeed=lambda fuse: fuse.last in {"open to read", "unlink"},
        )


def test_a_file_is_whole_or_old_after_a_kill_at_every_write(
    trial: Trial, executioner: Executioner, proof: Proof
) -> None:
    """And the next run goes on, and leaves nothing lying about."""
    is_sync = "sync" in str(trial.given["deed"])
    stride = sized(everyday=127 if is_sync else 4, prove=3 if is_sync else 1, nightly=1)
    assert kill_everywhere(trial, executioner, proof, stride=stride) >= 2


def test_a_file_is_whole_or_old_after_an_error_at_every_write(
    trial: Trial, proof: Proof
) -> None:
    """Full, read-only, out of quota: a declared error that names no content."""
    is_sync = "sync" in str(trial.given["deed"])
    few = len(Trouble) * (7 if is_sync else 1)
    stride = sized(everyday=(23 if is_sync else 3) * few, prove=few, nightly=1)
    assert fail_everywhere(trial, proof, stride=stride) >= 2
