import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from range_corpora import full_range, write
from upstream import Upstream, etag_of

from credguard.errors import BlocklistUnavailableError, CorpusSetupError
from credguard.screening.corpus import Corpus, Kind
from credguard.screening.corpus.asking_news import news_for, news_since
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.corpus.news import News, Novelty, compare, sample

RANGES = 1 << 20
ETAGS = st.dictionaries(st.integers(0, RANGES - 1), st.sampled_from(["", '"a"', '"b"']))


class TestDecision:
    """What a sample means."""

    @given(ETAGS, ETAGS)
    def test_only_what_is_in_both_is_compared(
        self, old: dict[int, str], new: dict[int, str]
    ) -> None:
        """And only where both times an ETag was given."""
        both = [each for each in old.keys() & new.keys() if old[each] and new[each]]
        changed = [each for each in both if old[each] != new[each]]
        assert compare(old, new) == News(len(both), len(changed))

    def test_a_weak_etag_is_the_same_as_a_strong_one(self) -> None:
        """They differ by how the range was sent, not by what it is."""
        assert compare({1: '"a"'}, {1: 'W/"a"'}) == News(1, 0)

    @pytest.mark.parametrize(
        ("compared", "changed", "verdict"),
        [
            (0, 0, Novelty.UNKNOWN),
            (64, 0, Novelty.NOTHING),
            (64, 1, Novelty.CORRECTIONS),
            (64, 6, Novelty.CORRECTIONS),
            (64, 7, Novelty.LOAD),
            (64, 64, Novelty.LOAD),
            (100, 9, Novelty.CORRECTIONS),
            (100, 10, Novelty.LOAD),
            (10, 1, Novelty.LOAD),
        ],
    )
    def test_a_tenth_of_the_ranges_is_a_load(
        self, compared: int, changed: int, verdict: Novelty
    ) -> None:
        """Fewer changes are corrections."""
        assert News(compared, changed).novelty is verdict

    @given(st.integers(1, 10**7))
    def test_a_load_is_estimated_from_the_share_that_it_changes(
        self, hashes: int
    ) -> None:
        """As thrown at random into so many ranges."""
        share = 1 - math.exp(-hashes / RANGES)
        news = News(10**9, round(share * 10**9))
        if news.changed < news.compared:
            assert news.estimate == pytest.approx(hashes, rel=0.05, abs=2)

    def test_a_load_of_everything_has_no_estimate(self) -> None:
        """It may be of any size from some millions on."""
        assert News(64, 64).estimate == math.inf

    def test_a_sample_goes_up_from_where_it_begins(self) -> None:
        """Round the end, and by whole steps."""
        assert sample(0, samples=3, ranges=10) == [0, 3, 6]
        assert sample(8, samples=3, ranges=10) == [1, 4, 8]
        assert sample(3, samples=5, ranges=2) == [0, 1]

    @given(st.integers(0, 10**9), st.integers(1, 200), st.integers(1, RANGES))
    def test_a_sample_is_spread_evenly(
        self, start: int, samples: int, ranges: int
    ) -> None:
        """Different ranges, at equal distances."""
        found = sample(start, samples=samples, ranges=ranges)
        assert len(set(found)) == min(samples, ranges)
        assert 0 <= found[0] <= found[-1] < ranges
        gaps = {after - before for before, after in pairwise(found)}
        assert not gaps or max(gaps) - min(gaps) <= 1


