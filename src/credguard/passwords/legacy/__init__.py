"""
Formats of other software that are compared with and never written.

A bundle holds what one software writes or still reads; hand it to `PasswordHasher`
as ``accept=``, alone or added to others.
"""

from credguard.passwords.legacy.aspnet import ASPNET
from credguard.passwords.legacy.auth0 import AUTH0
from credguard.passwords.legacy.crypt import CRYPT
from credguard.passwords.legacy.discourse import DISCOURSE
from credguard.passwords.legacy.discuz import DISCUZ
from credguard.passwords.legacy.django import (
    DjangoArgon2,
    DjangoBcrypt,
    DjangoPbkdf2,
    DjangoSaltedDigest,
    DjangoScrypt,
)
from credguard.passwords.legacy.drupal import DRUPAL
from credguard.passwords.legacy.ipb import Ipb, IpsBcrypt
from credguard.passwords.legacy.joomla import JOOMLA
from credguard.passwords.legacy.kratos import KRATOS
from credguard.passwords.legacy.laravel import FLARUM, LARAVEL, VANILLA
from credguard.passwords.legacy.ldap import LDAP
from credguard.passwords.legacy.mediawiki import MEDIAWIKI
from credguard.passwords.legacy.mybb import MyBB
from credguard.passwords.legacy.nodebb import NODEBB, NODEBB_UNWRAPPED
from credguard.passwords.legacy.oscommerce import Aef, OsCommerce
from credguard.passwords.legacy.phpbb import (
    PhpBB2,
    PhpBBArgon2,
    PhpBBBcrypt,
    PhpBBConverted,
    PhpBBPhpass,
)
from credguard.passwords.legacy.phpbb_layered import PhpBBLayered
from credguard.passwords.legacy.phpfox import PhpFox
from credguard.passwords.legacy.phpfusion import PhpFusion, PhpFusionMd5
from credguard.passwords.legacy.punbb import FluxBBBcrypt, PunBBDigest, PunBBSalted
from credguard.passwords.legacy.scheme import LegacyScheme
from credguard.passwords.legacy.seafile import SEAFILE
from credguard.passwords.legacy.smf import Smf, SmfBcrypt
from credguard.passwords.legacy.vbulletin import (
    VBulletin,
    VBulletinArgon2,
    VBulletinBcrypt,
)
from credguard.passwords.legacy.wcf1e import Wcf1e
from credguard.passwords.legacy.werkzeug import (
    WerkzeugDigest,
    WerkzeugPbkdf2,
    WerkzeugScrypt,
)
from credguard.passwords.legacy.woltlab import (
    Wbb2,
    Wcf1,
    Wcf2,
    WoltLabArgon2,
    WoltLabBcrypt,
)
from credguard.passwords.legacy.wordpress import WORDPRESS
from credguard.passwords.legacy.xenforo import XenForoArgon2, XenForoBcrypt, XenForoSha

__all__ = [
    "AEF",
    "ASPNET",
    "AUTH0",
    "CRYPT",
    "DISCOURSE",
    "DISCUZ",
    "DJANGO",
    "DRUPAL",
    "FLARUM",
    "IPB",
    "JOOMLA",
    "KRATOS",
    "LARAVEL",
    "LDAP",
    "MEDIAWIKI",
    "MYBB",
    "NODEBB",
    "NODEBB_UNWRAPPED",
    "OSCOMMERCE",
    "PHPBB",
    "PHPFOX",
    "PHPFUSION",
    "PUNBB",
    "SEAFILE",
    "SMF",
    "VANILLA",
    "VBULLETIN",
    "WERKZEUG",
    "WERKZEUG_DIGESTS",
    "WOLTLAB",
    "WORDPRESS",
    "XENFORO",
    "LegacyScheme",
]

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
# Apart from the others, because two of them look as Django's do.
WERKZEUG_DIGESTS: tuple[LegacyScheme, ...] = tuple(
    WerkzeugDigest(digest)
    for digest in ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
)
PHPBB: tuple[LegacyScheme, ...] = (
    PhpBBBcrypt(),
    PhpBBPhpass(),
    PhpBBLayered(),
    PhpBBArgon2(),
    PhpBB2(),
    PhpBBConverted(PhpBB2()),
    PhpBBConverted(PhpBBPhpass(is_from_phpbb_2=True)),
)
VBULLETIN: tuple[LegacyScheme, ...] = (
    VBulletinBcrypt(),
    VBulletin(),
    VBulletinArgon2(),
)
MYBB: tuple[LegacyScheme, ...] = (MyBB(),)
IPB: tuple[LegacyScheme, ...] = (IpsBcrypt(), Ipb())
SMF: tuple[LegacyScheme, ...] = (SmfBcrypt(), Smf())
XENFORO: tuple[LegacyScheme, ...] = (XenForoBcrypt(), XenForoSha(), XenForoArgon2())
WOLTLAB: tuple[LegacyScheme, ...] = (
    WoltLabBcrypt(),
    Wcf2(),
    WoltLabArgon2(),
    Wcf1(),
    Wcf1e(),
    Wbb2(),
)
PUNBB: tuple[LegacyScheme, ...] = (
    FluxBBBcrypt(),
    PunBBSalted(),
    PunBBDigest(),
    PunBBDigest("md5"),
)
PHPFOX: tuple[LegacyScheme, ...] = (PhpFox(),)
PHPFUSION: tuple[LegacyScheme, ...] = (PhpFusion(), PhpFusionMd5())
OSCOMMERCE: tuple[LegacyScheme, ...] = (OsCommerce(),)
AEF: tuple[LegacyScheme, ...] = (Aef(),)
