"""Whatever stands in a row, a reader yields records and refusals and raises nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import SEED_BASE32

from credguard.second_factor.takeover import Imported, Row
from proving import Proof
from row_readers import READERS

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=12),
    st.binary(max_size=12),
    st.sampled_from(
        [
            SEED_BASE32,
            "31" * 20,
            "totp",
            "otp",
            "hotp",
            "recovery_codes",
            "recovery-authn-codes",
            "RS512",
            "2026-01-31",
            "{}",
            f'{{"secret": "{SEED_BASE32}", "seed": "é", "value": 7, "codes": [[], 7]}}',
            '{"v": 1, "type": "totp", "enckey": {"v": 1, "c": 1, "t": [], "k": {}}}',
            '{"algorithm": [], "digits": {}, "subType": [], "secretEncoding": {}}',
            "$2b$04$" + "a" * 53,
            "otpauth://totp/a?secret=" + SEED_BASE32,
            "otpauth-migration://offline?data=CgA",
        ]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "secretData", "credentialData", "v", "key", "k"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
COLUMNS = [
    "account_id",
    "user_id",
    "id",
    "username",
    "secret",
    "key",
    "uri",
    "totp",
    "data",
    "type",
    "method",
    "enabled",
    "confirmed",
    "token",
    "code",
    "burned",
    "last_t",
    "last_step",
    "t0",
    "step",
    "digits",
    "period",
    "algorithm",
    "credentials",
    "secret_data",
    "credential_data",
    "created_date",
    "totp_secret",
    "tf_totp_secret",
    "tf_primary_method",
    "mf_recovery_codes",
    "recovery_codes",
    "recovery_hashes",
    "last_used_at",
    "created_at",
]
rows = st.lists(
    st.dictionaries(st.sampled_from(COLUMNS), values, max_size=8), max_size=3
)


@pytest.mark.promise("P7")
@given(some=rows)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_breaks_a_reader(some: list[Row], proof: Proof) -> None:
    """For any rows there are records and refusals that say whose and why."""
    for read in READERS.values():
        proof.tried()
        for record in read(some):
            if isinstance(record, Imported):
                assert record.account_id
                assert record.seed is not None or record.codes or record.hashes
            else:
                assert record.reason.text
                assert 1 <= record.position <= len(some)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("name", sorted(READERS))
def test_a_full_row_breaks_no_reader(name: str) -> None:
    """Each column in turn may hold a value of any kind beside good ones."""
    good: Row = dict.fromkeys(COLUMNS, "1")
    odd: list[object] = [[], {}, [[]], b"\xff", float("nan"), 10**30, "\ud800", None]
    for column in COLUMNS:
        some = [{**good, column: value} for value in odd]
        assert list(READERS[name](some)) is not None
