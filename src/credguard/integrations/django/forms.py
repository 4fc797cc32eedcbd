"""The forms of the pages that Django does not have."""

from django import forms
from django.utils.translation import gettext_lazy as _

from credguard.guard.forgotten_tokens import MAX_TOKEN_CHARACTERS


class NewPasswordForm(forms.Form):
    """A new password, with the token of the link in a field that nobody sees."""

    token = forms.CharField(max_length=MAX_TOKEN_CHARACTERS, widget=forms.HiddenInput)
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class CodeForm(forms.Form):
    """A code of the app, or a recovery code: one field takes both."""

    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text"}
        ),
    )


class LinkAndCodeForm(NewPasswordForm):
    """A new password, and a code of who has a second factor."""

    code = forms.CharField(
        label=_("Code of your second factor, if you have one"),
        max_length=64,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text"}
        ),
    )


class FactorResetForm(CodeForm):
    """The old password, a code, and a new password."""

    field_order = ("password", "code", "new")
    password = forms.CharField(
        label=_("Old password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class SecondStepForm(CodeForm):
    """A code, and whether to trust the browser from then on."""

    trust = forms.BooleanField(
        label=_("Trust this browser: do not ask again here"), required=False
    )
