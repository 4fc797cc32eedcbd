"""
The same forum with credguard in it, on the day of a breach.

Each line that is printed was checked; the first that does not hold ends the trial.
"""

import base64
import contextlib
import io
import re
import sys
import time
from email import message_from_bytes, policy
from importlib import import_module
from pathlib import Path
from typing import Any

import django

django.setup()
forum = import_module(sys.argv[1])

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from credguard.campaigns.states import AccountState
from credguard.integrations.django.door import guard
from credguard.second_factor.totp import code_at

NEW = "three dry words of {} in autumn"


def old(name: str) -> str:
    """Return the password that leaked."""
    return f"the old password of {name}"


def say(what: str, holds: object) -> None:
    """Print what was checked, or end."""
    print(f"  {'ok' if holds else 'NO':4}{what}", flush=True)
    if not holds:
        sys.exit(1)


def column(name: str) -> str:
    """Return what stands in a member's password column."""
    users = get_user_model().objects.filter(email=f"{name}@mail.example")
    return str(users.get().password)


def mails(address: str) -> list[str]:
    """Return the texts of the mails that an address got, the oldest first."""
    found = []
    folder = Path(settings.EMAIL_FILE_PATH)
    for path in sorted(folder.glob("*"), key=lambda each: each.stat().st_mtime_ns):
        for part in path.read_bytes().split(b"-" * 79 + b"\n"):
            message = message_from_bytes(part.strip(), policy=policy.default)
            body = message.get_body(("plain", "html"))
            if address in str(message["To"]) and body is not None:
                found.append(str(body.get_content()))
    return found


def manage(*arguments: str) -> bool:
    """Run `manage.py credguard …`, and show what it says if it does not go well."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            call_command("credguard", *arguments)
    except SystemExit as ended:
        if ended.code:
            sys.exit(said.getvalue())
    return True


def enroll(client: Client) -> bytes:
    """Set a second factor up and return its seed."""
    shown = client.post("/credentials/second-factor/").content.decode()
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", shown)
    assert key is not None, shown
    text = key[1].replace(" ", "")
    seed = base64.b32decode(text + "=" * (-len(text) % 8))
    code = {"code": code_at(seed, int(time.time()) // 30)}
    shown = client.post("/credentials/second-factor/confirm/", code).content.decode()
    say("a second factor is enrolled", shown.count("<li><code>") == 10)
    return seed


forum.migrate()
call_command("check")
client = Client()
forum.log_in(client, "alice", old("alice"))
say("an existing member logs in", forum.write(client, "Written after"))
say("the old hash is replaced", column("alice").startswith("$argon2id$"))
say("others keep theirs", column("bertil").startswith("pbkdf2_sha256$"))

plan = str(Path(settings.EMAIL_FILE_PATH).parent / "plan.toml")
manage("accounts", "check")
manage("campaign", "plan", "everyone", "--reason", "A leak.", "--out", plan)
manage("campaign", "start", plan, "--yes")
manage("campaign", "run")
[record] = guard().campaigns.every()
status = guard().campaigns.status(record.id)
say(f"a campaign ran over the forum's table: {status.told} told", status.told == 3)
say("the session of before is over", not forum.write(client, "Too late"))

client = Client()
response = forum.log_in(client, "alice", old("alice"))
asked: Any = response.get("Location") or response.json()["page"]
say("the old password leads to the page that says why", "reset-required" in asked)
token = re.search(r"reset/#(\S+)", mails("alice@mail.example")[-1])
assert token is not None
data = {"token": token[1], "password": old("alice")}
shown = client.post("/credentials/reset/", data).content
say("the leaked password is refused by the notice's page", b"in use before" in shown)
data["password"] = NEW.format("alice")
shown = client.post("/credentials/reset/", data).content
forum.log_in(client, "alice", NEW.format("alice"))
say("a new one is good", forum.write(client, "Back by the notice"))

forum.ask_for_reset("bertil@mail.example")
text = mails("bertil@mail.example")[-1]
say("the forum's own reset mail goes out", "machina.example/credentials" not in text)
say("which refuses the leaked one", not forum.reset_by_mail(text, old("bertil")))
say("and takes a new one", forum.reset_by_mail(text, NEW.format("bertil")))
client = Client()
forum.log_in(client, "bertil", NEW.format("bertil"))
say("with which its member writes", forum.write(client, "Back by the forum"))
status = guard().campaigns.status(record.id)
say("the campaign counts both", status.counts[AccountState.RESET_DONE] == 2)

seed = enroll(client)
client = Client()
forum.log_in(client, "bertil", NEW.format("bertil"))
say(
    "from then on the password alone shows nothing",
    not forum.write(client, "Half of the way"),
)
code = {"code": code_at(seed, int(time.time()) // 30 + 1)}
client.post("/credentials/second-step/", code)
say("and with the code the member is in", forum.write(client, "All of the way"))
say("the audit log verifies", manage("audit", "verify"))
