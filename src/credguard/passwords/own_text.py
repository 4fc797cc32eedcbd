"""
The texts that are credguard's own: a peppered hash, and a wrapped one.

::

    $cgh1$<key id>$m=19456,t=2,p=1$<salt>$<tag>            a password's hash
    $cgw1$<key id>$m=19456,t=2,p=1$<salt>$<tag>$<inner>    a hash around an old hash

Both are Argon2id of version 19 (RFC 9106). The tag is sealed under the key that is
named, and bound to its account; ``-`` in place of a key id says that it is bare.
Marks behind the version say what is otherwise: ``a`` that the seal opens for any
account, ``u`` that the password's form was not recorded. Without ``u`` a password's
hash is of Normalization Form C and of nothing else.

A text has one spelling: what is read here is written back letter for letter.
"""

import re
from dataclasses import dataclass, field

from credguard.passwords.phc import (
    COST,
    MAX_SALT_BYTES,
    MAX_TAG_BYTES,
    MIN_SALT_BYTES,
    MIN_TAG_BYTES,
    Cost,
    PhcString,
    Variety,
    from_base64,
    read_cost,
    to_base64,
)

OWN_PREFIX = "$cg"
SEAL_BYTES = 16  # RFC 5297: the synthetic IV, which stands before the ciphertext
MAX_INNER_CHARACTERS = 512  # a username of 80 letters in UTF-8 leaves room

_HASH, _WRAPPED = "h", "w"
_BARE = "-"
_ANY_ACCOUNT, _UNRECORDED = "a", "u"
_SHAPE = re.compile(
    r"\$cg([hw])1(a?)(u?)\$([0-9a-f]{8}|-)"
    rf"\$({COST})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,107})"
    rf"(?:\$([!-~]{{1,{MAX_INNER_CHARACTERS}}}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText:
    """
    One text of our own, taken apart.

    Attributes:
        cost: What it asks for.
        salt: 8 to 64 bytes.
        body: The Argon2id tag, sealed if there is a key id.
        key_id: The key that sealed it; None if it is bare.
        is_bound: Whether the seal opens for one account only.
        is_nfc: Whether the password was hashed in Normalization Form C and in no
            other form.
        inner: What was wrapped, as `wrapping.Inner` writes it; empty if nothing.
    """

    cost: Cost
    salt: bytes = field(repr=False)
    body: bytes = field(repr=False)
    key_id: str | None = None
    is_bound: bool = False
    is_nfc: bool = True
    inner: str = field(default="", repr=False)

    @property
    def is_wrapped(self) -> bool:
        """True if it is a hash around an old hash."""
        return bool(self.inner)

    @property
    def phc(self) -> PhcString:
        """Its numbers, its salt and its body as a PHC string has them."""
        return PhcString(
            variety=Variety.ARGON2ID,
            cost=self.cost,
            salt=self.salt,
            tag=self.body,
        )

    @property
    def head(self) -> str:
        """The text up to the body: what a seal is bound to, besides *inner*."""
        kind = _WRAPPED if self.inner else _HASH
        is_open = self.key_id is not None and not self.is_bound
        marks = (_ANY_ACCOUNT if is_open else "") + ("" if self.is_nfc else _UNRECORDED)
        key = self.key_id or _BARE
        return f"$cg{kind}1{marks}${key}${self.cost}${to_base64(self.salt)}"

    def to_text(self) -> str:
        """Return the one text that `read_own_text` reads back as an equal value."""
        inner = f"${self.inner}" if self.inner else ""
        return f"{self.head}${to_base64(self.body)}{inner}"


def read_own_text(stored: str) -> OwnText | None:
    """
    Read a text of our own in its canonical spelling.

    Args:
        stored: The text; any text may be given.

    Returns:
        The parts, or None if *stored* is not such a text. The numbers are as large
        as the text says: check the cost before anything is computed.
    """
    found = _SHAPE.fullmatch(stored)
    if found is None:
        return None
    kind, any_account, unrecorded, key, cost_text = found.groups()[:5]
    cost = read_cost(cost_text)
    salt, body = from_base64(found[6]), from_base64(found[7])
    if cost is None or salt is None or body is None:
        return None
    text = OwnText(
        cost=cost,
        salt=salt,
        body=body,
        key_id=None if key == _BARE else key,
        is_bound=key != _BARE and not any_account,
        is_nfc=not unrecorded,
        inner=found[8] or "",
    )
    is_ours = (kind == _WRAPPED) == text.is_wrapped and _is_written_here(text)
    return text if is_ours and text.to_text() == stored else None


def _is_written_here(text: OwnText) -> bool:
    """Return True if the parts go together and have sizes that Argon2 takes."""
    tag_bytes = len(text.body) - (0 if text.key_id is None else SEAL_BYTES)
    # Only a bare hash by other software, sealed later, has a form that is unknown.
    has_form = text.is_nfc or (text.key_id is not None and not text.is_wrapped)
    return (
        has_form
        and MIN_SALT_BYTES <= len(text.salt) <= MAX_SALT_BYTES
        and MIN_TAG_BYTES <= tag_bytes <= MAX_TAG_BYTES
    )
