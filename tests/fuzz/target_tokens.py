"""What comes back from mails, cookies and forms: tokens, stamps, codes."""

from datetime import UTC, datetime

from trying import KEYRING, only_declared_errors, text_of

from credguard.campaigns import tokens
from credguard.guard import forgotten_tokens
from credguard.second_factor import devices, recovery, totp
from credguard.sessions import stamps

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEED = b"12345678901234567890"
BEARER = tokens.Bearer(
    campaign_id="c", notice_id="n", account_id="17", address="a@b.example", epoch=1
)


def one_input(data: bytes) -> None:
    """Hand the data to everything that takes a secret from outside."""
    text = text_of(data)
    for given in (text, data):
        with only_declared_errors():
            tokens.check(KEYRING, tokens.read(given), BEARER)
        with only_declared_errors():
            forgotten_tokens.read_token(KEYRING, given, now=NOW)
        with only_declared_errors():
            stamps.read_stamp(KEYRING, given, account_id="17", browser=text)
        with only_declared_errors():
            totp.match(SEED, given, now=59)
        with only_declared_errors():
            devices._read(given)
        recovery.read_recovery_code(given)
