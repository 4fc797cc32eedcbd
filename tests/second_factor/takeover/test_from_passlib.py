"""Objects of passlib, plain and sealed, and Flask-Security's user table."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SEED, came_in, codes_of, reasons, seed_of

from credguard.second_factor.takeover import (
    FernetKeys,
    ReasonCode,
    Row,
    read_flask_security,
    read_passlib,
)
from credguard.second_factor.totp import Algorithm, Parameters

# libpass 1.9.4 (passlib 1.7.4 reads and writes the same), TOTP.to_json.
PLAIN = '{"key":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","type":"totp","v":1}'
RICH = (
    '{"alg":"sha256","digits":8,"issuer":"Example",'
    '"key":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","label":"alice","period":60,'
    '"type":"totp","v":1}'
)
# TOTP.using(secrets=…): with the tag "1", and with the newer tag of two.
SEALED = (
    '{"enckey":{"c":14,"k":"PJRP5IO2Y62UY3RJ7CZWUHWSH5SFY3BQ",'
    '"s":"MLWL253OFVSSYBLABQAQ","t":"1","v":1},"type":"totp","v":1}'
)
NEWER = (
    '{"enckey":{"c":14,"k":"XT4SGEOQORUTA45RPXSLKJCZ3LITSXBX",'
    '"s":"JJEQTAMQOLHBTI5UC2BA","t":"2023-01-01","v":1},"type":"totp","v":1}'
)
URI = "otpauth://totp/Example:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example"
WALLET = {"1": b"correct horse battery", "2023-01-01": b"pear tree"}

# Flask-Security-Too 5.9.2: Totp.generate_totp_secret with the tag "1", what
# get_totp_b32_key says of it, and generate_recovery_codes.
FLASK = (
    '{"enckey":{"c":14,"k":"MO5NGHVV764JAXYIRL2SS2K7LSZDAQR2",'
    '"s":"UMKEESHJDVRYYELCVT2Q","t":"1","v":1},"type":"totp","v":1}'
)
FLASK_KEY = "VW23N5V6W4LGELAFEACGA3ANEHSHZL3V"
FLASK_CODES = ["fc0d-dc57-d3b0", "0426-569d-8e27", "60ef-18c9-7965"]
USER: Row = {
    "id": 5,
    "tf_totp_secret": FLASK,
    "tf_primary_method": "authenticator",
    "mf_recovery_codes": ",".join(FLASK_CODES),
}


def rows(*objects: object) -> list[Row]:
    """Return rows with these objects."""
    return [{"account_id": "a", "totp": each} for each in objects]


@pytest.mark.parametrize(
    "text", [PLAIN, SEALED, NEWER, URI, json.loads(PLAIN)], ids=repr
)
def test_what_passlib_wrote_comes_in(text: object) -> None:
    """Plain, sealed under either secret, and as a URI: the seed is the same."""
    [record] = came_in(read_passlib(rows(text), wallet=WALLET))
    assert seed_of(record) == SEED
    assert record.parameters == Parameters()


def test_what_passlib_says_beside_is_kept() -> None:
    """Hash function, digits, period, label and issuer come in."""
    [record] = came_in(read_passlib(rows(RICH), wallet={}))
    assert record.parameters == Parameters(8, Algorithm.SHA256, 60)
    assert (record.label, record.issuer) == ("alice", "Example")


def test_a_tag_that_was_not_given_is_its_own_refusal() -> None:
    """The secret that is missing is told apart from a text that is broken."""
    refused = read_passlib(rows(NEWER), wallet={"1": WALLET["1"]})
    assert reasons(refused) == [ReasonCode.UNKNOWN_KEY]


def test_a_wrong_secret_opens_another_seed() -> None:
    """The seal has no authentication: what comes out is noise, and nothing tells."""
    [record] = came_in(read_passlib(rows(SEALED), wallet={"1": b"wrong"}))
    assert seed_of(record) != SEED


def _changed(**changes: object) -> str:
    data = json.loads(SEALED)
    data["enckey"].update(changes)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("cost", "passes", "expected"),
    [(0, [1], None), (20, [1_048_576], None), (21, [], ReasonCode.TOO_COSTLY)],
)
def test_a_cost_is_a_power_of_two_up_to_20(
    monkeypatch: pytest.MonkeyPatch,
    cost: int,
    passes: list[int],
    expected: str | None,
) -> None:
    """What is above it is refused before anything is computed."""
    asked = []

    def quick(*args: object, dklen: int) -> bytes:
        asked.append(args[3])
        return bytes(dklen)

    monkeypatch.setattr("hashlib.pbkdf2_hmac", quick)
    assert reasons(read_passlib(rows(_changed(c=cost)), wallet=WALLET)) == [expected]
    assert asked == passes


@pytest.mark.parametrize(
    ("salt", "data"),
    [
        ("MY", b"f"),
        ("MZXQ", b"fo"),
        ("MZXW6", b"foo"),
        ("MZXW6YQ", b"foob"),
        ("MZXW6YTB", b"fooba"),
        ("mzxw6ytboi", b"foobar"),
    ],
)
def test_a_salt_is_base32_without_padding(
    monkeypatch: pytest.MonkeyPatch, salt: str, data: bytes
) -> None:
    """Of any length; RFC 4648 section 10."""
    asked = []

    def quick(*args: object, dklen: int) -> bytes:
        asked.append(args[2])
        return bytes(dklen)

    monkeypatch.setattr("hashlib.pbkdf2_hmac", quick)
    came_in(read_passlib(rows(_changed(s=salt)), wallet=WALLET))
    assert asked == [data]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN.replace("totp", "hotp"), ReasonCode.COUNTER_BASED),
        (PLAIN.replace("totp", "sms"), ReasonCode.UNREADABLE),
        (PLAIN.replace('"v":1', '"v":2'), ReasonCode.UNREADABLE),
        ('{"type":"totp","v":1}', ReasonCode.NO_SEED),
        ("[]", ReasonCode.UNREADABLE),
        (None, ReasonCode.UNREADABLE),
        (_changed(c=21), ReasonCode.TOO_COSTLY),
        (_changed(c=10**30), ReasonCode.TOO_COSTLY),
        (_changed(c=-1), ReasonCode.UNREADABLE),
        (_changed(c=None), ReasonCode.UNREADABLE),
        (_changed(v=2), ReasonCode.UNREADABLE),
        (_changed(t=None), ReasonCode.UNKNOWN_KEY),
        (_changed(k="!"), ReasonCode.UNREADABLE),
        (_changed(s=""), ReasonCode.UNREADABLE),
        (_changed(k="A" * 8), ReasonCode.SEED_TOO_SHORT),
        ('{"enckey":7,"type":"totp","v":1}', ReasonCode.UNREADABLE),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_what_passlib_does_not_write_is_refused(text: object, expected: str) -> None:
    """Broken, costly and foreign objects are refused, each with its reason."""
    assert reasons(read_passlib(rows(text), wallet=WALLET)) == [expected]


@given(text=st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """For any text there is one record or one refusal."""
    assert len(list(read_passlib(rows(text), wallet=WALLET))) == 1


def test_a_user_of_flask_security_comes_in() -> None:
    """The seed is the one that Flask-Security shows, and the codes come along."""
    [record] = came_in(read_flask_security([USER], wallet=WALLET))
    assert seed_of(record) == base64.b32decode(FLASK_KEY)
    assert (record.account_id, record.source) == ("5", "flask-security")
    assert codes_of(record) == FLASK_CODES


def test_codes_may_be_a_list_or_missing() -> None:
    """Databases hand the codes over as a list or as text, or there are none."""
    users: list[Row] = [
        {**USER, "mf_recovery_codes": FLASK_CODES},
        {**USER, "mf_recovery_codes": None},
    ]
    first, second = came_in(read_flask_security(users, wallet=WALLET))
    assert codes_of(first) == FLASK_CODES
    assert codes_of(second) == []


# cryptography 50.0.2: Fernet.encrypt_at_time(b"abcd-ef01-2345", 1700000000), with the
# key of the bytes 1 to 32.
SEALED_CODE = (
    "gAAAAABlU_EA29rcClRAoZuVfsN1pFRdocBWbFNfkGZvwXBH5v0Lnkl1HJweqaDOep-Bxfl5A7htKLJASZ4eJa"
    "5PWtpE2kRJMA=="
)


def test_sealed_codes_are_opened() -> None:
    """Codes under Fernet come in; one that no key opens was void there too."""
    keys = FernetKeys([base64.urlsafe_b64encode(bytes(range(1, 33)))])
    user: Row = {**USER, "mf_recovery_codes": [SEALED_CODE, "gAAAAA"]}
    [record] = came_in(read_flask_security([user], wallet=WALLET, code_keys=keys))
    assert codes_of(record) == ["abcd-ef01-2345"]


@pytest.mark.parametrize(("void", "expected"), [(31, None), (32, "too_many_codes")])
def test_at_most_32_sealed_codes_are_tried(void: int, expected: str | None) -> None:
    """Those count that do not open: nobody is given more."""
    keys = FernetKeys([base64.urlsafe_b64encode(bytes(range(1, 33)))])
    user: Row = {**USER, "mf_recovery_codes": [*["gAAAAA"] * void, SEALED_CODE]}
    found = list(read_flask_security([user], wallet=WALLET, code_keys=keys))
    assert reasons(found) == [expected]


@pytest.mark.parametrize("method", [None, ""])
def test_a_user_without_a_method_has_an_app(method: str | None) -> None:
    """As many codes come along as anybody has."""
    user: Row = {
        **USER,
        "tf_primary_method": method,
        "mf_recovery_codes": [str(1000 + number) for number in range(32)],
    }
    assert len(came_in(read_flask_security([user], wallet=WALLET))[0].codes) == 32


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tf_totp_secret": None}, ReasonCode.NO_SEED),
        ({"tf_primary_method": "sms"}, ReasonCode.ANOTHER_KIND),
        ({"mf_recovery_codes": ["a"] * 33}, ReasonCode.TOO_MANY_CODES),
        ({"mf_recovery_codes": [None]}, ReasonCode.UNREADABLE),
        ({"id": None}, ReasonCode.NO_ACCOUNT),
    ],
)
def test_a_user_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """No seed, a phone and too many codes are refused, each with its reason."""
    refused = read_flask_security([{**USER, **change}], wallet=WALLET)
    assert reasons(refused) == [expected]
