"""What is told of second factors: all of it, once, and no secret with it."""

import json
import logging
from contextlib import suppress
from datetime import timedelta

import pytest
from authenticators import PERIOD, Authenticator, enrolled, keeper
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard.errors import CredguardError, RefusedError, SealBrokenError
from credguard.second_factor import EventKind, FactorEvent, rows
from credguard.second_factor.events import CHAINED
from credguard.second_factor.factor import Place
from credguard.second_factor.leaks.deciding import Leaked
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.members import MemberState
from credguard.second_factor.takeover import Row, read_base32
from credguard.second_factor.takeover.exporting import Leaving
from credguard.storage import Database
from credguard.storage import audit as audit_log
from credguard.storage.audit_tables import audit
from credguard.storage.tables import recovery_code, second_factor, trusted_device
from credguard.testing import FrozenClock


def live_a_life(
    factors: SecondFactors, database: Database, clock: FrozenClock
) -> list[str]:
    """Let everything happen that can, and return all secrets there were."""
    phone = Authenticator(factors.enroll("17"))
    confirmed = factors.confirm("17", phone.code(clock()))
    typed = [phone.code(clock()), phone.wrong(clock()), *confirmed.recovery.codes]
    attempts = [typed[0], typed[1], *confirmed.recovery.codes[:7], typed[2]]
    for code in attempts:
        _refused(factors, code)
    clock.advance(PERIOD)
    typed.append(phone.code(clock()))
    proof = factors.verify("17", typed[-1]).proof
    device = factors.devices.trust("17", proof=proof, epoch=0)
    used = factors.devices.check(device.token, account_id="17", epoch=0)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(RefusedError):
        factors.devices.check(device.token, account_id="17", epoch=0)
    factors.devices.trust("17", proof=proof, epoch=0)
    factors.devices.revoke_all("17")
    new = factors.replace_recovery_codes("17", proof=proof)
    sealed = [_row(database)["sealed"]]
    clock.advance(timedelta(hours=1))
    typed.append(phone.code(clock()))
    factors.verify("17", typed[-1])
    clock.advance(timedelta(hours=-1))
    _refused(factors, phone.code(clock(), 1))
    factors.repair_clock()
    factors.after_restore()
    factors.reseal(worker="one")
    with database.begin() as connection:
        connection.execute(update(second_factor).values(sealed=sealed[0][:-3] + "AAA"))
    _refused(factors, phone.code(clock()))
    with database.begin() as connection:
        connection.execute(update(second_factor).values(sealed=sealed[0]))
    for _ in range(6):
        _refused(factors, typed[1])
    for _ in range(95):
        clock.advance(timedelta(hours=1))
        _refused(factors, "000")
    vouched = factors.vouch("17", by="ticket 1")
    factors.disable("17", proof=vouched)
    moved = _move(factors)
    clock.advance(PERIOD)
    _leak(factors, clock)
    tokens = [str(each.token).rpartition(".")[2] for each in (device, used)]
    seed = [phone.seed.hex(), *sealed]
    return [*typed, *new.codes, *tokens, *seed, proof, vouched, *moved]


def _move(factors: SecondFactors) -> list[str]:
    """Take a factor over and hand it out again; return its secrets."""
    seed, code = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "brought-along"
    row: Row = {"account_id": "18", "secret": seed, "recovery_codes": code}
    leaving: list[Leaving] = []
    factors.take_over(read_base32([row]))
    factors.export(leaving.append)
    return [seed, code, *(each.uri for each in leaving)]


def _leak(factors: SecondFactors, clock: FrozenClock) -> None:
    """Let the seeds leak, with somebody who has no way back but support."""
    leaked = Leaked.PLAIN_SEEDS | Leaked.RECOVERY_CODES
    measure = Measure("2026-11", leaked, clock() + timedelta(days=1))
    factors.leaks.decide("2026-11", "18", MemberState.SUPPORT, reason="they call")
    factors.leaks.start(measure, worker="one")


