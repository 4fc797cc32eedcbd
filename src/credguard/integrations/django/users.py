"""The user table, as the model tells it: no column is named twice."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist

from credguard.accounts import Columns, SqlAccounts
from credguard.integrations.django.configuration import Configuration

_MEANINGS = {
    "created_at": "date_joined",
    "last_login_at": "last_login",
    "is_active": "is_active",
    "is_staff": "is_staff",
}


def columns_of(model: Any) -> dict[str, str]:
    """Return the columns of a user model, by what they mean."""
    named = {
        "password": "password",
        "name": model.USERNAME_FIELD,
        "address": model.get_email_field_name(),
        **_MEANINGS,
    }
    found = {meaning: _column(model, field) for meaning, field in named.items()}
    columns = {meaning: column for meaning, column in found.items() if column}
    return {"id": str(model._meta.pk.column), **columns}


def accounts_of(configuration: Configuration) -> SqlAccounts:
    """Return the user table of the project's own user model."""
    model = get_user_model()
    columns = Columns(**{**columns_of(model), **configuration.columns})
    return SqlAccounts(configuration.users, table=model._meta.db_table, columns=columns)


def names_of(user: object) -> tuple[str, ...]:
    """Return what a user is called, for the policy to refuse it in a password."""
    model = get_user_model()
    fields = (model.USERNAME_FIELD, model.get_email_field_name())
    more = ("first_name", "last_name")
    found = [getattr(user, field, None) for field in (*fields, *more)]
    return tuple(str(each) for each in found if each)


def _column(model: Any, field: str) -> str | None:
    try:
        return str(model._meta.get_field(field).column)
    except FieldDoesNotExist:
        return None
