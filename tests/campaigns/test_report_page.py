import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from test_status import T, status

from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.report_page import as_html
from credguard.campaigns.states import AccountState
from credguard.campaigns.status import Status
from credguard.campaigns.timeline import Timeline, place_of, timeline

HOUR = timedelta(hours=1)
COUNTS = {
    AccountState.OUT_OF_SCOPE: 100,
    AccountState.TOLD: 1200,
    AccountState.BOUNCED: 30,
    AccountState.UNREACHABLE: 70,
    AccountState.RESET_DONE: 700,
}


EMPTY = timeline({"told": {}}, width=HOUR, begin=T, end=T)


class Reader(HTMLParser):
    """Keeps what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and that it is open unless it is void."""
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "line", "polyline"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that what ends is what was opened last."""
        if tag not in {"line", "polyline"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        self.text += data


def went(*, width: timedelta = HOUR, bounced_in: int = 0) -> Timeline:
    """Return a day in which people were told and came back."""
    first = place_of(T, width)
    happened = {
        "told": {first: 1000, first + 1: 230},
        "bounced": {first + bounced_in: 30},
        "reset": {first + 1: 700},
    }
    return timeline(happened, width=width, begin=T, end=T + 24 * width)


def read(found: Status, over: Timeline) -> Reader:
    """Return what the page is made of."""
    reader = Reader()
    reader.feed(as_html(found, over))
    reader.close()
    return reader


def figures(counts: Mapping[AccountState, int]) -> list[tuple[str, str]]:
    """Return the large numbers at the page's head, each with what it counts."""
    page = as_html(status(counts), EMPTY)
    return re.findall(r"<li><b>([^<]*)</b> ([^<]*)</li>", page)


def cells(found: Status) -> list[list[str]]:
    """Return the lines of the page's tables."""
    lines = re.findall(r"<tr>(<td>.*)</tr>", as_html(found, EMPTY))
    return [re.findall("<td>([^<]*)</td>", line) for line in lines]


def test_the_page_tells_the_numbers_of_the_status() -> None:
    """The same as in the other reports; every tag that is opened is closed."""
    page = read(status(COUNTS, reset_by={"link": 650, "forum": 50}), went())
    assert page.open == []
    for number in ("2,000", "1,200", "700", "1,300", "650", "adds up"):
        assert number in page.text
    assert page.seen.count("svg") == 2
    assert page.seen.count("table") == 2


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no link, no picture: it can be mailed and kept."""
    page = read(status(COUNTS), went())
    assert not {"script", "link", "img", "iframe", "a"} & set(page.seen)
    assert not {"src", "href"} & {name for name, _ in page.attributes}
    assert "url(" not in as_html(status(COUNTS), went())
    assert ("lang", "en") in page.attributes


def test_a_scope_is_no_markup() -> None:
    """A scope names domains and lists, which are whatever somebody typed."""
    found = replace(status(COUNTS), scope="mail_domain('<script>alert(1)</script>')")
    page = read(found, went())
    assert "script" not in page.seen
    assert "<script>alert(1)</script>" in page.text


def test_numbers_that_do_not_add_up_are_shouted() -> None:
    """Nobody hands in a report that is wrong without seeing it."""
    assert "DOES NOT ADD UP" in as_html(status(COUNTS, accounts=7), went())


@pytest.mark.parametrize(
    ("width", "named"),
    [
        (timedelta(minutes=10), "each 10 minutes"),
        (HOUR, "each hour"),
        (timedelta(hours=6), "each 6 hours"),
        (timedelta(days=1), "each day"),
        (timedelta(days=7), "each 7 days"),
    ],
)
def test_an_interval_is_named(width: timedelta, named: str) -> None:
    """As people say it."""
    assert named in as_html(status(COUNTS), went(width=width))


def test_a_campaign_that_has_just_begun_has_a_page() -> None:
    """One interval, and nothing in it."""
    page = read(status({AccountState.GATED: 3}), EMPTY)
    assert page.open == []


def test_the_figures_are_those_of_the_status() -> None:
    """Also where nobody has a new password yet."""
    assert figures(COUNTS) == [
        ("2,000", "in scope"),
        ("1,200", "told"),
        ("700", "have a new password"),
        ("1,300", "still to choose one"),
    ]
    assert figures({AccountState.GATED: 3}) == [
        ("3", "in scope"),
        ("0", "told"),
        ("0", "have a new password"),
        ("3", "still to choose one"),
    ]


def test_a_picture_is_told_in_words() -> None:
    """What had happened in the end, for those who do not see it."""
    assert (
        '<desc id="fromaffectedtoreset-desc">Of 2,000 accounts that need a new '
        "password, 1,230 were told and 700 have one; notices to 30 came back.</desc>"
    ) in as_html(status(COUNTS), went(bounced_in=1))
    assert (
        "Of 3 accounts that need a new password, 0 were told and 0 have one; "
        "notices to 0 came back."
    ) in as_html(status({AccountState.GATED: 3}), EMPTY)


def test_each_state_that_occurs_has_a_line() -> None:
    """With its share of all accounts; the sum stands below."""
    counts = {AccountState.TOLD: 50, AccountState.GATED: 0, AccountState.RESET_DONE: 25}
    assert cells(status(counts, reset_by={"link": 25}))[:4] == [
        ["must reset, told", "50", "66.7 %"],
        ["has a new password", "25", "33.3 %"],
        ["all accounts (adds up)", "75", "100.0 %"],
        ["new password by link", "25", ""],
    ]


@pytest.mark.parametrize(
    ("accounts", "share"), [(0, "100.0"), (1, "100.0"), (2, "50.0")]
)
def test_a_share_is_one_of_all_accounts(accounts: int, share: str) -> None:
    """Of no accounts at all, a count that cannot be is shown as it is."""
    found = status({AccountState.TOLD: 1}, accounts=accounts)
    assert cells(found)[0] == ["must reset, told", "1", f"{share} %"]


def test_the_page_says_how_far_each_hook_is() -> None:
    """In a table of its own, where there are any."""
    heading = "<h2>What was ended beside the passwords</h2>"
    hooks = (HookProgress("sessions", 2, 1024, 3500), HookProgress("cookies", 4, 4, 0))
    found = replace(status({AccountState.TOLD: 5}), hooks=hooks)
    assert cells(found)[2:4] == [
        ["sessions", "3,500", "2 of 1,024"],
        ["cookies", "0", "4 of 4"],
    ]
    assert heading in as_html(found, EMPTY)
    assert heading not in as_html(status({AccountState.TOLD: 5}), EMPTY)


@pytest.mark.parametrize(
    ("width", "label"),
    [
        (HOUR, "12 Apr 17:00"),
        (5 * HOUR, "12 Apr 17:00"),
        (6 * HOUR, "12 Apr"),
        (7 * HOUR, "12 Apr"),
        (24 * HOUR, "12 Apr"),
    ],
)
def test_a_place_has_a_time_where_a_day_has_many(width: timedelta, label: str) -> None:
    """Four or fewer in a day are told by their day."""
    assert f'text-anchor="middle">{label}<' in as_html(
        status(COUNTS), went(width=width)
    )
