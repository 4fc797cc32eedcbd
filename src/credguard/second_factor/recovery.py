"""
Recovery codes: drawn, read as people type them, and digested for hashing. Pure.

A code is ``S-XXXX-XXXX-XXXX-XXXX``. Its first character names its slot, so that
one attempt is compared with one hash, however many codes there are. The other
sixteen are 80 random bits. What is hashed is not the code but an HMAC of it under
the factor's seed, which is under seal: a thief of the table alone has nothing to
try codes against, and a hash that was moved to another account fits no code there.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn, Protocol

from credguard._random import random_bytes
from credguard.errors import SetupError
from credguard.second_factor.totp import MAX_TYPED_CHARACTERS, Parameters

CODE_BYTES = 10  # 80 bits; NIST SP 800-63B-4 section 4.2.1.1 asks for 64
DEFAULT_CODES = 10
LOW_WATER = 3  # so few left that it is time for new ones

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O or U
MAX_CODES = len(_ALPHABET)  # one character names the slot

_BITS = 5  # a character's
_CHARACTERS = CODE_BYTES * 8 // _BITS
_OWN = 1 + _CHARACTERS
_GROUP = 4
_READ = str.maketrans("ILOilo", "110110", " -")
FOREIGN_MARK = "="  # before the slot of a hash that another system made
_OTHER_MARK = "~"  # before the slot of another system's code
_OTHER_SLOT_CHARACTERS = 3  # 15 bits tell ten codes of one account apart
_FEWEST_OTHER_CHARACTERS = 4


class CodeHasher(Protocol):
    """
    A slow hash for recovery codes.

    NIST SP 800-63B-4 section 3.1.2.2 asks for one below 112 bits.
    """

    @property
    def decoy(self) -> str:
        """A hash that no digest fits, of the same cost as a new one."""

    def hash(self, digest: bytes) -> str:
        """
        Return a salted hash of *digest*, of at most 255 characters.

        Raises:
            BusyError: No permit or memory in time.
        """

    def fits(self, digest: bytes, hashed: str) -> bool:
        """
        Return True if *hashed* is a hash of *digest*.

        Raises:
            BusyError: No permit or memory in time.
            UnreadableHashError, WorkFactorTooHighError: It is no hash of this kind,
                or one that asks for too much work.
        """


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """
    A recovery code as it stands in its row.

    Attributes:
        slot: Its place in the account's set.

        hashed: A salted hash of its digest.

        made_at: When it was issued.

        used_at: When it was used up, None if it was not.
    """

    slot: str
    hashed: str = field(repr=False)
    made_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TypedCode:
    """
    A recovery code that was typed, read.

    Attributes:
        slot: Where to look for it; None for another system's, whose slot depends
            on the factor: see `slot_of`.

        body: What it is made of.

        typed: What was typed, for hashes of another system.
    """

    slot: str | None
    body: str = field(repr=False)
    typed: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class RecoveryCodes:
    """
    What to show to a person once: the new recovery codes.

    Attributes:
        codes: The codes as text. Show them and let go of them.
    """

    codes: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "recovery codes cannot be pickled or copied"
        raise TypeError(message)


def draw_codes(
    count: int = DEFAULT_CODES,
    *,
    draw: Callable[[int], bytes] = random_bytes,
) -> tuple[str, ...]:
    """
    Draw new recovery codes, as they are shown.

    Args:
        count: How many, 0 to 32.

        draw: Returns as many random bytes as it is asked for.

    Raises:
        SetupError: *count* is out of its range.
    """
    check_count(count)
    return tuple(_spelled(_ALPHABET[slot], draw(CODE_BYTES)) for slot in range(count))


def check_count(count: int) -> int:
    """
    Return *count* if a set can have so many codes.

    Raises:
        SetupError: It is not from 0 to 32.
    """
    if type(count) is not int or not 0 <= count <= MAX_CODES:
        message = f"a set has 0 to {MAX_CODES} recovery codes"
        raise SetupError(message)
    return count


def read_own_code(typed: object) -> TypedCode | None:
    """
    Read a recovery code of our own form, as people type it.

    Spaces and hyphens are passed over, small letters count as capitals, O as 0, I
    and L as 1.

    Args:
        typed: Anything.

    Returns:
        What to look for, None if it is of another form.

    Source:
        https://www.crockford.com/base32.html
    """
    if not isinstance(typed, str) or not _OWN <= len(typed) <= MAX_TYPED_CHARACTERS:
        return None
    read = typed.translate(_READ).upper()
    if len(read) != _OWN or any(each not in _ALPHABET for each in read):
        return None
    return TypedCode(read[0], read[1:], typed)


def read_recovery_code(typed: object) -> TypedCode | None:
    """
    Read a recovery code: of ours, or of what a factor was taken over from.

    Args:
        typed: Anything.

    Returns:
        What to look for, None if it cannot be a recovery code.
    """
    own = read_own_code(typed)
    if own is not None or not isinstance(typed, str):
        return own
    other = read_other_code(typed)
    return None if other is None else TypedCode(None, other, typed)


def read_other_code(typed: str) -> str | None:
    """
    Read another system's recovery code; hash it in this form too.

    Returns:
        Its ASCII letters and digits in lower case, None if it is no such code.
    """
    read = typed.strip().replace(" ", "").replace("-", "").lower()
    fits = _FEWEST_OTHER_CHARACTERS <= len(read) <= MAX_TYPED_CHARACTERS
    return read if fits and read.isascii() and read.isalnum() else None


def is_like_a_code(code: TypedCode, parameters: Parameters) -> bool:
    """Return True if *code* has the form of a code from an app, as it would be read."""
    is_other = code.slot is None
    return is_other and code.body.isdigit() and len(code.body) == parameters.digits


def slot_of(seed: bytes, code: TypedCode) -> str:
    """
    Return where *code* stands among the factor's.

    A code of ours says so. For another system's it is a short keyed checksum.

    Args:
        seed: The factor's seed.

        code: The code.
    """
    if code.slot is not None:
        return code.slot
    tag = hmac.digest(seed, b"credguard recovery slot\0" + code.body.encode(), "sha256")
    return _OTHER_MARK + _characters(tag)[:_OTHER_SLOT_CHARACTERS]


def digest_of(
    seed: bytes, code: TypedCode, *, account_id: str, factor_id: str
) -> bytes:
    """
    Return what is hashed for *code*.

    Args:
        seed: The factor's seed: the pepper.

        code: The code.

        account_id: The account; the digest is good for no other.

        factor_id: The factor; so too.

    Source:
        NIST SP 800-63B-4 section 3.1.1.2 (a keyed hash beside the slow one).
    """
    slot = slot_of(seed, code)
    parts = ["credguard recovery code", account_id, factor_id, slot, code.body]
    coded = [part.encode("utf-8", "surrogatepass") for part in parts]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in coded)
    return hmac.digest(seed, message, "sha256")


def _spelled(slot: str, body: bytes) -> str:
    text = _characters(body)
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    return "-".join([slot, *groups])


def _characters(data: bytes) -> str:
    number, count = int.from_bytes(data, "big"), len(data) * 8 // _BITS
    number >>= len(data) * 8 - count * _BITS
    return "".join(
        _ALPHABET[number >> _BITS * place & 31] for place in reversed(range(count))
    )
