"""Browsers that are trusted, so that they are not asked for the second factor."""

from typing import Any

from django.conf import settings

from credguard.errors import DeviceRefusedError
from credguard.integrations.django.door import guard
from credguard.second_factor import Trusted

COOKIE = "cgdevice"
_KEPT = "_credguard_device"


def is_trusted(request: Any, account_id: str, *, epoch: int) -> bool:
    """Return True if this browser may skip the second factor; its cookie is renewed."""
    token = request.COOKIES.get(COOKIE)
    if not token:
        return False
    devices = guard().second_factors.devices
    try:
        found = devices.check(token, account_id=account_id, epoch=epoch)
    except DeviceRefusedError:
        return False
    setattr(request, _KEPT, found)
    return True


def trust(request: Any, account_id: str, *, proof: str, epoch: int) -> None:
    """Trust this browser from now on."""
    name = request.headers.get("User-Agent", "")
    devices = guard().second_factors.devices
    found = devices.trust(account_id, proof=proof, epoch=epoch, name=name)
    setattr(request, _KEPT, found)


def give_token(request: Any, response: Any) -> None:
    """Give the browser its new token, where there is one."""
    found: Trusted | None = getattr(request, _KEPT, None)
    if found is None or found.token is None:
        return
    response.set_cookie(
        COOKIE,
        found.token,
        expires=found.expires_at,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
