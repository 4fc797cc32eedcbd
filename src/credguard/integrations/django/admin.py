"""Campaigns in Django's admin, to be looked at: what changes one is the command."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse

from credguard.campaigns.report_page import as_html
from credguard.errors import CampaignStateError
from credguard.integrations.django.door import guard
from credguard.integrations.django.models import Campaign


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):
    """A list of all campaigns, and the report of each."""

    def has_add_permission(self, request: Any) -> bool:
        """Return False: a campaign is planned first."""
        del request
        return False

    def has_change_permission(self, request: Any, obj: object = None) -> bool:
        """Return False: the admin only shows."""
        del request, obj
        return False

    def has_delete_permission(self, request: Any, obj: object = None) -> bool:
        """Return False: what was done stays provable."""
        del request, obj
        return False

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Show all campaigns, the newest first."""
        del extra_context
        self._check(request)
        campaigns = guard().campaigns
        rows = [
            {"record": record, "status": campaigns.status(record.id)}
            for record in campaigns.every()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": self.model._meta.verbose_name_plural,
            "rows": rows,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "credguard/admin/campaigns.html", context)

    def change_view(
        self,
        request: Any,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show one campaign's report, with its plots."""
        del form_url, extra_context
        self._check(request)
        campaigns = guard().campaigns
        try:
            found = campaigns.status(object_id)
        except CampaignStateError:
            raise Http404 from None
        return HttpResponse(as_html(found, campaigns.timeline(object_id)))

    def _check(self, request: Any) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
