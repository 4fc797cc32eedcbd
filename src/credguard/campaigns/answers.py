"""What the door asks of the campaigns: at log-in, in a session, at a reset."""

from collections.abc import Sequence

from credguard.campaigns import claiming, gate, redeeming
from credguard.campaigns.claiming import Claim
from credguard.campaigns.gate import Ruling
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.sessions import Stamp


class Answers:
    """
    The campaigns as the door sees them.

    Args:
        means: The database, the keyring, the forum's user table and the clock.
            `CredGuard` makes them.
    """

    def __init__(self, means: Means) -> None:
        self._means = means

    def rule(self, account_id: str, *, stored: str | None) -> Ruling:
        """
        Say what a log-in meets; `CredGuard.log_in` calls this.

        Raises:
            BusyError: The account is being put in order, or cannot be judged here.
            SealBrokenError, UnknownKeyError: The keyring is not the right one.
        """
        return gate.rule(self._means, account_id, stored)

    def check_session(self, account_id: str, stamp: Stamp) -> None:
        """
        Check that a session is not over; `CredGuard.check_session` calls this.

        Raises:
            SessionRefusedError: It is.
            BusyError: A campaign is being opened and cannot be judged here yet.
        """
        gate.check_session(self._means, account_id, stamp)

    def claim(self, token: str) -> Claim:
        """
        Look a reset token up; this uses nothing up.

        Raises:
            TokenRefusedError: It is unknown, used or expired.
            CampaignStateError: No user table was handed in.
            SealBrokenError, UnknownKeyError: The keyring is not the right one.
        """
        return claiming.claim(self._means, token)

    def claim_for(self, account_id: str) -> Claim:
        """
        Look up what a campaign asks of an account; for who has shown another proof.

        Raises:
            TokenRefusedError: Nothing is asked of it.
            CampaignStateError: No user table was handed in.
            BusyError: No sweep has come by yet; try again.
            SealBrokenError, UnknownKeyError: The keyring is not the right one.
        """
        return claiming.claim_for(self._means, account_id)

    def settle(self, claimed: Claim, *, replacement: str, how: str) -> None:
        """
        Use the claim up and write the new hash into the forum's column.

        Args:
            claimed: What `claim` or `claim_for` returned.

            replacement: The hash of the new password.

            how: What was shown, in at most 16 characters: for the report.

        Raises:
            TokenRefusedError: It was redeemed by somebody else meanwhile.
            BusyError: The forum changed the column meanwhile.
        """
        redeeming.settle(self._means, claimed, replacement=replacement, how=how)

    def settle_by_forum(self, resolved: Sequence[Member]) -> int:
        """
        Keep that the forum's own form set a password that is not the leaked one.

        Returns:
            The account's credential epoch from now on.

        Raises:
            BusyError: The password was reset in another way meanwhile.
        """
        return redeeming.settle_by_forum(self._means, resolved)
