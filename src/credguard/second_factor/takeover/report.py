"""What a take-over came to: counts, and the records that somebody has to look at."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from credguard.second_factor.takeover.records import Imported, Refused
from credguard.second_factor.takeover.refusals import Reason, ReasonCode

MOST_LISTED = 1000  # records that a report names; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """
    What a take-over did, or would do. It holds no seed and no code.

    Attributes:
        is_dry_run: True if nothing was written.

        read: How many records were read.

        factors: How many factors came in force.

        replaced: How many of them took the place of another factor.

        weak: How many of them have a seed of less than 128 bits.

        unchanged: How many had come in before; they were left as they are.

        codes: How many recovery codes were hashed here.

        hashes: How many recovery codes came in as hashes of the other system.

        left_out: How many recovery codes did not come in: what people type could
            not be told from another code.

        refused: How many did not come in, by reason.

        refusals: The first thousand of them.

        weak_accounts: The first thousand accounts with a weak seed.
    """

    is_dry_run: bool
    read: int
    factors: int
    replaced: int
    weak: int
    unchanged: int
    codes: int
    hashes: int
    left_out: int
    refused: Mapping[ReasonCode, int]
    refusals: tuple[Refused, ...]
    weak_accounts: tuple[str, ...]

    def to_text(self) -> str:
        """Return the report as lines for a person."""
        counted = {
            "records read": self.read,
            "factors in force": self.factors,
            "  instead of another factor": self.replaced,
            "  with a weak seed (below 128 bits)": self.weak,
            "came in before, unchanged": self.unchanged,
            "recovery codes hashed": self.codes,
            "recovery codes kept as foreign hashes": self.hashes,
            "recovery codes left out": self.left_out,
            "refused": sum(self.refused.values()),
        }
        lines = ["Dry run: nothing was written."] if self.is_dry_run else []
        lines += [f"{count:>12,}  {what}" for what, count in counted.items()]
        lines += [
            f"{count:>12,}    {Reason(code).text}"
            for code, count in sorted(self.refused.items(), key=lambda pair: -pair[1])
        ]
        lines += [_line(each) for each in self.refusals]
        lines += [f"weak: account {_quoted(each)}" for each in self.weak_accounts]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Return the report as JSON, for a program."""
        content = {
            "dry_run": self.is_dry_run,
            "read": self.read,
            "factors": self.factors,
            "replaced": self.replaced,
            "weak": self.weak,
            "unchanged": self.unchanged,
            "codes": self.codes,
            "hashes": self.hashes,
            "left_out": self.left_out,
            "refused": {code.value: count for code, count in self.refused.items()},
            "refusals": [
                {
                    "source": each.source,
                    "position": each.position,
                    "account_id": each.account_id,
                    "reason": each.reason.code.value,
                }
                for each in self.refusals
            ],
            "weak_accounts": list(self.weak_accounts),
        }
        return json.dumps(content, indent=2)


@dataclass(slots=True)
class Tally:
    """Counts while records come in."""

    read: int = 0
    factors: int = 0
    replaced: int = 0
    weak: int = 0
    unchanged: int = 0
    codes: int = 0
    hashes: int = 0
    left_out: int = 0
    refused: Counter[ReasonCode] = field(default_factory=Counter)
    refusals: list[Refused] = field(default_factory=list)
    weak_accounts: list[str] = field(default_factory=list)

    def refuse(self, refused: Refused) -> None:
        """Count a record that does not come in."""
        self.refused[refused.reason.code] += 1
        if len(self.refusals) < MOST_LISTED:
            self.refusals.append(refused)

    def take(self, record: Imported, *, replaces: bool) -> None:
        """Count a factor that came in force."""
        self.factors += 1
        self.replaced += replaces
        if record.is_weak:
            self.weak += 1
            if len(self.weak_accounts) < MOST_LISTED:
                self.weak_accounts.append(record.account_id)

    def count_codes(self, record: Imported, *, left_out: int) -> None:
        """Count the recovery codes that came in with a record."""
        self.codes += len(record.codes) - left_out
        self.hashes += len(record.hashes)
        self.left_out += left_out

    def expect_codes(self, record: Imported, *, with_codes: bool) -> None:
        """Count the recovery codes that would come in with a record."""
        if with_codes:
            self.count_codes(record, left_out=0)

    def told(self, *, is_dry_run: bool) -> TakenOver:
        """Return the report of what was counted."""
        return TakenOver(
            is_dry_run=is_dry_run,
            read=self.read,
            factors=self.factors,
            replaced=self.replaced,
            weak=self.weak,
            unchanged=self.unchanged,
            codes=self.codes,
            hashes=self.hashes,
            left_out=self.left_out,
            refused=dict(self.refused),
            refusals=tuple(self.refusals),
            weak_accounts=tuple(self.weak_accounts),
        )


def _line(refused: Refused) -> str:
    whose = f", account {_quoted(refused.account_id)}" if refused.account_id else ""
    where = f"{refused.source} record {refused.position}"
    return f"refused: {where}{whose}: {refused.reason.text}"


def _quoted(account_id: str) -> str:
    # An id is the forum's own text, and may hold what a terminal would obey.
    return ascii(account_id)
