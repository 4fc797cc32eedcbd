"""Which account ids our tables can hold."""

from credguard._text import has_surrogate
from credguard.errors import AccountIdError
from credguard.storage.tables import ACCOUNT_ID_CHARACTERS


def check_account_id(account_id: object) -> None:
    """
    Check that *account_id* can name an account in our tables.

    Raises:
        AccountIdError: It is not a text of 1 to 255 characters.
    """
    if (
        not isinstance(account_id, str)
        or not 1 <= len(account_id) <= ACCOUNT_ID_CHARACTERS
        or "\0" in account_id
        or has_surrogate(account_id)
    ):
        message = (
            f"an account id is a text of 1 to {ACCOUNT_ID_CHARACTERS} characters; "
            "hand in str(user.id)"
        )
        raise AccountIdError(message)
