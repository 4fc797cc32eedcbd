"""Seeds under seal: sealed to their account and factor, opened only to be used."""

from dataclasses import replace

from credguard._sealed import key_id_of
from credguard.keys import Keyring
from credguard.second_factor.factor import Factor

PURPOSE = "totp seed"

_FIRST_FORM = "cgs1."  # before seals told what they were moved from


def seal_seed(keyring: Keyring, seed: bytes, *, account_id: str, factor_id: str) -> str:
    """Return *seed* under seal, for this account and factor and for no other."""
    return keyring.seal(seed, purpose=PURPOSE, owner=account_id, part=factor_id)


def open_seed(keyring: Keyring, factor: Factor) -> bytes:
    """
    Return the factor's seed.

    Raises:
        SealPurposeError, SealAccountError, SealFactorError: What stands there was
            moved from another purpose, account or factor.
        SealBrokenError: It was altered.
        UnknownKeyError: Its key is not on the ring.
    """
    return opened(
        keyring,
        factor.sealed or "",
        account_id=factor.account_id,
        factor_id=factor.id,
    )


def opened(keyring: Keyring, sealed: str, *, account_id: str, factor_id: str) -> bytes:
    """Return the seed of a sealed text; raises as `open_seed` does."""
    if sealed.startswith(_FIRST_FORM):
        # A factor's id has no slash, so that no two pairs gave the same owner.
        owner = f"{account_id}/{factor_id}"
        return keyring.open(sealed, purpose=PURPOSE, owner=owner)
    return keyring.open(sealed, purpose=PURPOSE, owner=account_id, part=factor_id)


def resealed(keyring: Keyring, sealed: str, *, account_id: str, factor_id: str) -> str:
    """Return the same seed under the current key; raises as `open_seed` does."""
    if sealed.startswith(_FIRST_FORM):
        seed = opened(keyring, sealed, account_id=account_id, factor_id=factor_id)
        return seal_seed(keyring, seed, account_id=account_id, factor_id=factor_id)
    return keyring.reseal(sealed, purpose=PURPOSE, owner=account_id, part=factor_id)


def under_current_key(keyring: Keyring, factor: Factor) -> Factor:
    """Return *factor* with its seed under the current key."""
    sealed = factor.sealed
    if sealed is None or key_id_of(sealed) == keyring.current.id:
        return factor
    again = resealed(keyring, sealed, account_id=factor.account_id, factor_id=factor.id)
    return replace(factor, sealed=again)
