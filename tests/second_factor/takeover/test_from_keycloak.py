"""Credentials of Keycloak."""

import base64
import hashlib
import json

import pytest
from reading import SEED, SEED_BASE32, came_in, reasons, seed_of

from credguard.second_factor.takeover import ReasonCode, Row, read_keycloak
from credguard.second_factor.totp import Algorithm, Parameters

# As OTPCredentialModel.fillCredentialModelFields and RecoveryAuthnCodesCredentialModel
# of keycloak (server-spi, commits 35d264eb5d54 and 091b8412b2ce) write them.
RAW: Row = {
    "id": "8d2d",
    "type": "otp",
    "userLabel": "phone",
    "createdDate": 1556971200123,
    "secretData": '{"value":"12345678901234567890"}',
    "credentialData": '{"subType":"totp","digits":6,"counter":0,"period":30,'
    '"algorithm":"HmacSHA1"}',
}
BASE32: Row = {
    **RAW,
    "secretData": json.dumps({"value": SEED_BASE32}),
    "credentialData": '{"subType":"totp","digits":8,"counter":0,"period":60,'
    '"algorithm":"HmacSHA512","secretEncoding":"BASE32"}',
}
PASSWORD: Row = {"type": "password", "secretData": "{}", "credentialData": "{}"}
PLAIN_CODES = ["ABCDEFGH1234", "ZZZZ99998888"]


def hashed(code: str) -> str:
    """Return a code as RecoveryAuthnCodesUtils.hashRawCode does: SHA-512, base64."""
    return base64.b64encode(hashlib.sha512(code.encode()).digest()).decode()


CODES: Row = {
    "type": "recovery-authn-codes",
    "createdDate": 1556971200123,
    "secretData": json.dumps(
        {
            "codes": [
                {"number": number, "encodedHashedValue": hashed(code)}
                for number, code in enumerate(PLAIN_CODES, 1)
            ]
        }
    ),
    "credentialData": '{"hashIterations":1,"algorithm":"RS512","remaining":2}',
}


def user(*credentials: Row) -> Row:
    """Return a user of a realm's export."""
    return {"id": "u-1", "username": "alice", "credentials": list(credentials)}


def test_a_secret_is_the_bytes_of_its_text() -> None:
    """Without an encoding, the seed is the text itself, and not base32."""
    [record] = came_in(read_keycloak([user(RAW)]))
    assert seed_of(record) == SEED
    assert record.parameters == Parameters()
    assert (record.account_id, record.label) == ("u-1", "phone")
    assert record.made_at is not None
    assert record.made_at.isoformat() == "2019-05-04T12:00:00+00:00"


def test_a_secret_may_say_that_it_is_base32() -> None:
    """With an encoding of BASE32 the seed is decoded, and parameters are kept."""
    [record] = came_in(read_keycloak([user(BASE32)], account="username"))
    assert seed_of(record) == SEED
    assert record.parameters == Parameters(8, Algorithm.SHA512, 60)
    assert record.account_id == "alice"


def test_rows_of_the_table_are_read_too() -> None:
    """A row of the table `credential` has the same parts, in columns."""
    row: Row = {
        "TYPE": "otp",
        "USER_ID": "u-1",
        "SECRET_DATA": RAW["secretData"],
        "CREDENTIAL_DATA": RAW["credentialData"],
        "CREATED_DATE": None,
    }
    small = {name.lower(): value for name, value in row.items()}
    records = came_in(read_keycloak([row], account="USER_ID"))
    records += came_in(read_keycloak([small], account="user_id"))
    assert [seed_of(record) for record in records] == [SEED, SEED]


def test_recovery_codes_come_in_after_the_seed() -> None:
    """Digests of codes that are left come in, whatever the order in the export."""
    first, second = came_in(read_keycloak([user(CODES, PASSWORD, RAW)]))
    assert first.seed is not None
    assert second.seed is None
    tag = hashlib.sha512(PLAIN_CODES[0].encode()).digest()
    kept = second.hashes[0]
    assert kept.dress.put_on("abcd-efgh 1234") == PLAIN_CODES[0]
    assert kept.text.startswith("digest:sha512:")
    assert base64.urlsafe_b64encode(tag).decode().rstrip("=") in kept.text


