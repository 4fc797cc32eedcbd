import errno
import os
import subprocess
import sys
from collections.abc import Callable
from mailbox import Maildir as AnotherReader
from pathlib import Path

import pytest
from notices import MEMBER, carry, notice

from credguard.campaigns.delivering import Outcome
from credguard.delivery import Maildir
from credguard.errors import DeliveryUnavailableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "deep" / "mail"


def files(folder: Path) -> list[Path]:
    """Return all files in a Maildir."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refusal(maildir: Maildir) -> str:
    """Return what is said when nothing can be delivered."""
    with pytest.raises(DeliveryUnavailableError) as refused:
        carry(maildir)
    assert refused.value.__context__ is None
    return str(refused.value)


def test_a_message_is_filed(folder: Path) -> None:
    """A message stands in new, whole, and readable by its owner only."""
    maildir = Maildir(folder)
    assert carry(maildir) == "accepted filed"
    (path,) = files(folder)
    assert path.parent == folder / "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert b"Message-ID: <1@forum.example>\n" in path.read_bytes()
    assert b"\r" not in path.read_bytes()
    maildir.close()


def test_another_reader_reads_it(folder: Path) -> None:
    """The standard library's reader finds the messages and what is in them."""
    maildir = Maildir(folder)
    for name in "123":
        assert carry(maildir, name) == "accepted filed"
    read = AnotherReader(folder, create=False)
    assert sorted(str(each["Message-ID"])[1] for each in read) == ["1", "2", "3"]
    assert {each["To"] for each in read} == {MEMBER}


def test_a_message_filed_again_stands_there_once(folder: Path) -> None:
    """The same Message-ID is the same file, in this run and in the next."""
    assert carry(Maildir(folder)) == "accepted filed"
    before = files(folder)
    assert carry(Maildir(folder)) == "accepted filed"
    assert files(folder) == before


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,FRSa"])
def test_a_message_that_was_read_is_not_filed_again(folder: Path, flags: str) -> None:
    """What a mail reader moved to cur, under whatever flags, was delivered."""
    maildir = Maildir(folder)
    for name in ("1", "2"):
        assert carry(maildir, name) == "accepted filed"
        for path in (folder / "new").iterdir():
            path.rename(folder / "cur" / (path.name + flags))
        assert carry(maildir, name) == "accepted filed"
        assert carry(maildir, name) == "accepted filed"
    assert carry(Maildir(folder)) == "accepted filed"
    assert len(files(folder)) == 2
    assert not list((folder / "new").iterdir())


def test_a_folder_at_rest_is_listed_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cur that nobody touches is not read for each message."""
    listed = []
    maildir = Maildir(folder)
    os.utime(folder / "cur", (1_000_000_000, 1_000_000_000))
    known = Path.iterdir

    def counted(path: Path) -> object:
        listed.append(path)
        return known(path)

    monkeypatch.setattr(Path, "iterdir", counted)
    for name in "12345":
        carry(maildir, name)
    assert listed == [folder / "cur"]


def test_a_message_without_a_name_is_named_after_what_it_says(folder: Path) -> None:
    """Without a Message-ID, equal messages are one file and others are not."""
    maildir = Maildir(folder)
    for text in ("a\n", "a\n", "b\n"):
        message = notice(text=text)
        del message["Message-ID"]
        assert maildir.send(message, recipient=MEMBER).outcome is Outcome.ACCEPTED
    assert len(files(folder)) == 2


def test_what_is_no_mail_is_not_filed(folder: Path) -> None:
    """A message that cannot be written is refused, not raised about."""
    message = notice()
    message.set_payload("\ud800")
    assert Maildir(folder).send(message, recipient=MEMBER).reply == "message"
    assert files(folder) == []


@pytest.mark.parametrize("step", ["open", "write", "fsync"])
@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_a_disk_that_fails_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, told: str
) -> None:
    """A full or failing disk is told by its remedy; there is no half file in new."""
    maildir = Maildir(folder)

    def failing(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, failing)
        assert told in refusal(maildir)
    assert files(folder) == []
    assert carry(maildir) == "accepted filed"
    assert len(files(folder)) == 1


def test_a_half_written_file_is_taken_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full in the middle of a message leaves no half of it."""
    maildir = Maildir(folder)
    known = os.write
    written: list[int] = []

    def half(file: int, data: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, "full")
        written.append(known(file, bytes(data)[:10]))
        return written[0]

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        assert "disk is full" in refusal(maildir)
    assert written == [10]
    assert files(folder) == []


