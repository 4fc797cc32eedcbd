"""
Argon2id around an old hash: what a wrapped text remembers of it, and its sum.

How it is made and what it is good for: docs/adr/0012-wrapping.md.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from credguard.passwords.legacy.scheme import Beside
from credguard.passwords.own_text import MAX_INNER_CHARACTERS
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import (
    Argon2Hash,
    StoredHash,
    TakesSeveral,
    digests_of,
)
from credguard.passwords.work_factor import Ceilings, WorkFactor

WRAPPED_PREFIX = "wrapped:"  # before the inner scheme's name, in the scheme's name
# What a scheme may be called: its name stands in wrapped texts for years.
SCHEME_NAME = re.compile(r"[a-z0-9][a-z0-9:._+-]{0,63}", re.ASCII)

_ESCAPE, _RUN, _DIVIDER = "%", "~", "$"
# The digits for zero of base64, of crypt(3) and of numbers, as a blank tag has them.
_ZEROS = re.compile(r"A{6,999}|\.{6,999}|0{6,999}", re.ASCII)
_SHORT_ZEROS = re.compile(rf"{_RUN}([A.0])([1-9][0-9]{{0,2}}){_RUN}", re.ASCII)
_ESCAPED = re.compile(rf"{_ESCAPE}([0-9A-F]{{2}})", re.ASCII)

ReadScheme = Callable[[str, Beside], StoredHash | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """
    All that is needed to compute an old hash again from its password.

    Attributes:
        scheme: The old hash's scheme by name.
        blank: Its stored text with a tag of zeros.
        beside: What stood in the row's other columns and went into it.
    """

    scheme: str
    blank: str = field(repr=False)
    beside: Beside

    def to_text(self) -> str:
        """Return the one text that `read_inner` reads back as an equal value."""
        columns = (self.beside.salt, self.beside.username)
        fields = ["" if each is None else f"={_escape(each)}" for each in columns]
        return _DIVIDER.join([self.scheme, *fields, _shorten(self.blank)])


def read_inner(text: str) -> Inner | None:
    """
    Read what `Inner.to_text` wrote, in that spelling only.

    Args:
        text: The text; any text may be given.
    """
    parts = text.split(_DIVIDER, maxsplit=3)
    if len(parts) != 4 or len(text) > MAX_INNER_CHARACTERS:  # noqa: PLR2004
        return None
    scheme, salt, username, short = parts
    blank = _unescape(_SHORT_ZEROS.sub(_at_length, short))
    columns = [_unescape(each[1:]) if each else "" for each in (salt, username)]
    if blank is None or None in columns:
        return None
    beside = Beside(
        salt=columns[0] if salt else None, username=columns[1] if username else None
    )
    inner = Inner(scheme=scheme, blank=blank, beside=beside)
    return inner if inner.to_text() == text else None


def least_beside(read: ReadScheme, stored: str, beside: Beside) -> Beside | None:
    """
    Return as little of *beside* as the scheme needs to read *stored*.

    What it does not need is not kept: a username would make the text long, and
    would have to be right for ever.

    Returns:
        The least, or None if the text is not of the scheme, whatever is given.
    """
    # With all columns first: without a salt, a salted row may look like a plain one.
    if read(stored, beside) is None:
        return None
    fewer = (Beside(), Beside(salt=beside.salt), Beside(username=beside.username))
    return next((each for each in fewer if read(stored, each) is not None), beside)


@dataclass(frozen=True, slots=True)
class WrappedHash(TakesSeveral):
    """
    Argon2id over the digest that an old hash gives.

    Attributes:
        inner: The old hash, without its tag.
        inner_text: The text that stands for it.
        outer: The Argon2id hash around it.
    """

    inner: StoredHash = field(repr=False)
    inner_text: str = field(repr=False)
    outer: Argon2Hash

    @property
    def scheme(self) -> str:
        """The inner scheme's name behind a prefix."""
        return WRAPPED_PREFIX + self.inner.scheme

    @property
    def cost(self) -> str:
        """The outer cost, and the inner one if it has numbers."""
        inner = self.inner.cost
        return f"{self.outer.cost} over {inner}" if inner else self.outer.cost

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the time of both."""
        return self.inner.work + self.outer.work

    @property
    def argon2id(self) -> WorkFactor | None:
        """The outer cost."""
        return self.outer.argon2id

    @property
    def is_shuckable(self) -> bool:
        """True if the old hash is: a digest that leaked elsewhere goes through both."""
        return self.inner.is_shuckable

    @property
    def tag(self) -> bytes:
        """The outer tag."""
        return self.outer.tag

    @property
    def blank(self) -> str:
        """Empty: what is wrapped is not wrapped again."""
        return ""

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow, inside or outside.

        Raises:
            WorkFactorTooHighError: A number is above its ceiling.
        """
        self.inner.check_cost(ceilings)
        self.outer.check_cost(ceilings)

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the outer tag of *password*; empty if nobody could have hashed it.

        Raises:
            BusyError: The machine gave no memory or no thread.
            MissingExtraError: The old format needs a package that is not installed.
            UnreadableHashError: The machine's OpenSSL refuses the old algorithm.
        """
        return self._around(self.inner.digest(password, permit), permit)

    def digests(self, password: bytes, permit: Permit) -> Iterator[bytes]:
        """Give the outer tag for each digest that the old hash may have."""
        for old in digests_of(self.inner, password, permit):
            yield self._around(old, permit)

    def _around(self, old: bytes, permit: Permit) -> bytes:
        made = self.outer.digest(outer_input(self.inner_text, old), permit)
        return made if old else b""


def outer_input(inner_text: str, old: bytes) -> bytes:
    """
    Return what Argon2id is computed on.

    The text stands in it, so that a wrapped row whose inner parts were altered does
    not verify, not even where the old scheme takes both for the same. It holds no
    NUL, so that no two pairs give the same bytes.
    """
    return inner_text.encode() + b"\x00" + old


def _escape(text: str, *, reserved: str = _ESCAPE + _RUN + _DIVIDER) -> str:
    return "".join(
        character
        if "!" <= character <= "~" and character not in reserved
        else "".join(f"{_ESCAPE}{byte:02X}" for byte in character.encode())
        for character in text
    )


def _unescape(text: str) -> str | None:
    # Bytes above 127 are not in the text, so that latin-1 stands for bytes here.
    data = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        return data.encode("latin-1").decode()
    except UnicodeError:
        return None


def _shorten(blank: str) -> str:
    """Return *blank* escaped, with its longest run of zeros as a count."""
    reserved = _ESCAPE + _RUN  # it comes last, so that a divider divides nothing
    runs = list(_ZEROS.finditer(blank))
    if not runs:
        return _escape(blank, reserved=reserved)
    longest = max(runs, key=lambda found: found.end() - found.start())
    start, end = longest.span()
    short = f"{_RUN}{blank[start]}{end - start}{_RUN}"
    before, after = (
        _escape(part, reserved=reserved) for part in (blank[:start], blank[end:])
    )
    return before + short + after


def _at_length(found: re.Match[str]) -> str:
    character: str = found[1]
    return character * int(found[2])
