"""The room's door: open an incident, answer what is asked, report, and tell."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Table

from credguard._clock import Clock, in_utc
from credguard._exact import exact_arguments
from credguard.errors import IncidentStateError
from credguard.incidents import public, regulator, rows
from credguard.incidents.fields import checked, field_named
from credguard.incidents.incident import Cohort, Incident
from credguard.incidents.regulator import Report
from credguard.keys import Keyring
from credguard.storage import Database, audit
from credguard.storage import incident_tables as tables
from credguard.storage.account_ids import check_account_id

MAX_TITLE_CHARACTERS = 200
MAX_NAME_CHARACTERS = 64
MAX_WHY_CHARACTERS = 2_000


@exact_arguments()
class Incidents:
    """
    What happened, as far as it is known, with who said so.

    Args:
        database: Where the credguard_* tables are.

        keyring: Keys the audit log.

        clock: Tells the time.
    """

    def __init__(self, database: Database, keyring: Keyring, *, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def open(self, title: str, *, aware_at: datetime, by: str) -> str:
        """
        Write an incident down; the 72 hours run from *aware_at*.

        Args:
            title: What the public will call it.

            aware_at: When somebody of the forum became aware; not later than now.

            by: Who writes it down.

        Returns:
            The incident's id.

        Raises:
            IncidentStateError: A text is empty or too long, or *aware_at* lies in
                the future.
        """
        now = self._clock()
        aware_at = in_utc(aware_at)
        if aware_at > now:
            message = "nobody becomes aware of anything in the future"
            raise IncidentStateError(message)
        title = _text(title, MAX_TITLE_CHARACTERS, "a title")
        with self._database.begin() as connection:
            made = rows.open_incident(
                connection, title=title, aware_at=aware_at, now=now
            )
            self._note(connection, "incident opened", made, by=by)
        return made

    def every(self) -> Sequence[Incident]:
        """Return all incidents, the newest first."""
        with self._database.read() as connection:
            return rows.every(connection)

    def find(self, incident_id: str) -> Incident:
        """
        Return an incident.

        Raises:
            IncidentStateError: There is none of that id.
        """
        with self._database.read() as connection:
            return rows.find(connection, incident_id)

    def revise(
        self, incident_id: str, field: str, value: str, *, by: str, why: str
    ) -> int:
        """
        Answer a question, or answer it better; the answers before stay.

        Args:
            incident_id: The incident.

            field: The question's name: see `FIELDS`.

            value: The answer.

            by: Who gives it.

            why: On what grounds.

        Returns:
            The number of the revision.

        Raises:
            IncidentStateError: There is no such incident or question, or *value* is
                no answer to it.
            BusyError: Somebody else wrote at the same instant.
        """
        asked = field_named(field)
        kept = {
            "field": asked.name,
            "value": checked(asked, value),
            "by": _text(by, 100, "who gives it"),
            "why": _text(why, MAX_WHY_CHARACTERS, "the grounds"),
        }
        return self._append(
            tables.incident_revision, incident_id, "incident revised", kept, by=by
        )

    def count(
        self,
        incident_id: str,
        name: str,
        account_ids: Sequence[str],
        *,
        source: str,
        by: str,
    ) -> Cohort:
        """
        Keep which accounts an incident touched: from the journal, a campaign, a list.

        Args:
            incident_id: The incident.

            name: What the cohort is called, such as ``crossed``.

            account_ids: Whom it has.

            source: Where they are known from.

            by: Who says so.

        Returns:
            The cohort, counted. Answer ``people_identified`` with its number.

        Raises:
            IncidentStateError: There is no such incident, or a cohort of that name.
            AccountIdError: An id is not a text of 1 to 255 characters.
        """
        for each in account_ids:
            check_account_id(each)
        ids = sorted(set(account_ids))
        found = Cohort(
            _text(name, MAX_NAME_CHARACTERS, "a name"),
            _text(source, MAX_TITLE_CHARACTERS, "the source"),
            len(ids),
            self._clock(),
        )
        with self._database.begin() as connection:
            rows.find(connection, incident_id)
            rows.add_cohort(connection, incident_id, found, ids)
            detail = {"cohort": found.name, "accounts": found.accounts}
            self._note(connection, "incident cohort", incident_id, by=by, detail=detail)
        return found

    def members(self, incident_id: str, cohort: str) -> Sequence[str]:
        """Return the accounts of a cohort: hand them to `campaigns.in_list`."""
        with self._database.read() as connection:
            return rows.members(connection, incident_id, cohort)

    def note(
        self, incident_id: str, text: str, *, by: str, campaign_id: str | None = None
    ) -> int:
        """
        Write down what was done.

        Args:
            incident_id: The incident.

            text: What, as the public may read it.

            by: Who did it.

            campaign_id: The campaign that does it, if one does.

        Returns:
            The number of the measure.

        Raises:
            IncidentStateError: There is no such incident, or *text* is empty, too
                long, or holds an address of somebody's.
        """
        kept = {"text": checked(field_named("what_happened"), text)}
        return self._append(
            tables.incident_measure,
            incident_id,
            "incident measure",
            {**kept, "campaign_id": campaign_id},
            by=by,
        )

    def report(self, incident_id: str) -> Report:
        """
        Return the next report to the regulator, as a draft.

        Raises:
            IncidentStateError: There is no such incident, or no record of something
                that it cannot do without.
        """
        return regulator.report(self.find(incident_id), now=self._clock())

    def sent(self, incident_id: str, *, by: str) -> Report:
        """
        Keep that the report has been sent as it stands now.

        Returns:
            The report. What is revised from now on is a difference in the next.

        Raises:
            IncidentStateError: As `report`.
            BusyError: Somebody else wrote at the same instant.
        """
        made = self.report(incident_id)
        self._append(
            tables.incident_report,
            incident_id,
            "incident report sent",
            {"answers": json.dumps(made.values)},
            by=by,
        )
        return made

    def statement(self, incident_id: str, *, as_at: datetime | None = None) -> str:
        """Return the public statement as at an instant; None for now."""
        return self._told(public.statement, incident_id, as_at)

    def notice(self, incident_id: str, *, affected: bool) -> str:
        """Return what members are told: who is *affected*, or who is not."""
        made = public.notice_to_affected if affected else public.notice_to_others
        return self._told(made, incident_id, None)

    def _told(
        self,
        made: Callable[..., str],
        incident_id: str,
        as_at: datetime | None,
    ) -> str:
        instant = self._clock() if as_at is None else in_utc(as_at)
        return made(self.find(incident_id), as_at=instant)

    def _append(
        self,
        table: Table,
        incident_id: str,
        event: str,
        values: Mapping[str, object],
        *,
        by: str,
    ) -> int:
        with self._database.begin() as connection:
            rows.find(connection, incident_id)
            kept = {**values, "at": self._clock()}
            number = rows.append(connection, table, incident_id, kept)
            detail: dict[str, object] = {"number": number}
            if "field" in values:
                detail["field"] = values["field"]
            self._note(connection, event, incident_id, by=by, detail=detail)
            return number

    def _note(
        self,
        connection: Connection,
        event: str,
        incident_id: str,
        *,
        by: str,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        audit.record(
            connection,
            self._keyring,
            event=event,
            detail={"incident": incident_id, "by": by[:100], **(detail or {})},
            now=self._clock(),
        )


def _text(text: str, most: int, what: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > most:
        message = f"write {what} in 1 to {most} characters"
        raise IncidentStateError(message)
    return kept
