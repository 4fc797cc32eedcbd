"""
What the admin names: campaigns, in no table of Django's.

The credguard_* tables are made by credguard itself, after each `migrate`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Campaign(models.Model):
    """A forced reset, for the admin's permissions and menu."""

    id = models.CharField(primary_key=True, max_length=16)

    class Meta:
        """How the admin calls it, and that it has no table."""

        managed = False
        default_permissions = ("view",)
        verbose_name = _("forced reset")
        verbose_name_plural = _("forced resets")

    def __str__(self) -> str:
        return str(self.id)
