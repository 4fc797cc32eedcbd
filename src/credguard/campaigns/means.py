"""What campaign work is done with: handed in once, never looked up."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sqlalchemy import Connection

from credguard._clock import Clock
from credguard.campaigns.accounts import Account, Accounts
from credguard.campaigns.records import lists_of
from credguard.campaigns.scope import Facts
from credguard.errors import CampaignStateError
from credguard.keys import Keyring
from credguard.sessions import Credential, credential_of, credentials_of
from credguard.storage import Database

Identify = Callable[[str | None], str]
"""Names the scheme of a stored hash, such as ``argon2id`` or ``unusable``."""


def pause(duration: timedelta) -> None:
    """Sleep."""
    time.sleep(max(0.0, duration.total_seconds()))


def facts_of(
    account: Account,
    credential: Credential,
    lists: frozenset[str],
    *,
    identify: Identify,
) -> Facts:
    """Return what a scope is judged by."""
    return Facts(
        account_id=account.id,
        scheme=identify(account.password),
        created_at=account.created_at,
        last_login_at=account.last_login_at,
        set_at=credential.set_at or account.set_at,
        lists=lists,
    )


@dataclass(frozen=True)
class Means:
    """
    What campaign work is done with.

    Attributes:
        database: Where the credguard_* tables are.

        keyring: Seals and tags.

        identify: Names the scheme of a stored hash.

        clock: Tells the time.

        forum: The forum's user table, None where only log-ins are checked.

        pause: Waits.
    """

    database: Database
    keyring: Keyring
    identify: Identify
    clock: Clock
    forum: Accounts | None = None
    pause: Callable[[timedelta], None] = pause

    @property
    def accounts(self) -> Accounts:
        """
        The forum's user table.

        Raises:
            CampaignStateError: None was handed in.
        """
        if self.forum is None:
            message = "this needs the forum's user table; hand in accounts="
            raise CampaignStateError(message)
        return self.forum

    @cached_property
    def is_shared(self) -> bool:
        """True if one transaction covers our tables and the forum's."""
        return self.accounts.shares(self.database)

    def facts_of_one(self, connection: Connection, account: Account) -> Facts:
        """Return the facts of an account that is looked up alone."""
        credential = credential_of(connection, account.id)
        lists = lists_of(connection, account.id)
        return facts_of(account, credential, lists, identify=self.identify)

    def facts_of_many(
        self,
        connection: Connection,
        accounts: Sequence[Account],
        listed: Mapping[str, frozenset[str]],
    ) -> list[Facts]:
        """
        Return the facts of accounts that are read together.

        Args:
            connection: A transaction in our database.

            accounts: The accounts.

            listed: The account ids of each list that matters, by digest.
        """
        kept = credentials_of(connection, [account.id for account in accounts])
        none = Credential()
        return [
            facts_of(
                account,
                kept.get(account.id, none),
                frozenset(name for name, ids in listed.items() if account.id in ids),
                identify=self.identify,
            )
            for account in accounts
        ]
