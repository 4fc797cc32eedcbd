"""What members of a forum on django-machina do in its own pages."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

NAME = "django-machina"
LOG_IN = "/accounts/login/"


def make(name: str, address: str, password: str) -> Any:
    """Let somebody join, as Django writes it."""
    return get_user_model().objects.create_user(name, address, password)


def prepare() -> None:
    """Make a forum in which members may write."""
    from machina.apps.forum.models import Forum
    from machina.apps.forum_permission.models import (
        ForumPermission,
        UserForumPermission,
    )

    forum = Forum.objects.create(name="Harbour", type=Forum.FORUM_POST)
    for codename in (
        "can_see_forum",
        "can_read_forum",
        "can_start_new_topics",
        "can_post_without_approval",
    ):
        UserForumPermission.objects.create(
            permission=ForumPermission.objects.get(codename=codename),
            authenticated_user=True,
            forum=forum,
            has_perm=True,
        )


def log_in(client: Client, name: str, password: str) -> Any:
    """Fill in the log-in page."""
    client.get(LOG_IN)
    return client.post(LOG_IN, {"username": name, "password": password})


def write(client: Client, title: str) -> bool:
    """Start a topic; return True if it stands in the forum then."""
    from machina.apps.forum.models import Forum

    forum = Forum.objects.get(name="Harbour")
    where = {"forum_slug": forum.slug, "forum_pk": forum.pk}
    page = reverse("forum_conversation:topic_create", kwargs=where)
    shown = client.get(page)
    if shown.status_code != 200:
        return False
    data = {
        "subject": title,
        "content": "Text.",
        "topic_type": "0",
        **{
            f"{form}-{name}": number
            for form in ("poll", "attachment")
            for name, number in {
                "TOTAL_FORMS": "0",
                "INITIAL_FORMS": "0",
                "MIN_NUM_FORMS": "0",
                "MAX_NUM_FORMS": "1000",
            }.items()
        },
    }
    client.post(page, data)
    where = {"slug": forum.slug, "pk": forum.pk}
    listed = client.get(reverse("forum:forum", kwargs=where))
    return title in listed.content.decode()


def ask_for_reset(address: str) -> None:
    """Use the forum's own "forgot password" page."""
    Client().post("/accounts/password_reset/", {"email": address})


def reset_by_mail(text: str, password: str) -> bool:
    """Follow the link of the forum's own mail; return True if it was accepted."""
    client = Client()
    link = next(word for word in text.split() if "/reset/" in word)
    form = client.get("/" + link.split("/", 3)[3]).url
    data = {"new_password1": password, "new_password2": password}
    return bool(client.post(form, data).status_code == 302)


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)
