"""The answers that the forum of 2019 had, as it got them."""

from datetime import UTC, datetime, timedelta

AWARE = datetime(2019, 2, 6, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST = {
    "what_happened": "Members who logged in at the same moment could get into each "
    "other's accounts.",
    "cyber": "no",
    "found_how": "A member reported it.",
    "discovered_at": "2019-02-06T21:00Z",
    "happened_from": "2019-02-05T14:00Z",
    "happened_until": "2019-02-07T09:00Z",
    "data": "basic personal identifiers; identification data",
    "people_at_most": "4000",
    "people": "users",
    "consequences": "Somebody may have read their messages.",
    "likelihood": "unlikely",
    "people_told": "about to",
    "organisation": "Machina Ltd",
    "contact": "privacy@machina.example",
    "what_to_do": "Log in again; look at your messages.",
}
