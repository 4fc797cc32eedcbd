import os
import subprocess
import sys
from datetime import timedelta

import pytest

from credguard.passwords import CHEAPEST
from credguard.passwords.pool import Argon2Pool


def test_another_process_keeps_nothing_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child drops what it inherited when it first asks for a permit."""
    permits = Argon2Pool(permits=1, patience=timedelta(0))
    with permits.permit():
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with permits.permit() as permit:
            assert permit.compute(b"password", salt=b"somesalt", work_factor=CHEAPEST)
        assert list(permits._by_process) == [-1]


_FORK = """
import os
from datetime import timedelta
from credguard.errors import BusyError
from credguard.passwords.pool import Argon2Pool

permits = Argon2Pool(permits=1, patience=timedelta(0))
with permits.permit():
    child = os.fork()
    if child == 0:
        try:
            with permits.permit():
                os._exit(0)
        except BusyError:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


_FORK_OFTEN = """
import os
import threading
from datetime import timedelta
from credguard.passwords import WorkFactor
from credguard.passwords.pool import Argon2Pool

pool = Argon2Pool(permits=2, patience=timedelta(minutes=1))
cost = WorkFactor(memory_kib=512, passes=2, lanes=2)
over = threading.Event()

def compute():
    with pool.permit() as permit:
        return permit.compute(b"password", salt=b"somesalt", work_factor=cost)

def keep_computing():
    while not over.is_set():
        answers.add(compute())

answers = {compute()}
threads = [threading.Thread(target=keep_computing) for _ in range(3)]
for thread in threads:
    thread.start()
wrong = 0
for _ in range(10):
    child = os.fork()
    if child == 0:
        same = compute() in answers and len(pool._by_process) == 1
        os._exit(0 if same else 1)
    wrong += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
over.set()
for thread in threads:
    thread.join()
print(wrong, len(answers))
"""


@pytest.mark.promise("P6")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_has_permits_of_its_own() -> None:
    """A permit that the parent lent at the fork is not missing in the child."""
    assert _run(_FORK) == "0"


@pytest.mark.promise("P6")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_children_forked_in_the_midst_compute_what_their_parent_does() -> None:
    """Parent and children never write into one another's memory."""
    assert _run(_FORK_OFTEN) == "0 1"


def _run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
