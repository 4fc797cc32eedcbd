import base64
import hashlib
from collections.abc import Iterator

import argon2
import bcrypt
import pytest
from django.contrib.auth import hashers
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import (
    PasswordMismatchError,
    SetupError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.keys import Keyring
from credguard.passwords import (
    CHEAPEST,
    Ceilings,
    PasswordHasher,
    WorkFactor,
    WriteFormat,
)
from credguard.passwords.legacy import DJANGO, SMF, VBULLETIN, WERKZEUG
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.phc import to_base64
from credguard.passwords.pool import Permit
from credguard.passwords.stored_hash import Argon2Hash, StoredHash, TakesSeveral
from credguard.passwords.wrapping import Inner, outer_input, read_inner

ACCEPT = DJANGO + WERKZEUG + VBULLETIN + SMF
RING = Keyring.generate()
HASHER = PasswordHasher(work_factor=CHEAPEST, accept=ACCEPT)
PEPPERED = PasswordHasher(work_factor=CHEAPEST, accept=ACCEPT, keyring=RING)
PASSWORD = "correct horse"


def _hex(name: str, data: str) -> str:
    return hashlib.new(name, data.encode(), usedforsecurity=False).hexdigest()


MD5 = _hex("md5", f"salt{PASSWORD}")
VB_SALT = "aB3$%~,'\"\\="
VB_ROW = _hex("md5", _hex("md5", PASSWORD) + VB_SALT)
SMF_ROW = _hex("sha1", f"alice{PASSWORD}")
ROWS: dict[str, tuple[str, Beside]] = {
    "django:md5": (f"md5$salt${MD5}", NOTHING_BESIDE),
    "django:argon2": (
        "argon2" + argon2.PasswordHasher(1, 8, 1).hash(PASSWORD),
        NOTHING_BESIDE,
    ),
    "django:pbkdf2_sha256": (
        hashers.PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=12),
        NOTHING_BESIDE,
    ),
    "django:scrypt": (
        hashers.ScryptPasswordHasher().encode(PASSWORD, "salt", n=16, r=8, p=1),
        NOTHING_BESIDE,
    ),
    "django:bcrypt": (
        hashers.BCryptPasswordHasher().encode(PASSWORD, bcrypt.gensalt(4)),
        NOTHING_BESIDE,
    ),
    "vbulletin:md5": (VB_ROW, Beside(salt=VB_SALT)),
    "smf:sha1": (SMF_ROW, Beside(username="Alice")),
}


@pytest.mark.parametrize("hasher", [HASHER, PEPPERED], ids=["bare", "peppered"])
@pytest.mark.parametrize("name", ROWS)
def test_a_wrapped_row_verifies_and_is_replaced(
    name: str, hasher: PasswordHasher
) -> None:
    """The password logs in, another does not, and a direct hash is asked for."""
    stored, beside = ROWS[name]
    wrapped = hasher.wrap(
        stored,
        scheme=name,
        salt=beside.salt,
        username=beside.username,
        account_id="17",
    )
    # Nothing stands beside it: salt and name are in the text.
    verified = hasher.verify(PASSWORD, stored=wrapped, account_id="17")
    assert (verified.scheme, verified.needs_rehash) == (f"wrapped:{name}", True)
    with pytest.raises(PasswordMismatchError):
        hasher.verify(PASSWORD + "x", stored=wrapped, account_id="17")
    assert wrapped.isascii()
    assert " " not in wrapped


@pytest.mark.parametrize("name", ROWS)
def test_a_renamed_account_still_logs_in(name: str) -> None:
    """Columns that say otherwise by now are not looked at."""
    stored, beside = ROWS[name]
    wrapped = HASHER.wrap(
        stored, scheme=name, salt=beside.salt, username=beside.username
    )
    HASHER.verify(PASSWORD, stored=wrapped, salt="other", username="Bob")


