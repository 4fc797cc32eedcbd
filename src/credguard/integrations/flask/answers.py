"""What a refusal that a view let through becomes: a page, or JSON for scripts."""

from flask import Response, jsonify, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

from credguard.errors import ResetRequiredError
from credguard.integrations.browsers import AGAIN_AFTER

PROOFS = "credguard_proofs"


def reset_required(error: ResetRequiredError) -> Answer:
    """Send a person to the page that says why the password is out of use."""
    session[PROOFS] = list(error.proofs)
    page = url_for("credguard.reset_required")
    if request.accept_mimetypes.best == "application/json" or request.is_json:
        answer = jsonify(detail=str(error), code="reset_required", page=page)
        answer.status_code = 403
        return answer
    return redirect(page)


def unavailable(_error: Exception) -> Response:
    """Say that it cannot be answered now, and when to come back."""
    response = Response("This cannot be answered just now. Please try again.", 503)
    response.mimetype = "text/plain"
    response.headers["Retry-After"] = AGAIN_AFTER
    return response
