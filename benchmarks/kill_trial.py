"""
Kill a run at random moments until everybody is told, and count what came out.

    python benchmarks/kill_trial.py --accounts 10000 --seed 1

A forum is made in a temporary folder, everybody is locked, and the real command
sends the notices over SMTP into a sink on this machine. It is killed with SIGKILL
again and again. Nobody may be lost; a member may be told twice only where a kill
fell between the server's answer and our commit, and then by the same message.
"""

import argparse
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from credguard.drill.forum import Forum
from credguard.drill.mail_sink import MailSink
from credguard.drill.operator import Operator
from credguard.keys import Keyring

MOST_OCTETS = 60_000  # that the sink may write before the next kill: some 200 mails
GLANCE = 0.003  # seconds


def main() -> None:
    """Read the arguments, play, and print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in trial(Path(folder), asked.accounts, asked.seed).items():
            print(f"{name:<44} {figure:>10}")


def trial(folder: Path, accounts: int, seed: int) -> dict[str, object]:
    """Play one trial in *folder* and return its figures by name."""
    chance = random.Random(seed)
    forum = Forum(folder / "forum.sqlite")
    forum.build(accounts)
    (folder / "credguard.toml").write_text(forum.settings, encoding="utf-8")
    operator = Operator(
        folder=folder, environment=os.environ, keyring=Keyring.generate(), say=print
    )
    plan = ("--reason", "A trial.", "--rate", "100000", "--out", "plan.toml")
    operator.run("campaign", "plan", "everyone", *plan)
    operator.run("campaign", "start", "plan.toml", "--yes")
    with MailSink(folder / "mails.jsonl") as sink:
        started = time.monotonic()
        kills = send_under_fire(operator, sink, chance)
        seconds = time.monotonic() - started
        letters = Counter(mail.message_id for mail in sink.mails())
        links = {(mail.message_id, mail.link) for mail in sink.mails()}
    operator.run("campaign", "status")
    operator.run("audit", "verify")
    return {
        "kills": kills,
        "members told": len(letters),
        "messages": letters.total(),
        "told more than once": sum(count > 1 for count in letters.values()),
        "most copies of one message": max(letters.values()),
        "members with two different links": len(links) - len(letters),
        "duplicates per kill": round((letters.total() - len(letters)) / kills, 3),
        "seconds": round(seconds, 1),
    }


def send_under_fire(operator: Operator, sink: MailSink, chance: random.Random) -> int:
    """Run and kill until a run ends by itself; return how many kills there were."""
    arguments = ("campaign", "run", "--smtp", sink.url, "--deadline", "0.5")
    file, kills = operator.folder / "mails.jsonl", 0
    while True:
        enough = file.stat().st_size + chance.randint(1, MOST_OCTETS)
        with operator.begin(*arguments) as running:
            while running.poll() is None and file.stat().st_size < enough:
                time.sleep(GLANCE)
            if running.poll() == 0:
                return kills
            running.kill()
            kills += 1


if __name__ == "__main__":
    main()
