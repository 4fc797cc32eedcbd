import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from corpora import hashes, shape_of, text_of, write

from credguard.errors import (
    CorpusSetupError,
    CorpusSourceError,
    CorpusUnwrittenError,
)
from credguard.screening.corpus import (
    Corpus,
    CorpusWriter,
    Kind,
    Origin,
    Shape,
    Width,
    read_lines,
    writing,
)
from proving import Proof, sized

OLD, NEW = hashes(50, seed=1), hashes(3000, seed=2)


def answers(path: Path) -> bool:
    """Return True if the corpus at *path* lists the old hashes, False if the new."""
    with Corpus(path) as corpus:
        found = [corpus.times(each) for each in OLD]
    assert found in ([*OLD.values()], [0] * len(OLD))
    return found == [*OLD.values()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A corpus with the old hashes."""
    write(tmp_path / "corpus", OLD)
    return tmp_path / "corpus"


@contextmanager
def begun(path: Path) -> Iterator[CorpusWriter]:
    """Open a writer that has been given the new hashes."""
    with CorpusWriter(path, shape=shape_of(NEW), expected=len(NEW)) as writer:
        writer.add(read_lines(text_of(NEW), writer.shape))
        yield writer


def test_a_file_says_what_it_is_made_of(tmp_path: Path) -> None:
    """Source, times and the least count are in the header."""
    shape = shape_of(OLD)
    origin = Origin("a list ü", source_time=11, built_time=12, min_count=3)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=50, origin=origin) as new:
        new.add(read_lines(text_of(OLD), shape, min_count=3))
        written = new.finish()
    with Corpus(tmp_path / "c") as corpus:
        header = corpus.header
    assert header == written
    assert (header.source, header.source_time, header.built_time) == (
        "a list ü",
        11,
        12,
    )
    assert (header.min_count, header.shape) == (3, shape)


def test_a_long_source_is_cut_between_characters(tmp_path: Path) -> None:
    """The name of a source never keeps a corpus from being written."""
    origin = Origin("x" + "ü" * 300 + "\ud800")
    with CorpusWriter(
        tmp_path / "c", shape=shape_of(OLD), expected=9, origin=origin
    ) as new:
        assert new.finish().source == "x" + "ü" * 255


@pytest.mark.promise("P18")
def test_the_old_file_answers_until_the_new_one_is_whole(path: Path) -> None:
    """Nothing is seen of a file that is being written."""
    with begun(path) as writer:
        assert answers(path)
        writer.finish()
        assert not answers(path)
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]


def test_leaving_early_leaves_the_old_file(path: Path) -> None:
    """What was not finished is gone, with its file."""
    with pytest.raises(KeyError), begun(path):
        raise KeyError
    assert answers(path)
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]


@pytest.mark.promise("P18")
def test_what_was_not_finished_is_no_corpus(path: Path) -> None:
    """The half file beside the old one opens for nobody."""
    with begun(path), pytest.raises(CorpusSetupError):
        Corpus(path.with_name("corpus.building"))


def test_an_open_corpus_answers_from_the_old_file(path: Path) -> None:
    """A file that is replaced while it is mapped goes on answering."""
    with Corpus(path) as corpus:
        assert not corpus.is_replaced
        with begun(path) as writer:
            writer.finish()
        assert corpus.is_replaced
        assert [corpus.times(each) for each in OLD] == [*OLD.values()]
        with corpus.reopened() as other:
            assert not other.is_replaced
            assert [other.times(each) for each in NEW] == [*NEW.values()]
        path.unlink()
        assert corpus.is_replaced


def test_two_builds_at_once_are_refused(path: Path) -> None:
    """The second is told so, and the first goes on."""
    with begun(path) as writer:
        with (
            pytest.raises(CorpusUnwrittenError, match="another process is writing"),
            begun(path),
        ):
            pass
        writer.finish()
    assert not answers(path)


def test_a_lock_on_a_file_that_was_swapped_in_is_no_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for the file that became the corpus takes a new one."""
    opened = os.open
    left = [1]

    def late(*arguments: object, **named: object) -> int:
        file = opened(*arguments, **named)  # type: ignore[arg-type]  # as it was called
        if str(arguments[0]).endswith(".building") and left:
            left.pop()
            with begun(path) as first:
                first.finish()
        return file

    monkeypatch.setattr(os, "open", late)
    with begun(path) as second:
        assert not answers(path)
        second.finish()
    assert not answers(path)


class FullDisk:
    """A disk that takes so many writes and no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.pwrite

    def __call__(self, file: int, data: bytes, at: int) -> int:
        """Write a part of the data, while there is room."""
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.write(file, bytes(data)[:1000], at)


@pytest.mark.promise("P18")
@pytest.mark.promise("P13")
@pytest.mark.parametrize("room", range(0, 25, sized(everyday=3, prove=1)))
def test_a_full_disk_leaves_the_old_file(
    room: int, path: Path, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """Wherever the disk fills, the error is ours and the old file is as it was."""
    proof.tried()
    proof.injected()
    before = path.read_bytes()
    monkeypatch.setattr(os, "pwrite", FullDisk(room))
    monkeypatch.setattr(writing, "_BUFFER_BYTES", 1000)
    with pytest.raises(CorpusUnwrittenError, match="No space left"), begun(path) as new:
        new.finish()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]


def test_a_disk_that_writes_little_at_a_time_is_enough(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that ends early is gone on with."""
    monkeypatch.setattr(os, "pwrite", FullDisk(10_000))
    with begun(path) as writer:
        writer.finish()
    with Corpus(path) as corpus:
        assert [corpus.times(each) for each in NEW] == [*NEW.values()]


@pytest.mark.promise("P18")
def test_a_limit_on_the_size_of_files_is_a_full_disk(path: Path) -> None:
    """A limit of the real kernel ends in the same error (setrlimit(2))."""
    code = (
        "import resource, signal, sys\n"
        "from corpora import hashes, write\n"
        "from credguard.errors import CorpusUnwrittenError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
        "try:\n"
        "    write(sys.argv[1], hashes(3000))\n"
        "except CorpusUnwrittenError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        check=True,
        encoding="utf-8",
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert "File too large; the one that was there is as it was" in ended.stdout
    assert answers(path)
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]


@pytest.mark.parametrize("where", ["gone/corpus", "corpus/corpus"])
def test_a_place_that_is_none_is_a_setting_to_mend(where: str, path: Path) -> None:
    """A folder that is missing or is a file is no matter of waiting."""
    with (
        pytest.raises(CorpusSetupError, match="cannot be written"),
        begun(path.parent / where),
    ):
        pass


def test_a_folder_at_the_path_is_a_setting_to_mend(tmp_path: Path) -> None:
    """A corpus does not take the place of a folder."""
    (tmp_path / "corpus").mkdir()
    with (
        pytest.raises(CorpusSetupError, match="cannot be written"),
        begun(tmp_path / "corpus") as writer,
    ):
        writer.finish()


def _build_for_ever(path: str) -> None:
    while True:
        write(Path(path), NEW)


@pytest.mark.promise("P18")
def test_a_killed_build_leaves_an_old_or_a_new_file(path: Path, proof: Proof) -> None:
    """Whenever kill -9 comes, a whole corpus is there, and the next build works."""
    context = multiprocessing.get_context("fork")
    for round_ in range(sized(everyday=10, prove=50, nightly=1000)):
        builder = context.Process(target=_build_for_ever, args=(str(path),))
        builder.start()
        time.sleep(0.02 + 0.013 * (round_ % 20))
        proof.tried()
        proof.injected()
        os.kill(builder.pid or 0, signal.SIGKILL)
        builder.join()
        answers(path)
    write(path, OLD)
    assert answers(path)
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]


