"""
The error tree. The second level says who must act.

No error carries an input: not a password, a code, a token or a stored text.
"Busy" and "could not ask" are never "wrong" and never "fine".

::

    CredguardError
    ├── RefusedError              the person must try again: show it in the form
    │   ├── PasswordMismatchError
    │   ├── PasswordRejectedError     .reasons
    │   ├── PasswordUnhashableError   .flaw
    │   ├── CodeMismatchError ── CodeReplayedError
    │   ├── LockedOutError            .retry_at
    │   ├── FactorStateError          no second factor, or none that counts
    │   │   └── FactorLockedError, FactorSuspendedError   it has to be set up anew
    │   ├── StepUpRequiredError       prove who you are with the factor in force
    │   ├── DeviceRefusedError        no trusted device: ask for the second factor
    │   ├── TokenRefusedError         unknown, used, expired: one face
    │   ├── ResetRequiredError        .campaign_id; only after the right password
    │   └── SessionRefusedError ── SessionSwappedError
    ├── StoredDataError           the application must be repaired: page somebody
    │   ├── UnreadableHashError, WorkFactorTooHighError
    │   ├── UnknownKeyError
    │   ├── SealBrokenError
    │   │   └── SealPurposeError, SealAccountError, SealFactorError
    │   ├── StepInFutureError         the server's clock ran ahead
    │   ├── UnfitRecordError          .reason; another system's, does not come in
    │   └── AuditBrokenError, CorpusDamagedError
    ├── SetupError                what we were given cannot work: mend the settings
    │   ├── KeyringError ── KeyInUseError
    │   ├── AccountsTableError ── ColumnTooNarrowError
    │   ├── AccountIdError
    │   ├── ScopeError                .place
    │   ├── StorageSetupError
    │   └── DeliverySetupError, CorpusSetupError ── CorpusSourceError
    ├── UnavailableError          wait and try again
    │   └── BusyError, BlocklistUnavailableError, StorageUnavailableError,
    │       DeliveryUnavailableError, BrokerUnavailableError,
    │       CorpusUnwrittenError, HookFailedError
    ├── CampaignStateError        the operator asked for what cannot be now
    │   └── LeaseLostError, ApprovalError
    ├── IncidentStateError        no record of it, or no such incident
    ├── DrillFailedError          a rehearsal showed what must not happen
    └── MissingExtraError(ImportError)   says which pip command to run
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class CredguardError(Exception):
    """Everything that credguard raises on purpose derives from this."""


class RefusedError(CredguardError):
    """The person must try again; the text may be shown in the form."""


class PasswordMismatchError(RefusedError):
    """The password is not the one that is stored, or there is no such account."""

    def __init__(self) -> None:
        super().__init__("The password is not right.")


class RejectionReason(Protocol):
    """What a rejected password is told: a stable code and an English sentence."""

    @property
    def code(self) -> str:
        """A stable name that a host can translate."""

    @property
    def text(self) -> str:
        """An English sentence for the person who chose the password."""


class PasswordRejectedError(RefusedError):
    """
    A new password was refused by policy.

    Attributes:
        reasons: All reasons at once, in the order in which they help most.
    """

    def __init__(self, reasons: Sequence[RejectionReason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = tuple(reasons)


class PasswordUnhashableError(RefusedError):
    """
    A password cannot be hashed, whatever the policy says.

    Attributes:
        flaw: What is wrong with it.
    """

    def __init__(self, flaw: RejectionReason) -> None:
        super().__init__(flaw.text)
        self.flaw = flaw


class CodeMismatchError(RefusedError):
    """The code is not right."""

    def __init__(self, message: str = "The code is not right.") -> None:
        super().__init__(message)


class CodeReplayedError(CodeMismatchError):
    """The code was right once; it has been used, or a later one has."""

    def __init__(
        self, message: str = "This code was used already. Wait for the next one."
    ) -> None:
        super().__init__(message)


class LockedOutError(RefusedError):
    """
    Too many wrong codes.

    Attributes:
        retry_at: The aware UTC instant from which a code is looked at again.
    """

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"Too many attempts. Try again after {retry_at:%H:%M:%S} UTC.")
        self.retry_at = retry_at


class FactorStateError(RefusedError):
    """There is no second factor that could be asked, or none that counts."""


class FactorLockedError(FactorStateError):
    """Too many wrong codes in a row put the factor out of use for good."""

    def __init__(self) -> None:
        super().__init__(
            "This second factor is out of use after too many wrong codes. "
            "It has to be set up anew."
        )


class FactorSuspendedError(FactorStateError):
    """The seed leaked, so that a code of it shows nothing any more."""

    def __init__(self) -> None:
        super().__init__(
            "The codes of this second factor do not count any more. Use a recovery "
            "code, or ask for help; then set it up anew."
        )


class StepUpRequiredError(RefusedError):
    """A factor in force is changed only by those who have just proved it."""

    def __init__(self) -> None:
        super().__init__("Confirm this with your present second factor first.")


class DeviceRefusedError(RefusedError):
    """The device is not trusted, or not any more; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("This device is not known. Enter a code.")


