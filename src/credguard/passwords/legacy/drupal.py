"""
The formats of Drupal 6 to 11, and so of Backdrop.

Source: includes/password.inc of Drupal 7; core/lib/Drupal/Core/Password of Drupal 8
and later, from 10.1 on PHP's ``password_hash``, whose Argon2 is read as our own.
"""

import re

from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import read_unsalted
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.phpass import (
    PHPASS_LOG,
    PHPASS_SALT,
    PhpassHash,
    phpass_number,
    read_phpass,
)
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import unless_empty
from credguard.passwords.stored_hash import blanked

MAX_BYTES = 512  # Drupal hashes no longer password (since 7.34)


def _bounded(password: bytes) -> bytes:
    return b"" if len(password) > MAX_BYTES else password


def _as_md5(password: bytes) -> bytes:
    return hex_digest("md5", password)


class DrupalSha512:
    """
    ``$S$``: phpass's rounds with SHA-512, cut at 55 characters.

    Args:
        is_migrated: True for ``U$S$``, the same over the MD5 that Drupal 6 had.

    Source:
        includes/password.inc of Drupal 7, ``user_check_password`` and
        ``_password_crypt``; the mark U is of its ``user_update_7000``.
    """

    def __init__(self, *, is_migrated: bool = False) -> None:
        self.name = "drupal:sha512_md5" if is_migrated else "drupal:sha512"
        self._is_migrated = is_migrated
        mark = "U" if is_migrated else ""
        self._shape = re.compile(
            rf"{mark}\$S\$({PHPASS_LOG})({PHPASS_SALT})([./0-9A-Za-z]{{43}})", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        return PhpassHash(
            scheme=self.name,
            digest_name="sha512",
            log_rounds=phpass_number(found[1]),
            salt=found[2].encode(),
            tag=found[3].encode(),
            blank=blanked(found, 3, zero="."),
            recipe=unless_empty(_as_md5) if self._is_migrated else _bounded,
            is_shuckable=self._is_migrated,
        )


class DrupalPhpass:
    """
    phpass's portable hash, of accounts that came from elsewhere.

    Source:
        includes/password.inc of Drupal 7, ``user_check_password``.
    """

    name = "drupal:phpass"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_phpass(self.name, stored, letter="P", recipe=_bounded)


class DrupalMd5:
    """
    The bare MD5 of Drupal 4 to 6.

    Source:
        ``user_authenticate`` of modules/user/user.module, Drupal 6.
    """

    name = "drupal:md5"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_unsalted(
            self.name,
            stored,
            digest="md5",
            recipe=_as_md5,
        )


class DrupalBcrypt:
    """
    PHP's bcrypt, since Drupal 10.1.

    Source:
        core/lib/Drupal/Core/Password/PhpPassword.php.
    """

    name = "drupal:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored, recipe=unless_empty(_bounded, as_c_text))


DRUPAL: tuple[LegacyScheme, ...] = (
    DrupalBcrypt(),
    DrupalSha512(),
    DrupalSha512(is_migrated=True),
    DrupalPhpass(),
    DrupalMd5(),
)
"""What any Drupal reads."""
