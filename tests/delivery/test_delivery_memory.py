"""However much a mail server or a mail sends, a process grows by a few megabytes."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from staged_sinks import ENDLESS, STAGES, Staged

from credguard.drill.mail_sink import MailSink
from proving import Proof

pytestmark = pytest.mark.promise("P13")

MOST_GROWTH_KIB = 4 * 1024
MAIL_OCTETS = 64 * 1024 * 1024

# What is told of a flood at a step; where the message was on its way, nobody knows.
_NOT_TAKEN = ("unavailable", "deferred")
_FORETOLD = {
    ("data", "endless replies"): ("unknown",),
    ("message", "endless reply"): ("unknown",),
    ("message", "endless line"): ("unknown",),
    ("message", "endless replies"): ("accepted",),  # by the first of them
}

# Each prints by how many KiB a process grows, and what came of it. Not `ru_maxrss`,
# which begins at the peak of the process that started it.
_BEGIN = """
import sys
from datetime import timedelta
from pathlib import Path
from notices import SENDER, carry
from credguard.delivery import Smtp, read_maildir, read_mbox, read_pipe, read_report
from credguard.errors import DeliveryUnavailableError
def peak():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])
"""
SENDING = """
def sent(url):
    smtp = Smtp(url, sender=SENDER, deadline=timedelta(seconds=10))
    try:
        return carry(smtp)
    except DeliveryUnavailableError:
        return "unavailable"
    finally:
        smtp.close()
sound, *urls = sys.argv[1:]
assert sent(sound) == "accepted 250"
before = peak()
told = [sent(url) for url in urls]
print(peak() - before, *told, sep="\\n")
"""
READING = """
mail = b"Content-Type: multipart/report; boundary=x\\n\\n--x\\n\\n" + b"x" * 262_144
assert read_report(mail) is None
folder = Path(sys.argv[1])
before = peak()
sizes = [len(each) for each in read_maildir(folder) if read_report(each) is None]
mails = list(read_mbox(folder / "mbox"))
with (folder / "mbox").open("rb") as stream:
    sizes.append(len(read_pipe(stream)))
print(peak() - before, *sizes, *map(len, mails), sep="\\n")
"""


def grown(script: str, *arguments: str) -> tuple[int, list[str]]:
    """Return by how many KiB a process grows, and what it tells."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    ran = subprocess.run(
        [sys.executable, "-c", _BEGIN + script, *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    growth, *told = ran.stdout.splitlines()
    return int(growth), told


def test_a_server_that_floods(tmp_path: Path, proof: Proof) -> None:
    """At whatever step, with lines, replies or one line without end."""
    faults = [(stage, way) for stage in STAGES for way in ENDLESS]
    with ExitStack() as servers:
        urls = []
        for number, (stage, way) in enumerate([("", ""), *faults]):
            made = type("Flooding", (Staged,), {"stage": stage, "way": way})
            path = tmp_path / f"{number}.jsonl"
            urls.append(servers.enter_context(MailSink(path, conversation=made)).url)
        growth, told = grown(SENDING, *urls)
    assert growth < MOST_GROWTH_KIB
    for fault, outcome in zip(faults, told, strict=True):
        assert outcome.startswith(_FORETOLD.get(fault, _NOT_TAKEN)), fault
    proof.tried(len(faults))
    proof.injected(len(faults))


def test_mails_without_an_end(tmp_path: Path, proof: Proof) -> None:
    """In a Maildir, an mbox and a pipe, the first 256 KiB are read."""
    (tmp_path / "new").mkdir()
    for path in (tmp_path / "new" / "1", tmp_path / "mbox"):
        with path.open("wb") as file:
            file.write(b"From: a report\n")
            file.truncate(MAIL_OCTETS)
    growth, sizes = grown(READING, str(tmp_path))
    assert growth < MOST_GROWTH_KIB
    in_folder, by_pipe, in_mbox = map(int, sizes)
    assert in_folder == by_pipe == 256 * 1024
    assert 256 * 1024 <= in_mbox <= 320 * 1024
    proof.tried(3)
