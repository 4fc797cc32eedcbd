import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from upstream import Answer, Upstream

from credguard import __version__
from credguard.errors import (
    BlocklistUnavailableError,
    CorpusSetupError,
    CorpusUnwrittenError,
)
from credguard.screening.corpus import Corpus, Kind, Width
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.corpus.journal import PIECE_RANGES, Journal, Piece
from credguard.screening.corpus.pieces import SyncPlan, folder_of
from credguard.screening.corpus.syncing import Synced, SyncProgress, sync
from proving import Proof

RANGES = 2 * PIECE_RANGES
FEW = 200


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(Fetcher, "_pause", lambda *_: None)


@pytest.fixture
def few() -> Iterator[Upstream]:
    """Serve a piece of 200 ranges."""
    with Upstream(FEW) as upstream:
        yield upstream


def plan_for(upstream: Upstream, **changes: object) -> SyncPlan:
    """Return a plan for all ranges that a service has."""
    service = Service(upstream.url, at_once=4)
    plan = SyncPlan(service, fewest_lines=0, ranges=len(upstream.ranges))
    return replace(plan, **changes)  # type: ignore[arg-type]


def counts_in(path: Path, upstream: Upstream) -> dict[str, int]:
    """Return what a corpus says of every hash that a service has."""
    with Corpus(path) as corpus:
        return {each: corpus.times(bytes.fromhex(each)) for each in upstream.hashes()}