class TokenRefusedError(RefusedError):
    """A reset token is unknown, used or expired; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("This link no longer works. Ask for a new one.")


class ResetRequiredError(RefusedError):
    """
    The password was right, but it was taken out of use by a campaign.

    Attributes:
        campaign_id: The campaign that asks for a new password.

        proofs: What the account may show to choose one: values of
            `credguard.guard.Proof`.
    """

    def __init__(self, campaign_id: str, *, proofs: tuple[str, ...] = ()) -> None:
        super().__init__("You need to choose a new password before you can log in.")
        self.campaign_id = campaign_id
        self.proofs = proofs


class SessionRefusedError(RefusedError):
    """A session is over: its epoch passed, or it is not one of ours."""

    def __init__(self, message: str = "Please log in again.") -> None:
        super().__init__(message)


class SessionSwappedError(SessionRefusedError):
    """A session belongs to another account or to another browser."""


class StoredDataError(CredguardError):
    """Something that was stored cannot be used; a person with access must look."""


class UnreadableHashError(StoredDataError):
    """A stored password hash is not of any format that is accepted here."""

    def __init__(self, message: str = "The stored hash is unreadable.") -> None:
        super().__init__(message)


class WorkFactorTooHighError(StoredDataError):
    """A stored password hash asks for more work than the ceiling allows."""

    def __init__(self, what: str, *, ceiling: int) -> None:
        super().__init__(
            f"The stored hash asks for {what} above the ceiling of {ceiling}; "
            "raise the ceiling if the row is known to be good."
        )
        self.ceiling = ceiling


class SealBrokenError(StoredDataError):
    """A sealed text was altered, or moved here from where it belongs."""

    why = "it was altered or moved"

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f"A sealed text of purpose '{purpose}' does not open: {self.why}."
        )


class SealPurposeError(SealBrokenError):
    """A sealed text was moved here from where something else is sealed."""

    why = "it was moved from another purpose"


class SealAccountError(SealBrokenError):
    """A sealed text was moved here from another account."""

    why = "it was moved from another account"


class SealFactorError(SealBrokenError):
    """A sealed text was moved here from another factor of the same account."""

    why = "it was moved from another factor"


class StepInFutureError(StoredDataError):
    """The last accepted step is in the future: the server's clock ran ahead once."""

    def __init__(self) -> None:
        super().__init__(
            "The last code of this account is from the future, so the server's clock "
            "ran ahead once; run: credguard second-factors repair-clock"
        )


class UnknownKeyError(StoredDataError):
    """
    A stored text names a key that is not on the keyring.

    Attributes:
        key_id: The id of the key that is missing.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"Key '{key_id}' is not on the keyring; add it as an older key, "
            "or use the keyring that this database was sealed with."
        )
        self.key_id = key_id


class UnfitRecordError(StoredDataError):
    """
    A record of another system does not come in.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: RejectionReason) -> None:
        super().__init__("This record does not come in: " + reason.text)
        self.reason = reason


