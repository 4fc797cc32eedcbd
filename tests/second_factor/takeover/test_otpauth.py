"""otpauth URIs: other libraries', the format's own examples, and quirks."""

import base64
from datetime import UTC, datetime

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SEED, SEED_BASE32, came_in, reasons, seed_of

from credguard.second_factor.enrollment import present
from credguard.second_factor.takeover import ReasonCode, read_otpauth
from credguard.second_factor.totp import Algorithm, Parameters

LATER = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)

# The examples of the wiki page Key URI Format of google-authenticator.
WIKI = [
    (
        "otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
        ("alice@google.com", "Example"),
        b"Hello!\xde\xad\xbe\xef",
    ),
    (
        (
            "otpauth://totp/ACME%20Co:john.doe@email.com"
            "?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ"
            "&issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30"
        ),
        ("john.doe@email.com", "ACME Co"),
        bytes.fromhex("3dc6caa4824a6d288767b2331e20b43166cb85d9"),
    ),
]


@pytest.mark.parametrize(("uri", "named", "seed"), WIKI, ids=["Example", "ACME"])
def test_the_examples_of_the_format_come_in(
    uri: str, named: tuple[str, str], seed: bytes
) -> None:
    """The wiki's own URIs are read, with the account's name as the account."""
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert (record.account_id, record.issuer) == named
    assert seed_of(record) == seed


@pytest.mark.parametrize(
    "label",
    [
        "Forum:alice",
        "Forum%3Aalice",
        "Forum%3aalice",
        "Forum:%20alice",
        "Forum%3A%20alice",
        "alice",
        "%20alice%20",
    ],
)
def test_the_colon_may_be_written_in_many_ways(label: str) -> None:
    """Issuer and account are parted by a colon, quoted or not, or not at all."""
    uri = f"otpauth://totp/{label}?secret={SEED_BASE32}&issuer=Forum"
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert (record.account_id, record.issuer) == ("alice", "Forum")


def test_the_issuer_may_stand_before_the_colon_alone() -> None:
    """Without an issuer of its own, the one in the label is taken."""
    uri = f"otpauth://totp/Forum:alice?secret={SEED_BASE32}"
    assert came_in(read_otpauth([{"uri": uri}]))[0].issuer == "Forum"


@pytest.mark.parametrize(
    "uri",
    [
        f"OTPAUTH://TOTP/alice?SECRET={SEED_BASE32}",
        f"otpauth://totp/alice?secret={SEED_BASE32.lower()}&algorithm=&digits=&period=",
        f"otpauth://totp/alice?secret={SEED_BASE32}%3D%3D&image=https%3A%2F%2Fexample.org",
        f"otpauth://totp/alice?secret={SEED_BASE32[:4]}+{SEED_BASE32[4:]}#",
        f"  otpauth://totp/alice?secret={SEED_BASE32}\r\n",
    ],
)
def test_other_spellings_are_read(uri: str) -> None:
    """Case, padding, empty values, spaces and pictures change nothing."""
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert seed_of(record) == SEED


@pytest.mark.parametrize("algorithm", ["SHA256", "sha256", "SHA-256", "HmacSHA256"])
def test_an_algorithm_has_many_spellings(algorithm: str) -> None:
    """SHA-256 is written in four ways, and is one."""
    uri = f"otpauth://totp/a?secret={SEED_BASE32}&algorithm={algorithm}&digits=8&period=60"
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert record.parameters == Parameters(8, Algorithm.SHA256, 60)


@given(
    seed=st.binary(min_size=20, max_size=64),
    name=st.text("abcé @.+%&?#/", min_size=1, max_size=30),
    digits=st.sampled_from([6, 7, 8]),
    period=st.sampled_from([15, 30, 60]),
)
def test_what_pyotp_writes_comes_in(
    seed: bytes, name: str, digits: int, period: int
) -> None:
    """Another library's URIs give back the seed, the name and the parameters."""
    secret = pyotp.TOTP(
        base64.b32encode(seed).decode(), digits=digits, interval=period, issuer="Forum"
    )
    uri = secret.provisioning_uri(name=name)
    if not name.strip():
        return
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert seed_of(record) == seed
    assert record.account_id == name.strip()
    assert record.parameters == Parameters(digits, Algorithm.SHA1, period)


