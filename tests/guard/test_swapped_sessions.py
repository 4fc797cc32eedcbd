"""Sessions at the door: swapped ones end; some go on while the database is away."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.errors import (
    SessionRefusedError,
    SessionSwappedError,
    StorageUnavailableError,
)
from credguard.guard import SessionPolicy
from credguard.sessions import Alarm, JournalPolicy, SwapPolicy, make_stamp
from credguard.testing import CHEAPEST, FrozenClock

PASSWORD = "a quiet harbour at noon"
NOON = datetime(2019, 2, 5, 12, tzinfo=UTC)
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
ALARMS: list[Alarm] = []


def opened(url: str, keyring: Keyring, **policy: bool) -> CredGuard:
    """Return a door with a journal, where one swap is an alarm."""
    swaps = SwapPolicy(alarm_at=1, on_alarm=ALARMS.append)
    return CredGuard(
        keyring=keyring,
        database=url,
        passwords=PasswordHasher(work_factor=CHEAPEST),
        journal=JournalPolicy(),
        sessions=SessionPolicy(swaps=swaps, **policy),
        clock=FrozenClock(NOON),
    )


@pytest.fixture
def guard(sqlite_url: str, keyring: Keyring) -> Iterator[CredGuard]:
    """Such a door."""
    ALARMS.clear()
    found = opened(sqlite_url, keyring)
    with closing(found._database):
        yield found


def logged_in(guard: CredGuard, account_id: str, **beside: str) -> str:
    """Sign an account up, log in, and return the session's stamp."""
    stored = guard.sign_up(PASSWORD, account_id=account_id)
    login = guard.log_in(
        PASSWORD,
        account_id=account_id,
        stored=stored,
        browser=f"b{account_id}",
        **beside,
    )
    return login.session


def test_a_swapped_session_is_over_for_its_owner_too(guard: CredGuard) -> None:
    """Whoever saw a stranger's session, it is good for nobody any more."""
    one, two = logged_in(guard, "1"), logged_in(guard, "2")
    with pytest.raises(SessionSwappedError):
        guard.check_session(one, account_id="1", browser="b2")
    with pytest.raises(SessionRefusedError):
        guard.check_session(one, account_id="1", browser="b1")
    assert guard.check_session(two, account_id="2", browser="b2").is_confirmed
    swap = guard.swaps.every(ALWAYS, NOON)[0]
    assert (swap.owner_id, swap.other_id) == ("1", "2")
    assert [each.swaps for each in ALARMS] == [1]


def test_log_ins_are_in_the_journal(guard: CredGuard) -> None:
    """Those that succeeded, with nothing of the address in clear."""
    logged_in(guard, "1", network="203.0.113.7")
    logged_in(guard, "2")
    found = guard.journal.between(NOON, NOON, reason="a test")
    assert [each.account_id for each in found] in (["1", "2"], ["2", "1"])


def test_a_door_without_a_journal_keeps_nothing(
    sqlite_url: str, keyring: Keyring
) -> None:
    """The default, until the forum says what it keeps."""
    found = CredGuard(
        keyring=keyring,
        database=sqlite_url,
        passwords=PasswordHasher(work_factor=CHEAPEST),
        clock=FrozenClock(NOON),
    )
    with closing(found._database):
        session = logged_in(found, "1")
        assert found.journal.between(NOON, NOON, reason="a test") == []
        with pytest.raises(SessionSwappedError):
            found.check_session(session, account_id="1", browser="b2")
        assert found.swaps.every(ALWAYS, NOON)[0].owner_id == "1"


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "cgn1",
        "cgn9.00000000.0.0.a.b.c",
        make_stamp(Keyring.generate(), account_id="1", epoch=0, browser="b1", now=NOON),
        "\0" * 5,
        "x" * 100_000,
    ],
)
def test_a_stamp_that_is_not_ours_is_no_swap(guard: CredGuard, stamp: str) -> None:
    """Of another keyring or release, cut short, or made up."""
    good = logged_in(guard, "1")
    for bad in (stamp, good[:-1], good[: len(good) // 2], good + "A"):
        with pytest.raises(SessionRefusedError) as refused:
            guard.check_session(bad, account_id="1", browser="b1")
        assert not isinstance(refused.value, SessionSwappedError)
    assert guard.swaps.every(ALWAYS, NOON) == []


def test_an_account_that_is_gone_has_no_sessions_of_others(guard: CredGuard) -> None:
    """A stamp of an id that nobody has is as good as its epoch; the host knows."""
    session = logged_in(guard, "1")
    assert guard.check_session(session, account_id="1", browser="b1").is_confirmed
    guard.sign_out_everywhere("1")
    with pytest.raises(SessionRefusedError):
        guard.check_session(session, account_id="1", browser="b1")


def test_while_the_database_is_away_reading_goes_on(
    sqlite_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    """On the word of the stamp alone; whatever changes an account is refused."""
    guard = opened(sqlite_url, keyring)
    session = logged_in(guard, "1")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    guard._database.close()
    path.rename(tmp_path / "elsewhere.db")
    path.mkdir()  # nothing can be opened there
    read = guard.check_session(session, account_id="1", browser="b1", changes=False)
    assert not read.is_confirmed
    with pytest.raises(StorageUnavailableError):
        guard.check_session(session, account_id="1", browser="b1")
    with pytest.raises(SessionSwappedError):
        guard.check_session(session, account_id="1", browser="b2", changes=False)
    guard._session_policy = SessionPolicy(reads_while_away=False)
    with pytest.raises(StorageUnavailableError):
        guard.check_session(session, account_id="1", browser="b1", changes=False)
    guard._database.close()
    path.rmdir()
    (tmp_path / "elsewhere.db").rename(path)
    assert guard.check_session(session, account_id="1", browser="b1").is_confirmed
    guard._database.close()
