"""Campaign rows: the watermark, and the one write that moves a campaign on."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from credguard._random import random_bytes
from credguard.campaigns import plan_file
from credguard.campaigns.lists import AccountList
from credguard.campaigns.plan import Plan
from credguard.campaigns.states import GATING, CampaignState, check_step
from credguard.errors import CampaignStateError, LeaseLostError
from credguard.keys import Key, Keyring
from credguard.storage.database import insert_new
from credguard.storage.tables import campaign, list_entry

_KEY_PURPOSE = "campaign key"
_LIST_PAGE = 1000
_NEXT_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Record:
    """
    A campaign as it stands.

    Attributes:
        id: Its name in all texts.

        state: Where it stands.

        opened_at: The watermark.

        plan: What was planned and started.

        sealed_key: The campaign's own key, sealed under the keyring; None once it
            was destroyed.

        version: What must still stand in the row when it is moved on.
    """

    id: str
    state: CampaignState
    opened_at: datetime
    plan: Plan
    sealed_key: str | None = field(repr=False)
    version: int


def keep_lists(connection: Connection, plan: Plan) -> None:
    """Write the lists that the plan's scope names; it comes before the watermark."""
    for entries in plan.scope.lists():
        _keep_list(connection, entries)


def open_campaign(
    connection: Connection, keyring: Keyring, plan: Plan, *, now: datetime
) -> Record:
    """
    Write the watermark; from the commit on, everybody in scope is gated.

    Returns:
        The new campaign.

    Raises:
        CampaignStateError: This plan was started already.
    """
    campaign_id = name_of(plan)
    query = select(campaign.c.id).where(campaign.c.id == campaign_id)
    if connection.execute(query).first():
        message = (
            f"this plan was started already, as campaign {campaign_id}; "
            "make a new one, or members are told twice"
        )
        raise CampaignStateError(message)
    last = connection.execute(select(func.max(campaign.c.opened_at))).scalar()
    # One after the other, so that they can be undone in turn.
    opened_at = now if last is None else max(now, last + _NEXT_INSTANT)
    key = keyring.seal(random_bytes(32), purpose=_KEY_PURPOSE, owner=campaign_id)
    connection.execute(
        insert(campaign).values(
            id=campaign_id,
            state=CampaignState.OPEN.value,
            scope=str(plan.scope),
            plan=plan_file.write(plan),
            opened_at=opened_at,
            ended_at=None,
            sealed_key=key,
            rate=plan.rate,
            next_slot_at=now,
            version=0,
        )
    )
    return Record(campaign_id, CampaignState.OPEN, opened_at, plan, key, 0)


def find(connection: Connection, campaign_id: str) -> Record:
    """
    Return the campaign.

    Raises:
        CampaignStateError: There is no such campaign.
    """
    query = select(campaign).where(campaign.c.id == campaign_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        message = "there is no such campaign; see: credguard campaign list"
        raise CampaignStateError(message)
    return _record(row)


def every(connection: Connection) -> list[Record]:
    """Return all campaigns, the newest first."""
    query = select(campaign).order_by(campaign.c.opened_at.desc())
    return [_record(row) for row in connection.execute(query).mappings()]


def gating(connection: Connection) -> list[Record]:
    """Return the campaigns whose watermark is in force, the newest first."""
    names = [state.value for state in GATING]
    query = (
        select(campaign)
        .where(campaign.c.state.in_(names))
        .order_by(campaign.c.opened_at.desc())
    )
    return [_record(row) for row in connection.execute(query).mappings()]


def move(
    connection: Connection, record: Record, then: CampaignState, *, now: datetime
) -> Record:
    """
    Move the campaign on, if it still stands where *record* says.

    Raises:
        CampaignStateError: It cannot go there.
        LeaseLostError: Somebody else moved it.
    """
    check_step(record.state, then)
    ended = now if then is CampaignState.ABORTED else None
    changed = connection.execute(
        update(campaign)
        .where(campaign.c.id == record.id, campaign.c.version == record.version)
        .values(state=then.value, ended_at=ended, version=record.version + 1)
    )
    if changed.rowcount != 1:
        message = "another worker moved the campaign on; look at its status"
        raise LeaseLostError(message)
    return replace(record, state=then, version=record.version + 1)


def hold_state(connection: Connection, campaign_id: str) -> CampaignState:
    """Return the campaign's state and keep it from changing in this transaction."""
    query = select(campaign.c.state).where(campaign.c.id == campaign_id)
    state = connection.execute(query.with_for_update(read=True)).scalar_one()
    return CampaignState(state)


def own_keyring(keyring: Keyring, record: Record) -> Keyring:
    """
    Return the campaign's own keyring, under which retired hashes are sealed.

    Raises:
        CampaignStateError: It was destroyed.
        SealBrokenError: The campaign's key was altered.
        UnknownKeyError: The key that sealed it is not on the ring.
    """
    if record.sealed_key is None:
        message = "the campaign's key was destroyed: what it retired cannot be put back"
        raise CampaignStateError(message)
    material = keyring.open(record.sealed_key, purpose=_KEY_PURPOSE, owner=record.id)
    return Keyring(current=Key(material))


def lists_with(connection: Connection, entry: str) -> frozenset[str]:
    """Return the digests of the lists on which *entry* stands: an id, or a hash."""
    query = select(list_entry.c.digest).where(list_entry.c.account_id == entry)
    return frozenset(connection.execute(query).scalars())


def listed(
    connection: Connection, lists: Iterable[AccountList]
) -> tuple[AccountList, ...]:
    """Return *lists* with their entries."""
    found: list[AccountList] = []
    for each in lists:
        query = select(list_entry.c.account_id).where(
            list_entry.c.digest == each.digest
        )
        entries = frozenset(connection.execute(query).scalars())
        found.append(AccountList(each.digest, entries, each.kind))
    return tuple(found)


def name_of(plan: Plan) -> str:
    """Return the id of the campaign that *plan* becomes: one plan has one name."""
    # Of two starts of it only one can be written.
    told = f"{plan.made_at.isoformat()}\0{plan.scope}\0{plan.letter.reason}"
    digest = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plan.made_at:%Y%m%d}-{digest[:6]}"


def _keep_list(connection: Connection, entries: AccountList) -> None:
    rows = [
        {"digest": entries.digest, "account_id": account_id}
        for account_id in sorted(entries.ids or ())
    ]
    for start in range(0, len(rows), _LIST_PAGE):
        insert_new(connection, list_entry, rows[start : start + _LIST_PAGE])


def _record(row: RowMapping) -> Record:
    return Record(
        row["id"],
        CampaignState(row["state"]),
        row["opened_at"],
        _read_plan(row["plan"]),
        row["sealed_key"],
        row["version"],
    )


@lru_cache(maxsize=64)
def _read_plan(text: str) -> Plan:
    # The plan of a started campaign never changes; log-ins read it every time.
    return plan_file.read(text)
