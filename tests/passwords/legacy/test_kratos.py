import hashlib

import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import UnreadableHashError, WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy.base64s import to_base64
from credguard.passwords.legacy.kratos import KRATOS
from credguard.passwords.legacy.scheme import Beside, LegacyScheme

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in KRATOS}
SALT_FIRST = "pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg=="  # {SALT}{PASSWORD}
# ory/kratos, hash/hasher_test.go; "test" but where another is named.
VECTORS = [
    ("bcrypt", "$2a$12$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6"),
    (
        "pbkdf2",
        (
            "$pbkdf2-sha256$i=100000,l=32$1jP+5Zxpxgtee/iPxGgOz0RfE9/KJuDElP1ley4VxXc$QJ"
            "xzfvdbHYBpydCbHoFg3GJEqMFULwskiuqiJctoYpI"
        ),
    ),
    (
        "pbkdf2",
        (
            "$pbkdf2-sha512$i=100000,l=32$bdHBpn7OWOivJMVJypy2UqR0UnaD5prQXRZevj/05YU$+w"
            "ArTfv1a+bNGO1iZrmEdVjhA+lL11wF4/IxpgYfPwc"
        ),
    ),
    (
        "scrypt",
        (
            "$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzN"
            "cIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE="
        ),
    ),
    ("md5", "$md5$CY9rzUYh03PK3k6DJie09g=="),
    ("md5_pf", "$md5$pf=e1NBTFR9e1BBU1NXT1JEfQ==$MTIz$q+RdKCgc+ipCAcm5ChQwlQ=="),
    ("md5_pf", "$md5$pf=e1NBTFR9JCR7UEFTU1dPUkR9$MTIzNA==$ud392Z8rfZ+Ou7ZFXYLKbA=="),
    ("sha1_pf", f"$sha1${SALT_FIRST}$2qU2SGWP8viTM1md3FiI3+rjWXQ="),
    (
        "sha1_pf",
        (
            "$sha1$pf=Pz9zdGF0aWNQcmVmaXg/P3tTQUxUfXtQQVNTV09SRH0=$NW9wbWtnejAzcg==$SAAx"
            "MUn7jxckQXkBmsVF0nHwqso="
        ),
    ),
    (
        "sha1_pf",
        (
            "$sha1$pf=e1BBU1NXT1JEfSUle1NBTFR9$NW9wbWtnejAzcg==$YX0AW8/MW5ojUlnzTaR43ucH"
            "Cog="
        ),
    ),
    ("sha256_pf", f"$sha256${SALT_FIRST}$0gfRVLCvtBCk20udLDEY5vNhujWx7RGjwRIS1ebMsLY="),
    (
        "sha512_pf",
        (
            f"$sha512${SALT_FIRST}$6ctpVuApMNp0CgBXcdHw/GC562eFEFGr4gpgANX8ZYsX+j5B19Ikdm"
            "OY2Fytsz3QUwSWdGcUjbqwgJGTH0UYvw=="
        ),
    ),
    ("md5_crypt", "$md5-crypt$TVEiiKNb$SN6/pUaRQS/E8Jh46As2C/"),
    ("md5_crypt", "$md5-crypt$$whuMjZj.HMFoaTaZRRtkO0"),
    (
        "sha256_crypt",
        (
            "$sha256-crypt$rounds=535000$05R.9KB6UC2kLI3w$Q/zslzx./JjkAVPTwp6th7nW5l7JU9"
            "1Gte/UmIh.U78"
        ),
    ),
    (
        "sha512_crypt",
        (
            "$sha512-crypt$rounds=656000$3LVbIAVxR//cRajw$uuNasMW.RYxlGzIRFU1Was70BPSa93"
            "3AjxhZIGJdJBOlqJAHlgqa0yuiuq5JHF/ryNGryJkj87G9i3G2HPSXg1"
        ),
    ),
    ("hmac_md5", "$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2Zjk=$MTIzNDU="),
    (
        "hmac_sha1",
        (
            "$hmac-sha1$NDMyNjcxZTUyY2Y2YTBmYjZjZDE2NjQxYjAwNjFiZjAwOGEzNWM5MA==$MTIzNDU"
            "="
        ),
    ),
    (
        "hmac_sha224",
        (
            "$hmac-sha224$YmUwYmYzM2EwNGRlNDE0YjQzNjBhNmIyOThmNmIyYzI4OWQyMzk3MDUwZDFjMz"
            "liYjVmMDMyOTQ=$MTIzNDU="
        ),
    ),
    (
        "hmac_sha256",
        (
            "$hmac-sha256$ZTAzMWJhMWMyOTM4YjFkMjgzZjkxOWExZGY5YWM2NmMxOTJhN2RkNzQ0MzJkNW"
            "ZkNGFkYTI5OTk0MWJhMTA5Zg==$MTIzNDU="
        ),
    ),
    (
        "hmac_sha384",
        (
            "$hmac-sha384$ZWEyMGM3NGE4Y2UzMTljNTdjZTlhZGQyYTZjNDE0MGQ4YjMwYWIwOWM4OTRiNW"
            "Q4MmZjODlhMzBhMmQzNGE5NmQ0NDY1NWRhYjQ2ZjhiYjBkNTRmYjk5YWZkZTA1MGY1$MTIzNDU="
        ),
    ),
    (
        "hmac_sha512",
        (
            "$hmac-sha512$OTFmODY0ZTI1NmU0ZjVhYjhiMDViZGFmNGVmNGZmMGVlNTY4ODYwNWJhYTk4MT"
            "k2OTgyMzc3NzI1YTc4MzcxMTMzNzZmY2YxYTk5MGMxM2RiZDk2MGFmMmQ1YzRmODdlMGMwYTNkY"
            "jcyNjY0NjM4NGE4YzQ2MjNhZDZkN2UxZTE=$MTIzNDU="
        ),
    ),
]
MD4 = "$hmac-md4$MWQ5ZTI4Nzc2Zjg4YmE2MTQ5YjQ0OTMyOGE4NWU4YjA=$MTIzNDU="
FIRESCRYPT = (
    "$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZ"
    "SXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZf"
    "kp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw=="
)
PBKDF2, SCRYPT = VECTORS[1][1], VECTORS[3][1]


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("name", "stored"), VECTORS)
def test_published_vectors(name: str, stored: str) -> None:
    """Kratos' own examples verify with their password and no other."""
    row = check_vector(SCHEMES[f"kratos:{name}"], stored, "test")
    assert row.is_shuckable is (name == "md5")


