"""The app: what is registered when the project starts."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.test.signals import setting_changed
from django.utils.translation import gettext_lazy as _


class CredGuardConfig(AppConfig):
    """Put ``credguard.integrations.django`` into ``INSTALLED_APPS``."""

    name = "credguard.integrations.django"
    label = "credguard"
    verbose_name = _("Credentials")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks and receivers."""
        # Imported here: models and settings are not there any earlier.
        from credguard.integrations.django import (  # noqa: PLC0415
            checks,
            receivers,
            stamps,
        )

        register(checks.check_project, Tags.security)
        user_logged_in.connect(stamps.open_stamp, dispatch_uid="credguard")
        post_migrate.connect(receivers.prepare_tables, sender=self)
        setting_changed.connect(receivers.forget_settings)