class TestWhole:
    """A sync from nothing."""

    def test_every_hash_is_there_with_its_count(self, tmp_path: Path) -> None:
        """Of two pieces, with every ETag, in exactly as many entries."""
        with Upstream(RANGES) as upstream:
            said: list[SyncProgress] = []
            path = tmp_path / "corpus"
            done = sync(plan_for(upstream), path, on_progress=said.append)
            assert counts_in(path, upstream) == upstream.hashes()
        assert done == Synced(done.header, RANGES, 0)
        assert done.header.entries == len(upstream.hashes())
        assert upstream.agents == {f"credguard/{__version__}"}
        assert upstream.queries == {""}
        assert [each.done for each in said] == [1024, 2048, 1024, 2048]
        assert [each.is_writing for each in said] == [False, False, True, True]
        with Corpus(path) as corpus:
            assert all(corpus.etag(number) for number in range(RANGES))
        assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus"]

    def test_ntlm_hashes_are_asked_for_as_such(self, tmp_path: Path) -> None:
        """With the one mode that is not answered by another kind."""
        with Upstream(FEW, digits=27) as upstream:
            plan = plan_for(upstream)
            plan = replace(plan, service=replace(plan.service, kind=Kind.NTLM))
            sync(plan, tmp_path / "corpus")
            assert counts_in(tmp_path / "corpus", upstream) == upstream.hashes()
        assert upstream.queries == {"mode=ntlm"}

    def test_another_kind_than_asked_for_is_refused(self, tmp_path: Path) -> None:
        """A service that ignores the mode is not believed."""
        with Upstream(FEW, digits=35) as upstream:
            plan = plan_for(upstream)
            plan = replace(plan, service=replace(plan.service, kind=Kind.NTLM))
            with pytest.raises(CorpusUnwrittenError, match=r"00000 \(malformed"):
                sync(plan, tmp_path / "corpus")
        assert not (tmp_path / "corpus").exists()

    def test_a_least_count_leaves_out_what_is_rare(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """What is seen less often is not there; empty ranges are no matter."""
        sync(plan_for(few, min_count=3), tmp_path / "corpus")
        expected = {each: n if n >= 3 else 0 for each, n in few.hashes().items()}
        assert counts_in(tmp_path / "corpus", few) == expected

    def test_several_processes_fetch(self, tmp_path: Path) -> None:
        """They share the pieces and nothing else."""
        with Upstream(RANGES) as upstream:
            sync(plan_for(upstream, jobs=2), tmp_path / "corpus")
            assert counts_in(tmp_path / "corpus", upstream) == upstream.hashes()

    def test_whole_hashes_can_be_kept(self, few: Upstream, tmp_path: Path) -> None:
        """Such a corpus can be served again."""
        sync(plan_for(few, width=Width.WHOLE), tmp_path / "corpus")
        with Corpus(tmp_path / "corpus") as corpus:
            found = {
                h.hex().upper(): n for at in range(FEW) for h, n in corpus.range(at)
            }
        assert found == few.hashes()


class TestChanges:
    """A sync on a corpus that was synced before."""

    def test_only_what_changed_is_fetched(self, few: Upstream, tmp_path: Path) -> None:
        """The rest is taken from the old file, large counts included."""
        path = tmp_path / "corpus"
        sync(plan_for(few), path)
        few.ranges[7] = few.made(5)
        few.ranges[130] = []
        few.statuses.clear()
        done = sync(plan_for(few), path)
        assert (done.fetched, done.unchanged) == (2, FEW - 2)
        assert counts_in(path, few) == few.hashes()
        assert done.header.entries == len(few.hashes())
        assert few.statuses[304] == FEW - 2
        # A few ranges are looked at first.
        assert few.statuses[200] == 64 + 2

    def test_nothing_new_makes_the_same_corpus(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """The stamp says so."""
        stamps = []
        for _ in range(2):
            sync(plan_for(few), tmp_path / "corpus")
            with Corpus(tmp_path / "corpus") as corpus:
                stamps.append(corpus.stamp)
        assert stamps[0] == stamps[1]

    @pytest.mark.parametrize("change", [{"min_count": 2}, {"width": Width.COMPACT}])
    def test_another_plan_fetches_all(
        self, few: Upstream, tmp_path: Path, change: dict[str, object]
    ) -> None:
        """Records of another width, or with others left out, cannot be taken over."""
        sync(plan_for(few), tmp_path / "corpus")
        assert sync(plan_for(few, **change), tmp_path / "corpus").unchanged == 0

    def test_a_damaged_old_range_is_fetched_anew(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """What cannot be read is not taken over, and a sync repairs the file."""
        path = tmp_path / "corpus"
        sync(plan_for(few), path)
        with Corpus(path) as corpus:
            body_at = corpus.header.body_at
        data = bytearray(path.read_bytes())
        data[body_at] ^= 1
        path.write_bytes(data)
        done = sync(plan_for(few), path)
        assert 1 <= done.fetched < FEW
        assert counts_in(path, few) == few.hashes()

    def test_a_file_that_is_no_corpus_is_replaced(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """Nothing can be taken from it, so all is fetched."""
        (tmp_path / "corpus").write_bytes(b"something else")
        assert sync(plan_for(few), tmp_path / "corpus").fetched == FEW


def fails(*numbers: int, times: int = 10**9) -> "object":
    """Return a change that answers some ranges with 502 for so many times."""
    left = dict.fromkeys(numbers, times)

    def change(number: int, answer: Answer) -> Answer | None:
        if left.get(number, 0) > 0:
            left[number] -= 1
            return 502, b"", {}
        return answer

    return change


class TestFaults:
    """A service that fails, lies or goes away."""

    def test_a_failure_is_tried_again(self, few: Upstream, tmp_path: Path) -> None:
        """Some answers that go wrong do not stop a sync."""
        few.change = fails(*range(0, FEW, 3), times=3)  # type: ignore[assignment]
        sync(plan_for(few), tmp_path / "corpus")
        assert counts_in(tmp_path / "corpus", few) == few.hashes()

    def test_ranges_that_cannot_be_had_are_named(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """The old file stands; the next run asks for those alone."""
        path = tmp_path / "corpus"
        path.write_bytes(b"what was there")
        few.change = fails(5, 199)  # type: ignore[assignment]
        with pytest.raises(CorpusUnwrittenError) as caught:
            sync(plan_for(few), path)
        assert "2 ranges" in str(caught.value)
        assert "00005 (bad_status), 000C7 (bad_status)" in str(caught.value)
        assert path.read_bytes() == b"what was there"
        few.change = lambda _, answer: answer
        few.asked.clear()
        sync(plan_for(few), path)
        assert counts_in(path, few) == few.hashes()
        # Beside the ranges that are looked at first.
        assert few.asked.total() == 64 + 2

    def test_a_service_that_is_gone_ends_it(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """After some hundred failures in a row nothing more is asked."""

        def half(number: int, answer: Answer) -> Answer | None:
            return None if number >= FEW // 2 and number % 3 else answer

        few.change = half
        with pytest.raises((BlocklistUnavailableError, CorpusUnwrittenError)):
            sync(plan_for(few), tmp_path / "corpus")
        few.change = lambda *_: None
        few.asked.clear()
        with pytest.raises((BlocklistUnavailableError, CorpusUnwrittenError)):
            sync(plan_for(few), tmp_path / "corpus")
        assert few.asked.total() < 500

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda _: b"<!doctype html>",
            lambda body: body[:-9],
            lambda body: b"\r\n".join(reversed(body.split(b"\r\n"))),
            lambda body: body.replace(b":", b";"),
            lambda body: body + b"\r\n" + body,
            lambda body: body[:-1] + b"9",
        ],
        ids=["page", "cut", "out of order", "no counts", "twice", "another digit"],
    )
    def test_a_wrong_body_is_no_range(
        self, few: Upstream, tmp_path: Path, wrong: "object"
    ) -> None:
        """Form, order and the stated MD5 are looked at before anything is kept."""

        def change(number: int, answer: Answer) -> Answer | None:
            if number != 42:
                return answer
            status, _, headers = answer
            body = wrong(b"\r\n".join(few.ranges[number]))  # type: ignore[operator]
            headers = {k: v for k, v in headers.items() if k != "Content-Encoding"}
            return status, body, headers

        few.change = change
        with pytest.raises(CorpusUnwrittenError, match=r"0002A \(malformed\)"):
            sync(plan_for(few), tmp_path / "corpus")

    def test_an_md5_that_is_never_right_is_not_looked_at(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """Then it is of something else than what is sent."""

        def change(_: int, answer: Answer) -> Answer | None:
            return answer[0], answer[1], answer[2] | {"Content-MD5": "A" * 22 + "=="}

        few.change = change
        sync(plan_for(few), tmp_path / "corpus")
        assert counts_in(tmp_path / "corpus", few) == few.hashes()

    def test_too_few_lines_are_no_range(self, few: Upstream, tmp_path: Path) -> None:
        """The floor is the public service's unless another one is given."""
        with pytest.raises(CorpusUnwrittenError, match="200 ranges"):
            sync(plan_for(few, fewest_lines=400), tmp_path / "corpus")

    def test_a_range_without_its_end_is_no_range(self, tmp_path: Path) -> None:
        """Of many lines, some begin with F."""
        with Upstream(2, lines=600) as upstream:
            upstream.ranges[1] = [x for x in upstream.ranges[1] if x[:1] != b"F"]
            with pytest.raises(CorpusUnwrittenError, match=r"00001 \(too_few_lines\)"):
                sync(plan_for(upstream), tmp_path / "corpus")


KILLED = """
import sys
from pathlib import Path
from credguard.screening.corpus.fetching import Service
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.syncing import sync
service = Service(sys.argv[1], at_once=4)
plan = SyncPlan(service, fewest_lines=0, ranges=int(sys.argv[3]))
sync(plan, Path(sys.argv[2]))
"""


class TestGoingOn:
    """A sync that was stopped."""

    @pytest.mark.promise("P18")
    def test_a_killed_sync_goes_on(self, tmp_path: Path, proof: Proof) -> None:
        """After kill -9 at any moment little is fetched twice, and nothing is lost."""
        path = tmp_path / "corpus"
        with Upstream(RANGES) as upstream:
            for kill_after in (200, 900, 1500):
                upstream.asked.clear()
                arguments = (upstream.url, str(path), str(RANGES))
                process = subprocess.Popen([sys.executable, "-c", KILLED, *arguments])
                ends = time.monotonic() + 60
                while upstream.asked.total() < kill_after // 3 + 64:
                    assert time.monotonic() < ends
                    time.sleep(0.01)
                os.kill(process.pid, signal.SIGKILL)
                proof.tried()
                proof.injected()
                process.wait()
                assert not path.exists()
            upstream.asked.clear()
            sync(plan_for(upstream), path)
            assert counts_in(path, upstream) == upstream.hashes()
            assert upstream.asked.total() < RANGES

    @pytest.mark.promise("P18")
    def test_a_journal_that_is_half_removed_stops_no_sync(
        self, few: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Wherever its removal ends, the folder is still known to be ours."""
        path = tmp_path / "corpus"
        unlink = Path.unlink
        for left in range(3):
            rest = [None] * left

            def stop(file: Path, rest: list[None] = rest, **named: bool) -> None:
                if file.parent == folder_of(path) and path.exists():
                    if not rest:
                        raise OSError(errno.EIO, os.strerror(errno.EIO))
                    rest.pop()
                unlink(file, **named)

            with monkeypatch.context() as patched:
                patched.setattr(Path, "unlink", stop)
                sync(plan_for(few), path)
            assert folder_of(path).exists()
            few.ranges[7] = few.made(5)
            sync(plan_for(few), path)
            assert counts_in(path, few) == few.hashes()
            assert not folder_of(path).exists()
            path.unlink()

    def test_a_cut_journal_is_fetched_from_where_it_was_cut(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """Neither a torn end nor a flipped bit in the middle is believed."""
        path = tmp_path / "corpus"
        for harm in ("cut", "flip"):
            few.change = fails(199)  # type: ignore[assignment]
            with pytest.raises(CorpusUnwrittenError):
                sync(plan_for(few), path)
            piece = folder_of(path) / "0000"
            data = bytearray(piece.read_bytes())
            if harm == "cut":
                del data[-5:]
            else:
                data[len(data) // 2] ^= 1
            piece.write_bytes(data)
            few.change = lambda _, answer: answer
            sync(plan_for(few), path)
            assert counts_in(path, few) == few.hashes()
            path.unlink()

    def test_a_journal_of_before_a_load_is_thrown_away(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """Ranges of two states of a service make no corpus."""
        few.change = fails(199)  # type: ignore[assignment]
        with pytest.raises(CorpusUnwrittenError):
            sync(plan_for(few), tmp_path / "corpus")
        few.ranges = [few.made(4) for _ in range(FEW)]
        few.change = lambda _, answer: answer
        sync(plan_for(few), tmp_path / "corpus")
        assert counts_in(tmp_path / "corpus", few) == few.hashes()

    def test_two_at_once_are_one_too_many(self, few: Upstream, tmp_path: Path) -> None:
        """The second is told so, and nothing happens to the first."""
        path = tmp_path / "corpus"
        journal = Journal(folder_of(path))
        try:
            with pytest.raises(CorpusUnwrittenError, match="another process"):
                sync(plan_for(few), path)
        finally:
            journal.close()
        sync(plan_for(few), path)

    def test_a_folder_of_that_name_is_left_alone(
        self, few: Upstream, tmp_path: Path
    ) -> None:
        """What a sync has not made it does not throw away."""
        folder = folder_of(tmp_path / "corpus")
        folder.mkdir()
        (folder / "letter.txt").write_text("dear alice", "utf-8")
        with pytest.raises(CorpusSetupError, match="something else"):
            sync(plan_for(few), tmp_path / "corpus")
        assert (folder / "letter.txt").exists()

    def test_a_full_disk_leaves_the_old_file(
        self, few: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was fetched is kept, for when there is room again."""
        path = tmp_path / "corpus"
        path.write_bytes(b"what was there")
        real = Piece.append

        def full(piece: Piece, number: int, fetched: object) -> None:
            if number == 100:
                raise OSError(28, "No space left on device")
            real(piece, number, fetched)  # type: ignore[arg-type]

        monkeypatch.setattr(Piece, "append", full)
        with pytest.raises(CorpusUnwrittenError, match="No space left"):
            sync(plan_for(few), path)
        assert path.read_bytes() == b"what was there"
        monkeypatch.setattr(Piece, "append", real)
        few.asked.clear()
        sync(plan_for(few), path)
        assert few.asked.total() == 64 + 100

    def test_a_folder_that_cannot_be_is_told(self, few: Upstream) -> None:
        """The journal stands beside the corpus."""
        with pytest.raises(Exception, match="cannot be made"):
            sync(plan_for(few), Path("/nonexistent/corpus"))
