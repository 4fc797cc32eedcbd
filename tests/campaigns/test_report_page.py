from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from test_status import T, status

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


def went(*, width: timedelta = HOUR) -> Timeline:
    """Return a day in which people were told and came back."""
    first = place_of(T, width)
    happened = {
        "told": {first: 1000, first + 1: 230},
        "bounced": {first: 30},
        "reset": {first + 1: 700},
    }
    return timeline(happened, width=width, begin=T, end=T + 24 * width)


def read(found: Status, over: Timeline) -> Reader:
    """Return what the page is made of."""
    reader = Reader()
    reader.feed(as_html(found, over))
    reader.close()
    return reader


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
    empty = timeline({"told": {}}, width=HOUR, begin=T, end=T)
    page = read(status({AccountState.GATED: 3}), empty)
    assert page.open == []
