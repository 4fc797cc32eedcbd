"""What members of a forum on Misago do, by the calls that its pages make."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

NAME = "Misago"


def make(name: str, address: str, password: str) -> Any:
    """Let somebody join, as Misago writes it."""
    from misago.cache.versions import get_cache_versions
    from misago.conf.dynamicsettings import DynamicSettings
    from misago.users.setupnewuser import setup_new_user

    user = get_user_model().objects.create_user(name, address, password)
    setup_new_user(DynamicSettings(get_cache_versions()), user)
    return user


def prepare() -> None:
    """Tell the forum its address, which its mails need."""
    from misago.conf.models import Setting

    row = Setting.objects.get(setting="forum_address")
    row.dry_value = "http://misago.example/"
    row.save()
    cache.clear()


def log_in(client: Client, name: str, password: str) -> Any:
    """Send what the log-in form sends."""
    client.get("/")
    return posted(client, "/api/auth/", {"username": name, "password": password})


def write(client: Client, title: str) -> bool:
    """Start a thread; return True if it stands in the forum then."""
    from misago.categories.models import Category

    # Misago makes members wait between posts.
    get_user_model().objects.update(last_posted_on=None)
    category = Category.objects.get(slug="first-category")
    thread = {"title": title, "category": category.pk, "post": "<p>Text.</p>"}
    posted(client, "/api/threads/", thread)
    listed = Client().get("/")
    return title in listed.content.decode()


def ask_for_reset(address: str) -> None:
    """Use the forum's own "forgot password" form."""
    posted(Client(), "/api/auth/send-password-form/", {"email": address})


def reset_by_mail(text: str, password: str) -> bool:
    """Follow the link of the forum's own mail; return True if it was accepted."""
    link = next(word for word in text.split() if "/forgotten-password/" in word)
    *_, pk, token = link.strip("/").split("/")
    page = f"/api/auth/change-password/{pk}/{token}/"
    return bool(posted(Client(), page, {"password": password}).status_code == 200)


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def posted(client: Client, page: str, data: dict[str, object]) -> Any:
    """Send JSON, as the forum's own scripts do."""
    return client.post(page, data, content_type="application/json")