def test_only_what_the_scheme_needs_is_kept() -> None:
    """A name that did not go into the old hash does not make the text longer."""
    stored, _ = ROWS["django:md5"]
    wrapped = HASHER.wrap(stored, salt="unused", username="Alice")
    assert wrapped.endswith("$django:md5$$$md5$salt$~032~")
    assert len(wrapped) == 118 - len("19456") + len("8")
    smf = HASHER.wrap(SMF_ROW, scheme="smf:sha1", salt="unused", username="Alice")
    assert smf.endswith("$smf:sha1$$=Alice$~040~")


def test_the_sum_is_argon2id_as_written_down() -> None:
    """Whoever has the record can verify a wrapped row without this code."""
    wrapped = HASHER.wrap(f"md5$salt${MD5}")
    _, kind, key, cost, salt, tag, inner = wrapped.split("$", 6)
    assert (kind, key, cost) == ("cgw1", "-", "m=8,t=1,p=1")
    assert inner == "django:md5$$$md5$salt$~032~"
    made = argon2.low_level.hash_secret(
        inner.encode() + b"\x00" + bytes.fromhex(MD5),
        base64.b64decode(salt + "=="),
        1,
        8,
        1,
        32,
        argon2.Type.ID,
    )
    assert made.decode() == f"$argon2id$v=19${cost}${salt}${tag}"


def test_a_direct_hash_of_the_digest_does_not_pass() -> None:
    """Whoever knows the old digest, and not the password, cannot log in with it."""
    wrapped = HASHER.wrap(f"md5$salt${MD5}")
    for known in (MD5, f"md5$salt${MD5}"):
        with pytest.raises(PasswordMismatchError):
            HASHER.verify(known, stored=wrapped)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("=Alice", "=alice"),
        ("=Alice", "=ALICE"),
        ("smf:sha1", "django:md5"),
        ("~040~", "~041~"),
        ("~040~", "0" * 40),
        ("~040~", "0" * 39 + "1"),
        ("$$=Alice", "$=$=Alice"),
        ("$$=Alice", "$=x$=Alice"),
        ("=Alice", "=%41lice"),
        ("=Alice", ""),
        ("m=8", "m=9"),
        ("cgw1", "cgh1"),
    ],
)
def test_an_altered_text_never_verifies(before: str, after: str) -> None:
    """Not even where the old scheme takes both for the same."""
    wrapped = HASHER.wrap(SMF_ROW, scheme="smf:sha1", username="Alice")
    assert before in wrapped
    with pytest.raises((UnreadableHashError, PasswordMismatchError)):
        HASHER.verify(PASSWORD, stored=wrapped.replace(before, after))


@pytest.mark.parametrize(
    "stored",
    [None, "", "!", "cgretired1:x", "garbage", b"bytes", 0, "\ud800", "x" * 1025],
)
def test_what_is_no_old_hash_is_not_wrapped(stored: str) -> None:
    """A row out of use, an unreadable one and none at all are refused by name."""
    with pytest.raises(UnreadableHashError):
        HASHER.wrap(stored)


def test_our_own_texts_are_not_wrapped() -> None:
    """A current, a peppered and a wrapped row have nothing to gain."""
    wrapped = HASHER.wrap(f"md5$salt${MD5}")
    sealed = PEPPERED.hash(PASSWORD)
    for stored in (HASHER.hash(PASSWORD), sealed, wrapped):
        with pytest.raises(UnreadableHashError):
            PEPPERED.wrap(stored)


def test_an_argon2i_row_is_wrapped_where_its_name_is_given() -> None:
    """A bare Argon2i hash, of whoever wrote it, can be put under Argon2id."""
    old = argon2.PasswordHasher(1, 8, 1, type=argon2.Type.I).hash(PASSWORD)
    wrapped = HASHER.wrap(old, scheme="argon2i")
    assert HASHER.verify(PASSWORD, stored=wrapped).scheme == "wrapped:argon2i"
    with pytest.raises(UnreadableHashError):
        HASHER.wrap(old, scheme="argon2id")


