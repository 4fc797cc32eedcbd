import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy.base64s import to_base64
from credguard.passwords.legacy.ldap import LDAP
from credguard.passwords.legacy.scheme import Beside, LegacyScheme

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in LDAP}
# 389 Directory Server, dirsrvtests/tests/suites/password/pw_migration tests: made
# by OpenLDAP's slappasswd, of "password".
OF_389_DS = {
    "crypt": "{CRYPT}ZZKRwXSu3tt8s",
    "ssha": "{SSHA}jdALDtX0+MVMkRsX0ilHz0O6Uos95D4s",
    "md5": "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
    "smd5": "{SMD5}RnexgcsjdBHMQ1yhB7+sD+a+qDI=",
    "sha": "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "sha256": "{SHA256}XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=",
    "ssha256": "{SSHA256}covFryM35UrKB3gMYxtYpQYTHbTn5kFphjcNHewfj581SLJwjA9jew==",
    "sha384": (
        "{SHA384}qLZLq9CsqRpZvbt3YbQh1PK7OCgNOnW6DyHyvrxFWD1EbFmGYMlM5oDEfRnDB4On"
    ),
    "ssha384": (
        "{SSHA384}kNjTWdmyy2G1IgJF8WrOpq0N//Yc2Ec5TIQYceuiuHQXRXpC1bfnMqyOx0NxrSREjB"
        "WDwUpqXjo="
    ),
    "sha512": (
        "{SHA512}sQnzu7wkTrgkQZF+0G1hi5AI3Qmzvv0bXgc5THBqi7mAsdd4Xll27ASbRt9fEyavWi6"
        "m0QP9B8lThf+rDKy8hg=="
    ),
    "ssha512": (
        "{SSHA512}+7A8kA32q4mCBao4Cbatdyzl5imVwJ62ZAE7UOTP4pfrF90E9R2LabOfJFzx6guaYh"
        "TmUEVK2wRKC8bToqspdeTluX2d1BX2"
    ),
    "pbkdf2_sha1": "{PBKDF2}10000$IlfapjA351LuDSwYC0IQ8Q$saHqQTuYnjJN/tmAndT.8mJt.6w",
    "pbkdf2_sha256": (
        "{PBKDF2-SHA256}10000$henZGfPWw79Cs8ORDeVNrQ$1dTJy73v6n3bnTmTZFghxHXHLsAzKaA"
        "y8SksDfZBPIw"
    ),
    "pbkdf2_sha512": (
        "{PBKDF2-SHA512}10000$Je1Uw19Bfv5lArzZ6V3EPw$g4T/1sqBUYWl9o93MVnyQ/8zKGSkPbK"
        "aXXsT8WmysXQJhWy8MRP2JFudSL.N9RklQYgDPxPjnfum/F2f/TrppA"
    ),
    "argon2": (
        "{ARGON2}$argon2id$v=19$m=65536,t=2,p=1$IyTQMsvzB2JHDiWx8fq7Ew$VhYOA7AL0kbRX"
        "I5g2kOyyp8St1epkNj7WZyUY4pAIQQ"
    ),
}
# hashcat's example hash of mode 10901.
OF_HASHCAT = (
    "{PBKDF2_SHA256}AAAgADkxMjM2NTIzMzgzMjQ3MjI4MDAwNTk5OTAyOTk4NDI2MjkyMzAzNjg0"
    "NjQwOTMxNjI3OTMzNjg0MDI0OTY5NTe5ULagRTYpLaUoeqJMg8x9W/DXu+9VTFaVhaYvebYrY+s"
    "Oqn1ZMRnws22C1uAkiE2tFM8qN+xw5xe7OmCPZ203NuruK4oB33QlsKIEz4ppm0TR94JB9PJx7l"
    "IQwFHD3FUNUNryj4jk6UYyJ4+V1Z9Ug/Iy/ylQBJgfs5ihzgxHYZrfp1wUCXFzlZG9mxmziPm8V"
    "FnAhaX4+FBAZvLAx33jpbKOwEg7TmwP2VJ8BNFLQRqwYdlqIjQlAhncXH+dqIF9VdM4MonAA0hx"
    "76bMvFTP7LF5VO1IqVmcuYz7YG9v4KKRjnvoUUqOj6okUBQTay3EzsdFVnUW1FemYOccJd5q"
)
# passlib 1.9.4 (libpass), ldap_pbkdf2_*.using(rounds=1000, salt=b"salt" * 4).
OF_PASSLIB = {
    "pbkdf2_sha1": "{PBKDF2}1000$c2FsdHNhbHRzYWx0c2FsdA$7idSJsc0br/Fs5FJle6FPK.HGgE",
    "pbkdf2_sha256": (
        "{PBKDF2-SHA256}1000$c2FsdHNhbHRzYWx0c2FsdA$RB6J0ltSvnSi.DAtTCbwUi/PqNYuq6af"
        "EvmqzuzNibA"
    ),
}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", OF_389_DS)
def test_published_vectors(name: str) -> None:
    """What OpenLDAP wrote verifies with its password and no other."""
    check_vector(SCHEMES[f"ldap:{name}"], OF_389_DS[name], "password")