def test_etags_are_kept_with_the_ranges(tmp_path: Path) -> None:
    """Each range has its own, and another has none."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 8)
    with CorpusWriter(
        tmp_path / "c", shape=shape, expected=0, has_ranges=True
    ) as writer:
        writer.note_etag(0, '"first"')
        writer.note_etag(0xFFFFF, '"last"')
        writer.note_etag(1, "x" * 40)
        writer.finish()
    with Corpus(tmp_path / "c") as corpus:
        found = [corpus.etag(number) for number in (0, 0xFFFFF, 1, 2, -1, 1 << 20)]
    assert found == ['"first"', '"last"', "", "", "", ""]


def test_etags_need_a_table(path: Path) -> None:
    """A file that was begun without one, and a range that there is not, are refused."""
    with begun(path) as writer, pytest.raises(CorpusSetupError, match="keeps no ETags"):
        writer.note_etag(0, "x")
    with (
        CorpusWriter(path, shape=shape_of(OLD), expected=0, has_ranges=True) as writer,
        pytest.raises(CorpusSetupError, match="no such range"),
    ):
        writer.note_etag(1 << 20, "x")


def test_a_full_disk_takes_no_etag(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ETag that cannot be written ends the build, too."""
    with CorpusWriter(path, shape=shape_of(OLD), expected=0, has_ranges=True) as writer:
        monkeypatch.setattr(os, "pwrite", FullDisk(0))
        with pytest.raises(CorpusUnwrittenError):
            writer.note_etag(0, "x")


def test_a_gap_ends_a_build(path: Path) -> None:
    """A writer that was told to look for gaps finds one."""
    with (
        CorpusWriter(
            path, shape=Shape(Kind.SHA1, Width.DEFAULT, 8), expected=9, most_empty=9
        ) as writer,
        pytest.raises(CorpusSourceError, match="a large part"),
    ):
        writer.finish()
    assert answers(path)


def test_memory_is_flat(tmp_path: Path) -> None:
    """The directory and the large counts of a large file are not kept in memory."""
    code = (
        "import sys\n"
        "from array import array\n"
        "from credguard.screening.corpus import *\n"
        "shape = Shape(Kind.SHA1, Width.DEFAULT, 22)\n"
        "large = array('Q', [n << 40 | 300 for n in range(0, 4096, 4)])\n"
        "body = (b'abcd\\xff' + b'abcd\\1' * 3) * 1024\n"
        "with CorpusWriter(sys.argv[1], shape=shape, expected=1) as writer:\n"
        "    for first in range(0, 1 << 22, 4096):\n"
        "        run = Run(first=first, lengths=[1] * 4096, body=body, large=large)\n"
        "        writer.add(run)\n"
        "    print(writer.finish().file_bytes)\n"
        "status = open('/proc/self/status').read()\n"
        "print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "c")],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    size, peak_kib = map(int, ended.stdout.split())
    assert size > 40 << 20
    assert peak_kib < 40 << 10


@pytest.mark.promise("P18")
def test_a_folder_that_is_not_confirmed_is_told_as_such(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new file stands by then; nobody is told that the old one does."""
    synced = os.fsync
    left = [2]  # the file's own

    def fsync(file: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        synced(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with (
        pytest.raises(CorpusUnwrittenError, match="is the new one"),
        begun(path) as new,
    ):
        new.finish()
    assert not answers(path)
    assert [each.name for each in path.parent.iterdir()] == ["corpus"]