def test_64_ranges_of_all_are_asked_about() -> None:
    """So many never miss a load, and a sync of them costs next to nothing."""
    assert sample(5) == [5 + at * 16_384 for at in range(64)]
    assert News(0, 0).share == 0.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, and ask about the ranges that are there."""
    monkeypatch.setattr(Fetcher, "_pause", lambda *_: None)
    ours = partial(sample, ranges=100)
    monkeypatch.setattr("credguard.screening.corpus.asking_news.sample", ours)


@pytest.fixture
def few() -> Iterator[Upstream]:
    """Serve 100 ranges."""
    with Upstream(100) as upstream:
        yield upstream


def synced(few: Upstream, path: Path) -> Path:
    """Write a corpus with the ETags that a service has."""
    etags = {number: etag_of(lines) for number, lines in enumerate(few.ranges)}
    return write(path, few.hashes(), etags=etags)


class TestForCorpus:
    """Whether a service has what a synced corpus has not."""

    def test_nothing_has_changed(self, few: Upstream, tmp_path: Path) -> None:
        """Then no range travels."""
        with Corpus(synced(few, tmp_path / "corpus")) as corpus:
            assert news_for(Service(few.url), corpus) == News(64, 0)
        assert few.statuses == {304: 64}

    def test_a_load_is_seen(self, few: Upstream, tmp_path: Path) -> None:
        """When all ranges have changed, all that are asked about have."""
        path = synced(few, tmp_path / "corpus")
        few.ranges = [few.made(4) for _ in few.ranges]
        with Corpus(path) as corpus:
            news = news_for(Service(few.url), corpus)
        assert news == News(64, 64)
        assert news.novelty is Novelty.LOAD

    def test_a_corpus_without_etags_cannot_tell(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """The error names the other way."""
        path = write(tmp_path / "corpus", full_range("ABCDE", lines=3))
        with Corpus(path) as corpus, pytest.raises(CorpusSetupError, match="--state"):
            news_for(Service(few.url), corpus)

    def test_a_corpus_of_another_kind_cannot_tell(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """SHA-1 and NTLM ranges have nothing in common."""
        with Corpus(synced(few, tmp_path / "corpus")) as corpus:
            service = Service(few.url, kind=Kind.NTLM)
            with pytest.raises(CorpusSetupError, match="sha1"):
                news_for(service, corpus)

    def test_a_service_that_fails_tells_nothing(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """No answer is not "nothing new"."""
        path = synced(few, tmp_path / "corpus")
        few.change = lambda *_: None
        with Corpus(path) as corpus, pytest.raises(BlocklistUnavailableError):
            news_for(Service(few.url), corpus)


class TestSince:
    """Whether a service has what it had not the last time."""

    def test_the_first_call_remembers_for_the_next(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """From one call to the next, and only once."""
        state = tmp_path / "state"
        service = Service(few.url)
        verdicts = [news_since(service, state).novelty for _ in range(2)]
        few.ranges = [few.made(4) for _ in few.ranges]
        verdicts += [news_since(service, state).novelty for _ in range(2)]
        assert verdicts == [
            Novelty.UNKNOWN,
            Novelty.NOTHING,
            Novelty.LOAD,
            Novelty.NOTHING,
        ]

    def test_a_failure_forgets_nothing(self, few: Upstream, tmp_path: Path) -> None:
        """What could not be asked this time is compared the next."""
        state = tmp_path / "state"
        service = Service(few.url)
        news_since(service, state)
        before = state.read_bytes()
        few.change = lambda *_: (502, b"", {})
        with pytest.raises(BlocklistUnavailableError):
            news_since(service, state)
        assert state.read_bytes() == before

    def test_a_service_without_etags_tells_nothing(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """That is told, and not taken for a first call."""
        few.change = lambda _, answer: (answer[0], answer[1], {})
        with pytest.raises(BlocklistUnavailableError, match="ETag"):
            news_since(Service(few.url), tmp_path / "state")

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            "null",
            '{"format": 2, "kind": "sha1", "etags": {}}',
            '{"format": 1, "kind": "ntlm", "etags": {}}',
            '{"format": 1, "kind": "sha1", "etags": []}',
            '{"format": 1, "kind": "sha1", "etags": {"x": "a"}}',
            '{"format": 1, "kind": "sha1", "etags": {"FFFFFF": "a"}}',
            '{"format": 1, "kind": "sha1", "etags": {"00000": 1}}',
        ],
    )
    def test_another_file_is_left_alone(
        self, few: Upstream, tmp_path: Path, content: str
    ) -> None:
        """It is neither read as something else nor written over."""
        state = tmp_path / "state"
        state.write_text(content, "utf-8")
        with pytest.raises(CorpusSetupError):
            news_since(Service(few.url), state)
        assert state.read_text("utf-8") == content

    def test_a_file_that_cannot_be_written_is_told(self, few: Upstream) -> None:
        """Without a traceback."""
        with pytest.raises(CorpusSetupError, match="cannot be written"):
            news_since(Service(few.url), "/nonexistent/state")


def news(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "credguard", "corpus", "news", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestCommand:
    """What a shell sees."""

    def test_the_status_says_whether_there_is_news(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """0 for none, 3 for some."""
        etags = {f"{number:05X}": '"old"' for number in range(4)}
        said = {"format": 1, "kind": "sha1", "etags": etags}
        (tmp_path / "state").write_text(json.dumps(said), "utf-8")
        first = news(tmp_path, few.url, "--state", "state")
        assert first.returncode == 3
        assert re.match("A load: 4 of 4 ranges", first.stdout)
        again = news(tmp_path, few.url, "--state", "state")
        assert again.returncode == 0
        assert again.stdout == "Nothing new: none of 4 ranges has changed.\n"

    def test_it_must_know_what_to_compare_with(self, tmp_path: Path) -> None:
        """A corpus or a file, and not both."""
        for arguments in ((), ("--state", "a", "--corpus", "b")):
            done = news(tmp_path, "http://127.0.0.1:9", *arguments)
            assert done.returncode == 78
            assert "--corpus FILE or --state FILE" in done.stderr
