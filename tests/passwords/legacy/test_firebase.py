import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import SetupError, WorkFactorTooHighError
from credguard.passwords.legacy.base64s import to_base64
from credguard.passwords.legacy.firebase import (
    FirebaseBcrypt,
    FirebaseDigest,
    FirebaseHmac,
    FirebasePbkdf2,
    FirebaseScrypt,
    FirebaseStandardScrypt,
)
from credguard.passwords.legacy.scheme import Beside, LegacyScheme
from credguard.passwords.work_factor import Ceilings


def _of_hex(digits: str) -> str:
    return to_base64(bytes.fromhex(digits))


def _of_text(text: str) -> str:
    return to_base64(text.encode())


SIGNER = (
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpj"
    "eJ9WmXA=="
)
SCRYPT = FirebaseScrypt(signer_key=SIGNER)
# github.com/firebase/scrypt, README.
OF_FIREBASE = (
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAd"
    "Ruid5lQ=="
)
SALT = Beside(salt="42xEC+ixf3L2lw==")
# RFC 7914 section 12: scrypt (N=1024, r=8, p=16), salt "NaCl".
OF_RFC_7914 = _of_hex(
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
)
FOX = _of_text("The quick brown fox ")
VECTORS: list[tuple[LegacyScheme, str, str, str]] = [
    (
        FirebaseStandardScrypt(memory_cost=1024, block_size=8, parallelization=16),
        OF_RFC_7914,
        "password",
        _of_text("NaCl"),
    ),
    # RFC 6070, third vector.
    (
        FirebasePbkdf2("sha1", rounds=4096),
        _of_hex("4b007901b765489abead49d926f721d065a429c1"),
        "password",
        _of_text("salt"),
    ),
    # PHP 8.2: hash_pbkdf2('sha256', 'password', 'salt', 4096, 32, true).
    (
        FirebasePbkdf2("sha256", rounds=4096),
        "xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o=",
        "password",
        _of_text("salt"),
    ),
    # Wikipedia, HMAC: key "key", over the fox and the dog together.
    (
        FirebaseHmac("md5", key=_of_text("key"), is_salt_first=True),
        _of_hex("80070713463e7749b90c2dc24911e275"),
        "jumps over the lazy dog",
        FOX,
    ),
    (
        FirebaseHmac("sha1", key=_of_text("key"), is_salt_first=True),
        _of_hex("de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
        "jumps over the lazy dog",
        FOX,
    ),
    (
        FirebaseHmac("sha256", key=_of_text("key"), is_salt_first=False),
        _of_hex("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"),
        "The quick brown fox",
        _of_text(" jumps over the lazy dog"),
    ),
    # hashcat's example hashes of modes 20 and 10.
    (
        FirebaseDigest("md5", is_salt_first=True),
        _of_hex("57ab8499d08c59a7211c77f557bf9425"),
        "hashcat",
        _of_text("4247"),
    ),
    (
        FirebaseDigest("md5", is_salt_first=False),
        _of_hex("3d83c8e717ff0e7ecfe187f088d69954"),
        "hashcat",
        _of_text("343141"),
    ),
]
# hashcat's example hash of mode 3200.
BCRYPT = _of_text("$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou")


def test_published_vector_of_firebases_scrypt() -> None:
    """Firebase's own example verifies with its project's secret and its salt."""
    check_vector(SCRYPT, OF_FIREBASE, "user1password", SALT)
    other = FirebaseScrypt(signer_key=to_base64(bytes(64)))
    assert not accepts(other, OF_FIREBASE, "user1password", SALT)


def test_the_secret_does_not_show() -> None:
    """Neither a scheme nor a row tells the project's secret."""
    row = SCRYPT.read(OF_FIREBASE, SALT)
    assert SIGNER not in repr(SCRYPT)
    assert "secret" not in repr(row)
    assert "salt" not in repr(row)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("scheme", "stored", "password", "salt"), VECTORS)
