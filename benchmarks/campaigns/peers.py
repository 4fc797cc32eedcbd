"""What a forum's operator writes without us, over the same table, through Django."""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.campaigns.tables import TABLE, UserTable
from sqlalchemy import make_url

SAMPLE = 5_000  # rows of the slow ways; what they would take for all is scaled
_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgresql": "django.db.backends.postgresql",
}


def run(table: UserTable) -> dict[str, float]:
    """Return the seconds that each way takes for the whole table, or would take."""
    user = _model(table)
    slow: dict[str, Callable[[Any], None]] = {
        "loop: set_unusable_password(), save()": _loop,
        "loop: iterator(), save(update_fields=)": _narrow_loop,
        "bulk_update, 1000 at a time": _bulk_update,
    }
    taken: dict[str, float] = {}
    for name, way in slow.items():
        count = min(SAMPLE, table.accounts)
        started = time.perf_counter()
        way(user.objects.order_by("id")[:count])
        taken[name] = (time.perf_counter() - started) * table.accounts / count
    started = time.perf_counter()
    user.objects.update(password="!")
    taken["queryset.update, no way back"] = time.perf_counter() - started
    return taken


def _model(table: UserTable) -> Any:  # noqa: ANN401  # Django has no types
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    url = make_url(table.url)
    where = {
        "ENGINE": _ENGINES[url.get_backend_name()],
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": str(url.port or ""),
    }
    apps = ["django.contrib.contenttypes", "django.contrib.auth"]
    settings.configure(DATABASES={"default": where}, INSTALLED_APPS=apps)
    django.setup()
    from django.contrib.auth.base_user import AbstractBaseUser  # noqa: PLC0415
    from django.db import models  # noqa: PLC0415

    meta = type("Meta", (), {"db_table": TABLE, "managed": False, "app_label": "auth"})
    columns = {
        "__module__": __name__,
        "Meta": meta,
        "username": models.CharField(max_length=150),
        "email": models.CharField(max_length=254),
        "date_joined": models.DateTimeField(),
        "is_active": models.BooleanField(),
        "is_staff": models.BooleanField(),
        "id": models.IntegerField(primary_key=True),
        "objects": models.Manager(),
    }
    return type("ForumUser", (AbstractBaseUser,), columns)


def _loop(users: Any) -> None:  # noqa: ANN401  # as above
    for user in users:
        user.set_unusable_password()
        user.save()


def _narrow_loop(users: Any) -> None:  # noqa: ANN401  # as above
    for user in users.iterator():
        user.set_unusable_password()
        user.save(update_fields=["password"])


def _bulk_update(users: Any) -> None:  # noqa: ANN401  # as above
    found = list(users)
    for user in found:
        user.set_unusable_password()
    type(found[0]).objects.bulk_update(found, ["password"], batch_size=1000)
