"""Browsers that are trusted, so that they are not asked for the second factor."""

from flask import Response, after_this_request, current_app, request

from credguard.errors import DeviceRefusedError
from credguard.integrations.flask.state import guard
from credguard.second_factor import Trusted

COOKIE = "cgdevice"


def is_trusted(account_id: str, *, epoch: int) -> bool:
    """Return True if this browser may skip the second factor; its cookie is renewed."""
    token = request.cookies.get(COOKIE)
    if not token:
        return False
    devices = guard().second_factors.devices
    try:
        found = devices.check(token, account_id=account_id, epoch=epoch)
    except DeviceRefusedError:
        return False
    _keep(found)
    return True


def trust(account_id: str, *, proof: str, epoch: int) -> None:
    """Trust this browser from now on."""
    name = request.user_agent.string
    devices = guard().second_factors.devices
    _keep(devices.trust(account_id, proof=proof, epoch=epoch, name=name))


def _keep(found: Trusted) -> None:
    token = found.token
    if token is None:  # another tab was faster, and has the new one
        return

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            token,
            expires=found.expires_at,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response
