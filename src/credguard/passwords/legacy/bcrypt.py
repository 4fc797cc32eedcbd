"""
bcrypt as legacy schemes hold it, whatever stands before it or was done before it.

Source: N. Provos, D. Mazières, A Future-Adaptable Password Scheme (1999); the
letters a, b and y as in crypt(5) of libxcrypt.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from credguard.errors import MissingExtraError
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import blanked
from credguard.passwords.work_factor import Ceilings, WorkFactor, refuse_above

BCRYPT_BYTES = 72  # bcrypt looks at no more of a password (Provos, Mazières 1999)
# How many KiB Argon2id fills in the time of one of bcrypt's 2^cost rounds,
# as measured on x86-64; good to a factor of two.
KIB_PER_BCRYPT_ROUND = 102

BCRYPT_COST = r"0[4-9]|[12][0-9]|3[01]"
# The last characters of salt and hash carry 2 and 4 bits: others are misspelt.
BCRYPT_SALT = r"[./A-Za-z0-9]{21}[.Oeu]"
BCRYPT_TAG = r"[./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
BCRYPT_ZERO = "."
BCRYPT_SHAPE = re.compile(
    rf"\$2[aby]\$({BCRYPT_COST})\${BCRYPT_SALT}(?P<tag>{BCRYPT_TAG})", re.ASCII
)


def as_c_text(password: bytes) -> bytes:
    """Return *password* up to its first NUL byte, which is all that C code sees."""
    return password.partition(b"\x00")[0]


def _as_is(password: bytes) -> bytes:
    return password


@dataclass(frozen=True, slots=True, kw_only=True)
class BcryptHash:
    """
    A bcrypt hash of the password, or of something made of it.

    Attributes:
        scheme: The name of its format.
        log_rounds: The binary logarithm of the rounds, 4 to 31.
        tag: The bare bcrypt string, settings and all.
        blank: The stored text with a tag of zeros.
        recipe: From the password's UTF-8 bytes to what went into bcrypt; what is
            beyond 72 bytes is cut, as the software's libraries did.
        is_shuckable: Whether the recipe begins with a plain digest of the password.
    """

    scheme: str
    log_rounds: int
    tag: bytes = field(repr=False)
    blank: str = field(repr=False)
    recipe: Callable[[bytes], bytes] = field(default=_as_is, repr=False)
    is_shuckable: bool = False

    @property
    def cost(self) -> str:
        """The binary logarithm of the rounds, as the format has it."""
        return f"c={self.log_rounds}"

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return KIB_PER_BCRYPT_ROUND << self.log_rounds

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse a higher cost than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: It is higher.
        """
        refuse_above(ceilings.bcrypt_cost, self.log_rounds, "a bcrypt cost")

    def digest(self, password: bytes, _permit: Permit) -> bytes:
        """
        Return the bcrypt string of *password* under this row's settings.

        Raises:
            MissingExtraError: The package bcrypt is not installed.
        """
        try:
            # Imported here because it is an extra.
            import bcrypt  # noqa: PLC0415
        except ImportError:
            extra = "legacy"
            raise MissingExtraError(extra, needed_for="bcrypt") from None
        seen = self.recipe(password)[:BCRYPT_BYTES]
        try:
            made: bytes = bcrypt.hashpw(seen, self.tag)
        except ValueError:
            # A library that refuses NUL bytes cannot have hashed this password.
            return b""
        # Nobody chose a password of which nothing was left.
        return made if password and seen else b""


def read_bcrypt(
    scheme: str,
    text: str,
    *,
    prefix: str = "",
    recipe: Callable[[bytes], bytes] = as_c_text,
    is_shuckable: bool = False,
) -> BcryptHash | None:
    """
    Read a bcrypt string in its canonical spelling.

    Args:
        scheme: The name of the format that it is the whole or a part of.

        text: The stored text; any may be given.

        prefix: What stands before the string.

        recipe: From the password to what went into bcrypt; as C text by default,
            which is what PHP's ``password_verify`` and crypt(3) look at.

        is_shuckable: Whether the recipe begins with a plain digest of the password.

    Returns:
        The hash, or None if *text* is not such a string.
    """
    found = BCRYPT_SHAPE.fullmatch(text, len(prefix))
    if found is None or not text.startswith(prefix):
        return None
    return BcryptHash(
        scheme=scheme,
        log_rounds=int(found[1]),
        tag=found[0].encode(),
        blank=blanked(found, "tag", zero=BCRYPT_ZERO),
        recipe=recipe,
        is_shuckable=is_shuckable,
    )
