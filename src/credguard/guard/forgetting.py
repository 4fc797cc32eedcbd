"""
The part of the door for people who forgot their password, campaign or not.

The forum sends the link by its own mail. What came back is decided by one write: the
account's credential epoch goes up by one, and only from where the token found it.
"""

from collections.abc import Sequence
from datetime import timedelta

from credguard._clock import Clock
from credguard.campaigns.gate import Ruling
from credguard.errors import SetupError, TokenRefusedError
from credguard.guard.forgotten_tokens import (
    LONGEST,
    ForgottenToken,
    read_token,
    write_token,
)
from credguard.guard.own_forms import OwnForms
from credguard.guard.results import Renewed
from credguard.keys import Keyring
from credguard.sessions import credential_of, epoch_of, password_was_set
from credguard.storage.account_ids import check_account_id

_AN_HOUR = timedelta(hours=1)
_RANGE = "A link lasts for more than nothing, and a day at most."


class Forgetting(OwnForms):
    """What `CredGuard` does for somebody who forgot the password."""

    _keyring: Keyring
    _clock: Clock

    def forgotten_token(self, account_id: str, *, lasts: timedelta = _AN_HOUR) -> str:
        """
        Return what stands in the link of a "forgot password" mail.

        Send it to the address that the account has, and never to one that was typed.
        Show the same page whether there is such an account or not, and let the mail
        go out behind it, so that time tells nothing either.

        Args:
            account_id: Whose password was forgotten.

            lasts: How long the link works: more than nothing, at most a day.

        Returns:
            A text for the link, best behind a ``#``, which servers do not log. A new
            password and `sign_out_everywhere` end it.

        Raises:
            SetupError: *lasts* is out of range.
            AccountIdError: *account_id* is not a text of 1 to 255 characters.
            StorageUnavailableError: The database is away or locked.
        """
        check_account_id(account_id)
        if not timedelta() < lasts <= LONGEST:
            raise SetupError(_RANGE)
        # Before the epoch is read, so that no campaign opens unseen between.
        now = self._clock()
        epoch = epoch_of(self._database, account_id)
        token = ForgottenToken(account_id, epoch, now + lasts, now)
        return write_token(self._keyring, token)

    def check_forgotten(self, token: str) -> str:
        """
        Say whose link this is, without using it up: for the page that it opens.

        Returns:
            The account's id: show its form, and read its row for `redeem_forgotten`.

        Raises:
            TokenRefusedError: The token is unknown, used, expired, or older than a
                campaign that gates the account.
            BusyError: A campaign is being opened; try again.
            SealBrokenError, UnknownKeyError: The keyring is not the one that sealed
                the account's retired hash; page somebody.
            StorageUnavailableError: The database is away or locked.
        """
        forgotten = self._still_good(token)
        ruling = self.campaigns.rule(forgotten.account_id, stored=None)
        self._check_age(forgotten, ruling)
        return forgotten.account_id

    def redeem_forgotten(
        self,
        token: str,
        *,
        password: str,
        stored: str | None,
        context: Sequence[str] = (),
        second_factor: bool = False,
        proof: str | None = None,
        salt: str | None = None,
        username: str | None = None,
    ) -> Renewed:
        """
        Use a link up: judge and hash the new password.

        Call it for a POST that carries the new password and for nothing else: mail
        scanners follow links. A password that is refused uses nothing up.

        Args:
            token: What stood in the link.

            password: What the member chose.

            stored: What stands in the password column of the account that
                `check_forgotten` named.

            context: The account's names and addresses.

            second_factor: True if the account always asks for a second factor.

            proof: `Verified.proof` of the account's second factor, where
                `ProofPolicy.link_needs_factor` asks for it.

            salt: As `check_new_password` is given it.

            username: As `check_new_password` is given it.

        Returns:
            Whose link it was and the new hash: store it. All older sessions and
            links are over; a second factor stays in force.

        Raises:
            TokenRefusedError: The token is unknown, used, expired, or older than a
                campaign that gates the account: let the member ask for another one.
            ResetRequiredError: A campaign asks for a reset, and the forum's own form
                is not accepted as a proof; `proofs` says what is.
            StepUpRequiredError: The second factor is asked for together with the
                link, and *proof* is not of it or too old.
            PasswordRejectedError: The policy refuses the password, or a campaign
                took it or a trivial variation of it out of use; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time; try again.
            UnreadableHashError, WorkFactorTooHighError, SealBrokenError,
            UnknownKeyError: As `check_new_password`; nothing was used up.
            StorageUnavailableError: The database is away, locked or full; nothing
                was used up.
        """
        forgotten = self._still_good(token)
        account_id = forgotten.account_id
        ruling = self.campaigns.rule(account_id, stored=stored)
        self._check_age(forgotten, ruling)
        self._check_accepted(account_id, ruling, proof)
        judged = self._judge_unleaked(
            password,
            account_id,
            ruling,
            context=context,
            second_factor=second_factor,
            beside=(salt, username),
        )
        hashed = self.passwords.hash(password, account_id=account_id)
        with self._database.begin() as connection:
            password_was_set(connection, account_id, now=self._clock())
            # Two at once both raise it; the later one is one too high, and rolled back.
            if credential_of(connection, account_id).epoch != forgotten.epoch + 1:
                raise TokenRefusedError
            self.screening.keep_new(connection, judged, account_id, hashed)
        return Renewed(account_id, hashed)

    def _still_good(self, token: str) -> ForgottenToken:
        forgotten = read_token(self._keyring, token, now=self._clock())
        if epoch_of(self._database, forgotten.account_id) != forgotten.epoch:
            raise TokenRefusedError
        return forgotten

    def _check_accepted(
        self, account_id: str, ruling: Ruling, proof: str | None
    ) -> None:
        asking = ruling.campaign_id
        if asking is None and ruling.resolves:
            asking = ruling.resolves[0].campaign_id
        if asking is not None and not self.proofs.forum:
            raise self._must_reset(account_id, asking)
        self._check_asked_factor(account_id, proof)

    def _check_age(self, forgotten: ForgottenToken, ruling: Ruling) -> None:
        # The sweep raises the epoch; until it comes by, the watermark ends tokens.
        if ruling.since is None:
            return
        # One of the future is of a clock that was ahead: it does not tell its age.
        if not ruling.since < forgotten.made_at <= self._clock():
            raise TokenRefusedError