def test_published_vectors(
    scheme: LegacyScheme, stored: str, password: str, salt: str
) -> None:
    """What standards and others publish verifies in Firebase's writing."""
    check_vector(scheme, stored, password, Beside(salt=salt))
    check_needs(scheme, stored, password, Beside(salt=salt))


def test_bcrypt_needs_no_salt() -> None:
    """A bcrypt string in base64 says all by itself."""
    check_vector(FirebaseBcrypt(), BCRYPT, "hashcat")
    check_alterations(FirebaseBcrypt(), BCRYPT, "hashcat")


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("scheme", "stored", "password", "salt"), VECTORS[3:])
def test_altered_texts_match_nothing(
    scheme: LegacyScheme, stored: str, password: str, salt: str
) -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(scheme, stored, password, Beside(salt=salt))


def test_names_tell_projects_and_parameters_apart() -> None:
    """What changes the digest changes the name, and no name is too long."""
    longest = FirebaseHmac(
        "sha512", key="AAAA", is_salt_first=False, project="a-to-j12-9"
    )
    names = {
        longest.name,
        FirebaseScrypt(signer_key="AAAA", project="eu").name,
        SCRYPT.name,
        *(scheme.name for scheme, *_ in VECTORS),
        FirebaseStandardScrypt(
            memory_cost=2**20, block_size=32, parallelization=4
        ).name,
    }
    assert len(names) == len(VECTORS) + 4
    assert max(map(len, names)) <= 40


@pytest.mark.parametrize(
    "arguments",
    [
        {"signer_key": ""},
        {"signer_key": "AAA"},
        {"signer_key": SIGNER, "salt_separator": "B"},
        {"signer_key": SIGNER, "rounds": 0},
        {"signer_key": SIGNER, "memory_cost": 32},
        {"signer_key": SIGNER, "memory_cost": True},
        {"signer_key": SIGNER, "project": "EU"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    arguments: dict[str, object],
) -> None:
    """They are refused when the scheme is made, and no secret is told."""
    with pytest.raises(SetupError) as caught:
        FirebaseScrypt(**arguments)  # type: ignore[arg-type]  # wrong on purpose
    assert SIGNER not in str(caught.value)


def test_more_parameters_that_make_no_sense_are_refused() -> None:
    """So are numbers that no algorithm knows."""
    for numbers in ((1000, 8, 1), (0, 8, 1), (1024, 0, 1), (1024, 8, 2**31)):
        n, r, p = numbers
        with pytest.raises(SetupError):
            FirebaseStandardScrypt(memory_cost=n, block_size=r, parallelization=p)
    for rounds in (0, 120_001, True):
        with pytest.raises(SetupError):
            FirebasePbkdf2("sha256", rounds=rounds)
    with pytest.raises(SetupError):
        FirebaseHmac("md5", key="!", is_salt_first=True)


@pytest.mark.promise("P1")
def test_cost_above_the_ceiling_is_refused() -> None:
    """A project whose parameters ask for too much is refused row by row."""
    row = FirebaseScrypt(signer_key=SIGNER, memory_cost=31).read(OF_FIREBASE, SALT)
    assert row is not None
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings())


@pytest.mark.parametrize(
    ("stored", "salt"),
    [
        (OF_FIREBASE[:-4], SALT.salt),
        (OF_FIREBASE.replace("/", "_"), SALT.salt),
        (OF_FIREBASE.rstrip("="), SALT.salt),
        (OF_FIREBASE, "42xEC+ixf3L2lw"),
        (OF_FIREBASE, "42xEC ixf3L2lw=="),
        (OF_FIREBASE, "ü"),
    ],
)
def test_other_spellings_are_unreadable(stored: str, salt: str) -> None:
    """What Firebase's command does not export is not taken for it."""
    assert SCRYPT.read(stored, Beside(salt=salt)) is None
    assert FirebaseBcrypt().read(stored) is None


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[row[1] for row in VECTORS], BCRYPT, OF_FIREBASE),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    schemes: list[LegacyScheme] = [SCRYPT, FirebaseBcrypt()]
    for scheme in schemes + [row[0] for row in VECTORS]:
        check_total(scheme, stored, beside, password)
