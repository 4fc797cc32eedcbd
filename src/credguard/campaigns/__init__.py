"""
Forced resets of many accounts: who is affected, lock, tell, reset, report.

A campaign has three layers of truth: a watermark that is in force from one
instant, key ranges that a sweep goes through, and a row for each account to which
something happened.
"""

from credguard.campaigns.accounts import Account, Accounts, Swap
from credguard.campaigns.bounces import EventKind, MailEvent
from credguard.campaigns.campaigns import Campaigns
from credguard.campaigns.claiming import Claim
from credguard.campaigns.delivering import Delivery, Outcome, Receipt
from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.hooks import Hook
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.notice_policy import (
    Ambiguous,
    Group,
    NoticePolicy,
    StaffWave,
)
from credguard.campaigns.plan import Plan
from credguard.campaigns.quiet_hours import QuietHours
from credguard.campaigns.retiring import Chunk, ChunkOutcome
from credguard.campaigns.scope import (
    AccountList,
    Scope,
    cost_below,
    created_before,
    credential_set_before,
    everyone,
    has_second_factor,
    in_list,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)
from credguard.campaigns.scope_text import parse as parse_scope
from credguard.campaigns.status import Status
from credguard.campaigns.timeline import Interval, Timeline
from credguard.campaigns.wording import Texts

__all__ = [
    "Account",
    "AccountList",
    "Accounts",
    "Ambiguous",
    "Campaigns",
    "Chunk",
    "ChunkOutcome",
    "Claim",
    "Delivery",
    "EventKind",
    "Group",
    "Hook",
    "HookProgress",
    "Interval",
    "LetterTemplate",
    "MailEvent",
    "NoticePolicy",
    "Outcome",
    "Plan",
    "QuietHours",
    "Receipt",
    "Scope",
    "StaffWave",
    "Status",
    "Swap",
    "Texts",
    "Timeline",
    "cost_below",
    "created_before",
    "credential_set_before",
    "everyone",
    "has_second_factor",
    "in_list",
    "logged_in_between",
    "mail_domain",
    "parse_scope",
    "scheme",
    "staff",
]