def _refused(factors: SecondFactors, code: str) -> None:
    with suppress(CredguardError):
        factors.verify("17", code)


def _row(database: Database) -> dict[str, str]:
    with database.read() as connection:
        found = connection.execute(
            select(second_factor).where(second_factor.c.place == Place.CURRENT.value)
        )
        return dict(found.mappings().one())


@pytest.fixture
def secrets(
    factors: SecondFactors, database: Database, clock: FrozenClock
) -> list[str]:
    """All secrets of a whole life of a factor."""
    return live_a_life(factors, database, clock)


def test_every_step_is_told(secrets: list[str], events: list[FactorEvent]) -> None:
    """Of each kind of event there is at least one in a whole life."""
    assert {event.kind for event in events} == set(EventKind)
    assert secrets


def test_no_event_holds_a_secret(
    secrets: list[str], events: list[FactorEvent], database: Database
) -> None:
    """No code, seed, token, proof or seal is told to the host or written down."""
    with database.read() as connection:
        chained = [
            f"{row.event} {row.detail}" for row in connection.execute(select(audit))
        ]
        hashes = connection.scalars(select(recovery_code.c.hashed)).all()
        digests = connection.scalars(select(trusted_device.c.digest)).all()
    told = [repr(event) for event in events] + chained
    known = [*secrets, *(each.replace("-", "") for each in secrets), *hashes, *digests]
    # Six digits may stand in any number; what was typed is never a word by itself.
    found = [
        (secret, text)
        for secret in known
        for text in told
        if (f'"{secret}"' if len(secret) < 10 else secret) in text
    ]
    assert found == []
    assert len(told) > 100


def test_what_changes_who_can_log_in_is_chained(
    secrets: list[str],
    events: list[FactorEvent],
    database: Database,
    keyring: Keyring,
) -> None:
    """The audit log has the rare events, in order, and its chain is whole."""
    with database.read() as connection:
        rows_of_log = connection.execute(select(audit).order_by(audit.c.number)).all()
    chained = [row.event.removeprefix("second factor: ") for row in rows_of_log]
    assert chained == [event.kind.value for event in events if event.kind in CHAINED]
    assert audit_log.verify(database, keyring).number == len(chained)
    assert json.loads(rows_of_log[0].detail)["account_id"] == "17"
    assert secrets


def test_an_event_is_told_after_it_stands(
    any_database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """When the host hears of a log-in, its row is in the table already."""
    database = any_database
    phone = enrolled(database, keyring, "17")
    steps: list[int | None] = []

    def look(_: FactorEvent) -> None:
        with database.read() as connection:
            found = rows.find(connection, "17", Place.CURRENT)
        steps.append(found.last_step if found else None)

    factors = keeper(database, keyring, clock=clock, events=look)
    factors.verify("17", phone.code(clock()))
    assert steps == [int(clock().timestamp()) // 30]


def test_a_callback_that_fails_fails_no_log_in(
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What the host's callback raises is logged by its name, without its text."""
    phone = enrolled(database, keyring, "17")

    def fail(_: FactorEvent) -> None:
        message = "a text of the host's"
        raise RuntimeError(message)

    factors = keeper(database, keyring, clock=clock, events=fail)
    with caplog.at_level(logging.ERROR):
        assert factors.verify("17", phone.code(clock())).factor_id
    assert [record.getMessage() for record in caplog.records] == [
        "An event of second factors was not taken: RuntimeError"
    ]


def test_a_seed_that_does_not_open_is_told(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    events: list[FactorEvent],
) -> None:
    """The host hears of it besides the error, with the account and no more."""
    phone = enrolled(database, keyring, "17")
    with database.begin() as connection:
        connection.execute(update(second_factor).values(sealed="cgs2.x"))
    with pytest.raises(SealBrokenError):
        factors.verify("17", phone.code(clock()))
    assert [event.kind for event in events] == [EventKind.UNREADABLE]
