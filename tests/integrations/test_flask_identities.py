"""The text by which a browser is known: read strictly, and shown nowhere."""

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard.integrations.flask.identities import Identity, read_identity

STAMPS = st.text(min_size=1).filter(lambda text: ":" not in text)


@given(st.text(min_size=1), STAMPS, st.booleans(), st.booleans())
@example("a:b\nc", "s\nt", True, False)  # noqa: FBT003
def test_an_identity_is_read_as_it_was_written(
    account_id: str,
    stamp: str,
    has_browser: bool,  # noqa: FBT001
    waits: bool,  # noqa: FBT001
) -> None:
    """Whatever the account's id holds, colons and line ends too."""
    identity = Identity(account_id, stamp, has_browser=has_browser, waits=waits)
    assert read_identity(identity.to_text()) == identity


@pytest.mark.parametrize(
    ("written", "has_browser", "waits"),
    [
        ("+s:7", True, False),
        ("-s:7", False, False),
        ("?+s:7", True, True),
        ("?-s:7", False, True),
    ],
)
def test_a_text_has_its_marks_in_front(
    *, written: str, has_browser: bool, waits: bool
) -> None:
    """Cookies of an earlier release are read as they were meant."""
    identity = Identity("7", "s", has_browser=has_browser, waits=waits)
    assert read_identity(written) == identity
    assert identity.to_text() == written


@pytest.mark.parametrize(
    "written",
    [
        *("", "7", "s:7", "+:7", "+s:", "+s", "??+s:7", "+?s"),
        *(" +s:7", "?s:7", None, 7, b"+s:7", ["+s:7"]),
    ],
)
def test_any_other_text_is_nobodys(written: object) -> None:
    """Nobody is let in by a text that was not written here, and nothing raises."""
    assert read_identity(written) is None


def test_a_stamp_is_not_shown() -> None:
    """A log line with an identity lets nobody in, and no copy of one is made."""
    identity = Identity("7", "secretive", has_browser=True, waits=False)
    assert "secretive" not in repr(identity)
    with pytest.raises(TypeError):
        copy.copy(identity)
