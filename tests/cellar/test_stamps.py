"""Session stamps, part by part; what is stored of sessions is in test_sessions.py."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from credguard._key import Key
from credguard._text import to_base64url
from credguard.errors import SessionRefusedError, SessionSwappedError
from credguard.keys import Keyring
from credguard.sessions.stamps import (
    NO_BROWSER,
    Stamp,
    browser_name,
    check_stamp,
    make_stamp,
    open_stamp,
    owner_name,
    read_stamp,
)

OLDER, NEWER = (Key(sha256(each).digest()) for each in (b"older", b"newer"))
RING = Keyring(current=NEWER, older=(OLDER,))
BEFORE = Keyring(current=OLDER)
NOW = datetime(2014, 11, 7, 10, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def stamped(
    ring: Keyring = RING,
    *,
    epoch: int = 3,
    browser: str = "cookie",
    now: datetime = NOW,
) -> str:
    """Return a stamp of account 15."""
    return make_stamp(ring, account_id="15", epoch=epoch, browser=browser, now=now)


def signed(*parts: str) -> str:
    """Return the stamp that our own key makes of *parts*."""
    message = json.dumps([OLDER.id, *parts]).encode()
    made = BEFORE.tag(message, purpose="session stamp", key_id=OLDER.id)
    return ".".join(["cgn1", OLDER.id, *parts, to_base64url(made)])


def test_a_stamp_has_seven_parts() -> None:
    """A version, the key, epoch, second, two pseudonyms, and the code of all five."""
    parts = stamped(BEFORE).split(".")
    assert parts[:4] == ["cgn1", OLDER.id, "3", "1415354400"]
    assert [len(part) for part in parts[4:]] == [22, 22, 43]
    assert stamped(BEFORE) == signed(*parts[2:6])


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "0"),
        (datetime(1970, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), "0"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "1"),
        (datetime(1970, 1, 2, tzinfo=UTC), "86400"),
        (LAST + timedelta(microseconds=999_999), "253402300799"),
    ],
)
def test_the_second_is_counted_from_1970(now: datetime, seconds: str) -> None:
    """What is left of a second is left out, and the last one there is is read too."""
    stamp = stamped(now=now)
    assert stamp.split(".")[3] == seconds
    assert open_stamp(RING, stamp).made_at == now.replace(microsecond=0)


@pytest.mark.parametrize(
    ("epoch", "seconds", "is_read"),
    [
        ("999999999", "999999", True),
        ("1000000000", "999999", False),
        ("0", "253402300799", True),
        ("0", "0253402300799", False),
        ("", "0", False),
        ("0", "", False),
        ("-1", "0", False),
    ],
)
def test_numbers_have_as_many_digits_as_they_need(
    epoch: str, seconds: str, *, is_read: bool
) -> None:
    """Nine of an epoch and twelve of an instant, even under our own key."""
    stamp = signed(epoch, seconds, "o" * 22, "b" * 22)
    if is_read:
        made_at = datetime.fromtimestamp(int(seconds), UTC)
        wanted = (int(epoch), made_at, "o" * 22, "b" * 22, OLDER.id)
        read = open_stamp(RING, stamp)
        found = (read.epoch, read.made_at, read.owner, read.browser, read.key_id)
        assert found == wanted
        return
    with pytest.raises(SessionRefusedError):
        open_stamp(RING, stamp)


@pytest.mark.parametrize("part", [1, 2, 3, 4, 5, 6])
def test_the_code_is_of_each_part(part: int) -> None:
    """A stamp with one part of another stamp is refused, and so is its own code."""
    parts = stamped().split(".")
    other = make_stamp(
        BEFORE, account_id="16", epoch=4, browser="b", now=NOW + timedelta(seconds=1)
    )
    parts[part] = other.split(".")[part]
    with pytest.raises(SessionRefusedError):
        open_stamp(RING, ".".join(parts))


@pytest.mark.parametrize(
    "stamp", [None, 7, b"cgn1", "", "cgn1", [], stamped().encode()]
)
def test_what_is_no_text_is_refused(stamp: object) -> None:
    """A host's session record holds anything, and nothing is raised but our error."""
    with pytest.raises(SessionRefusedError) as refused:
        open_stamp(RING, stamp)
    assert type(refused.value) is SessionRefusedError


def test_a_stamp_of_an_unknown_key_is_refused() -> None:
    """It is not asked for a code, which no key could make."""
    assert open_stamp(RING, stamped()).epoch == 3
    with pytest.raises(SessionRefusedError):
        open_stamp(BEFORE, stamped())


def test_an_older_key_names_account_and_browser_as_it_did() -> None:
    """So that a rotation of the keys logs nobody out."""
    read = read_stamp(RING, stamped(BEFORE), account_id="15", browser="cookie")
    assert read.key_id == OLDER.id
    assert read.owner == owner_name(BEFORE, "15", OLDER.id)
    assert read.owner != owner_name(RING, "15", NEWER.id)
    assert read.browser == browser_name(BEFORE, "cookie", OLDER.id)
    assert len({read.owner, read.browser, browser_name(RING, "15", OLDER.id)}) == 3


def test_a_pseudonym_is_half_a_tag() -> None:
    """128 bits of it, of any text: a lone surrogate names somebody too."""
    made = RING.tag(b"\xed\xa0\x80", purpose="session account", key_id=NEWER.id)
    assert owner_name(RING, "\ud800", NEWER.id) == to_base64url(made[:16])


def test_no_browser_has_a_name_of_its_own() -> None:
    """One that base64url could hold, as long as the others, whatever the key."""
    assert stamped(browser="").split(".")[5] == NO_BROWSER
    assert len(NO_BROWSER) == len(browser_name(RING, "cookie", NEWER.id)) == 22
    read = read_stamp(RING, stamped(browser=""), account_id="15", browser="")
    assert read.browser == NO_BROWSER


@pytest.mark.parametrize(
    ("account_id", "made_in", "shown_in", "error"),
    [
        ("15", "a", "a", None),
        ("15", "", "", None),
        ("15", "a", "b", SessionSwappedError),
        ("15", "a", "", SessionRefusedError),
        ("15", "", "a", SessionRefusedError),
        ("16", "a", "a", SessionSwappedError),
        ("16", "a", "", SessionSwappedError),
        ("16", "", "a", SessionSwappedError),
        ("16", "", "", SessionSwappedError),
    ],
)
def test_whose_a_stamp_is_is_asked_before_where_it_is(
    account_id: str,
    made_in: str,
    shown_in: str,
    error: type[SessionRefusedError] | None,
) -> None:
    """Another account's is an alarm always, another browser's where both are known."""
    stamp = stamped(browser=made_in)
    opened = open_stamp(RING, stamp)
    if error is None:
        check_stamp(RING, opened, account_id=account_id, browser=shown_in)
        return
    with pytest.raises(SessionRefusedError) as refused:
        check_stamp(RING, opened, account_id=account_id, browser=shown_in)
    assert type(refused.value) is error
    with pytest.raises(error):
        read_stamp(RING, stamp, account_id=account_id, browser=shown_in)


def test_stamps_of_one_epoch_and_instant_are_the_same() -> None:
    """Whoever's they are, under whichever key: the host compares the two alone."""
    assert Stamp(3, NOW, "owner", "browser", "key") == Stamp(3, NOW)
    assert open_stamp(RING, stamped(browser="")) == open_stamp(RING, stamped(BEFORE))
    assert Stamp(3, NOW) != Stamp(4, NOW)
    assert Stamp(3, NOW) != Stamp(3, LAST)
