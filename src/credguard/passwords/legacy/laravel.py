"""
What PHP's ``password_hash`` writes, as Laravel, Flarum and Vanilla store it.

Its Argon2 strings (``$argon2id$``, ``$argon2i$``) are read as our own and need no
scheme. One class serves all; the bundles differ in the names that a census shows.

Source: ext/standard/password.c of PHP; Illuminate/Hashing of Laravel;
src/User/User.php of Flarum; library/core/class.passwordhash.php of Vanilla.
"""

from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.phpass import PhpassHash, read_phpass
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme


class PhpBcrypt:
    """
    A bcrypt by PHP, which looks at a password up to 72 bytes or its first NUL.

    Args:
        software: Who stored it; what the scheme's name begins with.

    Source:
        PHP's ``password_hash`` with PASSWORD_BCRYPT.
    """

    def __init__(self, software: str) -> None:
        self.name = f"{software}:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored)


class VanillaPhpass:
    """
    phpass's portable hash, by Vanilla 2 on old PHP.

    Source:
        ``Gdn_PasswordHash`` of Vanilla 2.
    """

    name = "vanilla:phpass"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_phpass(self.name, stored, letter="P")


LARAVEL: tuple[LegacyScheme, ...] = (PhpBcrypt("laravel"),)
"""What Laravel writes."""

FLARUM: tuple[LegacyScheme, ...] = (PhpBcrypt("flarum"),)
"""What Flarum writes."""

VANILLA: tuple[LegacyScheme, ...] = (PhpBcrypt("vanilla"), VanillaPhpass())
"""What Vanilla 2 and later write."""
