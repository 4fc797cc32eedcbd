"""
The validator for ``AUTH_PASSWORD_VALIDATORS``: the policy, in all of Django's forms.

It also hears of each password that a form has stored, and ends what is older.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from credguard._secret import keeping_no_locals
from credguard.errors import PasswordRejectedError, UnavailableError
from credguard.integrations.django.current import note_changed
from credguard.integrations.django.door import guard
from credguard.integrations.django.users import names_of


@keeping_no_locals
class CredGuardValidator:
    """Judges new passwords by the policy; put it in place of Django's own four."""

    def validate(self, password: str, user: object | None = None) -> None:
        """
        Accept a password or raise.

        Raises:
            ValidationError: It is refused, with a code for each reason; or it could
                not be checked, with the code ``unavailable``.
        """
        try:
            guard().check_new_password(
                password,
                account_id=_id_of(user),
                stored=_stored(user),
                context=names_of(user),
            )
        except PasswordRejectedError as rejected:
            raise ValidationError(
                [
                    ValidationError(str(each.text), code=str(each.code))
                    for each in rejected.reasons
                ]
            ) from None
        except UnavailableError:
            message = _("We could not check this password just now. Try again.")
            raise ValidationError(message, code="unavailable") from None

    def password_changed(self, password: str, user: object | None = None) -> None:
        """End the sessions, devices and links of before, once it is committed."""
        del password
        account_id = _id_of(user)
        if account_id is not None:
            # Our tables may be in the database that Django holds a lock on.
            transaction.on_commit(lambda: _was_set(account_id))

    def get_help_text(self) -> str:
        """Return what stands beside the field."""
        fewest = guard().policy.minimum
        return _("Use at least %(fewest)d characters; a few words do well.") % {
            "fewest": fewest
        }


def _was_set(account_id: str) -> None:
    guard().password_was_set(account_id)
    note_changed(account_id)


def _id_of(user: object | None) -> str | None:
    key = getattr(user, "pk", None)
    return None if key is None else str(key)


def _stored(user: object | None) -> str | None:
    stored = getattr(user, "password", None)
    return str(stored) if stored else None
