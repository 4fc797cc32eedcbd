"""Disks that are really full, and folders that are really read-only."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import NoReturn

import pytest
from corpus_deeds import NEW, OLD, RANGES
from upstream import Upstream

from credguard import Keyring
from credguard._clock import system_clock
from credguard.cli.keygen import write_keyring
from credguard.delivery import Maildir
from credguard.errors import (
    CorpusSetupError,
    CorpusUnwrittenError,
    CredguardError,
    DeliveryUnavailableError,
    KeyringError,
    StorageUnavailableError,
)
from credguard.screening.corpus import Corpus
from credguard.screening.corpus.building import build
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.syncing import sync
from credguard.testing import FrozenClock
from forums import Forum, House
from proving import Proof, sized

pytestmark = pytest.mark.promise("P13")

ROOM = 24 << 20  # bytes on the disk
Missing = Callable[[str], NoReturn]


@pytest.fixture
def disk(tmp_path: Path, missing: Missing) -> Iterator[Path]:
    """A small disk, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = _mount("-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder))
    if made:
        missing(f"a small disk cannot be mounted here: {made}")
    try:
        yield folder
    finally:
        _as_root("umount", "--lazy", str(folder), check=True)


def _mount(*arguments: str) -> str:
    """Mount; return why that failed, or nothing."""
    try:
        ended = _as_root("mount", *arguments)
    except OSError as error:
        return str(error.strerror)
    return ended.stderr.strip()


def _as_root(*command: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run what the superuser may, by sudo where we are somebody else."""
    by = [] if os.geteuid() == 0 else ["sudo", "--non-interactive", "--"]
    return subprocess.run(
        [*by, *command], capture_output=True, check=check, encoding="utf-8"
    )


@contextmanager
def filled(disk: Path, *, but: int = 0) -> Iterator[None]:
    """Fill a disk, but for some bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    size = max(0, free.f_bavail * free.f_frsize - but)
    with ballast.open("wb") as file:
        if size:
            os.posix_fallocate(file.fileno(), 0, size)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Let nobody write to a disk, not even the superuser."""
    assert not _mount("-o", "remount,ro", str(disk))
    try:
        yield
    finally:
        assert not _mount("-o", "remount,rw", str(disk))


def test_a_campaign_waits_for_room(disk: Path, proof: Proof) -> None:
    """However little is left, the error is ours, and with room the run goes on."""
    forum = Forum(f"sqlite:///{disk / 'forum.db'}")
    forum.make(range(1, 201))
    clock = FrozenClock(system_clock())
    house = House(forum.url, forum, clock)
    campaign = house.start()
    refused = 0
    for room in range(0, 200_000, sized(everyday=40_000, prove=8_000, nightly=1000)):
        with filled(disk, but=room):
            refused += _is_refused(house, campaign)
        clock.advance(timedelta(minutes=5))  # its lease has run out
        status = house.counted(campaign)
        assert status.adds_up
        proof.tried()
    assert refused
    proof.injected(refused)
    house.campaigns.sweep(campaign, worker="sweeper")
    retired = [
        str(each).startswith("cgretired1:") for each in forum.passwords().values()
    ]
    assert sum(retired) == 200 - 200 // 14
    house.close()


def _is_refused(house: House, campaign: str) -> bool:
    try:
        house.campaigns.sweep(campaign, worker="sweeper")
    except StorageUnavailableError as error:
        return "full" in str(error)
    return False


def test_a_database_on_a_read_only_disk_says_so(disk: Path, proof: Proof) -> None:
    """Nothing is accepted that was not written."""
    forum = Forum(f"sqlite:///{disk / 'forum.db'}")
    forum.make(range(1, 21))
    house = House(forum.url, forum)
    campaign = house.start()
    house.close()
    with read_only(disk):
        with pytest.raises(CredguardError) as raised:
            House(forum.url, forum, keyring=house.keyring).campaigns.sweep(
                campaign, worker="sweeper"
            )
        assert isinstance(raised.value, StorageUnavailableError)
    again = House(forum.url, forum, keyring=house.keyring)
    again.campaigns.sweep(campaign, worker="sweeper")
    again.close()
    proof.injected()


def test_a_mail_folder_on_a_full_disk_takes_the_mail_later(
    disk: Path, proof: Proof
) -> None:
    """Not half of it, and not twice."""
    maildir = Maildir(disk / "mail")
    message = EmailMessage()
    message["Message-ID"] = "<one@machina.example>"
    message.set_content("x" * 50_000)
    for room in (0, 4096, 20_000):
        with (
            filled(disk, but=room),
            pytest.raises(DeliveryUnavailableError, match="full"),
        ):
            maildir.send(message, recipient="a@mail.example")
        assert not list((disk / "mail").glob("*/*"))
        proof.injected()
    with read_only(disk), pytest.raises(DeliveryUnavailableError, match="read-only"):
        maildir.send(message, recipient="a@mail.example")
    proof.injected()
    for _ in range(2):
        maildir.send(message, recipient="a@mail.example")
    assert len(list((disk / "mail" / "new").iterdir())) == 1


def test_a_corpus_on_a_full_disk_stays_the_old_one(disk: Path, proof: Proof) -> None:
    """Wherever the room ends, the build says so and takes its half file away."""
    from corpora import text_of, write  # noqa: PLC0415  # found by corpus_deeds

    path, text = disk / "corpus", disk.parent / "text"
    write(path, OLD)
    text.write_bytes(text_of(NEW))
    before = path.read_bytes()
    step = sized(everyday=9_000, prove=4_096, nightly=1_024)
    for room in range(0, 28_000, step):
        with filled(disk, but=room), pytest.raises(CorpusUnwrittenError, match="space"):
            build(text, path)
        assert path.read_bytes() == before
        assert [each.name for each in disk.iterdir()] == ["corpus"]
        proof.injected()
    with (
        read_only(disk),
        pytest.raises((CorpusUnwrittenError, CorpusSetupError), match="ead-only"),
    ):
        build(text, path)
    build(text, path)
    with Corpus(path) as corpus:
        assert [corpus.times(each) for each in NEW] == [*NEW.values()]


def test_a_sync_on_a_full_disk_keeps_what_it_has(
    disk: Path, monkeypatch: pytest.MonkeyPatch, proof: Proof
) -> None:
    """The next one asks for the rest."""
    monkeypatch.setattr(Fetcher, "_pause", lambda *_: None)
    with Upstream(RANGES, lines=200) as upstream:
        plan = SyncPlan(Service(upstream.url, at_once=2), fewest_lines=0, ranges=RANGES)
        path = disk / "corpus"
        for room in range(0, 3_000_000, sized(everyday=900_000, prove=250_000)):
            with (
                filled(disk, but=room),
                pytest.raises((CorpusUnwrittenError, CorpusSetupError)),
            ):
                sync(plan, path)
            assert not path.exists()
            proof.injected()
        sync(plan, path)
        with Corpus(path) as corpus:
            found = {
                each: corpus.times(bytes.fromhex(each)) for each in upstream.hashes()
            }
        assert found == upstream.hashes()


def test_a_keyring_on_a_full_disk_is_not_half_a_keyring(
    disk: Path, proof: Proof
) -> None:
    """No file stays that looks like one."""
    with filled(disk), pytest.raises(KeyringError, match="space"):
        write_keyring(Keyring.generate(), disk / "keyring")
    with read_only(disk), pytest.raises(KeyringError, match="ead-only"):
        write_keyring(Keyring.generate(), disk / "keyring")
    assert not list(disk.iterdir())
    proof.injected(2)
