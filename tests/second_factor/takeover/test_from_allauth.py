"""Rows of django-allauth."""

import json
from datetime import UTC, datetime

import pytest
from reading import SEED, SEED_BASE32, USED_AT, came_in, codes_of, reasons, seed_of

from credguard.second_factor.takeover import (
    AllauthSettings,
    ReasonCode,
    Row,
    read_allauth,
)
from credguard.second_factor.totp import step_at

# django-allauth 65.21.1 with Django 5.2.19: rows of SELECT * of mfa_authenticator after
# TOTP.activate, RecoveryCodes.activate and the use of the fourth code.
TOTP: Row = {
    "id": 1,
    "type": "totp",
    "data": '{"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}',
    "user_id": 1,
    "created_at": "2026-11-25 22:48:07.497604",
    "last_used_at": "2026-09-21 14:13:30",
}
CODES: Row = {
    "id": 2,
    "type": "recovery_codes",
    "data": (
        '{"seed": "90c775e89252843b5644c20ceb35ea55eda529341ab4e06d8581a6ca55280531'
        '044e829bede9887b", "used_mask": 8}'
    ),
    "user_id": 1,
    "created_at": "2026-11-25 22:48:07.534877",
    "last_used_at": None,
}
# The same: what RecoveryCodes.get_unused_codes returned.
UNUSED = [
    "85051624",
    "19370413",
    "65921015",
    "19954990",
    "08468120",
    "09308207",
    "69135455",
    "83470919",
    "79006028",
]


def test_a_seed_comes_in() -> None:
    """The row that allauth wrote gives the seed and its age."""
    [record] = came_in(read_allauth([TOTP]))
    assert seed_of(record) == SEED
    assert record.account_id == "1"
    assert record.made_at == datetime(2026, 11, 25, 22, 48, 7, 497604, UTC)


def test_of_the_last_use_the_latest_step_counts() -> None:
    """Only the time of the last use is kept there, so the tolerance is added."""
    [record] = came_in(read_allauth([TOTP]))
    assert record.last_step == step_at(USED_AT) + 1
    settings = AllauthSettings(tolerance=0)
    [exact] = came_in(read_allauth([TOTP], settings=settings))
    assert exact.last_step == step_at(USED_AT)
    [never] = came_in(read_allauth([{**TOTP, "last_used_at": None}]))
    assert never.last_step is None


def test_the_recovery_codes_are_those_that_allauth_shows() -> None:
    """Codes are made from the stored seed as allauth makes them, used ones aside."""
    [record] = came_in(read_allauth([CODES]))
    assert codes_of(record) == UNUSED
    assert record.seed is None


def test_without_a_mask_no_code_was_used() -> None:
    """All ten come in, the one that the mask leaves out among them."""
    seed = json.loads(str(CODES["data"]))["seed"]
    [record] = came_in(read_allauth([{**CODES, "data": {"seed": seed}}]))
    found = codes_of(record)
    assert len(found) == 10
    assert found[:3] + found[4:] == UNUSED


def test_codes_that_allauth_took_over_itself_come_in() -> None:
    """Sets that allauth migrated are lists of codes."""
    data = {"migrated_codes": ["abcd-efgh", "ijkl-mnop"]}
    [record] = came_in(read_allauth([{**CODES, "data": data}]))
    assert codes_of(record) == ["abcd-efgh", "ijkl-mnop"]


def test_the_sites_own_adapter_is_used() -> None:
    """A site that encrypts hands in what its adapter does; failures are told."""

    def unwrap(text: str) -> str:
        if not text.startswith("sealed:"):
            raise ValueError(text)
        return text.removeprefix("sealed:")

    settings = AllauthSettings(unwrap=unwrap)
    sealed: Row = {**TOTP, "data": {"secret": f"sealed:{SEED_BASE32}"}}
    assert seed_of(came_in(read_allauth([sealed], settings=settings))[0]) == SEED
    assert reasons(read_allauth([TOTP], settings=settings)) == [ReasonCode.WRONG_KEY]


