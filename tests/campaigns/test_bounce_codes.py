import pytest

from credguard.campaigns.bounce_codes import is_bad_address, is_permanent


@pytest.mark.parametrize(
    ("code", "permanent", "bad"),
    [
        ("550", True, True),
        ("553", True, True),
        ("554", True, False),
        ("552", True, False),
        ("5.1.1", True, True),
        ("5.1.10", True, True),
        ("5.1.8", True, False),
        ("5.2.1", True, True),
        ("5.2.2", True, False),
        ("5.7.1", True, False),
        ("4.4.7", False, False),
        ("450", False, False),
        ("address", False, False),
        ("", False, False),
    ],
)
def test_a_code_says_what_it_says(code: str, permanent: bool, bad: bool) -> None:  # noqa: FBT001
    """A full mailbox or a policy is no bad address; an unknown user is."""
    assert (is_permanent(code), is_bad_address(code)) == (permanent, bad)
