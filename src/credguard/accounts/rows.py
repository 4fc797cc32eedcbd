"""A row of the user table, as an account."""

from collections.abc import Mapping
from typing import Any

from credguard.accounts.columns import to_account_id, to_instant, to_text, to_truth
from credguard.campaigns.accounts import Account


def account_of(row: Mapping[Any, object]) -> Account:
    """Return the account whose columns stand in *row*, by what they mean."""
    return Account(
        id=to_account_id(row["id"]),
        password=to_text(row["password"]),
        address=to_text(row["address"]),
        name=to_text(row.get("name")),
        created_at=to_instant(row.get("created_at")),
        last_login_at=to_instant(row.get("last_login_at")),
        set_at=to_instant(row.get("set_at")),
        is_active=to_truth(row.get("is_active"), unknown=True),
        is_staff=to_truth(row.get("is_staff"), unknown=False),
        salt=to_text(row.get("salt")),
        username=to_text(row.get("username")),
        has_second_factor=to_truth(row.get("second_factor"), unknown=False),
        language=to_text(row.get("language")),
    )
