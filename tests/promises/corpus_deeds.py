"""What is written to files: a corpus that is built or synced, and a keyring."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from calls import fused_files
from fuses import Fuse

sys.path.insert(0, str(Path(__file__).parent.parent / "screening" / "corpus"))
sys.path.insert(0, str(Path(__file__).parent.parent / "screening"))

from corpora import hashes, text_of, write

from credguard import Keyring
from credguard.cli.keygen import write_keyring
from credguard.errors import CorpusSetupError, KeyringError
from credguard.screening.corpus import Corpus, writing
from credguard.screening.corpus.building import build
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.syncing import sync

OLD, NEW = hashes(50, seed=1), hashes(3000, seed=2)
RANGES = 70
BUFFER = 1000  # bytes, so that a small corpus is written in many steps


@dataclass(frozen=True)
class Place:
    """
    Where it is done, as it is handed to a process that is killed.

    Attributes:
        deed: What is done.

        folder: Where the files are.

        url: Whom a sync asks.

        keyring: What is written by ``keygen --out``.
    """

    deed: str
    folder: str
    url: str
    keyring: str

    @property
    def given(self) -> Mapping[str, object]:
        """The place, for `play`."""
        return asdict(self)

    @property
    def corpus(self) -> Path:
        """The corpus."""
        return Path(self.folder) / "corpus"

    @property
    def ring(self) -> Path:
        """The keyring's file."""
        return Path(self.folder) / "keyring"


def _build(place: Place) -> None:
    build(Path(place.folder) / "text", place.corpus)


def _sync(place: Place) -> None:
    plan = SyncPlan(Service(place.url, at_once=1), fewest_lines=0, ranges=RANGES)
    sync(plan, place.corpus)


def _keygen(place: Place) -> None:
    write_keyring(Keyring.parse(place.keyring), place.ring)


DEEDS: dict[str, Callable[[Place], None]] = {
    "build": _build,
    "sync": _sync,
    "sync anew": _sync,
    "keygen": _keygen,
}


def arrange(place: Place) -> None:
    """Let an old corpus stand, or none for a sync from nothing."""
    Path(place.folder).mkdir()
    (Path(place.folder) / "text").write_bytes(text_of(NEW))
    if place.deed == "build":
        write(place.corpus, OLD)
    if place.deed == "sync":
        _sync(place)


def play(fuse: Fuse, given: Mapping[str, object]) -> None:
    """Write files with a fuse that is lit."""
    place = Place(**given)  # type: ignore[arg-type]  # what `given` returned
    writing._BUFFER_BYTES = BUFFER
    Fetcher._pause = lambda *_: None  # type: ignore[method-assign]  # at once
    with fused_files(fuse), fuse.lit():
        DEEDS[place.deed](place)


def settle(place: Place) -> dict[str, object]:
    """Check that what stands there is whole; do it again; return what stands then."""
    if place.deed == "keygen":
        return _settle_keyring(place)
    before = _answers(place)
    assert before in {"new", "none" if place.deed == "sync anew" else "old"}, before
    DEEDS[place.deed](place)
    names = sorted(each.name for each in Path(place.folder).iterdir())
    return {"answers": _answers(place), "files": names}


def _settle_keyring(place: Place) -> dict[str, object]:
    if place.ring.exists():
        # Half a keyring is none: it is never taken for one with fewer keys.
        text = place.ring.read_text()
        assert place.ring.stat().st_mode & 0o777 == 0o600
        if text.strip() != place.keyring:
            assert _is_refused(text)
        place.ring.unlink()
    _keygen(place)
    return {"ring": place.ring.read_text().strip() == place.keyring}


def _is_refused(text: str) -> bool:
    try:
        Keyring.parse(text.strip())
    except KeyringError:
        return True
    return False


def _answers(place: Place) -> str:
    """Return whose answers the corpus gives; half of one's fails."""
    try:
        corpus = Corpus(place.corpus)
    except CorpusSetupError:
        return "none"
    with corpus:
        if place.deed != "build":
            assert all(corpus.etag(number) for number in range(RANGES))
            return "new"
        old = [corpus.times(each) for each in OLD]
        new = [corpus.times(each) for each in NEW]
    if (old, new) == ([*OLD.values()], [0] * len(NEW)):
        return "old"
    assert (old, new) == ([0] * len(OLD), [*NEW.values()])
    return "new"


def put_back(place: Place, template: Path) -> None:
    """Let the folder be as it was."""
    shutil.rmtree(place.folder, ignore_errors=True)
    shutil.copytree(template, place.folder)
