"""The pages that an application need not write: the reset, and the second factor."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from credguard._secret import keeps_no_locals
from credguard.errors import RefusedError, ResetRequiredError
from credguard.integrations import resets
from credguard.integrations.flask.answers import PROOFS
from credguard.integrations.flask.sessions import USER_ID, identity, second_step
from credguard.integrations.flask.state import guard
from credguard.second_factor import SecondFactors

_PROOF = "credguard_proof"
_STATIC = "../django/static/credguard"  # one script and one sheet for all hosts
_TYPED = ("password", "code", "new")
_BOTH = ["GET", "POST"]


def pages() -> Blueprint:
    """Return the blueprint ``credguard``."""
    found = Blueprint(
        "credguard", __name__, template_folder="templates", static_folder=_STATIC
    )
    found.before_request(refuse_other_sites)
    found.after_request(keep_nowhere)
    found.get("/reset-required")(reset_required)
    found.route("/reset", methods=_BOTH)(reset)
    found.route("/reset-by-factor", methods=_BOTH)(reset_by_factor)
    found.route("/second-step", methods=_BOTH)(ask_second_step)
    found.route("/second-factor", methods=_BOTH)(second_factor)
    return found


def reset_required() -> str:
    """Say that the password was taken out of use, and what to do now."""
    proofs = session.get(PROOFS, [])
    by_factor = resets.is_remembered(session)
    return render_template(
        "credguard/reset_required.html", proofs=proofs, by_factor=by_factor
    )


@keeps_no_locals
def reset() -> str:
    """Take a new password for the link of a notice; a GET uses nothing up."""
    said, token = "", request.form.get("token", "")
    if request.method == "POST":
        try:
            resets.redeem(
                guard(),
                session,
                token=token,
                password=request.form.get("password", ""),
                code=request.form.get("code", ""),
            )
        except RefusedError as refused:
            said = str(refused)
        else:
            return render_template("credguard/reset_done.html")
    asks_factor = guard().proofs.link_needs_factor
    return render_template(
        "credguard/reset.html", said=said, token=token, asks_factor=asks_factor
    )


@keeps_no_locals
def reset_by_factor() -> str | Response:
    """Take a new password from who has the old one and the second factor."""
    if not resets.is_remembered(session):
        return redirect(url_for("credguard.reset_required"))
    said = ""
    if request.method == "POST":
        typed = {each: request.form.get(each, "") for each in _TYPED}
        try:
            resets.reset_by_factor(guard(), session, **typed)
        except ResetRequiredError:
            raise
        except RefusedError as refused:
            said = str(refused)
        else:
            return render_template("credguard/reset_done.html")
    return render_template("credguard/reset_by_factor.html", said=said)


@keeps_no_locals
def ask_second_step() -> str | Response:
    """Ask for the second factor, after the password was right."""
    said = ""
    if request.method == "POST":
        try:
            verified = second_step(
                request.form.get("code", ""), trust="trust" in request.form
            )
        except RefusedError as refused:
            said = str(refused)
        else:
            session[_PROOF] = verified.proof
            return redirect("/")
    return render_template("credguard/second_step.html", said=said)


@keeps_no_locals
def second_factor() -> str:
    """Show whether there is a second factor; set one up, confirm it, end it."""
    found = identity(session.get(USER_ID))
    if found is None or found.waits:
        abort(401)
    factors, asked = guard().second_factors, request.form.get("ask", "")
    try:
        shown = _asked(factors, found.account_id, asked)
    except RefusedError as refused:
        shown = {"said": str(refused), "confirming": asked == "confirm"}
    shown["on"] = factors.is_enrolled(found.account_id)
    shown["devices"] = factors.devices.every(found.account_id)
    return render_template("credguard/second_factor.html", **shown)


def _asked(factors: SecondFactors, account_id: str, asked: str) -> dict[str, object]:
    proof = session.get(_PROOF)
    if asked == "enroll":
        return {"enrollment": factors.enroll(account_id, proof=proof)}
    if asked == "confirm":
        confirmed = factors.confirm(account_id, request.form.get("code", ""))
        session[_PROOF] = confirmed.proof
        return {"codes": confirmed.recovery.codes}
    if asked == "disable":
        factors.disable(account_id, proof=proof)
    if asked == "forget":
        factors.devices.revoke(account_id, request.form.get("device", ""))
    return {}


def refuse_other_sites() -> None:
    """
    Refuse forms that another site's page has sent.

    The browser says whose page it was: by Sec-Fetch-Site (W3C Fetch Metadata), older
    ones by Origin alone (RFC 6454).
    """
    if request.method != "POST":
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in {"same-origin", "none"}:
        abort(403)
    if site is None and origin and urlsplit(origin).netloc != request.host:
        abort(403)


def keep_nowhere(response: Response) -> Response:
    """Let nobody store a page, or tell another site where it was."""
    response.headers["Cache-Control"] = "no-store"
    # With "no-referrer" browsers send forms from nowhere: Origin is null then.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
