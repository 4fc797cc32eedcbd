"""The forum before credguard: its tables, its members and what they wrote."""

import sys
from importlib import import_module

import django

django.setup()
forum = import_module(sys.argv[1])
forum.migrate()
forum.prepare()

from django.contrib.auth import get_user_model
from django.test import Client

for name in ("alice", "bertil", "chandra"):
    forum.make(name, f"{name}@mail.example", f"the old password of {name}")
client = Client()
forum.log_in(client, "alice", "the old password of alice")
assert forum.write(client, "Written before"), "alice cannot write"
stored = {str(user.password).split("$")[0] for user in get_user_model().objects.all()}
print(f"{forum.NAME}: {get_user_model().objects.count()} accounts, hashes {stored}")
