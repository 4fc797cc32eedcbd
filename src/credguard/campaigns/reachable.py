"""
Which stored mail addresses a notice can go to. Pure.

The rule is kept apart from the letter, so that counting the unreachable loads no
mail library.
"""

import re

MAX_ADDRESS_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 with its < >
MAX_LOCAL_CHARACTERS = 64  # RFC 5321 section 4.5.3.1.1
MAX_DOMAIN_CHARACTERS = 253  # RFC 1035 section 2.3.4, without the root's dot

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322 section 3.2.3
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 1123 section 2.1
# The last label has a letter: 192.0.2.1 is an address of a machine, not a domain.
_DOTTED = rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}"
_DOMAIN = re.compile(_DOTTED, re.ASCII)
# Taken apart once: a sweep asks it a million times.
_ADDRESS = re.compile(
    rf"(?=[^@]{{1,{MAX_LOCAL_CHARACTERS}}}@){_ATOM}(?:\.{_ATOM})*@{_DOTTED}", re.ASCII
).fullmatch


def is_reachable(address: str | None) -> bool:
    """
    Return True if *address* is one plain mail address that a notice can go to.

    Stricter than the standard on purpose: no quoted local part, no comment, no
    address literal, nothing outside ASCII, and nothing that a mail library could
    take for an encoded word. What is refused here is counted as unreachable; it
    is never mended, because a mended address may be somebody else's.

    Args:
        address: The stored text as it stands, None if there is none.

    Source:
        RFC 5321 section 4.1.2 (dot-string, domain); RFC 2047 (encoded words).
    """
    # A domain that is too long makes the address too long as well.
    return (
        address is not None
        and len(address) <= MAX_ADDRESS_CHARACTERS
        and "=?" not in address
        and _ADDRESS(address) is not None
    )


def is_domain(text: str) -> bool:
    """Return True if *text* is a domain of two or more ASCII labels."""
    return len(text) <= MAX_DOMAIN_CHARACTERS and _DOMAIN.fullmatch(text) is not None
