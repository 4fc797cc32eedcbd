"""Browsers that are trusted, so that they are not asked for the second factor."""

from flask import Response, after_this_request, request

from credguard._secret import keeps_no_locals
from credguard.integrations.browsers import DEVICE_COOKIE, trusted_in
from credguard.integrations.flask.cookies import set_cookie
from credguard.integrations.flask.state import guard
from credguard.second_factor import Trusted


def is_trusted(account_id: str, *, epoch: int) -> bool:
    """Return True if this browser may skip the second factor; its cookie is renewed."""
    found = trusted_in(request.cookies, guard(), account_id, epoch=epoch)
    if found is not None:
        _keep(found)
    return found is not None


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
    @keeps_no_locals
    def keep(response: Response) -> Response:
        set_cookie(response, DEVICE_COOKIE, token, expires=found.expires_at)
        return response