@given(name=st.text(min_size=1, max_size=64), issuer=st.text(min_size=1, max_size=64))
def test_what_we_write_comes_in(name: str, issuer: str) -> None:
    """Our own URIs are read back, whatever the names."""
    name, issuer = name.replace(":", " ").strip(), issuer.replace(":", " ").strip()
    if not name or not issuer or "\0" in name:
        return
    shown = present(SEED, issuer=issuer, name=name, expires_at=LATER)
    [record] = came_in(read_otpauth([{"uri": shown.uri}]))
    assert seed_of(record) == SEED
    assert record.account_id == name
    assert record.issuer == issuer


def test_the_row_may_say_whose_it_is() -> None:
    """An account beside the URI is the account, whatever the label says."""
    row = {"uri": WIKI[0][0], "account_id": 12}
    assert came_in(read_otpauth([row]))[0].account_id == "12"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (f"otpauth://hotp/a?secret={SEED_BASE32}&counter=1", "counter_based"),
        (f"otpauth://steam/a?secret={SEED_BASE32}", ReasonCode.PARAMETERS),
        (f"otpauth://totp/a?secret={SEED_BASE32}&encoder=steam", ReasonCode.PARAMETERS),
        (f"otpauth://totp/a?secret={SEED_BASE32}&digits=10", ReasonCode.PARAMETERS),
        (f"otpauth://totp/a?secret={SEED_BASE32}&secret=A", ReasonCode.UNREADABLE),
        (f"otpauth://totp/a?secret={SEED_BASE32}&secret=", ReasonCode.UNREADABLE),
        (f"otpauth://totp/a?secret={SEED_BASE32}&SECRET=A", ReasonCode.UNREADABLE),
        (f"otpauth://totp/?secret={SEED_BASE32}", ReasonCode.NO_ACCOUNT),
        (f"otpauth://totp/F:?secret={SEED_BASE32}", ReasonCode.NO_ACCOUNT),
        ("otpauth://totp/a", ReasonCode.NO_SEED),
        (f"https://totp/a?secret={SEED_BASE32}", ReasonCode.UNREADABLE),
        ("otpauth://[totp/a", ReasonCode.UNREADABLE),
        ("otpauth://totp/a?" + "x&" * 40, ReasonCode.UNREADABLE),
        (
            f"otpauth://totp/a?secret={SEED_BASE32}"
            + "".join(f"&x{n}=" for n in range(32)),
            ReasonCode.UNREADABLE,
        ),
        (f"otpauth://totp/a?secret={SEED_BASE32}&x=".ljust(4097, "x"), "too_large"),
        ("otpauth://totp/a?secret=" + "A" * 5000, ReasonCode.TOO_LARGE),
        ("", ReasonCode.UNREADABLE),
        (None, ReasonCode.UNREADABLE),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_is_no_seed_by_time_is_refused(uri: object, expected: str) -> None:
    """Counters, other kinds and what is no URI are refused, each with its reason."""
    assert reasons(read_otpauth([{"uri": uri}])) == [expected]


@pytest.mark.parametrize(
    "more", ["".join(f"&x{n}=" for n in range(31)), "&x=" + "x" * (4096 - 24 - 32 - 3)]
)
def test_the_largest_uris_are_read(more: str) -> None:
    """Thirty-two fields, and 4,096 characters in all."""
    uri = f"otpauth://totp/a?secret={SEED_BASE32}{more}"
    [record] = came_in(read_otpauth([{"uri": uri}]))
    assert seed_of(record) == SEED


@pytest.mark.promise("P7")
@given(uri=st.text(st.characters()).map("otpauth://totp/".__add__))
def test_no_text_breaks_the_reader(uri: str) -> None:
    """For any text there is one record or one refusal, and nothing else."""
    assert len(list(read_otpauth([{"uri": uri}]))) == 1
