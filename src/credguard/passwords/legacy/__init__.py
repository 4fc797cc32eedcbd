"""
Formats of other software that are compared with and never written.

A bundle holds what one software writes or still reads; hand it to `PasswordHasher`
as ``accept=``, alone or added to others.
"""

from credguard.passwords.legacy.django import (
    DjangoArgon2,
    DjangoBcrypt,
    DjangoPbkdf2,
    DjangoSaltedDigest,
    DjangoScrypt,
)
from credguard.passwords.legacy.scheme import LegacyScheme
from credguard.passwords.legacy.werkzeug import WerkzeugPbkdf2, WerkzeugScrypt

__all__ = ["DJANGO", "WERKZEUG", "LegacyScheme"]

DJANGO: tuple[LegacyScheme, ...] = (
    DjangoPbkdf2("sha256"),
    DjangoArgon2(),
    DjangoBcrypt(is_prehashed=True),
    DjangoBcrypt(is_prehashed=False),
    DjangoScrypt(),
    DjangoPbkdf2("sha1"),
    DjangoSaltedDigest("md5"),
    DjangoSaltedDigest("sha1"),
)
WERKZEUG: tuple[LegacyScheme, ...] = (WerkzeugScrypt(), WerkzeugPbkdf2())
