"""The pages that Django does not have: the reset, and the second factor."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from credguard._secret import keeps_no_locals
from credguard.errors import RefusedError, ResetRequiredError
from credguard.integrations import resets
from credguard.integrations.django.devices import trust
from credguard.integrations.django.door import guard
from credguard.integrations.django.forms import (
    CodeForm,
    FactorResetForm,
    LinkAndCodeForm,
    NewPasswordForm,
    SecondStepForm,
)
from credguard.integrations.django.stamps import SECOND_STEP, check_stamp

_PROOF = "credguard_proof"


@never_cache
def reset_required(request: Any) -> Any:
    """Say that the password was taken out of use, and what to do now."""
    proofs = request.session.get("credguard_proofs", [])
    by_factor = resets.is_remembered(request.session)
    context = {"proofs": proofs, "by_factor": by_factor}
    return render(request, "credguard/reset_required.html", context)


@sensitive_post_parameters("password", "token", "code")
@never_cache
@keeps_no_locals
def reset(request: Any) -> Any:
    """Take a new password for the link of a notice; a GET uses nothing up."""
    asks_factor = guard().proofs.link_needs_factor
    form = (LinkAndCodeForm if asks_factor else NewPasswordForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {"code": "", **form.cleaned_data}
        try:
            resets.redeem(guard(), request.session, **given)
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            return render(request, "credguard/reset_done.html")
    response = render(request, "credguard/reset.html", {"form": form})
    # With "no-referrer" browsers send the form from nowhere, and Django refuses it.
    response["Referrer-Policy"] = "same-origin"
    return response


@sensitive_post_parameters("password", "new", "code")
@never_cache
@keeps_no_locals
def reset_by_factor(request: Any) -> Any:
    """Take a new password from who has the old one and the second factor."""
    if not resets.is_remembered(request.session):
        return HttpResponseRedirect(resolve_url("credguard:reset_required"))
    form = FactorResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            resets.reset_by_factor(guard(), request.session, **form.cleaned_data)
        except ResetRequiredError:
            raise
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            return render(request, "credguard/reset_done.html")
    return render(request, "credguard/reset_by_factor.html", {"form": form})


@sensitive_post_parameters("code")
@never_cache
@login_required
@keeps_no_locals
def second_step(request: Any) -> Any:
    """Ask for the second factor, after the password was right."""
    form = SecondStepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        factors, account_id = guard().second_factors, str(request.user.pk)
        try:
            verified = factors.verify(account_id, form.cleaned_data["code"])
            found = check_stamp(request) if form.cleaned_data["trust"] else None
            if found is not None:
                trust(request, account_id, proof=verified.proof, epoch=found.epoch)
        except RefusedError as refused:
            form.add_error("code", str(refused))
        else:
            request.session.pop(SECOND_STEP, None)
            request.session[_PROOF] = verified.proof
            request.session.cycle_key()
            return _onward(request)
    return render(request, "credguard/second_step.html", {"form": form})


@never_cache
@login_required
@keeps_no_locals
def second_factor(request: Any) -> Any:
    """Show whether there is a second factor, and set one up."""
    factors, account_id = guard().second_factors, str(request.user.pk)
    if "forget" in request.POST:
        factors.devices.revoke(account_id, request.POST["forget"])
    context: dict[str, object] = {
        "in_force": factors.is_enrolled(account_id),
        "devices": factors.devices.every(account_id),
    }
    if request.method == "POST" and "forget" not in request.POST:
        try:
            context["enrollment"] = factors.enroll(
                account_id,
                name=request.user.get_username(),
                proof=request.session.get(_PROOF),
            )
            context["form"] = CodeForm()
        except RefusedError as refused:
            context["refused"] = str(refused)
    return render(request, "credguard/second_factor.html", context)


@sensitive_post_parameters("code")
@never_cache
@login_required
@require_POST
@keeps_no_locals
def confirm_factor(request: Any) -> Any:
    """Put the factor in force whose code was typed, and show its recovery codes."""
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            confirmed = guard().second_factors.confirm(
                str(request.user.pk), form.cleaned_data["code"]
            )
        except RefusedError as refused:
            form.add_error("code", str(refused))
        else:
            request.session[_PROOF] = confirmed.proof
            context = {"codes": confirmed.recovery.codes}
            return render(request, "credguard/recovery_codes.html", context)
    return render(request, "credguard/second_factor.html", {"form": form})


@never_cache
@login_required
@require_POST
@keeps_no_locals
def disable_factor(request: Any) -> Any:
    """Take the second factor away from who has just proved it."""
    factors, account_id = guard().second_factors, str(request.user.pk)
    context: dict[str, object] = {}
    try:
        factors.disable(account_id, proof=request.session.get(_PROOF))
    except RefusedError as refused:
        context["refused"] = str(refused)
    context["in_force"] = factors.is_enrolled(account_id)
    return render(request, "credguard/second_factor.html", context)


@require_POST
def sign_out(request: Any) -> Any:
    """End this session, or with ``everywhere`` all of the account."""
    if request.user.is_authenticated and request.POST.get("everywhere"):
        guard().sign_out_everywhere(str(request.user.pk))
    logout(request)
    return HttpResponseRedirect(resolve_url(settings.LOGIN_URL))


def _onward(request: Any) -> Any:
    kept = request.session.pop("credguard_next", None)
    return HttpResponseRedirect(kept or resolve_url(settings.LOGIN_REDIRECT_URL))