def test_firebases_own_scrypt() -> None:
    """The form with all of Firebase's parameters verifies, its secret included."""
    row = check_vector(SCHEMES["kratos:firescrypt"], FIRESCRYPT, "8x4WjoDbSxJZdR")
    assert row.cost == "n=16384,r=8,p=1"


def _has_md4() -> bool:
    try:
        hashlib.new("md4", usedforsecurity=False)
    except ValueError:
        return False
    return True


@pytest.mark.promise("P8")
def test_md4_is_right_or_declared() -> None:
    """MD4 verifies where OpenSSL has it and is a declared error where not."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=KRATOS)
    if _has_md4():
        assert hasher.verify("test", stored=MD4).scheme == "kratos:hmac_md4"
    else:
        with pytest.raises(UnreadableHashError, match="md4"):
            hasher.verify("test", stored=MD4)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("name", "stored"), [row for row in VECTORS if "_pf" in row[0] or "hm" in row[0]]
)
def test_altered_texts_match_nothing(name: str, stored: str) -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(SCHEMES[f"kratos:{name}"], stored, "test")


def test_more_altered_texts_match_nothing() -> None:
    """Nor is one close to a crypt(3) row or to a bare MD5."""
    check_alterations(SCHEMES["kratos:md5"], VECTORS[4][1], "test")
    check_alterations(SCHEMES["kratos:md5_crypt"], VECTORS[12][1], "test")


def test_what_stands_in_the_password_is_no_template() -> None:
    """A password that spells a place is put in as it is."""
    template = to_base64(b"{SALT}{PASSWORD}")
    # echo -n '123{SALT}' | openssl md5 -binary | base64
    stored = f"$md5$pf={template}$MTIz$7mri42NBpDk6OtbRgPVHZA=="
    assert accepts(SCHEMES["kratos:md5_pf"], stored, "{SALT}")


@pytest.mark.parametrize(
    "stored",
    [
        # Without {PASSWORD} any password would be right.
        f"$md5$pf={to_base64(b'{SALT}')}$MTIz$ICy5YqxZB1uWSwcVLSNLcA==",
        "$md5$pf=$MTIz$ICy5YqxZB1uWSwcVLSNLcA==",
        "$sha1$pf=e1BBU1NXT1JEfQ==$$CY9rzUYh03PK3k6DJie09g==",
        PBKDF2.replace("l=32", "l=31"),
        PBKDF2.replace("i=1", "i=01"),
        PBKDF2.replace("sha256", "md5"),
        PBKDF2 + "=",
        "$pbkdf2-sha256$i=1,l=4$c2FsdA$AAAAAA",
        SCRYPT.replace("ln=16384", "ln=16385"),
        SCRYPT.replace("=$Mi", "$Mi"),
        SCRYPT.replace("$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$", "$$"),
        "$md5-crypt$whuMjZj.HMFoaTaZRRtkO0",
        "$md5-crypt$1$a$whuMjZj.HMFoaTaZRRtkO0",
        "$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2Zjk=$",
        "$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2ZjA$MTIzNDU=",
        "$hmac-md5$$MTIzNDU=",
        FIRESCRYPT.replace("ln=14", "ln=32"),
        FIRESCRYPT.replace("ln=14", "ln=014"),
        FIRESCRYPT.replace("ln=14,r=8", "ln=16,r=1"),  # no scrypt of RFC 7914
        FIRESCRYPT.replace("$Bw==$", "$Bx==$"),
        FIRESCRYPT.replace("Kyw==", "K"),
        "$unknown$12$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Kratos does not import is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in KRATOS)


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    "stored",
    [
        PBKDF2.replace("i=100000", "i=5000001"),
        SCRYPT.replace("ln=16384", "ln=1048576"),
        FIRESCRYPT.replace("ln=14", "ln=31"),
        "$sha512-crypt$rounds=999999999$a$" + "." * 86,
    ],
)
def test_cost_above_the_ceiling_is_refused(stored: str) -> None:
    """A row that asks for too much is refused."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=KRATOS)
    with pytest.raises(WorkFactorTooHighError):
        hasher.verify("test", stored=stored)


def test_shapes_do_not_overlap() -> None:
    """Each text is of one of Kratos' formats and no other."""
    for stored in [FIRESCRYPT, MD4, *(row[1] for row in VECTORS)]:
        assert sum(scheme.read(stored) is not None for scheme in KRATOS) == 1


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[row[1] for row in VECTORS], MD4, FIRESCRYPT),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in KRATOS:
        check_total(scheme, stored, beside, password)
