import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credguard import sessions
from credguard.errors import SessionRefusedError, SessionSwappedError
from credguard.keys import Keyring
from credguard.sessions import Credential, Stamp, make_stamp, read_stamp, stamps
from credguard.storage import Database
from credguard.storage.schema import prepare

KEYRING = Keyring.generate()
NOW = datetime(2014, 11, 7, 10, 0, 0, 999_999, tzinfo=UTC)
STAMP = make_stamp(KEYRING, account_id="15", epoch=3, browser="cookie", now=NOW)
ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
ACCOUNT_IDS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=255,
)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database with credguard's tables."""
    database = Database(url)
    prepare(database)
    yield database
    database.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """Such a database on SQLite."""
    with opened(sqlite_url) as database:
        yield database


@pytest.fixture
def any_database(database_url: str) -> Iterator[Database]:
    """Such a database on SQLite, PostgreSQL and MariaDB in turn."""
    with opened(database_url) as database:
        yield database


def epochs(database: Database, *account_ids: str) -> list[int]:
    """Return the epochs of *account_ids*."""
    with database.read() as connection:
        found = sessions.credentials_of(connection, account_ids)
    return [found.get(each, Credential()).epoch for each in account_ids]


def raise_epochs(database: Database, *account_ids: str) -> None:
    """End the sessions of *account_ids*."""
    with database.begin() as connection:
        sessions.raise_epochs(connection, account_ids)