def test_a_disk_that_takes_little_at_a_time_takes_it_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short writes are gone on with until the message is whole."""
    known = os.write
    maildir = Maildir(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: known(file, bytes(data)[:7]))
        assert carry(maildir) == "accepted filed"
    (path,) = files(folder)
    assert path.read_bytes().endswith(b"https://forum.example/r#tok\n")


SMALL_DISK = """
import resource, signal, sys
sys.path[:0] = {path!r}
from notices import carry
from credguard.delivery import Maildir
from credguard.errors import DeliveryUnavailableError
maildir = Maildir({folder!r})
# What a full disk does to a write: part of it is done, then it fails.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))
try:
    carry(maildir)
except DeliveryUnavailableError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files there")
def test_a_real_limit_is_met_as_a_full_disk(folder: Path) -> None:
    """Where the system itself stops the file, the error names a remedy."""
    code = SMALL_DISK.format(path=[str(Path(__file__).parent)], folder=str(folder))
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert "raise the limit" in ended.stdout
    assert files(folder) == []


def _file_in_the_way(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")


def _file_in_the_path(folder: Path) -> None:
    folder.parent.write_text("not a folder")


def _file_for_new(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "new").write_text("not a folder")


@pytest.mark.parametrize("spoil", [_file_in_the_way, _file_in_the_path, _file_for_new])
def test_what_is_no_folder_is_told_at_once(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    """A file where a folder should be is found before the first message."""
    spoil(folder)
    with pytest.raises(DeliveryUnavailableError, match="folder"):
        Maildir(folder)


@pytest.mark.parametrize("name", ["a\0b", "\ud800/x", "x" * 5_000])
def test_a_name_that_no_folder_has_is_told_at_once(tmp_path: Path, name: str) -> None:
    """A path that the system cannot take raises no error of the system's own."""
    with pytest.raises(DeliveryUnavailableError, match="cannot be"):
        Maildir(f"{tmp_path}/{name}")


@pytest.mark.parametrize("gone", ["tmp", "new", "cur"])
def test_a_folder_that_is_taken_away_is_told(folder: Path, gone: str) -> None:
    """A folder that disappears during a run makes delivery unavailable."""
    maildir = Maildir(folder)
    (folder / gone).rmdir()
    assert "taken away" in refusal(maildir)
    assert files(folder) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
@pytest.mark.parametrize("closed", ["tmp", "new"])
def test_a_folder_that_may_not_be_written_is_told(folder: Path, closed: str) -> None:
    """A folder without the right mode is told, and left without a half file."""
    maildir = Maildir(folder)
    (folder / closed).chmod(0o500)
    assert "may not write" in refusal(maildir)
    (folder / closed).chmod(0o700)
    assert files(folder) == []
    assert carry(maildir) == "accepted filed"


def test_a_system_that_opens_no_folders_is_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a folder cannot be brought to the disk by itself, messages are filed."""
    maildir = Maildir(folder)
    monkeypatch.delattr(os, "O_DIRECTORY")
    assert carry(maildir) == "accepted filed"
    assert len(files(folder)) == 1


def test_a_run_that_was_killed_goes_on(folder: Path) -> None:
    """A draft that a killed process left disturbs nothing and is never delivered."""
    maildir = Maildir(folder)
    carry(maildir)
    (path,) = files(folder)
    draft = folder / "tmp" / f"{path.name}.00000000"
    path.rename(draft)
    assert carry(maildir) == "accepted filed"
    assert files(folder / "new") == [path]
    assert path.read_bytes() == draft.read_bytes()