def test_no_credential_is_passed_over_for_its_place() -> None:
    """However many passwords a realm remembers, and other factors there are."""
    first, second = came_in(read_keycloak([user(*[PASSWORD] * 200, CODES, RAW)]))
    assert first.seed is not None
    assert len(second.hashes) == 2
    found = list(read_keycloak([user(*[{**RAW, "type": "webauthn"}] * 200, RAW)]))
    assert reasons(found) == [*[ReasonCode.ANOTHER_KIND] * 200, None]


def test_positions_count_the_users() -> None:
    """From one on; of a user without a second factor nothing is told."""
    odd: Row = {**RAW, "type": "webauthn"}
    found = read_keycloak([user(RAW, odd), user(), user(RAW, CODES)])
    assert [record.position for record in found] == [1, 1, 3, 3]


def test_a_set_has_at_most_32_digests_of_one_iteration() -> None:
    """As is meant where their number is not said."""
    codes = [{"encodedHashedValue": hashed(str(number))} for number in range(32)]
    row = _with(CODES, "secretData", codes=codes)
    for data in ({"algorithm": "RS512"}, {"algorithm": "RS512", "hashIterations": 1}):
        [record] = came_in(read_keycloak([user({**row, "credentialData": data})]))
        assert len(record.hashes) == 32


def test_a_user_without_credentials_gives_nothing() -> None:
    """Users without a second factor are no refusals."""
    assert list(read_keycloak([{"id": "u"}, user(), user(PASSWORD)])) == []


def _with(row: Row, part: str, **changes: object) -> Row:
    data = json.loads(str(row[part])) | changes
    return {**row, part: json.dumps(data)}


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        ({**RAW, "type": "webauthn"}, ReasonCode.ANOTHER_KIND),
        (_with(RAW, "credentialData", subType="hotp"), ReasonCode.COUNTER_BASED),
        (_with(RAW, "credentialData", algorithm="HmacMD5"), ReasonCode.PARAMETERS),
        (_with(RAW, "credentialData", secretEncoding="HEX"), "seed_unreadable"),
        (_with(RAW, "secretData", value=None), ReasonCode.NO_SEED),
        (_with(RAW, "secretData", value="short"), ReasonCode.SEED_TOO_SHORT),
        ({**RAW, "secretData": None}, ReasonCode.UNREADABLE),
        (_with(CODES, "credentialData", algorithm="RS384"), ReasonCode.UNKNOWN_HASH),
        (_with(CODES, "credentialData", hashIterations=9), ReasonCode.UNKNOWN_HASH),
        (_with(CODES, "secretData", codes=[]), ReasonCode.NO_SEED),
        (_with(CODES, "secretData", codes=None), ReasonCode.UNKNOWN_HASH),
        (_with(CODES, "secretData", codes=["x"]), ReasonCode.UNKNOWN_HASH),
        (
            _with(CODES, "secretData", codes=[{"encodedHashedValue": "?"}]),
            ReasonCode.UNKNOWN_HASH,
        ),
        (
            _with(
                CODES, "secretData", codes=[{"encodedHashedValue": f"!{hashed('')}"}]
            ),
            ReasonCode.UNKNOWN_HASH,
        ),
        (
            _with(CODES, "secretData", codes=[{}] * 33),
            ReasonCode.TOO_MANY_CODES,
        ),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_a_credential_that_does_not_fit_says_why(
    credential: Row, expected: str
) -> None:
    """Each is refused for its own reason, and the user's others come in."""
    assert sorted(map(str, reasons(read_keycloak([user(credential, RAW)])))) == sorted(
        ["None", expected]
    )


def test_a_user_without_an_id_is_refused() -> None:
    """An export that does not say whose a credential is gives no record."""
    assert reasons(read_keycloak([{"credentials": [RAW]}])) == [ReasonCode.NO_ACCOUNT]


def test_what_is_no_credential_is_passed_over() -> None:
    """A list with something else in it breaks nothing."""
    odd: Row = {"id": "u", "credentials": ["x", 7, RAW]}
    assert len(came_in(read_keycloak([odd]))) == 1
