"""Celery's own worker command, over brokers that really run."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import Celery

from credguard.integrations.celery import register
from forums import House

BROKERS = {"redis": "CREDGUARD_TEST_REDIS", "rabbitmq": "CREDGUARD_TEST_RABBITMQ"}
FOLDER = Path(__file__).parent


def broker_url(name: str) -> str:
    """Return the URL of the broker that runs for the tests."""
    variable = BROKERS[name]
    url = os.environ.get(variable)
    if url is None and "CREDGUARD_REQUIRE_SERVICES" in os.environ:
        pytest.fail(f"{variable} names no broker, and services are required")
    if url is None:
        pytest.skip(f"{variable} names no {name} broker")
    parts = urlsplit(url)
    socket.create_connection((parts.hostname, parts.port or 5672), timeout=5).close()
    return url


class Workers:
    """Celery's own command, and the messages that it works off."""

    def __init__(self, house: House, broker: str, **settings: str) -> None:
        self._queue = f"credguard-test-{secrets.token_hex(6)}"
        self._broker = broker
        self._ready = Path(house.forum.url.removeprefix("sqlite:///")).with_name("up")
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(FOLDER), *sys.path]),
            "FORUM_BROKER": broker,
            "FORUM_QUEUE": self._queue,
            "FORUM_READY": str(self._ready),
            "FORUM_KEYRING": house.keyring.reveal(),
            "FORUM_OURS": house.ours,
            "FORUM_TABLE": house.forum.url,
            **settings,
        }
        self._house = house

    def send(self, campaign: str, *, by: str | None = None) -> int:
        """Hand the campaign's chunks to the queue; *by* is a line to the broker."""
        with Celery("forum", broker=by or self._broker) as app:
            app.conf.task_default_queue = self._queue
            made = register(app, lambda: self._house.another().campaigns)
            return made.send(campaign)

    def are_ready(self) -> bool:
        """Return True once they ask for messages."""
        return self._ready.exists()

    def remove_queue(self) -> None:
        """Leave nothing in the broker."""
        with Celery("forum", broker=self._broker).connection() as connection:
            connection.default_channel.queue_delete(self._queue)

    @contextmanager
    def running(self, processes: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """Run Celery's worker command."""
        command = [sys.executable, "-m", "celery", "-A", "celery_worker", "worker"]
        command += ["--concurrency", str(processes), "--loglevel", "WARNING"]
        # Two of one name, as of tests that run at once, lock each other out.
        command += ["--hostname", f"{self._queue}@%h"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        worker = subprocess.Popen(
            command,
            env=self._environment,
            cwd=FOLDER,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield worker
        finally:
            kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the command and its children at once."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