def test_other_settings_give_other_codes() -> None:
    """Sites may ask for longer codes, and for more of them."""
    settings = AllauthSettings(code_count=2, code_digits=12)
    [record] = came_in(read_allauth([CODES], settings=settings))
    assert [len(code) for code in codes_of(record)] == [12, 12]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "webauthn"}, ReasonCode.ANOTHER_KIND),
        ({"type": None}, ReasonCode.ANOTHER_KIND),
        ({"data": "{"}, ReasonCode.UNREADABLE),
        ({"data": "[1]"}, ReasonCode.UNREADABLE),
        ({"data": None}, ReasonCode.UNREADABLE),
        ({"data": "[" * 50_000}, ReasonCode.UNREADABLE),
        ({"data": " " * 70_000}, ReasonCode.TOO_LARGE),
        ({"data": {}}, ReasonCode.NO_SEED),
        ({"data": {"secret": "?"}}, ReasonCode.SEED_UNREADABLE),
        ({"type": "recovery_codes", "data": {"seed": "é"}}, ReasonCode.UNREADABLE),
        (
            {"type": "recovery_codes", "data": {"seed": "a", "used_mask": 1023}},
            ReasonCode.NO_SEED,
        ),
        (
            {"type": "recovery_codes", "data": {"migrated_codes": ["a"] * 40}},
            ReasonCode.TOO_MANY_CODES,
        ),
        (
            {
                "type": "recovery_codes",
                "data": {"migrated_codes": [*["a"] * 33, None]},
            },
            ReasonCode.TOO_MANY_CODES,
        ),
        (
            {"type": "recovery_codes", "data": {"migrated_codes": [None]}},
            ReasonCode.NO_SEED,
        ),
        ({"type": "recovery_codes", "data": {}}, ReasonCode.NO_SEED),
        ({"user_id": None}, ReasonCode.NO_ACCOUNT),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_row_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Passkeys, broken JSON and missing parts are refused, each with its reason."""
    assert reasons(read_allauth([{**TOTP, **change}])) == [expected]


@pytest.mark.parametrize("digits", [0, 41])
def test_digits_that_no_setting_has_are_refused(digits: int) -> None:
    """A length of code that HMAC cannot fill is no setting of allauth."""
    settings = AllauthSettings(code_digits=digits)
    assert reasons(read_allauth([CODES], settings=settings)) == [ReasonCode.UNREADABLE]


@pytest.mark.parametrize("digits", [1, 40])
def test_the_shortest_and_the_longest_codes_come_in(digits: int) -> None:
    """Each with all its digits."""
    settings = AllauthSettings(code_digits=digits, code_count=3)
    [record] = came_in(read_allauth([CODES], settings=settings))
    assert [len(code) for code in codes_of(record)] == [digits] * 3


def test_the_defaults_are_those_of_allauth() -> None:
    """Six digits, thirty seconds, a step of tolerance, ten codes of eight digits."""
    settings = AllauthSettings()
    assert (settings.digits, settings.period, settings.tolerance) == (6, 30, 1)
    assert (settings.code_count, settings.code_digits) == (10, 8)


@pytest.mark.parametrize(("count", "expected"), [(32, None), (33, "too_many_codes")])
def test_a_list_has_at_most_32_codes(count: int, expected: str | None) -> None:
    """One more is refused, and not left out."""
    row: Row = {**CODES, "data": {"migrated_codes": ["a"] * count}}
    assert reasons(read_allauth([row])) == [expected]


def test_data_may_be_text_or_parsed() -> None:
    """Databases hand JSON over as text or as a mapping."""
    text, parsed = TOTP["data"], json.loads(str(TOTP["data"]))
    rows: list[Row] = [{**TOTP, "data": text}, {**TOTP, "data": parsed}]
    assert {seed_of(record) for record in came_in(read_allauth(rows))} == {SEED}