class AuditBrokenError(StoredDataError):
    """The audit log was altered, cut or reordered."""


class CorpusDamagedError(StoredDataError):
    """A corpus file, or a block of it, is damaged."""


class SetupError(CredguardError):
    """What credguard was given cannot work; the text names the remedy."""


class KeyringError(SetupError):
    """A keyring's text is not a keyring, or holds a key that must not be used."""


class KeyInUseError(KeyringError):
    """A key cannot be retired: something stored still needs it."""


class AccountsTableError(SetupError):
    """The forum's user table, or one of its columns, is not as described."""


class ColumnTooNarrowError(AccountsTableError):
    """The forum's password column cannot hold what would be written into it."""


class AccountIdError(SetupError):
    """An account id is empty, or stands in the user table more than once."""


class ScopeError(SetupError):
    """
    A scope does not parse, selects nobody, or names accounts that do not exist.

    Attributes:
        place: Where in the scope's text, in characters from 1; None if the text is
            not at fault.
    """

    def __init__(self, message: str, *, place: int | None = None) -> None:
        super().__init__(message)
        self.place = place


class StorageSetupError(SetupError):
    """A database URL cannot work, or its tables are newer than this release."""


class DeliverySetupError(SetupError):
    """A mail setting cannot work: an address, a link or a folder."""


class CorpusSetupError(SetupError):
    """A file is no corpus, or not one that can do what is asked of it."""


class CorpusSourceError(CorpusSetupError):
    """What a corpus is made of has a flaw; `number` is the line's, from 1, or None."""

    def __init__(self, flaw: str, number: int | None = None) -> None:
        super().__init__(flaw if number is None else f"line {number:,}: {flaw}")
        self.flaw, self.number = flaw, number


class UnavailableError(CredguardError):
    """Something is away or too busy; nothing was decided and nothing was lost."""


class BusyError(UnavailableError):
    """No permit, memory or random numbers in time; nothing was decided."""


class BlocklistUnavailableError(UnavailableError):
    """
    No blocklist could be asked, so the password was not accepted.

    Attributes:
        why: What stood in the way, such as ``too_slow``; for the operator's eyes.
    """

    def __init__(self, message: str = "", *, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class StorageUnavailableError(UnavailableError):
    """The database is away, locked or full; the transaction was rolled back."""


class HookFailedError(UnavailableError):
    """
    A hook of the host could not end what it ends; run the campaign again.

    Attributes:
        hook: The hook's name.
    """

    def __init__(self, hook: str, kind: str) -> None:
        self.hook = hook
        super().__init__(
            f"The hook '{hook}' failed ({kind}). All else was done; mend it, and run "
            "the campaign again."
        )


class DeliveryUnavailableError(UnavailableError):
    """The mail server or folder takes no mail now; the notices stay queued."""


class BrokerUnavailableError(UnavailableError):
    """The message broker did not take all messages; those that it has do no harm."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The message broker did not take all messages ({kind}). Check that it "
            "runs and what its URL says, and send again: a chunk that is sent twice "
            "is done once."
        )


class CorpusUnwrittenError(UnavailableError):
    """A corpus cannot be written now; the one that was there is as it was."""


class CampaignStateError(CredguardError):
    """The campaign is in a state in which this cannot be done."""


class LeaseLostError(CampaignStateError):
    """Another worker took over the piece of work; this one stopped."""


class ApprovalError(CampaignStateError):
    """Too few people approved a plan, or one who approves here is somebody else."""


class IncidentStateError(CredguardError):
    """What is asked of an incident cannot be now: no record, or no such incident."""


class DrillFailedError(CredguardError):
    """Something happened in a drill that must not happen; the text says what."""


class MissingExtraError(CredguardError, ImportError):
    """An optional package is missing; the text says which pip command to run."""

    def __init__(self, extra: str, *, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs an optional package: pip install 'credguard[{extra}]'"
        )
        self.extra = extra