def test_more_published_vectors() -> None:
    """So does what hashcat and Kratos publish, also with longer salts."""
    check_vector(SCHEMES["ldap:389ds_pbkdf2_sha256"], OF_HASHCAT, "hashcat")
    # hashcat's example hashes of modes 111 and 101; ory/kratos, hash/hasher_test.go.
    ssha = "{SSHA}FLzWcQqyle6Mo7NvrwXCMAmRzXQxNjYxMTYzNw=="
    check_vector(SCHEMES["ldap:ssha"], ssha, "hashcat")
    check_vector(SCHEMES["ldap:sha"], "{SHA}uJ6qx+YUFzQbcQtyd2gpTQ5qJ3s=", "hashcat")
    ssha = "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a"
    check_vector(SCHEMES["ldap:ssha"], ssha, "test123")


def test_the_rfcs_own_spelling_of_crypt() -> None:
    """RFC 2307 spells the scheme in lower case, and slappasswd in upper case."""
    crypt = SCHEMES["ldap:crypt"]
    check_vector(crypt, OF_389_DS["crypt"].replace("CRYPT", "crypt"), "password")
    # hashcat's example hash of mode 3200, of "hashcat".
    bcrypt = "{CRYPT}$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou"
    assert check_vector(crypt, bcrypt, "hashcat").cost == "c=5"


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", ["crypt", "ssha", "md5", "smd5", "sha", "ssha512"])
def test_altered_texts_match_nothing(name: str) -> None:
    """No text close to a hash is another spelling of it, but for crypt's mark."""
    stored = OF_389_DS[name]
    spelled = stored.replace("CRYPT", "crypt")
    check_alterations(SCHEMES[f"ldap:{name}"], stored, "password", but=(spelled,))


@pytest.mark.parametrize("name", OF_PASSLIB)
def test_altered_pbkdf2_matches_nothing(name: str) -> None:
    """No text close to a PBKDF2 is another spelling of it."""
    check_alterations(SCHEMES[f"ldap:{name}"], OF_PASSLIB[name], "hashcat")


@pytest.mark.promise("P8")
@given(
    stored=close_to(*OF_389_DS.values(), OF_HASHCAT),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in LDAP:
        check_total(scheme, stored, beside, password)


@pytest.mark.parametrize(
    "stored",
    [
        "{SHA}" + to_base64(bytes(19)),
        "{SHA}" + to_base64(bytes(21)),
        "{SSHA}" + to_base64(bytes(20)),
        "{SSHA}" + to_base64(bytes(20 + 65)),
        "{SSHA}" + to_base64(bytes(25)).rstrip("="),
        "{ssha}" + to_base64(bytes(24)),
        "{Crypt}ZZKRwXSu3tt8s",
        "{CRYPT}",
        "{CRYPT}*",
        "{PBKDF2}0$c2FsdA$saHqQTuYnjJN/tmAndT.8mJt.6w",
        "{PBKDF2}1$c2FsdA$saHqQTuYnjJN/tmAndT+8mJt+6w",
        "{PBKDF2-SHA1}1$c2FsdA$saHqQTuYnjJN/tmAndT.8mJt.6w",
        "{PBKDF2_SHA256}" + to_base64(bytes(324)),  # no iterations
        "{PBKDF2_SHA256}" + to_base64(bytes(323)),
        "{ARGON2}",
        "{CLEARTEXT}password",
        "password",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What directories do not write is not taken for any of these."""
    assert all(scheme.read(stored) is None for scheme in LDAP)


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    "stored",
    [
        OF_389_DS["pbkdf2_sha256"].replace("}10000$", "}5000001$"),
        "{PBKDF2_SHA256}" + to_base64(b"\xff" * 324),
        # Eight blocks of 700,000 iterations each are 5.6 million.
        "{PBKDF2_SHA256}" + to_base64((700_000).to_bytes(4) + bytes(320)),
        OF_389_DS["argon2"].replace("m=65536", "m=9999999"),
        "{CRYPT}$6$rounds=999999999$a$" + "." * 86,
    ],
)
def test_cost_above_the_ceiling_is_refused(stored: str) -> None:
    """A row that asks for too much is refused."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=LDAP)
    with pytest.raises(WorkFactorTooHighError):
        hasher.verify("password", stored=stored)


def test_unsalted_digests_are_told_apart() -> None:
    """Only what has no salt can be tried with digests that leaked elsewhere."""
    for name, stored in OF_389_DS.items():
        row = SCHEMES[f"ldap:{name}"].read(stored)
        assert row is not None
        assert row.is_shuckable is (name.startswith("sha") or name == "md5")
