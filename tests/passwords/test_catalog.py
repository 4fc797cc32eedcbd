"""All formats together: how many, under which names, and who takes whose texts."""

import inspect
import re
import sys

import pytest

from credguard.passwords import CHEAPEST, PasswordHasher, legacy
from credguard.passwords.legacy.auth0 import auth0_text
from credguard.passwords.legacy.base64s import to_base64
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme

BUNDLES: dict[str, tuple[LegacyScheme, ...]] = {
    name: getattr(legacy, name) for name in legacy.__all__ if name.isupper()
}
SCHEMES = [scheme for bundle in BUNDLES.values() for scheme in bundle]
NAME = re.compile(r"[a-z0-9][a-z0-9:._+-]{0,39}", re.ASCII)

BESIDE = Beside(salt="c2FsdHNhbHQ=", username="someone")
_HEX = {size: "a" * size for size in (8, 32, 40, 56, 64, 96, 128)}
_B64 = {size: to_base64(bytes(size)) for size in range(1, 325)}
_BCRYPT = "$2y$05$" + "." * 53
_PHPASS = "9saltsalt" + "." * 22
_PHC = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$" + "A" * 43
_PF = "pf=e1NBTFR9e1BBU1NXT1JEfQ=="  # {SALT}{PASSWORD}

# One text at the least that each scheme takes for its own.
TEXTS = [
    *_HEX.values(),
    _BCRYPT,
    _BCRYPT.replace("2y", "2x"),
    f"$P${_PHPASS}",
    f"$H${_PHPASS}",
    # phpBB, vBulletin, WoltLab, XenForo, osCommerce
    "$H\\2y$9saltsalt$05\\" + "." * 22 + "$" + "." * 31,
    f"phpbb{_PHC}",
    f"$CP${_HEX[32]}",
    f"$CP$$H${_PHPASS}",
    f"vbulletin{_PHC}",
    f"Bcrypt:{_BCRYPT}",
    f"DoubleBcrypt:{_BCRYPT}",
    f"Argon2:{_PHC}",
    f"wcf1:{_HEX[40]}:salt",
    f"wcf1es1b1:{_HEX[40]}:salt",
    f"wbb2:{_HEX[32]}",
    f'a:1:{{s:4:"hash";s:60:"{_BCRYPT}";}}',
    f'a:1:{{s:4:"hash";s:{len(_PHC)}:"{_PHC}";}}',
    _HEX[32] + ":aa",
    # Django, Werkzeug
    f"pbkdf2_sha256$1$salt${_B64[32]}",
    f"pbkdf2_sha1$1$salt${_B64[20]}",
    f"argon2{_PHC}",
    f"bcrypt_sha256${_BCRYPT}",
    f"bcrypt${_BCRYPT}",
    f"scrypt$2$salt$8$1${_B64[64]}",
    *(
        f"{name}$salt${_HEX[2 * size]}"
        for name, size in (
            ("md5", 16),
            ("sha1", 20),
            ("sha224", 28),
            ("sha256", 32),
            ("sha384", 48),
            ("sha512", 64),
        )
    ),
    f"scrypt:2:8:1$salt${_HEX[128]}",
    f"pbkdf2:sha256:1$salt${_HEX[64]}",
    # What crypt(3) writes
    "." * 13,
    "_J9..salt" + "." * 11,
    "$1$salt$" + "." * 22,
    "$5$salt$" + "." * 43,
    "$6$salt$" + "." * 86,
    "$sha1$1$salt$" + "." * 28,
    "$md5$salt$$" + "." * 22,
    "$y$j9T$..$" + "." * 43,
    "$gy$j9T$..$" + "." * 43,
    # LDAP
    f"{{ARGON2}}{_PHC}",
    *(
        f"{{{mark}}}1$c2FsdA$" + _B64[size].rstrip("=")
        for mark, size in (("PBKDF2", 20), ("PBKDF2-SHA256", 32), ("PBKDF2-SHA512", 64))
    ),
    "{PBKDF2_SHA256}AAAB" + _B64[324][4:],
    *(
        f"{{{mark}}}{_B64[size]}"
        for mark, size in (
            ("MD5", 16),
            ("SHA", 20),
            ("SHA256", 32),
            ("SHA384", 48),
            ("SHA512", 64),
            ("SMD5", 24),
            ("SSHA", 28),
            ("SSHA256", 40),
            ("SSHA384", 56),
            ("SSHA512", 72),
        )
    ),
    "{CRYPT}" + "." * 13,
    # Joomla, WordPress, Drupal, Discourse, MediaWiki, Seafile, ASP.NET
    _HEX[32] + ":salt",
    "{SHA256}" + _HEX[64] + ":salt",
    f"$wp{_BCRYPT}",
    "$S$Csaltsalt" + "." * 43,
    "U$S$9saltsalt" + "." * 43,
    f"$pbkdf2-sha256$i=1,l=32${_HEX[64]}",
    f":A:{_HEX[32]}",
    f":B:salt:{_HEX[32]}",
    f":pbkdf2:sha256:1:32:c2FsdA==:{_B64[32]}",
    f":pbkdf2-legacyA:!sha256:1:32!!c2FsdA==!{_B64[32]}",
    f":pbkdf2-legacyB:!sha256:1:32!salt!c2FsdA==!{_B64[32]}",
    ":bcrypt:5$" + "." * 22 + "$" + "." * 31,
    f":argon2:{_PHC}",
    f"PBKDF2SHA256$1$00${_HEX[64]}",
    _B64[20],
    _B64[32],
    # Kratos, Auth0
    f"$pbkdf2-sha256$i=1,l=32$c2FsdA${_B64[32].rstrip('=')}",
    f"$scrypt$ln=2,r=8,p=1$c2FsdA==${_B64[32]}",
    f"$firescrypt$ln=1,r=8,p=1$c2FsdA==${_B64[4]}$Bw==$c2lnbg==",
    *(
        f"${name}-crypt$salt$" + "." * size
        for name, size in (("md5", 22), ("sha256", 43), ("sha512", 86))
    ),
    f"$md5${_B64[16]}",
    *(
        f"${name}${_PF}$c2FsdA==${_B64[size]}"
        for name, size in (("md5", 16), ("sha1", 20), ("sha256", 32), ("sha512", 64))
    ),
    *(
        f"$hmac-{name}${to_base64(b'a' * (2 * size))}$c2FsdA=="
        for name, size in (
            ("md4", 16),
            ("md5", 16),
            ("sha1", 20),
            ("sha224", 28),
            ("sha256", 32),
            ("sha384", 48),
            ("sha512", 64),
        )
    ),
    *(
        auth0_text({"algorithm": algorithm, "hash": {"value": value}})
        for algorithm, value in (
            ("argon2", _PHC),
            ("bcrypt", _BCRYPT),
            ("ldap", f"{{SHA}}{_B64[20]}"),
            ("pbkdf2", f"$pbkdf2-sha256$i=1,l=32$c2FsdA${_B64[32].rstrip('=')}"),
        )
    ),
    *(
        auth0_text(
            {"algorithm": name, "hash": {"encoding": "hex", "value": "a" * size}}
        )
        for name, size in (
            ("md4", 32),
            ("md5", 32),
            ("sha1", 40),
            ("sha256", 64),
            ("sha512", 128),
        )
    ),
    auth0_text(
        {
            "algorithm": "hmac",
            "hash": {
                "digest": "md5",
                "encoding": "hex",
                "key": {"value": "key"},
                "value": "a" * 32,
            },
        }
    ),
]


