"""Factors of other systems come in force, on every database."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from authenticators import NOON, PERIOD, enrolled, prepared
from newcomers import device, devices, seed_of, shown
from sqlalchemy import func, select, update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    LockedOutError,
    SealAccountError,
    SetupError,
)
from credguard.second_factor import Means
from credguard.second_factor.takeover import (
    Imported,
    ReasonCode,
    Refused,
    Row,
    read_base32,
    read_django_otp,
    read_django_otp_codes,
    read_keycloak,
    read_warehouse_codes,
)
from credguard.second_factor.totp import Algorithm, Parameters
from credguard.storage import Database, audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import recovery_code, second_factor
from credguard.testing import FrozenClock
from keepers import keeper

MINUTE = timedelta(minutes=1)
# bcrypt 5.0.0, bcrypt.hashpw(b"deadbeef00", gensalt(4)); argon2-cffi 25.1.0 of the
# code 0123456789abcdef.
BCRYPT = "$2b$04$QldoBWwMfuwryRjJaTwQFOzEme7qa/jvp8emCfvUav2wS4Xexwxpi"
ARGON2 = (
    "$argon2id$v=19$m=1024,t=6,p=6$/mSb1/rqibvbl4aZ5+Gq2g"
    "$TjYaNSjayOpz8exu4LKuKW/stXxdxgM7dXlqFZnJdw4"
)


@pytest.fixture
def any_factors(
    database_url: str, keyring: Keyring, clock: FrozenClock
) -> Iterator[SecondFactors]:
    """The keeper of second factors, on SQLite, PostgreSQL and MariaDB in turn."""
    with prepared(database_url) as database:
        yield keeper(database, keyring, clock=clock)


def base32_row(account_id: str, **more: object) -> Row:
    """Return a row with a seed in base32."""
    return {
        "account_id": account_id,
        "secret": base64.b32encode(seed_of(account_id)).decode(),
        **more,
    }


def test_a_person_goes_on_with_the_same_app(
    any_factors: SecondFactors, clock: FrozenClock
) -> None:
    """The next code passes, and what was used there passes neither here."""
    rows = [device("alice", used=timedelta(0))]
    report = any_factors.take_over(read_django_otp(rows))
    assert (report.read, report.factors, dict(report.refused)) == (1, 1, {})
    for offset in (-1, 0):
        with pytest.raises(CodeReplayedError):
            any_factors.verify("alice", shown("alice", clock, offset))
    clock.advance(PERIOD)
    assert any_factors.verify("alice", shown("alice", clock)).account_id == "alice"
    with pytest.raises(CodeReplayedError):
        any_factors.verify("alice", shown("alice", clock))


def test_where_the_last_step_is_not_known_all_count_as_used(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """A code that may have passed there just before does not pass here."""
    factors.take_over(read_django_otp([device("alice")]))
    for offset in (-1, 0, 1):
        with pytest.raises(CodeReplayedError):
            factors.verify("alice", shown("alice", clock, offset))
    clock.advance(PERIOD)
    with pytest.raises(CodeReplayedError):
        factors.verify("alice", shown("alice", clock))
    clock.advance(PERIOD)
    assert factors.verify("alice", shown("alice", clock)).account_id == "alice"


def test_a_factor_that_was_used_long_ago_can_be_used_at_once(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """Where the last step is known, nobody has to wait."""
    factors.take_over(read_django_otp([device("alice", used=MINUTE)]))
    assert factors.verify("alice", shown("alice", clock)).means is Means.CODE


def test_other_parameters_are_kept(factors: SecondFactors, clock: FrozenClock) -> None:
    """Eight digits of SHA-256 in a minute verify as they did there."""
    parameters = Parameters(8, Algorithm.SHA256, 60)
    row = base32_row("alice", algorithm="SHA256", digits=8, period=60, last_step=7)
    factors.take_over(read_base32([row]))
    code = shown("alice", clock, parameters=parameters)
    assert factors.verify("alice", code).account_id == "alice"


def test_a_weak_seed_works_and_is_listed(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """Eighty bits verify, ask for a new seed, and stand in the list."""
    rows = [device("old", size=10, used=MINUTE), device("new", used=MINUTE)]
    report = factors.take_over(read_django_otp(rows))
    assert (report.weak, report.weak_accounts) == (1, ("old",))
    assert factors.verify("old", shown("old", clock, size=10)).should_reenroll
    assert not factors.verify("new", shown("new", clock)).should_reenroll
    [weak] = factors.weak_factors()
    assert (weak.account_id, weak.seed_bits, weak.source) == ("old", 80, "django-otp")


def test_a_factor_is_as_old_as_it_was_there(
    factors: SecondFactors, database: Database
) -> None:
    """The instant of enrolling is kept, for campaigns that select by it."""
    factors.take_over(read_django_otp([device("alice")]))
    factors.take_over(read_base32([base32_row("bob", made_at="2999-01-01")]))
    with database.read() as connection:
        query = select(second_factor.c.account_id, second_factor.c.made_at)
        made = {row.account_id: row.made_at for row in connection.execute(query)}
    assert made == {"alice": datetime(2019, 5, 4, 12, tzinfo=UTC), "bob": NOON}


def test_recovery_codes_in_the_clear_are_hashed(any_factors: SecondFactors) -> None:
    """Each works once, in any dress, and no table holds it in the clear."""
    row = base32_row("alice", recovery_codes="kwqy5s7s izsv-4jh5 ABCD-EFGH")
    report = any_factors.take_over(read_base32([row]))
    assert (report.codes, report.hashes, report.left_out) == (3, 0, 0)
    first = any_factors.verify("alice", " KWQY 5S7S ")
    assert (first.means, first.recovery_left) == (Means.RECOVERY_CODE, 2)
    assert any_factors.verify("alice", "izsv4jh5").recovery_left == 1
    with pytest.raises(CodeReplayedError):
        any_factors.verify("alice", "kwqy5s7s")
    with pytest.raises(CodeMismatchError):
        any_factors.verify("alice", "kwqy5s7t")
    assert any_factors.verify("alice", "abcdefgh").recovery_left == 0


def test_no_code_stands_in_the_clear(
    factors: SecondFactors, database: Database
) -> None:
    """The rows hold salted hashes and nothing of the codes."""
    row = base32_row("alice", recovery_codes="kwqy5s7s izsv4jh5")
    factors.take_over(read_base32([row]))
    with database.read() as connection:
        kept = [str(row) for row in connection.execute(select(recovery_code))]
    assert len(kept) == 2
    for text in kept:
        assert "$argon2id$" in text
        assert "kwqy" not in text
        assert "izsv" not in text


def test_hashes_of_other_systems_work_once(any_factors: SecondFactors) -> None:
    """What other software hashed is compared with its own algorithm, and burned."""
    row = base32_row("alice", recovery_hashes=[BCRYPT, ARGON2])
    report = any_factors.take_over(read_base32([row]))
    assert (report.codes, report.hashes) == (0, 2)
    assert any_factors.verify("alice", "0123456789abcdef").recovery_left == 1
    for wrong in ("0123456789abcdef", "deadbeef01"):
        with pytest.raises(CodeMismatchError):
            any_factors.verify("alice", wrong)
    assert any_factors.verify("alice", "deadbeef00").recovery_left == 0


def test_guesses_at_foreign_hashes_are_counted(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """Wrong recovery codes delay the next attempt as any wrong code does."""
    factors.take_over(read_base32([base32_row("alice", recovery_hashes=[BCRYPT])]))
    for number in range(5):
        with pytest.raises(CodeMismatchError):
            factors.verify("alice", f"deadbeef{number:02d}x")
    with pytest.raises(LockedOutError):
        factors.verify("alice", "deadbeef00")
    clock.advance(MINUTE)
    assert factors.verify("alice", "deadbeef00").means is Means.RECOVERY_CODE


def test_codes_that_look_like_an_apps_are_left_out(factors: SecondFactors) -> None:
    """Six digits cannot be told from a code, and two alike not from each other."""
    codes = "123456 abcd-efgh ABCDEFGH 12345678 ab"
    row = base32_row("alice", recovery_codes=codes)
    report = factors.take_over(read_base32([row]))
    assert (report.codes, report.left_out) == (2, 3)
    assert factors.verify("alice", "12345678").recovery_left == 1


def test_a_factor_in_force_is_left_as_it_is(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Who enrolled here keeps the factor, unless it is to be overwritten."""
    phone = enrolled(database, keyring, "alice")
    rows = [device("alice", used=MINUTE)]
    report = factors.take_over(read_django_otp(rows))
    assert dict(report.refused) == {ReasonCode.ALREADY_ENROLLED: 1}
    assert factors.verify("alice", phone.code(NOON)).recovery_left == 10
    report = factors.take_over(read_django_otp(rows), overwrite=True)
    assert (report.factors, report.replaced) == (1, 1)
    verified = factors.verify("alice", shown("alice", clock))
    assert verified.recovery_left == 0
    clock.advance(PERIOD)
    with pytest.raises(CodeMismatchError):
        factors.verify("alice", phone.code(clock()))


