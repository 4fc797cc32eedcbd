"""
The part of the door for people whose password a campaign took out of use.

Whichever way they come, one write decides, the leaked password and its trivial
variations are refused as the new one, and a second factor stays in force.
"""

from collections.abc import Sequence
from contextlib import suppress

from credguard.campaigns import Claim
from credguard.campaigns.leaked import Leaked
from credguard.errors import (
    PasswordMismatchError,
    ResetRequiredError,
    TokenRefusedError,
    UnavailableError,
    UnreadableHashError,
)
from credguard.guard.new_passwords import NewPasswords
from credguard.guard.proofs import Proof, ProofPolicy
from credguard.guard.results import Redeemed
from credguard.screening.variations import earlier_forms
from credguard.second_factor import SecondFactors
from credguard.storage.account_ids import check_account_id

_NOT_COMPARABLE = (
    "The password that was taken out of use cannot be compared with, so no new one is "
    "accepted. Give the hasher its scheme (accept=), and hand in salt= and username= "
    "where that software keeps them."
)


class Resetting(NewPasswords):
    """What `CredGuard` does for somebody who must reset."""

    second_factors: SecondFactors
    proofs: ProofPolicy

    def redeem(
        self,
        token: str,
        *,
        password: str,
        context: Sequence[str] = (),
        second_factor: bool = False,
        proof: str | None = None,
    ) -> Redeemed:
        """
        Use a reset token up: put a new password in place of the retired one.

        Call it for a POST that carries the new password and for nothing else: mail
        scanners follow links. A password that is refused uses nothing up.

        Args:
            token: What stood in the link.

            password: What the member chose.

            context: Words to refuse, besides the account's name and address.

            second_factor: True if the account always asks for a second factor.

            proof: `Verified.proof` of the account's second factor, where
                `ProofPolicy.link_needs_factor` asks for it.

        Returns:
            Whose token it was. The new hash stands in the forum's column; all
            older sessions are over.

        Raises:
            TokenRefusedError: The token is unknown, used or expired, or links are
                not accepted.
            StepUpRequiredError: The second factor is asked for together with the
                link, and *proof* is not of it or too old.
            PasswordRejectedError: The policy refuses the password, or it is the
                leaked one or a trivial variation of it; `reasons` says why.
            BlocklistUnavailableError: It could not be checked; try again.
            BusyError: No permit or memory in time, or the account is being changed;
                try again.
            CampaignStateError: No user table was handed in.
            SealBrokenError, UnknownKeyError: The keyring is not the one that made
                the token, or that sealed the retired hash.
            UnreadableHashError, WorkFactorTooHighError: The retired hash cannot be
                compared with, so that the new password may be the leaked one; page
                somebody.
            StorageUnavailableError: The database is away, locked or full; nothing
                was used up.
        """
        if not self.proofs.link:
            raise TokenRefusedError
        claimed = self.campaigns.claim(token)
        account_id = claimed.account.id
        self._check_asked_factor(account_id, proof)
        return self._reset(
            claimed,
            password,
            how=Proof.LINK,
            context=context,
            second_factor=second_factor,
        )

    def reset_by_factor(
        self,
        password: str,
        *,
        new: str,
        proof: str,
        account_id: str,
        stored: str | None,
        context: Sequence[str] = (),
        salt: str | None = None,
        username: str | None = None,
    ) -> Redeemed:
        """
        Put a new password in place of a retired one, for who has the second factor.

        For members whom no mail reaches, where `ProofPolicy.factors_before` says since
        when factors are no proof. The old password alone proves nothing: so first call
        `SecondFactors.verify` with a code, then this. It is the door itself that asks
        whether the old password is right: call it with an empty *proof* first, and ask
        for a code where it raises `StepUpRequiredError`.

        Args:
            password: The old password, as it was typed.

            new: What the member chose.

            proof: `Verified.proof` of the account's second factor, of the last ten
                minutes.

            account_id: The account's id.

            stored: What stands in the password column; None to let the door look.

            context: Words to refuse, besides the account's name and address.

            salt: As `log_in`; what was kept with a retired hash goes before it.

            username: As *salt*.

        Returns:
            Whose password it was. The new hash stands in the forum's column; all
            older sessions are over.

        Raises:
            PasswordMismatchError: The old password is wrong.
            ResetRequiredError: It is right, but not accepted as a proof with the
                account's second factor, which is too young, or there is none;
                `proofs` says what is.
            StepUpRequiredError: *proof* is not of the factor in force, or too old.
            TokenRefusedError: No campaign asks the account for a new password.
            PasswordRejectedError, BlocklistUnavailableError, BusyError,
            CampaignStateError, UnreadableHashError, WorkFactorTooHighError,
            SealBrokenError, UnknownKeyError, StorageUnavailableError: See `redeem`.
        """
        check_account_id(account_id)
        ruling = self.campaigns.rule(account_id, stored=stored)
        kept = next((each.text for each in ruling.leaked), None)
        self.passwords.verify(
            password,
            stored=kept if ruling.stored is None else ruling.stored,
            account_id=account_id,
            salt=salt if ruling.salt is None else ruling.salt,
            username=username if ruling.username is None else ruling.username,
        )
        if ruling.campaign_id is None:
            raise TokenRefusedError
        made_at = self.second_factors.made_at(account_id)
        if not self.proofs.accepts_factor(made_at=made_at):
            raise self._must_reset(account_id, ruling.campaign_id)
        self.second_factors.check_proof(account_id, proof)
        claimed = self.campaigns.claim_for(account_id)
        return self._reset(
            claimed,
            new,
            how=Proof.SECOND_FACTOR,
            context=context,
            second_factor=True,
        )

    def _check_asked_factor(self, account_id: str, proof: str | None) -> None:
        """Check the factor where `ProofPolicy.link_needs_factor` asks for it."""
        made_at = self.second_factors.made_at(account_id)
        if self.proofs.asks_factor(made_at=made_at):
            self.second_factors.check_proof(account_id, proof)

    def _must_reset(self, account_id: str, campaign_id: str) -> ResetRequiredError:
        made_at = self.second_factors.made_at(account_id)
        accepted = self.proofs.accepted(factor_made_at=made_at)
        return ResetRequiredError(campaign_id, proofs=tuple(map(str, accepted)))

    def _reset(
        self,
        claimed: Claim,
        password: str,
        *,
        how: Proof,
        context: Sequence[str],
        second_factor: bool,
    ) -> Redeemed:
        account = claimed.account
        known = [text for text in (account.name, account.address) if text]
        row = {"salt": account.salt, "username": account.username}
        leaked = self._is_leaked(password, claimed.leaked, account_id=account.id, **row)
        judged = self._judge(
            password,
            context=(*known, *context),
            second_factor=second_factor,
            is_reused=leaked,
        )
        replacement = self.passwords.hash(password, account_id=account.id)
        self.campaigns.settle(claimed, replacement=replacement, how=how)
        # What is not kept is screened at the next log-in.
        with suppress(UnavailableError), self._database.begin() as connection:
            self.screening.keep_new(connection, judged, account.id, replacement)
        return Redeemed(account.id, claimed.campaign_id)

    def _is_leaked(
        self,
        password: str,
        leaked: Sequence[Leaked],
        *,
        account_id: str,
        salt: str | None,
        username: str | None,
    ) -> bool:
        """Return True if *password* is what was taken out of use, or nearly."""
        # Whoever has the leaked password tries its trivial variations at once.
        forms = (password, *earlier_forms(password)) if leaked else ()
        given = (salt, username)
        return any(
            self._fits(form, each, account_id=account_id, given=given)
            for each in leaked
            for form in forms
        )

    def _fits(
        self,
        password: str,
        leaked: Leaked,
        *,
        account_id: str,
        given: tuple[str | None, str | None],
    ) -> bool:
        kept = (leaked.salt, leaked.username)
        # What was sealed with the hash first: the column may have another salt by now.
        for salt, username in dict.fromkeys(
            [given if kept == (None, None) else kept, given]
        ):
            try:
                return bool(
                    self.passwords.verify(
                        password,
                        stored=leaked.text,
                        account_id=account_id,
                        salt=salt,
                        username=username,
                    )
                )
            except PasswordMismatchError:
                return False
            except UnreadableHashError:
                continue
        raise UnreadableHashError(_NOT_COMPARABLE)
