"""A Django project with a database that is new for each test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from credguard.campaigns import Campaigns

_VARIABLE = "DJANGO_SETTINGS_MODULE"


def set_up() -> None:
    """Use the project's settings, in this process alone and not in those it starts."""
    import django  # noqa: PLC0415  # no other test pays for it

    os.environ[_VARIABLE] = "django_site.settings"
    django.setup()
    del os.environ[_VARIABLE]


@pytest.fixture(scope="session")
def django_project() -> None:
    """The project's settings."""
    set_up()


@pytest.fixture(scope="session")
def _migrated(
    tmp_path_factory: pytest.TempPathFactory,
    django_project: None,  # noqa: ARG001  # it is there before all that follows
) -> Path:
    """A database after `migrate`, made once."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import (  # noqa: PLC0415
        call_command,
    )
    from django.db import connections  # noqa: PLC0415

    template = tmp_path_factory.mktemp("site") / "migrated.sqlite"
    settings.DATABASES["default"]["NAME"] = str(template)
    call_command("migrate", verbosity=0)
    connections.close_all()
    return template


@pytest.fixture
def site(_migrated: Path, tmp_path: Path) -> Iterator[Campaigns]:
    """The project with nobody in it; what is yielded are its campaigns."""
    from django.conf import settings  # noqa: PLC0415
    from django.core import mail  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from credguard.integrations.django.door import forget, guard  # noqa: PLC0415

    file = shutil.copy(_migrated, tmp_path / "site.sqlite")
    settings.DATABASES["default"]["NAME"] = str(file)
    connections["default"].settings_dict["NAME"] = str(file)
    mail.outbox = []
    yield guard().campaigns
    connections.close_all()
    forget()