def test_of_several_devices_the_first_comes_in(
    factors: SecondFactors, clock: FrozenClock
) -> None:
    """Another seed of the same account is refused, even where it may overwrite."""
    second = {**device("b"), "user_id": "alice"}
    rows = [device("alice", used=MINUTE), second]
    for batch in (1, 10):
        report = factors.take_over(
            read_django_otp(rows), overwrite=batch == 1, batch=batch
        )
        assert dict(report.refused) == {ReasonCode.ALREADY_ENROLLED: 1}
        assert report.refusals[0].position == 2
    assert factors.verify("alice", shown("alice", clock)).account_id == "alice"


def test_a_factor_that_was_disabled_here_stays_so(factors: SecondFactors) -> None:
    """A second run after going live brings nothing back that a person ended."""
    factors.take_over(read_django_otp([device("alice")]))
    factors.disable("alice", proof=factors.vouch("alice", by="ticket 7"))
    report = factors.take_over(read_django_otp([device("alice")]))
    assert dict(report.refused) == {ReasonCode.DISABLED_HERE: 1}
    assert not factors.is_enrolled("alice")
    report = factors.take_over(read_django_otp([device("alice")]), overwrite=True)
    assert report.replaced == 1
    assert factors.is_enrolled("alice")


def test_a_second_run_changes_nothing(
    any_factors: SecondFactors, clock: FrozenClock
) -> None:
    """What came in is recognized, with what happened to it since."""
    rows = [device(each, used=MINUTE) for each in ("alice", "bob")]
    any_factors.take_over(read_django_otp(rows))
    code = shown("alice", clock)
    any_factors.verify("alice", code)
    report = any_factors.take_over(read_django_otp(rows), overwrite=True)
    assert (report.factors, report.unchanged) == (0, 2)
    with pytest.raises(CodeReplayedError):
        any_factors.verify("alice", code)


