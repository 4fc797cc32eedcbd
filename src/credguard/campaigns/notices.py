"""The part of the room's door that is about notices: send, remind, bounce, close."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import update

from credguard.campaigns import (
    asking,
    breaking,
    ending,
    records,
    reminding,
    sending_status,
    unreachable,
)
from credguard.campaigns.delivering import Delivery
from credguard.campaigns.handing import Tellings
from credguard.campaigns.mail_events import MailEvents
from credguard.campaigns.outbox import Waiting
from credguard.campaigns.records import Record
from credguard.campaigns.sending_status import Sending
from credguard.campaigns.states import NoticeState
from credguard.campaigns.telling import DELIVERY_MARGIN, Run
from credguard.campaigns.unreachable import Untold
from credguard.errors import CampaignStateError
from credguard.storage import audit
from credguard.storage.tables import notice


class Notices(MailEvents):
    """Notices and those who cannot be told."""

    def find(self, campaign_id: str) -> Record:
        """
        Return the campaign.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        with self._means.database.read() as connection:
            return records.find(connection, campaign_id)

    def send(
        self,
        campaign_id: str,
        delivery: Delivery,
        *,
        worker: str,
        stop: Callable[[], bool] = lambda: False,
        on_progress: Callable[[Tellings], None] = lambda _: None,
        margin: timedelta = DELIVERY_MARGIN,
        waits: bool = False,
        stays: bool = False,
    ) -> Waiting:
        """
        Send the notices and reminders that are due, or go on doing so.

        Args:
            campaign_id: A campaign that is swept.

            delivery: Carries the messages.

            worker: Who works: a name that no other process has.

            stop: Asked before each message; True ends the run in good order.

            on_progress: Called after each message, and while the run waits.

            margin: Longer than one delivery can take; a run that was killed
                holds its few notices for this long.

            waits: True to stay until deferred notices are due as well, and over
                quiet hours, the day's quota and a pause.

            stays: True to stay until nobody must reset any more or the campaign
                was aborted: links that members ask for go out within seconds, and
                reminders on their days.

        Returns:
            What is left in the outbox.

        Raises:
            CampaignStateError: The campaign is not swept, or was aborted.
            DeliveryUnavailableError: The mail server or folder takes nothing.
            StorageUnavailableError: The database is away, locked or full.
            UnknownKeyError: The key of a notice's token is not on the ring.
        """
        run = Run(
            means=self._means,
            record=self.find(campaign_id),
            delivery=delivery,
            worker=worker,
            stop=stop,
            on_progress=on_progress,
            margin=margin,
            waits=waits,
            stays=stays,
        )
        return run.go()

    def sending(self, campaign_id: str) -> Sending:
        """
        Count how the sending stands: what is left, who rests, what bounces.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        with self._means.database.read() as connection:
            record = records.find(connection, campaign_id)
            now = self._means.clock()
            return sending_status.sending(connection, record, now=now)

    def remind(self, campaign_id: str) -> int:
        """
        Put the reminders that are due into the outbox; `send` does so by itself.

        Returns:
            How many were put there. Each kind goes to an account once, and none once
            the campaign is finished.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        return reminding.queue_due(self._means, self.find(campaign_id))

    def pause_sending(self, campaign_id: str, *, reason: str) -> bool:
        """
        Send nothing more until told to go on; log-ins stay gated.

        Returns:
            True if it was not paused before.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        means, record = self._means, self.find(campaign_id)
        with means.database.begin() as connection:
            return breaking.pause(
                connection, means.keyring, record.id, why=reason, now=means.clock()
            )

    def resume_sending(self, campaign_id: str) -> bool:
        """
        Go on sending after a pause; what bounced so far is counted no more.

        Returns:
            True if it was paused.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        means, record = self._means, self.find(campaign_id)
        with means.database.begin() as connection:
            now = means.clock()
            return breaking.resume(connection, means.keyring, record.id, now=now)

    def settle_held(self, campaign_id: str, *, resend: bool) -> int:
        """
        Decide on messages that may be out or not.

        Args:
            campaign_id: The campaign.

            resend: True to send them again, False to count them as told.

        Returns:
            How many there were.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        means, record = self._means, self.find(campaign_id)
        now, then = means.clock(), NoticeState.DEFERRED if resend else NoticeState.TOLD
        values: dict[str, object] = {"state": then.value, "due_at": now, "reply": None}
        if not resend:
            values |= {"told_at": now, "decided_at": now}
        with means.database.begin() as connection:
            count = connection.execute(
                update(notice)
                .where(
                    notice.c.campaign_id == record.id,
                    notice.c.state == NoticeState.HELD.value,
                )
                .values(version=notice.c.version + 1, **values)
            ).rowcount
            detail = {"campaign": record.id, "resend": resend, "accounts": count}
            audit.record(
                connection, means.keyring, event="held settled", detail=detail, now=now
            )
        return count

    def request_link(self, account_id: str | None) -> bool:
        """
        Send a member a link, asked for in the forum's own form.

        The message goes out with the next run, before all others; the link works
        for an hour. A member who asks too often gets no more. Show the same answer
        whatever is returned; where the time that it takes must not tell either,
        call it after the answer is out.

        Args:
            account_id: Who asks, None if the form found no such account.

        Returns:
            True if a campaign has the account in hand, so that the forum's own form
            sends nothing itself.

        Raises:
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away, locked or full.
        """
        return asking.request_link(self._means, account_id)

    def untold(self, campaign_id: str) -> Iterator[Untold]:
        """
        Yield the members who must reset and could not be told, in order of id.

        Raises:
            CampaignStateError: There is no such campaign.
        """
        return unreachable.untold(self._means, campaign_id)

    def close_dormant(
        self,
        campaign_id: str,
        *,
        after: timedelta,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> int:
        """
        Destroy the retired hashes of those who never answered.

        Their accounts stay; an abort can no longer restore their old password, and
        the forum's own form is their way back.

        Args:
            campaign_id: A campaign that is swept.

            after: For how long they have not answered, at least a day.

            on_progress: Called with the number of accounts closed so far.

        Returns:
            How many were closed.

        Raises:
            CampaignStateError: *after* is too short, or the campaign is not swept or
                was aborted.
            StorageUnavailableError: The database is away, locked or full; call
                again to go on.
        """
        if self._means.clock() - after < self.find(campaign_id).opened_at:
            message = "the campaign is not that old; nobody is dormant yet"
            raise CampaignStateError(message)
        return unreachable.close_dormant(
            self._means, campaign_id, after=after, on_progress=on_progress
        )

    def finish(self, campaign_id: str) -> None:
        """
        End the campaign: nobody is reminded any more, and commands pass it over.

        Who never answered still needs a new password, and gets a link who asks for
        one. It can still be aborted, as long as its key is kept.

        Args:
            campaign_id: A campaign whose members have been told.

        Raises:
            CampaignStateError: It is not swept, it was aborted or is finished already,
                or notices still wait to be sent.
        """
        ending.finish(self._means, campaign_id)