def test_the_caller_says_which_scheme_it_is() -> None:
    """By name or as the object; a scheme that is not accepted is a setting to mend."""
    md5 = next(scheme for scheme in DJANGO if scheme.name == "django:md5")
    stored, _ = ROWS["django:md5"]
    HASHER.verify(PASSWORD, stored=HASHER.wrap(stored, scheme=md5))
    bare = PasswordHasher(work_factor=CHEAPEST, accept=())
    for scheme in (md5, "django:md5", "", "wrapped:django:md5"):
        with pytest.raises(SetupError):
            bare.wrap(stored, scheme=scheme)
    with pytest.raises(UnreadableHashError):
        HASHER.wrap(stored, scheme="django:sha1")
    with pytest.raises(UnreadableHashError):
        HASHER.wrap(VB_ROW, scheme="vbulletin:md5")  # its salt is missing


def test_a_row_above_a_ceiling_is_not_wrapped() -> None:
    """It could not be verified afterwards."""
    low = PasswordHasher(work_factor=CHEAPEST, ceilings=Ceilings(pbkdf2_iterations=11))
    stored, _ = ROWS["django:pbkdf2_sha256"]
    with pytest.raises(WorkFactorTooHighError):
        low.wrap(stored)
    with pytest.raises(WorkFactorTooHighError):
        low.verify(PASSWORD, stored=HASHER.wrap(stored))


def test_a_wrapped_row_whose_scheme_is_gone_is_unreadable() -> None:
    """What is inside has to be accepted as well."""
    wrapped = HASHER.wrap(f"md5$salt${MD5}")
    without = PasswordHasher(work_factor=CHEAPEST, accept=WERKZEUG)
    assert without.identify(wrapped) == "unreadable"
    with pytest.raises(UnreadableHashError):
        without.verify(PASSWORD, stored=wrapped)


def test_a_pinned_format_is_not_left_by_wrapping() -> None:
    """Servers that read no wrapped rows would lock people out."""
    pinned = PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat.PHC)
    with pytest.raises(SetupError):
        pinned.wrap(f"md5$salt${MD5}")


def test_a_dearer_wrapped_row_is_kept() -> None:
    """No cost is ever lowered, nor that of a wrapped row."""
    dear = WorkFactor(memory_kib=16, passes=1, lanes=1)
    wrapped = PasswordHasher(work_factor=dear).wrap(f"md5$salt${MD5}")
    assert HASHER.verify(PASSWORD, stored=wrapped).needs_rehash is False


def test_a_name_that_is_too_long_is_not_wrapped() -> None:
    """The text would not be read back, so it is not written."""
    name = "ü" * 200
    row = _hex("sha1", name + PASSWORD)
    HASHER.verify(PASSWORD, stored=row, username=name)
    with pytest.raises(UnreadableHashError, match="too long"):
        HASHER.wrap(row, scheme="smf:sha1", username=name)


class _Several(TakesSeveral, Argon2Hash):
    """An Argon2 row whose software took the password in capitals as well."""

    def digests(self, password: bytes, permit: Permit) -> Iterator[bytes]:
        """Give the digest as typed, and in capitals."""
        yield self.digest(password, permit)
        yield self.digest(password.upper(), permit)


class _Lenient:
    """A scheme of rows with several digests."""

    name = "lenient"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> StoredHash | None:
        """Return the row behind a mark."""
        row = HASHER._reader.parse(stored.removeprefix("x"), NOTHING_BESIDE)
        if row is None or not stored.startswith("x"):
            return None
        assert isinstance(row.row, Argon2Hash)
        return _Several(self.name, row.row.phc, "x")


def test_every_digest_that_the_software_took_is_taken() -> None:
    """A row that does not say which of two it is verifies with both, also wrapped."""
    scheme: LegacyScheme = _Lenient()
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=[scheme])
    stored = "x" + HASHER.hash("PASSWORD")
    for row in (stored, hasher.wrap(stored)):
        hasher.verify("PASSWORD", stored=row)
        hasher.verify("password", stored=row)
        with pytest.raises(PasswordMismatchError):
            hasher.verify("another", stored=row)


class _Forgetful:
    """A scheme whose blank text is of another format."""

    name = "forgetful"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> StoredHash | None:
        """Return a row whose blank text is not read."""
        row = HASHER._reader.parse(stored.removeprefix("z"), NOTHING_BESIDE)
        if row is None or not stored.startswith("z"):
            return None
        assert isinstance(row.row, Argon2Hash)
        return Argon2Hash(self.name, row.row.phc, "y")