def test_a_run_that_broke_off_is_begun_again(factors: SecondFactors) -> None:
    """What stood before the break is passed over, and the rest comes in."""

    def broken() -> Iterator[Imported | Refused]:
        for number, record in enumerate(read_django_otp(devices(25))):
            if number == 17:
                raise ConnectionResetError
            yield record

    with pytest.raises(ConnectionResetError):
        factors.take_over(broken(), batch=5)
    report = factors.take_over(read_django_otp(devices(25)), batch=5)
    assert (report.factors, report.unchanged) == (10, 15)


def test_many_come_in_batches(any_factors: SecondFactors) -> None:
    """Each record is counted once, whatever the size of a batch."""
    done: list[int] = []
    report = any_factors.take_over(
        read_django_otp(devices(205)), batch=100, on_progress=done.append
    )
    assert (report.read, report.factors) == (205, 205)
    assert done == [100, 200, 205]
    assert any_factors.is_enrolled("a00204")


def test_codes_follow_their_factor(any_factors: SecondFactors) -> None:
    """Codes of a table of their own are put beside what came in, once."""
    tokens: list[Row] = [
        {"user_id": each, "confirmed": True, "token": f"{each}{number}xyz"}
        for each in ("alice", "bob", "carol")
        for number in range(2)
    ]
    rows = [device("alice"), device("bob")]
    any_factors.take_over(read_django_otp(rows))
    report = any_factors.take_over(read_django_otp_codes(tokens))
    assert (report.codes, dict(report.refused)) == (4, {ReasonCode.NO_FACTOR: 1})
    assert any_factors.verify("bob", "bob1xyz").recovery_left == 1
    again = any_factors.take_over(read_django_otp_codes(tokens))
    assert (again.codes, again.unchanged) == (0, 2)
    with pytest.raises(CodeReplayedError):
        any_factors.verify("bob", "bob1xyz")


