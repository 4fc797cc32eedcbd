"""Exports of Authelia."""

import base64
import csv
import io

import pytest
import yaml
from reading import SEED, SEED_BASE32, USED_AT, came_in, reasons, seed_of

from credguard.second_factor.takeover import (
    ReasonCode,
    Row,
    read_authelia,
    read_authelia_yaml,
    read_otpauth,
)
from credguard.second_factor.totp import Algorithm, Parameters, step_at

# As internal/commands/storage_run.go of authelia writes it: a header, then one line
# of issuer, username, algorithm, digits, period and the secret in base32.
CSV = f"""issuer,username,algorithm,digits,period,secret
Authelia,john,SHA1,6,30,{SEED_BASE32}
Authelia,mary,SHA512,8,60,{SEED_BASE32}
"""
# As TOTPConfigurationData of internal/model/totp_configuration.go is marshalled: the
# secret is base64 of the bytes that the database holds, which are base32.
YAML = f"""# yaml-language-server: $schema=exports.totp.json
totp_configurations:
  - created_at: 2019-05-04T12:00:00Z
    last_used_at: 2026-09-21T14:13:30Z
    username: john
    issuer: Authelia
    algorithm: SHA1
    digits: 6
    period: 30
    secret: {base64.b64encode(SEED_BASE32.encode()).decode()}
  - created_at: 2019-05-04T12:00:00Z
    last_used_at: null
    username: mary
    issuer: Authelia
    algorithm: SHA1
    digits: 6
    period: 30
    secret: {base64.b64encode(SEED_BASE32.encode()).decode()}
"""
# TOTPConfiguration.URI of the same file.
URI = (
    f"otpauth://totp/Authelia:john?algorithm=SHA1&digits=6&issuer=Authelia&period=30"
    f"&secret={SEED_BASE32}"
)


def test_the_csv_export_comes_in() -> None:
    """Each line gives seed, name and parameters; of the last use nothing is known."""
    john, mary = came_in(read_authelia(csv.DictReader(io.StringIO(CSV))))
    assert (john.account_id, seed_of(john), john.issuer) == ("john", SEED, "Authelia")
    assert john.last_step is None
    assert mary.parameters == Parameters(8, Algorithm.SHA512, 60)


def test_the_yaml_export_comes_in() -> None:
    """The secret is base64 of base32, and the last use is told."""
    entries = yaml.safe_load(YAML)["totp_configurations"]
    john, mary = came_in(read_authelia_yaml(entries))
    assert (john.account_id, seed_of(john)) == ("john", SEED)
    assert john.last_step == step_at(USED_AT) + 1
    assert john.made_at is not None
    assert john.made_at.isoformat() == "2019-05-04T12:00:00+00:00"
    assert mary.last_step is None


def test_the_uri_export_comes_in() -> None:
    """The third form of its export are plain URIs."""
    [record] = came_in(read_otpauth([{"uri": URI}]))
    assert (record.account_id, seed_of(record)) == ("john", SEED)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"secret": None}, ReasonCode.NO_SEED),
        ({"secret": ""}, ReasonCode.NO_SEED),
        ({"secret": "!"}, ReasonCode.SEED_UNREADABLE),
        ({"period": 90_000}, ReasonCode.PARAMETERS),
        ({"username": ""}, ReasonCode.NO_ACCOUNT),
    ],
)
def test_an_entry_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Both forms refuse what cannot be used, each with its reason."""
    row: Row = {"username": "john", "secret": SEED_BASE32, **change}
    assert reasons(read_authelia([row])) == [expected]
    assert reasons(read_authelia_yaml([row])) == [expected]
