"""The state in which a campaign ends, without what differs by nature."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Table, select

from credguard.storage.audit_tables import audit
from credguard.storage.tables import member, notice, sweep_range
from credguard.testing import RememberedMail
from forums import House

RETIRED = "cgretired1:"
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class EndState:
    """
    What a campaign came to.

    Attributes:
        forum: The forum's table; of a retired hash, that it is one.

        members: What happened to whom, and where the old hash is kept.

        notices: Who was told.

        ranges: Which ranges of the sweep and of each hook are done, and what they came
            to.

        events: How often what stands in the audit log.

        mails: To whom messages went.

        counts: The status.

        ended: The accounts for which the hook was called.

        restored: The password column after an abort.
    """

    forum: dict[str, dict[str, object]]
    members: Rows
    notices: Rows
    ranges: Rows
    events: Counter[str]
    mails: list[str]
    counts: dict[str, int]
    ended: list[str]
    restored: dict[str, str | None]


def end_state(house: House, campaign: str, ended: list[str]) -> EndState:
    """Tell everybody, look at what stands everywhere, and abort to see what is kept."""
    carrier = RememberedMail()
    house.campaigns.send(campaign, carrier, worker="teller")
    forum = house.forum.rows()
    for row in forum.values():
        if str(row["password"]).startswith(RETIRED):
            row["password"] = RETIRED
    status = house.counted(campaign)
    told = ("account_id", "state", "kind", "attempts", "lane", "mail_group")
    ranges = ("sweep", "number", "low", "high", "state", "touched")
    found = {
        "members": _rows(house, member, "account_id", "state", "how", "page"),
        "notices": _rows(house, notice, *told),
        "ranges": [
            (str(sweep).replace(campaign, "campaign"), *rest)
            for sweep, *rest in _rows(house, sweep_range, *ranges)
        ],
    }
    with house.guard._database.read() as connection:
        events = Counter(connection.scalars(select(audit.c.event)))
    house.campaigns.abort(campaign, reason="to see what is kept")
    return EndState(
        **found,
        forum=forum,
        events=events,
        mails=sorted(str(message["To"]) for message in carrier.messages),
        counts={state.value: count for state, count in status.counts.items()},
        ended=ended,
        restored=house.forum.passwords(),
    )


def _rows(house: House, table: Table, *columns: str) -> Rows:
    with house.guard._database.read() as connection:
        found = connection.execute(select(*(table.c[name] for name in columns)))
        return sorted((tuple(row) for row in found), key=repr)