def test_a_second_set_of_one_account_is_refused(factors: SecondFactors) -> None:
    """Codes of an account that do not follow each other are not put together."""
    token: Row = {"user_id": "alice", "confirmed": True, "token": "abcdefgh"}
    other: Row = {"user_id": "bob", "confirmed": True, "token": "abcdefgh"}
    factors.take_over(read_django_otp([device("alice"), device("bob")]))
    rows = [token, other, {**token, "token": "ijklmnop"}]
    report = factors.take_over(read_django_otp_codes(rows), is_dry_run=True)
    assert (report.codes, dict(report.refused)) == (
        2,
        {ReasonCode.ALREADY_ENROLLED: 1},
    )


def test_codes_may_stand_before_their_factor(factors: SecondFactors) -> None:
    """In one batch the order does not matter."""
    codes = read_warehouse_codes([{"user_id": "alice", "code": ARGON2}])
    seeds = read_django_otp([device("alice")])
    report = factors.take_over([*codes, *seeds])
    assert (report.factors, report.hashes) == (1, 1)
    assert factors.verify("alice", "0123456789abcdef").recovery_left == 0


def test_codes_do_not_join_a_factor_of_our_own(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """Old codes are no codes of a factor that was enrolled since."""
    enrolled(database, keyring, "alice")
    tokens: list[Row] = [{"user_id": "alice", "confirmed": 1, "token": "abcdefgh"}]
    report = factors.take_over(read_django_otp_codes(tokens))
    assert dict(report.refused) == {ReasonCode.ALREADY_ENROLLED: 1}


def test_codes_may_be_left_behind(factors: SecondFactors) -> None:
    """Without recovery codes, seeds come in and sets of codes are passed over."""
    tokens: list[Row] = [{"user_id": "bob", "confirmed": 1, "token": "abcdefgh"}]
    records = [
        *read_base32([base32_row("alice", recovery_codes="abcdefgh")]),
        *read_django_otp([device("bob")]),
        *read_django_otp_codes(tokens),
    ]
    report = factors.take_over(records, with_codes=False)
    assert (report.factors, report.codes, dict(report.refused)) == (2, 0, {})
    with pytest.raises(CodeMismatchError):
        factors.verify("alice", "abcdefgh")


def test_names_become_accounts(factors: SecondFactors) -> None:
    """A host turns names into ids; a name that nobody has is refused."""
    ids = {"alice": "17", "odd": ""}
    rows = [device(each) for each in ("alice", "bob", "odd")]
    report = factors.take_over(read_django_otp(rows), resolve=ids.get)
    assert report.factors == 1
    assert dict(report.refused) == {ReasonCode.UNKNOWN_ACCOUNT: 2}
    assert factors.is_enrolled("17")


def test_a_dry_run_writes_nothing(factors: SecondFactors, database: Database) -> None:
    """It counts what a run would do, and the tables stay empty."""

    def records() -> Iterator[Imported | Refused]:
        yield from read_base32([base32_row("x", recovery_codes="abcdefgh")])
        yield from read_django_otp(
            [device("a"), device("b", size=10), {**device("c"), "user_id": "a"}]
        )
        tokens = [("a", "abcdefgh"), ("z", "abcdefgh")]
        yield from read_django_otp_codes(
            {"user_id": whose, "confirmed": 1, "token": token}
            for whose, token in tokens
        )

    dry = factors.take_over(records(), is_dry_run=True, batch=1)
    with database.read() as connection:
        for table in (second_factor, recovery_code):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    real = factors.take_over(records(), batch=1)
    text = dry.to_text()
    assert text.startswith("Dry run: nothing was written.\n")
    assert text.partition("\n")[2] == real.to_text()
    assert dict(dry.refused) == {
        ReasonCode.ALREADY_ENROLLED: 1,
        ReasonCode.NO_FACTOR: 1,
    }
    again = factors.take_over(records(), is_dry_run=True, overwrite=True)
    assert (again.factors, again.unchanged) == (0, 4)


def test_the_audit_log_says_what_came_in(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """One record for a batch, one for each factor that was replaced, no secret."""
    enrolled(database, keyring, "alice")
    rows = [device("alice"), device("bob", size=10)]
    factors.take_over(read_django_otp(rows), overwrite=True)
    with database.read() as connection:
        query = select(audit_table.c.event, audit_table.c.detail)
        told = [
            json.loads(detail)
            for event, detail in connection.execute(query)
            if event == "second factor: taken over"
        ]
    batch, replaced = told
    assert batch == {
        "source": "django-otp",
        "factors": 2,
        "weak": 1,
        "recovery_codes": 0,
    }
    assert replaced["account_id"] == "alice"
    assert replaced["replaces"] != replaced["factor_id"]
    assert audit.verify(database, keyring).number > 0
    assert seed_of("bob", 10).hex() not in json.dumps(told)


def test_a_seed_is_sealed_to_its_account(
    factors: SecondFactors, database: Database, clock: FrozenClock
) -> None:
    """A row that was copied to another account does not open there."""
    rows = [device(each, used=MINUTE) for each in ("alice", "bob")]
    factors.take_over(read_django_otp(rows))
    with database.begin() as connection:
        query = select(second_factor.c.id, second_factor.c.sealed)
        whose = query.where(second_factor.c.account_id == "alice")
        factor_id, sealed = connection.execute(whose).one()
        connection.execute(
            update(second_factor)
            .where(second_factor.c.account_id == "bob")
            .values(id=factor_id, sealed=sealed)
        )
    with pytest.raises(SealAccountError):
        factors.verify("bob", shown("alice", clock))


def test_a_row_that_does_not_open_is_another_factor(
    factors: SecondFactors, database: Database
) -> None:
    """What cannot be compared is left as it is."""
    factors.take_over(read_django_otp([device("alice")]))
    with database.begin() as connection:
        connection.execute(update(second_factor).values(sealed="cgs1.broken"))
    report = factors.take_over(read_django_otp([device("alice")]))
    assert dict(report.refused) == {ReasonCode.ALREADY_ENROLLED: 1}


def test_the_report_can_be_read_by_people_and_programs(factors: SecondFactors) -> None:
    """It names rows, accounts and reasons, and shows no seed and no code."""
    rows: list[Row] = [
        device("weak", size=10),
        {**device("b"), "key": "00" * 5},
        {**device("c\x1b[2J"), "confirmed": False},
        base32_row("x"),
    ]
    report = factors.take_over(read_django_otp(rows))
    text, told = report.to_text(), json.loads(report.to_json())
    assert "refused: django-otp record 2, account 'b': the seed is shorter" in text
    assert "account 'c\\x1b[2J': no code of it was ever typed" in text
    assert "weak: account 'weak'" in text
    assert told["refused"] == {
        "seed_too_short": 1,
        "not_confirmed": 1,
        "no_account": 1,
    }
    assert told["refusals"][0] == {
        "source": "django-otp",
        "position": 2,
        "account_id": "b",
        "reason": "seed_too_short",
    }
    for secret in (seed_of("weak", 10).hex(), seed_of("c\x1b[2J").hex(), "00" * 5):
        assert secret not in text
        assert secret not in report.to_json()


def test_a_report_does_not_grow_without_end(factors: SecondFactors) -> None:
    """Of very many refusals, all are counted and the first thousand named."""
    rows = ({**device(str(number)), "confirmed": False} for number in range(1500))
    report = factors.take_over(read_django_otp(rows))
    assert dict(report.refused) == {ReasonCode.NOT_CONFIRMED: 1500}
    assert len(report.refusals) == 1000


@pytest.mark.parametrize("batch", [0, 10_001])
def test_a_batch_has_a_size(factors: SecondFactors, batch: int) -> None:
    """A batch of nothing, or of too many, is refused before anything is read."""
    with pytest.raises(SetupError):
        factors.take_over([], batch=batch)


def test_a_user_of_keycloak_goes_on(factors: SecondFactors, clock: FrozenClock) -> None:
    """Seed and recovery codes of one user come in together and work."""
    code = base64.b64encode(hashlib.sha512(b"ABCDEFGH1234").digest()).decode()
    secret = base64.b32encode(seed_of("alice")).decode()
    user: Row = {
        "id": "alice",
        "credentials": [
            {
                "type": "recovery-authn-codes",
                "secretData": json.dumps({"codes": [{"encodedHashedValue": code}]}),
                "credentialData": json.dumps({"algorithm": "RS512"}),
            },
            {
                "type": "otp",
                "secretData": json.dumps({"value": secret}),
                "credentialData": json.dumps(
                    {"subType": "totp", "secretEncoding": "BASE32"}
                ),
            },
        ],
    }
    report = factors.take_over(read_keycloak([user]))
    assert (report.factors, report.hashes) == (1, 1)
    assert factors.verify("alice", "abcd-efgh-1234").recovery_left == 0
    clock.advance(MINUTE)
    assert factors.verify("alice", shown("alice", clock)).means is Means.CODE
