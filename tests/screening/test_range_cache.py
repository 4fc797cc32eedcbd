import multiprocessing
import stat
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO

import pytest
from asking_ranges import PATIENT, Clock, sound
from faulty_ranges import LISTED, FaultyRangeServer, send

from credguard.drill.range_server import RangeServer
from credguard.errors import SetupError
from credguard.screening import FolderCache, Listed, MemoryCache, RangeService
from credguard.screening.range_cache import Kept, RangeCache

TEXT = b"0" * 35 + b":1"


class Caches:
    """Caches of both sorts with one clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder / "ranges"

    def make(self, sort: str, ranges: int = 64) -> RangeCache:
        """Return a cache that uses answers for ten minutes."""
        if sort == "memory":
            return MemoryCache(ranges=ranges, monotonic=self.clock)
        return FolderCache(self.folder, ranges=ranges, clock=self.clock)


@pytest.fixture
def caches(tmp_path: Path) -> Caches:
    """Return what makes caches."""
    return Caches(tmp_path)


BOTH = pytest.mark.parametrize("sort", ["memory", "folder"])


@BOTH
def test_what_is_kept_is_found(caches: Caches, sort: str) -> None:
    """Text and ETag come back, fresh within the lifetime and not beyond it."""
    cache = caches.make(sort)
    assert cache.find("sha1-x-ABCDE") is None
    cache.keep("sha1-x-ABCDE", Kept(TEXT, 'W/"a"'))
    caches.clock.now += 599
    assert cache.find("sha1-x-ABCDE") == Kept(TEXT, 'W/"a"', fresh=True)
    caches.clock.now += 2
    assert cache.find("sha1-x-ABCDE") == Kept(TEXT, 'W/"a"', fresh=False)
    assert cache.find("sha1-x-ABCDF") is None


@BOTH
def test_only_so_much_is_kept(caches: Caches, sort: str) -> None:
    """However many answers come, the number of those kept is bounded."""
    cache = caches.make(sort, ranges=5)
    names = [f"sha1-x-{number:05X}" for number in range(40)]
    for name in names:
        cache.keep(name, Kept(TEXT, ""))
    found = [name for name in names if cache.find(name)]
    assert 1 <= len(found) <= 5
    assert names[-1] in found


@BOTH
def test_at_least_one_answer_can_be_kept(caches: Caches, sort: str) -> None:
    """A cache of nothing is refused."""
    with pytest.raises(SetupError):
        caches.make(sort, ranges=0)


@BOTH
def test_a_stale_answer_is_asked_about_again(caches: Caches, sort: str) -> None:
    """After the lifetime only the ETag travels while the range stands."""
    etags: list[str | None] = []

    class Noting(RangeServer):
        def answer(self, request: BaseHTTPRequestHandler) -> None:
            etags.append(request.headers["If-None-Match"])
            super().answer(request)

    with Noting({LISTED: 7}) as server:
        service = RangeService(server.url, cache=caches.make(sort), deadline=PATIENT)
        with closing(service):
            for _ in range(3):
                assert isinstance(service.look_up(LISTED), Listed)
                caches.clock.now += 601
            caches.clock.now -= 2
            assert isinstance(service.look_up(LISTED), Listed)
    assert etags[0] is None
    assert etags[1] == etags[2]
    assert etags[1] is not None
    assert len(etags) == 3


@BOTH
def test_a_changed_range_replaces_the_kept_one(caches: Caches, sort: str) -> None:
    """Once the service has another answer, that one counts."""
    for password, listed in ((LISTED, True), ("another", False)):
        with RangeServer({password: 7}) as server:
            url = server.url
            cache = caches.make(sort)
            # The next server has another port, and the same name in the cache.
            service = RangeService(url, cache=cache, deadline=PATIENT)
            service._kept_as = "sha1-x-"
            with closing(service):
                assert isinstance(service.look_up(LISTED), Listed) == listed
        caches.clock.now += 601


def test_a_304_that_was_not_asked_for_is_no_answer(caches: Caches) -> None:
    """Nothing stands that was never given."""

    def unchanged(_: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        send(request, b"", status="304 Not Modified")

    with FaultyRangeServer(unchanged) as server:
        service = RangeService(
            server.url, cache=caches.make("memory"), deadline=PATIENT
        )
        with closing(service):
            assert not isinstance(service.look_up(LISTED), Listed)


@pytest.mark.parametrize(
    "etag", ["", '"unclosed', '"a" "b"', '"ä"', '"' + "a" * 200 + '"']
)
def test_an_odd_etag_is_not_kept(caches: Caches, etag: str) -> None:
    """Without a good ETag a stale answer is fetched anew."""
    seen = []

    def odd(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers["If-None-Match"])
        body = server.body(request)
        send(request, body, *([f"ETag: {etag}"] if etag else []))

    with FaultyRangeServer(odd) as server:
        service = RangeService(
            server.url, cache=caches.make("memory"), deadline=PATIENT
        )
        with closing(service):
            service.look_up(LISTED)
            caches.clock.now += 601
            assert isinstance(service.look_up(LISTED), Listed)
    assert seen == [None, None]


class TestFolder:
    """A folder that processes share and that others may have touched."""

    def test_services_do_not_read_each_others_answers(self, caches: Caches) -> None:
        """The address is part of the name."""
        cache = caches.make("folder")
        servers = [FaultyRangeServer(sound) for _ in range(2)]
        for server in servers:
            with server, closing(RangeService(server.url, cache=cache)) as service:
                service.look_up(LISTED)
        assert [server.asked for server in servers] == [1, 1]

    def test_a_new_process_finds_what_another_kept(self, caches: Caches) -> None:
        """Closing leaves the folder as it is."""
        server = FaultyRangeServer(sound)
        with server:
            for _ in range(2):
                cache = caches.make("folder")
                with closing(RangeService(server.url, cache=cache)) as service:
                    assert isinstance(service.look_up(LISTED), Listed)
        assert server.asked == 1

    def test_entries_are_for_their_owner_alone(self, caches: Caches) -> None:
        """Neither the folder nor a file can be read by others."""
        caches.make("folder").keep("sha1-x-ABCDE", Kept(TEXT, ""))
        (path,) = caches.folder.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(caches.folder.stat().st_mode) == 0o700

    def test_any_damage_counts_as_absent(self, caches: Caches) -> None:
        """Whatever byte is changed or cut off, nothing of it is believed."""
        cache = caches.make("folder")
        cache.keep("sha1-x-ABCDE", Kept(TEXT, '"a"'))
        (path,) = caches.folder.iterdir()
        whole = path.read_bytes()
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
            assert cache.find("sha1-x-ABCDE") is None
            path.write_bytes(whole[:at])
            assert cache.find("sha1-x-ABCDE") is None
        path.write_bytes(whole)
        assert cache.find("sha1-x-ABCDE") == Kept(TEXT, '"a"')

    def test_an_entry_under_another_name_counts_as_absent(self, caches: Caches) -> None:
        """A file that was moved does not answer for another range."""
        cache = caches.make("folder")
        cache.keep("sha1-x-ABCDE", Kept(TEXT, ""))
        (path,) = caches.folder.iterdir()
        path.rename(path.with_name(path.name.replace("ABCDE", "ABCDF")))
        assert cache.find("sha1-x-ABCDF") is None

    def test_an_entry_from_the_future_is_not_fresh(self, caches: Caches) -> None:
        """A clock that was set back makes no answer last longer."""
        cache = caches.make("folder")
        cache.keep("sha1-x-ABCDE", Kept(TEXT, ""))
        caches.clock.now -= 100
        assert cache.find("sha1-x-ABCDE") == Kept(TEXT, "", fresh=False)

    def test_other_files_are_left_alone(self, caches: Caches) -> None:
        """Making room removes nothing that is not an answer."""
        cache = caches.make("folder", ranges=1)
        other = caches.folder / "letter.txt"
        other.write_text("dear alice", "utf-8")
        for number in range(20):
            cache.keep(f"sha1-x-{number:05X}", Kept(TEXT, ""))
        assert other.exists()

    def test_a_folder_that_is_gone_keeps_nothing(self, caches: Caches) -> None:
        """Whatever the file system refuses, the look-up goes on."""
        cache = caches.make("folder")
        caches.folder.rmdir()
        cache.keep("sha1-x-ABCDE", Kept(TEXT, ""))
        assert cache.find("sha1-x-ABCDE") is None

    def test_a_full_disk_keeps_nothing(
        self, caches: Caches, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No part of an answer stays behind."""

        def full(file: IO[bytes], data: bytes, path: Path) -> None:
            file.write(data[:10])
            path.unlink()
            raise OSError(28, "no space left")

        cache = caches.make("folder")
        monkeypatch.setattr("credguard.screening.range_cache._written", full)
        cache.keep("sha1-x-ABCDE", Kept(TEXT, ""))
        assert list(caches.folder.iterdir()) == []

    def test_a_folder_that_cannot_be_is_refused(self, tmp_path: Path) -> None:
        """A file is in the way."""
        (tmp_path / "file").touch()
        with pytest.raises(SetupError):
            FolderCache(tmp_path / "file")

    def test_a_folder_that_others_may_write_to_is_refused(self, tmp_path: Path) -> None:
        """What somebody else can put there would be believed."""
        tmp_path.chmod(0o770)
        with pytest.raises(SetupError):
            FolderCache(tmp_path)

    def test_processes_write_at_once(self, caches: Caches) -> None:
        """An entry is one process's or another's, never a mixture."""
        context = multiprocessing.get_context("spawn")
        workers = [
            context.Process(target=write_often, args=(str(caches.folder), letter))
            for letter in (b"A", b"B", b"C")
        ]
        for worker in workers:
            worker.start()
        cache = caches.make("folder", ranges=4)
        found: set[bytes] = set()
        while any(worker.is_alive() for worker in workers):
            kept = cache.find("sha1-x-00001")
            found |= {kept.text} if kept else set()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
        assert found <= {letter * 70_000 for letter in (b"A", b"B", b"C")}
        assert len(list(caches.folder.iterdir())) <= 8


def write_often(folder: str, letter: bytes) -> None:
    """Write the same few entries again and again."""
    cache = FolderCache(folder, ranges=4, lifetime=timedelta(days=1))
    for number in range(100):
        cache.keep(f"sha1-x-{number % 6:05X}", Kept(letter * 70_000, ""))