def test_a_scheme_that_forgets_is_found_out_before_it_is_written() -> None:
    """A row that could not be read back would lock its owner out."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=[_Forgetful()])
    stored = "z" + HASHER.hash(PASSWORD)
    hasher.verify(PASSWORD, stored=stored)
    with pytest.raises(SetupError, match="forgetful"):
        hasher.wrap(stored)


def test_a_password_that_nobody_could_have_hashed_is_only_wrong() -> None:
    """An empty digest is no digest, inside or outside."""
    stored, _ = ROWS["django:bcrypt"]
    wrapped = HASHER.wrap(stored)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify("\x00", stored=wrapped)


INNER = Inner(scheme="s", blank="00000000", beside=NOTHING_BESIDE)


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (INNER, "s$$$~08~"),
        (Inner(scheme="s", blank="", beside=NOTHING_BESIDE), "s$$$"),
        (Inner(scheme="s", blank="$a$", beside=Beside(salt="")), "s$=$$$a$"),
        (
            Inner(scheme="s", blank="%~ü", beside=Beside(salt="$", username="=%~")),
            "s$=%24$==%25%7E$%25%7E%C3%BC",
        ),
        (
            Inner(scheme="s", blank="0000000AAAAAAAA", beside=NOTHING_BESIDE),
            "s$$$0000000~A8~",
        ),
    ],
)
def test_inner_texts(inner: Inner, text: str) -> None:
    """What was wrapped is written in ASCII, with its zeros counted."""
    assert inner.to_text() == text
    assert read_inner(text) == inner


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "s$$",
        "s$x$$y",  # a column is empty or begins with =
        "s$$$~05~",  # five zeros are written out
        "s$$$~09~0",
        "s$$$~a9~",
        "s$$$~0000~",
        "s$$$00000000",
        "s$$$~06~~06~",
        "s$$$%41",
        "s$$$%c3%bc",
        "s$$$%FF",
        "s$$$%ED%A0%80",  # a surrogate
        "s$$$a b",
        "s$$$ü",
        "s$$$" + "x" * 512,
    ],
)
def test_other_spellings_of_inner_texts_are_refused(text: str) -> None:
    """A wrapped row has one text."""
    assert read_inner(text) is None


COLUMNS = st.none() | st.text(max_size=20)


@given(
    st.builds(
        Inner,
        scheme=st.from_regex(r"\A[a-z0-9][a-z0-9:._+-]{0,9}\Z"),
        blank=st.text(max_size=40) | st.from_regex(r"\A[a$%~]{0,9}[0A.]{0,40}=?\Z"),
        beside=st.builds(Beside, salt=COLUMNS, username=COLUMNS),
    )
)
def test_any_inner_comes_back(inner: Inner) -> None:
    """Salts, names and texts of any characters survive, in ASCII without spaces."""
    text = inner.to_text()
    assert all("!" <= character <= "~" for character in text)
    if len(text) <= 512:
        assert read_inner(text) == inner


@given(st.text(alphabet="s$=%~0A.5Cü", max_size=30))
def test_an_inner_text_has_one_spelling(text: str) -> None:
    """Whatever is read is written back as it was."""
    inner = read_inner(text)
    assert inner is None or inner.to_text() == text


def test_a_wrapped_row_has_nothing_to_wrap() -> None:
    """It says of itself what any hash says, but for a blank text."""
    wrapped = HASHER.wrap(f"md5$salt${MD5}")
    reading = HASHER._reader.parse(wrapped, NOTHING_BESIDE)
    assert reading is not None
    assert reading.row.blank == ""
    with HASHER._pool.permit() as permit:
        assert reading.row.digest(PASSWORD.encode(), permit) == reading.row.tag


def test_the_inner_text_is_in_the_sum() -> None:
    """No two pairs of text and digest give the same input."""
    assert outer_input("a", b"b") == b"a\x00b"
    assert to_base64(outer_input("", b"")) == "AA"
