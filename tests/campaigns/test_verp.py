import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard._text import to_base64url
from credguard.campaigns import verp
from credguard.campaigns.reachable import MAX_LOCAL_CHARACTERS, is_reachable
from credguard.errors import UnknownKeyError
from credguard.keys import Keyring

KEYRING = Keyring.generate()
KEY = KEYRING.current.id
IDS = st.binary(min_size=16, max_size=16).map(to_base64url)
PATHS = re.compile(r"a\+[a-z2-7]{26}-[a-z2-7]{16}@", re.ASCII)
BOUNCES = "bounces-to-the-forum@forum.example"


@given(IDS)
def test_a_return_path_names_its_notice(notice_id: str) -> None:
    """It is an address that fits, and the notice is read back from any mail."""
    path = verp.address(KEYRING, BOUNCES, notice_id, key_id=KEY)
    assert is_reachable(path)
    assert len(path.partition("@")[0]) <= MAX_LOCAL_CHARACTERS
    ((found, tag),) = verp.find(f"To: <{path.upper()}>\r\nSubject: Returned\r\n")
    assert found == notice_id
    assert verp.is_ours(KEYRING, found, tag, key_id=KEY)


@given(IDS, IDS)
def test_nobody_makes_a_tag_for_another_notice(mine: str, other: str) -> None:
    """Whoever knows the path of one notice knows that of no other."""
    ((_, tag),) = verp.find(verp.address(KEYRING, BOUNCES, mine, key_id=KEY))
    assert verp.is_ours(KEYRING, other, tag, key_id=KEY) is (mine == other)


def test_a_tag_of_a_key_that_is_gone_is_an_error() -> None:
    """Which key made it stands in the notice's row."""
    with pytest.raises(UnknownKeyError):
        verp.is_ours(KEYRING, "A" * 22, "a" * 16, key_id="00000000")


@pytest.mark.promise("P7")
@given(
    st.text() | st.from_regex(re.compile(r"a\+[a-z2-7]{26}-[a-z2-7]{16}@", re.ASCII))
)
def test_any_text_can_be_searched(text: str) -> None:
    """What anybody writes is searched without an error."""
    for notice_id, tag in verp.find(text):
        assert re.fullmatch(r"[\w-]{22}", notice_id)
        assert re.fullmatch(r"[a-z2-7]{16}", tag)


@pytest.mark.promise("P7")
def test_a_mail_full_of_paths_is_bounded() -> None:
    """Only the first few paths of a mail are looked at."""
    paths = [
        verp.address(KEYRING, BOUNCES, to_base64url(bytes([at]) * 16), key_id=KEY)
        for at in range(100)
    ]
    assert len(verp.find("\n".join(paths))) == verp.MOST_PATHS


def test_a_return_path_looks_as_documented() -> None:
    """The notice in 26 letters and a tag of 80 bits in 16, all of them small."""
    path = verp.address(KEYRING, BOUNCES, to_base64url(bytes(16)), key_id=KEY)
    assert re.fullmatch(
        r"bounces-to-the-forum\+a{26}-[a-z2-7]{16}@forum\.example", path
    )


def test_a_return_path_that_stands_twice_is_found_once() -> None:
    """A mail has it in several headers."""
    path = verp.address(KEYRING, BOUNCES, to_base64url(bytes(16)), key_id=KEY)
    assert len(verp.find(f"{path} {path}")) == 1


def test_exactly_twenty_return_paths_of_a_mail_are_found() -> None:
    """A report may hold as many, and no more are looked at."""
    paths = [
        verp.address(KEYRING, BOUNCES, to_base64url(bytes([at]) * 16), key_id=KEY)
        for at in range(21)
    ]
    ids = [notice_id for notice_id, _ in verp.find("\n".join(paths))]
    assert ids == [to_base64url(bytes([at]) * 16) for at in range(20)]
