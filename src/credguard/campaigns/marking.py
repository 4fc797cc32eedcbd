"""Markers: what stands in a password column while its hash is retired."""

from collections.abc import Sequence

from credguard._text import RETIRED_PREFIX
from credguard.campaigns.members import Member
from credguard.keys import Keyring

_MARKER = "retired marker"
_MARKER_BYTES = 8  # tells our marker from a copied one; it guards no secret


def markers(own: Keyring, campaign_id: str, account_ids: Sequence[str]) -> list[str]:
    """
    Return what stands in the password columns while hashes are retired.

    It is no hash of any format, so that no verifier matches it, and does not
    begin with ``!``, so that a host's own "forgot password" form still works.
    Another account's is another and cannot be guessed, so that hosts which derive
    the code of a session or a link from the column do not give one to all.
    """
    messages = [each.encode("utf-8", "surrogatepass") for each in account_ids]
    tags = own.tags(messages, purpose=_MARKER, size=_MARKER_BYTES)
    beginning = f"{RETIRED_PREFIX}{campaign_id}:"
    return [beginning + tag.hex() for tag in tags]


def marker(own: Keyring, found: Member) -> str:
    """Return what stands in the password column of a member whose hash is retired."""
    if found.page is not None:
        return markers(own, found.campaign_id, [found.account_id])[0]
    # Swept before hashes were sealed by the page.
    message = found.account_id.encode("utf-8", "surrogatepass")
    tag = own.tag(message, purpose=_MARKER)[:_MARKER_BYTES]
    return f"{RETIRED_PREFIX}{found.campaign_id}:{tag.hex()}"


def is_marker(password: str | None) -> bool:
    """Return True if the text of a password column is any campaign's marker."""
    return password is not None and password.startswith(RETIRED_PREFIX)


def campaign_of(marked: str) -> str:
    """Return the campaign whose marker stands in a password column."""
    return marked.removeprefix(RETIRED_PREFIX).partition(":")[0]
