"""
The formats of Discuz! and its UCenter.

Source: uc_server/model/user.php of UCenter 1.5 and 1.6 (``check_login``); Discuz! X5
with PHP's ``password_hash`` where the salt's column is empty.
"""

from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import (
    UTF_8,
    canonical_charset,
    in_charset,
    scheme_name,
    unless_empty,
)


class _InCharset:
    """
    What both formats share.

    Args:
        charset: What the site's pages were in, such as ``gbk`` or ``big5``.

    Raises:
        SetupError: *charset* is none that forums used.
    """

    _WORD: str

    def __init__(self, *, charset: str = UTF_8) -> None:
        self._charset = canonical_charset(charset)
        quirk = "" if self._charset == UTF_8 else self._charset
        self.name = scheme_name(self._WORD, quirk)

    def _as_sent(self, password: bytes) -> bytes:
        return in_charset(password, self._charset)


class DiscuzMd5(_InCharset):
    """
    MD5 of the MD5 in hexadecimal and the salt of six characters.

    Source:
        uc_server/model/user.php of UCenter, ``check_login``.
    """

    _WORD = "discuz:md5"

    def read(self, stored: str, beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it or its salt is not there."""
        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=self._hashed,
            is_shuckable=True,
        )

    def _hashed(self, salt: bytes, password: bytes) -> bytes:
        return hex_digest("md5", hex_digest("md5", self._as_sent(password)) + salt)


class DiscuzBcrypt(_InCharset):
    """
    PHP's bcrypt, since Discuz! X3.5.

    Source:
        Discuz! X5, ``native_user_verify_password``.
    """

    _WORD = "discuz:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(
            self.name, stored, recipe=unless_empty(self._as_sent, as_c_text)
        )


DISCUZ: tuple[LegacyScheme, ...] = (DiscuzBcrypt(), DiscuzMd5())
"""What Discuz! in UTF-8 reads; sites in GBK make the schemes with their charset."""
