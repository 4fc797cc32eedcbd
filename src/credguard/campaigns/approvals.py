"""
Approval of a plan by several people, before it is started.

An approval is for the digest of one plan, with its scope, counts, texts, rates and
instants: a plan in which one letter was changed has none.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from credguard._text import from_base64url, to_base64url
from credguard.campaigns import plan_file
from credguard.campaigns.approver_keys import ApproverKey, has_signed
from credguard.campaigns.means import Means
from credguard.campaigns.plan import Plan
from credguard.errors import ApprovalError
from credguard.keys import Keyring
from credguard.storage import audit
from credguard.storage.tables import approval

_PURPOSE = "approval"
_SIGNED, _VOUCHED = "signed", "vouched"


@dataclass(frozen=True, slots=True)
class Approval:
    """
    One person's approval of a plan.

    Attributes:
        approver: Who.

        at: When.

        is_signed: True if it was made with the approver's own key; False if anybody
            with the keyring may have made it.
    """

    approver: str
    at: datetime
    is_signed: bool


def approve(
    means: Means, plan: Plan, *, approver: str, key: ApproverKey | None
) -> list[Approval]:
    """
    Write an approval of *plan* down; again is as good as once.

    Args:
        means: What to work with.

        plan: What was looked at.

        approver: Who approves.

        key: The approver's own key, where the policy has its public half.

    Returns:
        All approvals that the plan has now.

    Raises:
        ApprovalError: Nobody of that name approves here, or the key is not theirs.
    """
    digest, public = plan_file.digest(plan), means.approval.approvers.get(approver)
    if approver not in means.approval.approvers:
        message = "this name is not among the approvers; see [approval] in the settings"
        raise ApprovalError(message)
    proof = _proof(means.keyring, digest, approver, key)
    if not _holds(means.keyring, (digest, approver), proof, public):
        message = "this approver signs with a key of their own; use that one"
        raise ApprovalError(message)
    with means.database.begin() as connection:
        now = means.clock()
        connection.execute(
            delete(approval).where(
                approval.c.plan == digest, approval.c.approver == approver
            )
        )
        connection.execute(
            insert(approval).values(
                plan=digest, approver=approver, approved_at=now, proof=proof
            )
        )
        detail = {
            "plan": digest,
            "by": approver,
            "in_scope": plan.tally.in_scope,
            "signed": public is not None,
        }
        audit.record(
            connection, means.keyring, event="approved", detail=detail, now=now
        )
        return approvals_of(means, connection, plan)


def approvals_of(means: Means, connection: Connection, plan: Plan) -> list[Approval]:
    """
    Return the approvals of *plan* that count, the oldest first.

    One whose approver is no longer named, or whose proof does not hold, does not.
    """
    digest, approvers = plan_file.digest(plan), means.approval.approvers
    query = select(approval).where(approval.c.plan == digest)
    rows = connection.execute(query.order_by(approval.c.approved_at)).mappings()
    return [
        Approval(
            row["approver"],
            row["approved_at"],
            is_signed=approvers[row["approver"]] is not None,
        )
        for row in rows
        if row["approver"] in approvers
        and _holds(
            means.keyring,
            (digest, row["approver"]),
            row["proof"],
            approvers[row["approver"]],
        )
    ]


def check(
    means: Means, found: list[Approval], *, break_glass: str | None
) -> str | None:
    """
    Check that enough people approved.

    Args:
        means: What to work with.

        found: The plan's approvals.

        break_glass: Why it is started without them; None to insist.

    Returns:
        The reason, if the plan is started without enough approvals.

    Raises:
        ApprovalError: They did not, or the reason is empty.
    """
    needed = means.approval.needed
    if len(found) >= needed:
        return None
    if break_glass is None:
        names = ", ".join(each.approver for each in found) or "nobody"
        message = (
            f"{needed} must approve this plan, and {len(found)} did ({names}); see: "
            "credguard campaign approve. A changed plan needs new approvals"
        )
        raise ApprovalError(message)
    if not break_glass.strip():
        message = "starting without approval needs a reason, for the audit log"
        raise ApprovalError(message)
    return break_glass


def _message(digest: str, approver: str) -> bytes:
    return f"credguard approval 1\n{digest}\n{approver}\n".encode()


def _proof(
    keyring: Keyring, digest: str, approver: str, key: ApproverKey | None
) -> str:
    message = _message(digest, approver)
    if key is not None:
        return f"{_SIGNED}.{to_base64url(key.sign(message))}"
    key_id = keyring.current.id
    tag = keyring.tag(message, purpose=_PURPOSE, key_id=key_id)
    return f"{_VOUCHED}.{key_id}.{to_base64url(tag)}"


def _holds(
    keyring: Keyring, what: tuple[str, str], proof: str, public: str | None
) -> bool:
    """Return True if *proof* is of an approval of *what*: a digest and a name."""
    kind, _, rest = proof.partition(".")
    message = _message(*what)
    if public is not None:
        signature = from_base64url(rest) or b""
        return kind == _SIGNED and has_signed(public, signature, message)
    key_id, _, tag = rest.partition(".")
    if kind != _VOUCHED or key_id not in keyring.ids:
        return False
    right = keyring.tag(message, purpose=_PURPOSE, key_id=key_id)
    return hmac.compare_digest(right, from_base64url(tag) or b"")