@given(
    account_id=ANY_TEXT,
    epoch=st.integers(0, 999_999_999),
    browser=ANY_TEXT,
    now=st.datetimes(
        min_value=datetime(1970, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001  # as above
        timezones=st.just(UTC),
    ),
)
def test_a_stamp_is_read_back(
    account_id: str, epoch: int, browser: str, now: datetime
) -> None:
    """A stamp passes for its account and browser, and tells epoch and second."""
    stamp = make_stamp(
        KEYRING, account_id=account_id, epoch=epoch, browser=browser, now=now
    )
    assert len(stamp) <= sessions.MAX_STAMP_CHARACTERS
    read = read_stamp(KEYRING, stamp, account_id=account_id, browser=browser)
    assert read == Stamp(epoch, now.replace(microsecond=0))


@pytest.mark.promise("P10")
@given(
    mine=st.tuples(ANY_TEXT, ANY_TEXT),
    other=st.tuples(ANY_TEXT, ANY_TEXT),
)
def test_a_stamp_of_another_is_swapped(
    mine: tuple[str, str], other: tuple[str, str]
) -> None:
    """A stamp of another account or another browser is refused as swapped."""
    stamp = make_stamp(KEYRING, account_id=mine[0], epoch=0, browser=mine[1], now=NOW)
    if mine == other:
        return
    is_lost = mine[0] == other[0] and not (mine[1] and other[1])
    with pytest.raises(SessionRefusedError) as refused:
        read_stamp(KEYRING, stamp, account_id=other[0], browser=other[1])
    assert isinstance(refused.value, SessionSwappedError) is not is_lost


@pytest.mark.parametrize(
    ("made_in", "shown_in", "error"),
    [
        ("", "cookie", SessionRefusedError),
        ("cookie", "", SessionRefusedError),
        ("a", "b", SessionSwappedError),
    ],
)
def test_a_browser_is_bound(
    made_in: str, shown_in: str, error: type[SessionRefusedError]
) -> None:
    """A stamp of one browser does not pass in another; a lost cookie is no alarm."""
    stamp = make_stamp(KEYRING, account_id="15", epoch=0, browser=made_in, now=NOW)
    with pytest.raises(SessionRefusedError) as refused:
        read_stamp(KEYRING, stamp, account_id="15", browser=shown_in)
    assert type(refused.value) is error
    assert read_stamp(KEYRING, stamp, account_id="15", browser=made_in).epoch == 0


def test_account_and_browser_are_not_taken_for_each_other() -> None:
    """An account whose id is another's cookie has another name in its stamp."""
    stamp = make_stamp(KEYRING, account_id="a", epoch=0, browser="b", now=NOW)
    with pytest.raises(SessionSwappedError):
        read_stamp(KEYRING, stamp, account_id="b", browser="a")


@pytest.mark.promise("P17")
@given(stamp=ANY_TEXT | st.from_regex(stamps._STAMP, fullmatch=True))
def test_any_text_is_refused(stamp: str) -> None:
    """A text that this keyring did not make ends in one error, whatever it is."""
    with pytest.raises(SessionRefusedError) as caught:
        read_stamp(KEYRING, stamp, account_id="15", browser="cookie")
    assert type(caught.value) is SessionRefusedError
    assert caught.value.__context__ is None


@pytest.mark.promise("P10", "P17")
def test_nearly_every_stamp_is_refused() -> None:
    """Ten thousand stamps with a few characters exchanged: none of them passes."""
    draw = Random(2014)
    strange = ascii_letters + digits + "._-=+/ \n\0é٣\ud800"
    for _ in range(10_000):
        characters = list(STAMP)
        for _ in range(draw.randint(1, 4)):
            characters[draw.randrange(len(STAMP))] = draw.choice(strange)
        altered = "".join(characters)
        if altered != STAMP:
            with pytest.raises(SessionRefusedError):
                read_stamp(KEYRING, altered, account_id="15", browser="cookie")


@pytest.mark.promise("P17")
@pytest.mark.parametrize(
    "stamp",
    ["", STAMP + "\n", STAMP * 2, "A" * 10_000_000],
    ids=["empty", "with a newline", "twice", "10 MB"],
)
def test_what_is_no_stamp_is_refused(stamp: str) -> None:
    """No text, too much of it, or a stamp with something behind it is refused."""
    with pytest.raises(SessionRefusedError):
        read_stamp(KEYRING, stamp, account_id="15", browser="cookie")


@pytest.mark.promise("P10")
def test_every_character_of_a_stamp_counts() -> None:
    """A stamp with one character altered, left out or doubled does not pass."""
    for place, character in enumerate(STAMP):
        other = "1" if character != "1" else "2"
        for altered in (
            STAMP[:place] + other + STAMP[place + 1 :],
            STAMP[:place] + STAMP[place + 1 :],
            STAMP[:place] + character + STAMP[place:],
        ):
            if altered != STAMP:
                with pytest.raises(SessionRefusedError):
                    read_stamp(KEYRING, altered, account_id="15", browser="cookie")


@pytest.mark.promise("P10")
def test_parts_of_two_stamps_make_none() -> None:
    """A later epoch cannot be put into an older stamp."""
    later = make_stamp(KEYRING, account_id="15", epoch=4, browser="cookie", now=NOW)
    old, new = STAMP.split("."), later.split(".")
    for place in (2, 6):
        mixed = ".".join([*old[:place], new[place], *old[place + 1 :]])
        with pytest.raises(SessionRefusedError):
            read_stamp(KEYRING, mixed, account_id="15", browser="cookie")


def test_another_keyring_refuses() -> None:
    """A stamp of another keyring is refused; one of an older key still passes."""
    with pytest.raises(SessionRefusedError):
        read_stamp(Keyring.generate(), STAMP, account_id="15", browser="cookie")
    rotated = KEYRING.rotate()
    assert read_stamp(rotated, STAMP, account_id="15", browser="cookie").epoch == 3
    new = make_stamp(rotated, account_id="15", epoch=3, browser="cookie", now=NOW)
    with pytest.raises(SessionRefusedError):
        read_stamp(KEYRING, new, account_id="15", browser="cookie")


def test_a_stamp_shows_nobody() -> None:
    """A stamp contains neither the account's id nor what tells the browser."""
    stamp = make_stamp(
        KEYRING, account_id="alice@example", epoch=0, browser="chocolate", now=NOW
    )
    assert "alice" not in stamp
    assert "chocolate" not in stamp


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine stand in another zone."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_stamp_is_made_in_utc() -> None:
    """The instant in a stamp does not depend on the clock's or the machine's zone."""
    east = timezone(timedelta(hours=9))
    texts = {
        make_stamp(KEYRING, account_id="15", epoch=3, browser="cookie", now=now)
        for now in (NOW, NOW.astimezone(east), NOW.replace(tzinfo=None))
    }
    assert texts == {STAMP}


def test_an_account_begins_with_nothing(database: Database) -> None:
    """An account of which nothing is kept is in the first epoch."""
    with database.read() as connection:
        assert sessions.credential_of(connection, "15") == Credential(0, None)
        assert sessions.credentials_of(connection, []) == {}
        assert sessions.credentials_of(connection, ["15"]) == {}


def test_epochs_are_raised_by_one(database: Database) -> None:
    """An account's epoch goes up by exactly one each time, others' stay."""
    raise_epochs(database, "a", "b")
    raise_epochs(database, "a", "c")
    raise_epochs(database)
    assert epochs(database, "a", "b", "c", "d") == [2, 1, 1, 0]


def test_an_account_given_twice_is_raised_once(any_database: Database) -> None:
    """However often an id stands on the list, and wherever, its epoch goes up once."""
    crowd = [str(number) for number in range(1200)]
    raise_epochs(any_database, "7", *crowd, "7", "1199")
    assert set(epochs(any_database, *crowd)) == {1}


@pytest.mark.promise("P17")
def test_ids_are_compared_byte_for_byte(any_database: Database) -> None:
    """Ids that differ in case, in an accent or in a blank are different accounts."""
    alike = ["a", "A", "á", "a ", " a", "ａ"]
    raise_epochs(any_database, alike[0])
    assert epochs(any_database, *alike) == [1, 0, 0, 0, 0, 0]
    raise_epochs(any_database, *alike)
    assert epochs(any_database, *alike) == [2, 1, 1, 1, 1, 1]


def test_a_new_password_ends_sessions(any_database: Database) -> None:
    """A password that was set is remembered with its instant, in a new epoch."""
    with any_database.begin() as connection:
        sessions.password_was_set(connection, "15", now=NOW)
    with any_database.read() as connection:
        assert sessions.credential_of(connection, "15") == Credential(1, NOW)
    with any_database.begin() as connection:
        sessions.raise_epochs(connection, ["15"])
    with any_database.read() as connection:
        assert sessions.credential_of(connection, "15") == Credential(2, NOW)


def test_what_fails_raises_nothing(database: Database) -> None:
    """When the transaction around it fails, an epoch stays as it was."""
    with pytest.raises(ZeroDivisionError):
        _raise_and_fail(database)
    assert epochs(database, "15") == [0]


def _raise_and_fail(database: Database) -> None:
    with database.begin() as connection:
        sessions.raise_epochs(connection, ["15"])
        _ = 1 / 0


def test_any_id_is_kept(any_database: Database) -> None:
    """Ids of any characters that a forum may use are told apart and found again."""

    @settings(max_examples=30)
    @given(account_ids=st.sets(ACCOUNT_IDS, max_size=8))
    def check(account_ids: set[str]) -> None:
        before = epochs(any_database, *account_ids)
        raise_epochs(any_database, *account_ids)
        assert epochs(any_database, *account_ids) == [epoch + 1 for epoch in before]

    check()
