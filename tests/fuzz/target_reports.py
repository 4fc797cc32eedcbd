"""Mails that came back: delivery reports, complaints, and return paths in them."""

from trying import KEYRING, text_of

from credguard.campaigns import verp
from credguard.campaigns.bounce_codes import is_bad_address, is_permanent
from credguard.delivery import read_report


def one_input(data: bytes) -> None:
    """Read the data as a mail, and look for a return path in all of it."""
    event = read_report(data)
    texts = [text_of(data)]
    if event is not None:
        texts.append(event.notice)
        if is_permanent(event.status) and is_bad_address(event.status) is None:
            raise AssertionError
    for text in texts:
        for notice_id, tag in verp.find(text):
            verp.is_ours(KEYRING, notice_id, tag, key_id=KEYRING.current.id)
