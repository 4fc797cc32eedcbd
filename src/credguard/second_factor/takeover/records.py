"""What comes in from another system, whatever the system. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from credguard._secret import Secret, never_copied
from credguard._text import has_surrogate
from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.foreign_hashes import ForeignHash
from credguard.second_factor.takeover.refusals import Reason, ReasonCode, unfit
from credguard.second_factor.totp import EVERY_APP, Parameters

MIN_SEED_BYTES = 10  # 80 bits: what authenticators' libraries drew until 2021
STRONG_SEED_BYTES = 16  # RFC 4226 section 4 R6: 128 bits
MAX_SEED_BYTES = 128  # HMAC hashes what is longer than its block (RFC 2104 section 2)
MAX_CODES = 32  # no system gives out more recovery codes at once
MAX_CODE_CHARACTERS = 64

_ACCOUNT_ID_CHARACTERS = 255
_LABEL_CHARACTERS = 255

Row = Mapping[str, object]
"""A row of a table, a line of a file: what stands in which column."""


@never_copied
@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Imported:
    """
    A second factor of another system, or recovery codes for one.

    Attributes:
        account_id: Whose it is: an id, or a name that the host turns into one.

        source: The system that it comes from.

        seed: The seed, None where only recovery codes come in.

        parameters: How codes are made from it.

        last_step: The last step that was accepted there, None if that is not
            known.

        made_at: When it was enrolled there, None if that is not known.

        codes: Recovery codes that are still good, in the clear.

        hashes: Recovery codes that are still good, as hashes of that system.

        label: What the app shows for the account; for a report.

        issuer: Who is said to have issued it; for a report.

        position: Which row it was, from 1 on; for a report.
    """

    account_id: str
    source: str
    seed: Secret | None = None
    parameters: Parameters = EVERY_APP
    last_step: int | None = None
    made_at: datetime | None = None
    codes: tuple[Secret, ...] = ()
    hashes: tuple[ForeignHash, ...] = field(default=(), repr=False)
    label: str = ""
    issuer: str = ""
    position: int = 0

    @property
    def seed_bits(self) -> int:
        """How long the seed is, 0 where there is none."""
        return 0 if self.seed is None else 8 * len(self.seed.reveal())

    @property
    def is_weak(self) -> bool:
        """True if the seed is shorter than RFC 4226 asks for; it works all the same."""
        return 0 < self.seed_bits < 8 * STRONG_SEED_BYTES

    def carrying(
        self, codes: tuple[Secret, ...], hashes: tuple[ForeignHash, ...] = ()
    ) -> "Imported":
        """Return the same with these recovery codes."""
        return replace(self, codes=codes, hashes=hashes)

    def holding(self, seed: Secret, parameters: Parameters) -> "Imported":
        """Return the same with this seed."""
        return replace(self, seed=seed, parameters=parameters)

    def known_since(
        self, made_at: datetime | None, last_step: int | None
    ) -> "Imported":
        """Return the same with what is known of its life."""
        return replace(self, made_at=made_at, last_step=last_step)

    def at(self, position: int) -> "Imported":
        """Return the same, found in this row."""
        return replace(self, position=position)

    def belonging_to(self, account_id: str) -> "Imported":
        """Return the same for the account that its name turned out to be."""
        return replace(self, account_id=account_id)


@dataclass(frozen=True, slots=True)
class Refused:
    """
    A record that does not come in. Nothing secret of it is kept.

    Attributes:
        source: The system that it comes from.

        position: Which record it was, from 1 on.

        reason: Why.

        account_id: Whose it would have been, None if it does not say.
    """

    source: str
    position: int
    reason: Reason
    account_id: str | None = None


def each(
    rows: Iterable[Row],
    read: Callable[[Row], Imported],
    *,
    source: str,
    account: str,
) -> Iterator[Imported | Refused]:
    """
    Read rows one by one; one that does not fit is told apart and passed over.

    Args:
        rows: The rows, as many as there are; none is kept.

        read: Reads one row, or raises UnfitRecordError.

        source: The system's name, for a refusal.

        account: The column that says whose a row is, for a refusal.

    Yields:
        What came in, or why it did not, in order.
    """
    for position, row in enumerate(rows, 1):
        try:
            yield read(row).at(position)
        except UnfitRecordError as error:
            reason = Reason(ReasonCode(error.reason.code))
            yield Refused(source, position, reason, shown_account(row, account))


def account_of(row: Row, column: str) -> str:
    """
    Return the account that stands in *column*, as text.

    Raises:
        UnfitRecordError: It is missing, empty, or longer than 255 characters.
    """
    if not row:
        raise unfit(ReasonCode.UNREADABLE)  # a line that could not be parsed
    account_id = shown_account(row, column)
    if account_id is None:
        raise unfit(ReasonCode.NO_ACCOUNT)
    return account_id


def shown_account(row: Row, column: str) -> str | None:
    """Return the account that stands in *column*, None if that is not a name."""
    value = row.get(column)
    if isinstance(value, bool | float) or value is None:
        return None
    text = str(value)
    is_name = 1 <= len(text) <= _ACCOUNT_ID_CHARACTERS and "\0" not in text
    return text if is_name and not has_surrogate(text) else None


def checked_seed(seed: bytes) -> Secret:
    """
    Return a seed whose length can be used.

    Raises:
        UnfitRecordError: It has fewer than 80 or more than 1024 bits.
    """
    if not seed:
        raise unfit(ReasonCode.NO_SEED)
    if len(seed) < MIN_SEED_BYTES:
        raise unfit(ReasonCode.SEED_TOO_SHORT)
    if len(seed) > MAX_SEED_BYTES:
        raise unfit(ReasonCode.SEED_TOO_LONG)
    return Secret(seed)


def checked_codes(codes: Iterable[str]) -> tuple[Secret, ...]:
    """
    Return recovery codes in the clear.

    Raises:
        UnfitRecordError: There are more than 32, or one is empty, longer than 64
            characters, or not ASCII.
    """
    checked: list[Secret] = []
    for code in codes:
        if not 1 <= len(code) <= MAX_CODE_CHARACTERS or not code.isascii():
            raise unfit(ReasonCode.UNREADABLE)
        if len(checked) == MAX_CODES:
            raise unfit(ReasonCode.TOO_MANY_CODES)
        checked.append(Secret(code.encode("ascii")))
    return tuple(checked)


def shown(text: object) -> str:
    """Return what a report may show of a label, cut to what fits."""
    return text[:_LABEL_CHARACTERS] if isinstance(text, str) else ""
