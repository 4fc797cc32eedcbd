"""What may stand in a letter: its texts, their fields, its link. Pure."""

import re
from string import Formatter
from urllib.parse import urlsplit

from credguard.errors import DeliverySetupError

MAX_LINK_CHARACTERS = 500  # with a token it still fits one line
TOKEN_PLACE = "{token}"  # noqa: S105  # the place of a token, not one

# Control characters, line separators, lone surrogates. In a header also what opens
# an encoded word (RFC 2047); in a text the line feed is allowed.
NOT_IN_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=[?]")
NOT_IN_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_WORD = re.compile(r"[A-Za-z_]{1,30}", re.ASCII)
_URL_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)  # RFC 3986 appendix A
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def check_text(
    what: str, text: str, *, forbidden: re.Pattern[str], longest: int
) -> None:
    """
    Check that *text* can stand where it is to stand.

    Args:
        what: What it is, for the error.

        text: The text.

        forbidden: What must not be in it.

        longest: How many characters it may have.

    Raises:
        DeliverySetupError: It is empty, too long, or has a forbidden character.
    """
    if not text.strip():
        message = f"the {what} is empty"
    elif len(text) > longest:
        message = f"the {what} is longer than {longest} characters"
    elif forbidden.search(text):
        message = f"the {what} has a character that a mail cannot carry there"
    else:
        return
    raise DeliverySetupError(message)


def check_fields(what: str, text: str, known: frozenset[str]) -> set[str]:
    """
    Return the fields that *text* names.

    Raises:
        DeliverySetupError: It names one that is not *known*, or is no template.
    """
    try:
        parts = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        parts = [("", None, None)]
    allowed = ", ".join(f"{{{name}}}" for name in sorted(known))
    for name, form, conversion in parts:
        if form or conversion or name not in known:
            unknown = f" '{name}'" if _WORD.fullmatch(str(name)) else ""
            message = f"the {what} names a field{unknown}, but may name only {allowed}"
            raise DeliverySetupError(message)
    return {str(name) for name, _, _ in parts}


def check_link(link: str) -> None:
    """
    Check the address of the page that redeems a token.

    Raises:
        DeliverySetupError: It cannot hold a token, or would tell it on the way.
    """
    if link.count(TOKEN_PLACE) != 1 or len(link) > MAX_LINK_CHARACTERS:
        message = "the link must have {token} in exactly one place, and fit one line"
        raise DeliverySetupError(message)
    if not _URL_CHARACTERS.fullmatch(link.replace(TOKEN_PLACE, "token")):
        message = "the link has a character that cannot stand in a web address"
        raise DeliverySetupError(message)
    try:
        parts = urlsplit(link)
        host = "" if parts.port == 0 else parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or TOKEN_PLACE in parts.netloc or "@" in parts.netloc:
        message = "the link must be of the form https://forum.example/reset#{token}"
        raise DeliverySetupError(message)
    if parts.scheme != "https" and (parts.scheme != "http" or host not in _HERE):
        message = "the link must begin with https://, or it tells the token on the way"
        raise DeliverySetupError(message)
