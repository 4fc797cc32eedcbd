"""The accident of 2019: every swap is found, and nobody is accused who did nothing."""

from accident import ordinary, play


def test_every_swap_is_found_with_both_accounts(sqlite_url: str) -> None:
    """Over HTTP, in a threaded application; nobody sees a stranger's page."""
    played = play(sqlite_url, log_ins=120, pairs=12)
    assert len(played.found) == 12
    assert {frozenset(each) for each in played.found} == played.planted
    assert played.strangers == 0


def test_ordinary_sessions_raise_no_alarm(sqlite_url: str) -> None:
    """Two tabs, lost cookies, sign-out and sign-in, shared computers."""
    counts = ordinary(sqlite_url, sessions=600)
    assert counts["swapped"] == 0
    assert counts["good"] > 600
    assert counts["refused"] > 100
