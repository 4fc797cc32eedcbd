"""Who must approve a plan before it can be started. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from credguard.campaigns.approver_keys import is_public_key
from credguard.errors import SetupError

MOST_APPROVERS = 50

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """
    Who must approve a plan before it can be started.

    Attributes:
        needed: How many different approvers; 0 for none.

        approvers: Their names. One with a public key (`ApproverKey.public`) must
            sign; with None, whoever has the keyring can approve in that name.

    Raises:
        SetupError: There are fewer approvers than are needed, or a name or a key
            is not one.
    """

    needed: int = 0
    approvers: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = self.approvers
        if not 0 <= self.needed <= len(names) <= MOST_APPROVERS:
            message = (
                f"approval needs from 0 to {len(names)} of the approvers that are "
                f"named, at most {MOST_APPROVERS}"
            )
            raise SetupError(message)
        for name, public in names.items():
            if not _NAME.fullmatch(name) or not (
                public is None or is_public_key(public)
            ):
                message = (
                    "an approver has a name of letters, digits and ._@-, and no key or "
                    "one from: credguard campaign approver-key"
                )
                raise SetupError(message)


NO_APPROVAL = ApprovalPolicy()
"""Whoever may start a campaign may start it alone: a forum of one person."""
