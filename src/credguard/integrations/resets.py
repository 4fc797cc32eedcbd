"""
What the pages of every web host do alike with a reset that takes the second factor.

A code is used up when it was right, a new password may be refused after that: so the
proof of the code is kept in the session for its ten minutes.
"""

from collections.abc import Callable
from typing import Protocol

from credguard._secret import keeps_no_locals
from credguard.errors import ResetRequiredError, StepUpRequiredError, TokenRefusedError
from credguard.guard import CredGuard, Proof, Redeemed

_ACCOUNT = "credguard_reset_account"
_PROOF = "credguard_reset_proof"


class Kept(Protocol):
    """A session of the host."""

    def __setitem__(self, key: str, value: str, /) -> None:
        """Keep a text."""

    def __contains__(self, key: str, /) -> bool:
        """Return True if that is kept."""

    def __getitem__(self, key: str, /) -> object:
        """Return what was kept."""

    def pop(self, key: str, default: str, /) -> object:
        """Forget what was kept."""


def remember(kept: Kept, account_id: str | None, refused: ResetRequiredError) -> None:
    """Keep whose password was right, where the second factor lets them go on."""
    if account_id is not None and Proof.SECOND_FACTOR in refused.proofs:
        kept[_ACCOUNT] = account_id
    else:
        kept.pop(_ACCOUNT, "")


def is_remembered(kept: Kept) -> bool:
    """Return True if somebody may reset with the second factor here."""
    return _ACCOUNT in kept


@keeps_no_locals
def redeem(
    guard: CredGuard, kept: Kept, *, token: str, password: str, code: str
) -> Redeemed:
    """
    Use a link up, with a code where the policy asks for one.

    Raises:
        CredguardError: As `CredGuard.redeem` and `SecondFactors.verify`.
    """

    def attempt(proof: str) -> Redeemed:
        return guard.redeem(token, password=password, proof=proof)

    def prove() -> str:
        account_id = guard.campaigns.claim(token).account.id
        return guard.second_factors.verify(account_id, code).proof

    return _proved(kept, attempt, prove if code else None)


@keeps_no_locals
def reset_by_factor(
    guard: CredGuard, kept: Kept, *, password: str, new: str, code: str
) -> Redeemed:
    """
    Reset whom `remember` kept, with the old password and a code.

    Raises:
        CredguardError: As `CredGuard.reset_by_factor` and `SecondFactors.verify`.
    """
    if _ACCOUNT not in kept:
        raise TokenRefusedError
    account_id = str(kept[_ACCOUNT])

    def attempt(proof: str) -> Redeemed:
        return guard.reset_by_factor(
            password, new=new, proof=proof, account_id=account_id, stored=None
        )

    def prove() -> str:
        return guard.second_factors.verify(account_id, code).proof

    try:
        done = _proved(kept, attempt, prove if code else None)
    except ResetRequiredError as refused:
        remember(kept, account_id, refused)
        raise
    kept.pop(_ACCOUNT, "")
    return done


def _proved(
    kept: Kept, attempt: Callable[[str], Redeemed], prove: Callable[[], str] | None
) -> Redeemed:
    # No code is looked at before all else was right: strangers would lock people out.
    try:
        done = attempt(str(kept[_PROOF]) if _PROOF in kept else "")
    except StepUpRequiredError:
        if prove is None:
            raise
        proof = prove()
        kept[_PROOF] = proof
        done = attempt(proof)
    kept.pop(_PROOF, "")
    return done