def _takers(bundle: tuple[LegacyScheme, ...], text: str, beside: Beside) -> set[str]:
    return {scheme.name for scheme in bundle if scheme.read(text, beside) is not None}


def test_there_are_more_than_45_formats() -> None:
    """The bundles hold more formats than were asked for, of 28 kinds of software."""
    assert len(SCHEMES) >= 45
    assert len({scheme.name.partition(":")[0] for scheme in SCHEMES}) >= 28


def test_names_are_unique_and_fit_for_wrapped_rows() -> None:
    """All bundles together can be accepted, and each name stands in wrapped rows."""
    names = [scheme.name for scheme in SCHEMES]
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
    apart = [scheme for scheme in SCHEMES if scheme.name != "nodebb:bcrypt"]
    PasswordHasher(work_factor=CHEAPEST, accept=apart)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_each_format_says_where_it_is_specified(scheme: LegacyScheme) -> None:
    """A scheme's class or its module names the source of the algorithm."""
    own = inspect.getdoc(type(scheme)) or ""
    module = sys.modules[type(scheme).__module__].__doc__ or ""
    assert own
    assert "Source:" in own + module


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_each_format_is_in_the_table(scheme: LegacyScheme) -> None:
    """Each scheme takes a text of the table, so that the table tells of all."""
    assert any(
        scheme.read(text, beside) is not None
        for text in TEXTS
        for beside in (BESIDE, NOTHING_BESIDE)
    )


@pytest.mark.parametrize("name", BUNDLES)
def test_no_bundle_takes_a_text_twice(name: str) -> None:
    """Within a bundle, one scheme at the most takes a text for its own."""
    for text in TEXTS:
        for beside in (BESIDE, NOTHING_BESIDE):
            assert len(_takers(BUNDLES[name], text, beside)) <= 1, text


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_a_row_says_what_it_is(scheme: LegacyScheme) -> None:
    """Whatever a scheme takes has its name, a tag, and a blank of the same length."""
    for text in TEXTS:
        row = scheme.read(text, BESIDE)
        if row is not None:
            assert row.scheme == scheme.name
            assert row.tag
            assert row.work >= 0
            if not row.blank:  # what cannot be wrapped says so
                continue
            assert len(row.blank) == len(text)
            again = scheme.read(row.blank, BESIDE)
            assert again is not None
            assert again.blank == row.blank


def test_no_bundle_takes_what_is_no_hash() -> None:
    """A password in plain text, nothing, or a mark of other software is nobody's."""
    for text in ("", "password", "!", "*", "x", "\x00", "$", "{}", ":", "é" * 32):
        assert not any(scheme.read(text, BESIDE) for scheme in SCHEMES), text
