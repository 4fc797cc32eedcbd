"""What leaked decides which proofs still hold, and what is to be done. Pure."""

from dataclasses import dataclass
from enum import Flag, StrEnum, auto

from credguard.errors import SetupError


class Leaked(Flag):
    """What somebody else may have."""

    DATABASE = auto()
    """The tables, or a backup of them: sealed seeds and hashes."""

    KEYRING = auto()
    """The keys, with or without the tables."""

    PROCESS_MEMORY = auto()
    """What a server process held: keys and opened seeds."""

    RECOVERY_CODES = auto()
    """Recovery codes in the clear, such as in a log or a mail."""

    TRUST_KEY = auto()
    """What makes a browser a trusted device: cookies or tokens."""

    PLAIN_SEEDS = auto()
    """Seeds in the clear, such as an export, or of a system before this one."""


class Proof(StrEnum):
    """What may show who somebody is."""

    CODE = "code"
    RECOVERY_CODE = "recovery code"
    TRUSTED_DEVICE = "trusted device"
    MAILED_LINK = "mailed link and new password"
    OTHER = "other proof of the host's, such as a passkey"
    SUPPORT = "support, by two persons"


class Act(StrEnum):
    """What is to be done."""

    RESEAL = "rotate the keyring, re-seal, retire the old key"
    RENEW_RECOVERY_CODES = "ask for new recovery codes, at leisure"
    VOID_RECOVERY_CODES = "void recovery codes"
    SUSPEND = "suspend seeds and enroll anew"
    REVOKE_TRUST = "revoke trusted devices"
    END_SESSIONS = "end sessions"


_KEYS = Leaked.KEYRING | Leaked.PROCESS_MEMORY
_OPEN_SEEDS = Leaked.PLAIN_SEEDS | Leaked.PROCESS_MEMORY
_SEEDS_UNDER_KEYS = Leaked.DATABASE | Leaked.KEYRING


@dataclass(frozen=True, slots=True)
class Ruled:
    """
    What follows from a leak.

    Attributes:
        holds: The proofs that still show who somebody is.

        acts: What is to be done, in order.
    """

    holds: frozenset[Proof]
    acts: tuple[Act, ...]

    @property
    def suspends(self) -> bool:
        """True if codes of the seeds do not count any more."""
        return Act.SUSPEND in self.acts

    @property
    def voids_recovery_codes(self) -> bool:
        """True if recovery codes do not count any more."""
        return Act.VOID_RECOVERY_CODES in self.acts

    @property
    def revokes_trust(self) -> bool:
        """True if trusted devices end."""
        return Act.REVOKE_TRUST in self.acts

    @property
    def renews_recovery_codes(self) -> bool:
        """True if people are to ask for new recovery codes."""
        return self.voids_recovery_codes or Act.RENEW_RECOVERY_CODES in self.acts

    @property
    def asks_people(self) -> bool:
        """True if the owners of factors have something to do."""
        return self.suspends or self.renews_recovery_codes


def live_path(
    ruled: Ruled,
    *,
    code_counts: bool,
    recovery_left: int,
    has_other: bool,
    has_address: bool,
) -> Proof | None:
    """
    Return how somebody can still show who they are, without support.

    Args:
        ruled: What follows from the leak.

        code_counts: False if an earlier leak suspended the factor already.

        recovery_left: How many recovery codes are left.

        has_other: True if the host has another proof, such as a passkey.

        has_address: True if a mail reaches the person.

    Returns:
        The path that costs the person least, None if there is none.
    """
    paths = {
        Proof.CODE: code_counts,
        Proof.RECOVERY_CODE: recovery_left > 0,
        Proof.OTHER: has_other,
        Proof.MAILED_LINK: has_address,
    }
    for proof, is_there in paths.items():
        if is_there and proof in ruled.holds:
            return proof
    return None


def rule(leaked: Leaked) -> Ruled:
    """
    Return what follows from a leak.

    Args:
        leaked: All that leaked, or may have.

    Raises:
        SetupError: Nothing leaked.

    Source:
        NIST SP 800-63B-4 sections 3.1.2.2 (recovery codes below 112 bits are stored
        under a password hash, which a leak of the database leaves standing) and 4.3
        (an authenticator that may be compromised is suspended promptly).
    """
    if not leaked:
        message = "say what leaked; where nothing did, there is nothing to do"
        raise SetupError(message)
    seeds_leaked = bool(leaked & _OPEN_SEEDS) or _SEEDS_UNDER_KEYS in leaked
    codes_leaked = Leaked.RECOVERY_CODES in leaked
    trust_leaked = seeds_leaked or Leaked.TRUST_KEY in leaked
    fallen = {
        Proof.CODE: seeds_leaked,
        Proof.RECOVERY_CODE: codes_leaked,
        Proof.TRUSTED_DEVICE: trust_leaked,
    }
    due = {
        Act.RESEAL: bool(leaked & _KEYS),
        Act.SUSPEND: seeds_leaked,
        Act.VOID_RECOVERY_CODES: codes_leaked,
        Act.RENEW_RECOVERY_CODES: Leaked.DATABASE in leaked
        and not (seeds_leaked or codes_leaked),
        Act.REVOKE_TRUST: trust_leaked,
        Act.END_SESSIONS: seeds_leaked,
    }
    return Ruled(
        holds=frozenset(each for each in Proof if not fallen.get(each, False)),
        acts=tuple(act for act, is_due in due.items() if is_due),
    )
