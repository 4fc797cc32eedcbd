"""Browsers that are trusted, so that they are not asked for the second factor."""

from typing import Any

from credguard._secret import keeps_no_locals
from credguard.integrations.browsers import DEVICE_COOKIE, trusted_in
from credguard.integrations.django.browsers import set_cookie
from credguard.integrations.django.door import guard
from credguard.second_factor import Trusted

_KEPT = "_credguard_device"


@keeps_no_locals
def is_trusted(request: Any, account_id: str, *, epoch: int) -> bool:
    """Return True if this browser may skip the second factor; its cookie is renewed."""
    found = trusted_in(request.COOKIES, guard(), account_id, epoch=epoch)
    setattr(request, _KEPT, found)
    return found is not None


@keeps_no_locals
def trust(request: Any, account_id: str, *, proof: str, epoch: int) -> None:
    """Trust this browser from now on."""
    name = request.headers.get("User-Agent", "")
    devices = guard().second_factors.devices
    found = devices.trust(account_id, proof=proof, epoch=epoch, name=name)
    setattr(request, _KEPT, found)


def give_token(request: Any, response: Any) -> None:
    """Give the browser its new token, where there is one."""
    found: Trusted | None = getattr(request, _KEPT, None)
    if found is not None and found.token is not None:
        set_cookie(response, DEVICE_COOKIE, found.token, expires=found.expires_at)
