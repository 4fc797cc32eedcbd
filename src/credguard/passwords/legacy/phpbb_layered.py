"""
bcrypt that phpBB 3.1 and later lays over the phpass hashes of phpBB 3.0.

Source: phpBB 3.3, phpBB/phpbb/passwords/manager.php (check_combined_hash) and
phpBB/phpbb/cron/task/core/update_hashes.php.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from credguard.passwords.legacy.bcrypt import (
    BCRYPT_COST,
    BCRYPT_SALT,
    BCRYPT_TAG,
    BcryptHash,
)
from credguard.passwords.legacy.digests import hex_digest
from credguard.passwords.legacy.phpass import (
    PHPASS_LOG,
    PHPASS_SALT,
    PhpassHash,
    phpass_number,
)
from credguard.passwords.legacy.phpbb import as_phpbb_3, raw
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import scheme_name
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import TakesSeveral, blanked
from credguard.passwords.work_factor import Ceilings, WorkFactor

_SHAPE = re.compile(
    rf"\$H\\(2[ay])\$({PHPASS_LOG})({PHPASS_SALT})"
    rf"\$({BCRYPT_COST})\\({BCRYPT_SALT})\$({BCRYPT_TAG})",
    re.ASCII,
)
_NO_MD5_TAG = b"." * 22  # as long as any; the row does not say it


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredHash(TakesSeveral):
    """
    bcrypt over the 22 characters that are the tag of a phpass hash.

    Attributes:
        scheme: The name of its format.
        inner: The phpass hash, its own tag unknown.
        outer: The bcrypt hash of that tag.
        is_from_phpbb_2: Whether phpBB 2's MD5 is innermost; None if it may be.
        blank: The stored text with a tag of zeros.
    """

    scheme: str
    inner: PhpassHash = field(repr=False)
    outer: BcryptHash = field(repr=False)
    is_from_phpbb_2: bool | None
    blank: str = field(repr=False)

    @property
    def cost(self) -> str:
        """What both layers cost."""
        return f"{self.outer.cost} over {self.inner.cost}"

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        once = self.inner.work + self.outer.work
        return 2 * once if self.is_from_phpbb_2 is None else once

    @property
    def argon2id(self) -> WorkFactor | None:
        """None: it is not an Argon2id."""
        return None

    @property
    def is_shuckable(self) -> bool:
        """True if phpBB 2's MD5 may be innermost."""
        return self.is_from_phpbb_2 is not False

    @property
    def tag(self) -> bytes:
        """What the password is compared with, a bare bcrypt string."""
        return self.outer.tag

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: Either layer is above its ceiling.
        """
        self.inner.check_cost(ceilings)
        self.outer.check_cost(ceilings)

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the bcrypt string of *password*, or of phpBB 2's MD5 if it is innermost.

        Raises:
            MissingExtraError: The package bcrypt is not installed.
            UnreadableHashError: The machine's OpenSSL refuses MD5.
        """
        return next(self.digests(password, permit))

    def digests(self, password: bytes, permit: Permit) -> Iterator[bytes]:
        """Give the one digest, or both where either may be innermost."""
        seen = self.inner.recipe(password)
        if not seen:
            yield b""
            return
        if not self.is_from_phpbb_2:
            yield self._laid_over(seen, permit)
        if self.is_from_phpbb_2 is not False:
            yield self._laid_over(hex_digest("md5", seen), permit)

    def _laid_over(self, form: bytes, permit: Permit) -> bytes:
        return self.outer.digest(self.inner.checksum(form), permit)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpBBLayered:
    r"""
    phpBB 3.1 and later: ``$H\2y$``, bcrypt laid over phpass without a log-in.

    The text does not tell whether phpBB 2's MD5 is innermost, and so phpBB tries
    both.

    Args:
        is_from_phpbb_2: Whether phpBB 2's MD5 is innermost in all rows, or in none;
            None tries both, as phpBB does.

        is_escaped: Whether passwords were escaped for HTML, as phpBB's pages do.
    """

    is_from_phpbb_2: bool | None = None
    is_escaped: bool = True

    @property
    def name(self) -> str:
        """``phpbb:layered``, and what is not the default."""
        innermost = {None: "", True: "md5", False: "plain"}[self.is_from_phpbb_2]
        quirk = raw(is_escaped=self.is_escaped)
        return scheme_name("phpbb:layered", innermost, quirk)

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> LayeredHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = _SHAPE.fullmatch(stored)
        if found is None:
            return None
        letter, log, salt, cost, bcrypt_salt, tag = found.groups()
        inner = PhpassHash(
            scheme=self.name,
            digest_name="md5",
            log_rounds=phpass_number(log),
            salt=salt.encode(),
            tag=_NO_MD5_TAG,
            blank="",
            recipe=as_phpbb_3(is_escaped=self.is_escaped),
        )
        outer = BcryptHash(
            scheme=self.name,
            log_rounds=int(cost),
            tag=f"${letter}${cost}${bcrypt_salt}{tag}".encode(),
            blank="",
        )
        return LayeredHash(
            scheme=self.name,
            inner=inner,
            outer=outer,
            is_from_phpbb_2=self.is_from_phpbb_2,
            blank=blanked(found, 6, zero="."),
        )
