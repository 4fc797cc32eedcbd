"""
Texts sealed by Fernet, as many home-made second factors keep the seed.

Source: the Fernet specification; the cryptography package opens it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from credguard._secret import keeping_no_locals
from credguard.second_factor.takeover.fields import text_of
from credguard.second_factor.takeover.plain import read_base32
from credguard.second_factor.takeover.records import Imported, Refused, Row
from credguard.second_factor.takeover.refusals import ReasonCode, unfit

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SOURCE = "fernet"
MAX_TOKEN_CHARACTERS = 4096


@keeping_no_locals
class FernetKeys:
    """
    Keys that are tried in turn, as ``MultiFernet`` does: a token names none.

    Args:
        keys: The keys, each 32 bytes in base64url.

    Raises:
        UnfitRecordError: One is no key, or there is none.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        self._fernet = _fernet_of(keys)

    def open(self, value: object) -> str:
        """
        Return the text in a token.

        Raises:
            UnfitRecordError: It is none, or no key opens it.
        """
        # Imported here, as `keys` does: a plain export needs no cipher.
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        token = text_of(value)
        if not token:
            raise unfit(ReasonCode.NO_SEED)
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise unfit(ReasonCode.TOO_LARGE)
        try:
            return self._fernet.decrypt(token.encode("utf-8", "replace")).decode()
        except (InvalidToken, UnicodeDecodeError):
            pass
        raise unfit(ReasonCode.WRONG_KEY)

    def __repr__(self) -> str:
        return "FernetKeys(<secret>)"


def read_fernet(
    rows: Iterable[Row],
    *,
    keys: FernetKeys,
    account: str = "account_id",
    column: str = "secret",
) -> Iterator[Imported | Refused]:
    """
    Read rows that hold a seed in base32, sealed by Fernet.

    The other columns are those of `read_base32`.

    Args:
        rows: The rows, as many as there are.

        keys: The keys.

        account: The column that says whose a row is.

        column: The column with the token.

    Yields:
        What came in, or why it did not, in order.
    """
    return read_base32(
        rows, account=account, seed=column, unwrap=keys.open, source=SOURCE
    )


def _fernet_of(keys: Sequence[str | bytes]) -> "MultiFernet":
    # Imported here, as `keys` does: a plain export needs no cipher.
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        pass
    raise unfit(ReasonCode.UNKNOWN_KEY)
