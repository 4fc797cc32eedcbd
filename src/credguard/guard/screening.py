"""
Passwords that are in use are screened too: at log-in, when the lists have changed.

Salted hashes allow no other moment. It is the last thing that a log-in does, after
the password was found to be right, so that it says nothing to whoever guesses; and
nothing that happens here fails the log-in.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from credguard._exact import exact_arguments
from credguard.campaigns import Accounts
from credguard.errors import UnavailableError
from credguard.keys import Keyring
from credguard.screening import PasswordPolicy, Reason, WhenUnasked
from credguard.screening.editions import Edition, edition_of
from credguard.screening.standing import Outcome, Standing, standing_of
from credguard.screening.standings import (
    Kept,
    counts,
    find,
    keep,
    keep_new,
    listed,
    names,
    tag_of,
)
from credguard.screening.verdicts import NotListed, Unasked
from credguard.storage import Database


def listed_accounts(
    database: Database, accounts: Accounts | None = None, *, at_least: int = 1
) -> Iterator[str]:
    """
    Yield the ids of accounts whose password is listed, in order.

    Args:
        database: Where the credguard_* tables are.

        accounts: The forum's user table: who has left it is passed over.

        at_least: How often the password was seen in breaches at least; it is kept
            as a power of ten, rounded down.
    """
    for page in listed(database, at_least=at_least):
        yield from page if accounts is None else _still_there(accounts, page)


def _still_there(accounts: Accounts, page: Sequence[str]) -> list[str]:
    with accounts.reading() as forum:
        found = accounts.find(forum, page)
    return [account_id for account_id in page if account_id in found]


@exact_arguments("password")
class Screening:
    """
    Screens passwords at log-in and keeps what was found.

    Args:
        database: Where the credguard_* tables are.

        keyring: Makes the tags that name a hash.

        accounts: The forum's user table, if there is one.

        after: How long a finding holds where a blocklist cannot tell that it has
            changed; None to screen only what was accepted for a re-check.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        accounts: Accounts | None,
        after: timedelta | None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._accounts = accounts
        self._after = after

    def listed(self, *, at_least: int = 1) -> Iterator[str]:
        """
        Yield the ids of accounts whose password was listed when they logged in.

        They are read in short transactions, a thousand at a time. Hand them to
        `credguard.campaigns.in_list` to ask for new passwords.

        Args:
            at_least: How often the password was seen in breaches at least; it is
                kept as a power of ten, rounded down.
        """
        return listed_accounts(self._database, self._accounts, at_least=at_least)

    def counts(self) -> Mapping[Outcome, int]:
        """Return how many accounts had each outcome when they were last screened."""
        with self._database.read() as connection:
            return counts(connection)

    def judge(
        self,
        policy: PasswordPolicy,
        password: str,
        *,
        context: Sequence[str] = (),
        second_factor: bool = False,
        also: Sequence[Reason] = (),
        now: datetime,
    ) -> Standing | None:
        """
        Accept a new password or raise, as `PasswordPolicy.check` does.

        Returns:
            What to keep of it, together with its hash; None if nothing is kept.

        Raises:
            PasswordRejectedError: The policy refuses it.
            BlocklistUnavailableError: It could not be checked.
        """
        # Before the lists are asked, so that a change in between is noticed.
        edition = edition_of(policy.blocklist)
        accepted = policy.check(
            password, context=context, second_factor=second_factor, also=also
        )
        verdict = Unasked(accepted.why) if accepted.why else NotListed()
        standing = standing_of(verdict, edition, now=now)
        return standing if self._keeps(policy) else None

    def keep_new(
        self, connection: Connection, standing: Standing | None, *hash_of: str
    ) -> None:
        """Keep what `judge` returned; *hash_of* is the account's id and its hash."""
        if standing is not None:
            account_id, stored = hash_of
            tag = tag_of(self._keyring, account_id, stored)
            keep_new(connection, account_id, standing, hash_tag=tag)

    def at_log_in(
        self,
        policy: PasswordPolicy,
        password: str,
        *,
        account_id: str,
        hashes: tuple[str | None, str | None],
        now: datetime,
    ) -> tuple[Reason, ...]:
        """
        Screen a password that was found to be right, if it is time to.

        Args:
            policy: Knows the blocklist.

            password: What the person typed.

            account_id: Whose it is.

            hashes: What is stored, and what is to be stored in its stead.

            now: When the log-in began.

        Returns:
            What to tell the person; nothing if nothing is known against it.
        """
        if not self._keeps(policy):
            return ()
        try:
            with self._database.read() as connection:
                kept = find(connection, account_id)
            known = self._known(kept, account_id, hashes[0])
            edition = edition_of(policy.blocklist)
            if self._is_settled(kept, known, edition, now):
                return known.reasons if known else ()
            verdict = policy.screen(password)
            if isinstance(verdict, Unasked) and known and known.reasons:
                return known.reasons  # listed until a list says otherwise
            standing = standing_of(verdict, edition, now=now)
        except UnavailableError:
            return ()  # until the next log-in
        tag = tag_of(self._keyring, account_id, hashes[1] or hashes[0])
        # Screened again at the next log-in, where it cannot be kept.
        with suppress(UnavailableError), self._database.begin() as connection:
            seen = kept.version if kept else None
            keep(connection, account_id, standing, hash_tag=tag, seen=seen)
        return standing.reasons

    def _known(
        self, kept: Kept | None, account_id: str, stored: str | None
    ) -> Standing | None:
        """Return what was found of this very password, None if nothing was."""
        if kept is None:
            return None
        tag = kept.hash_tag
        fits = names(self._keyring, tag, account_id=account_id, stored=stored)
        return kept.standing if fits else None

    def _keeps(self, policy: PasswordPolicy) -> bool:
        marks = policy.when_unasked is WhenUnasked.ACCEPT_AND_RECHECK
        return marks or self._after is not None

    def _is_settled(
        self, kept: Kept | None, known: Standing | None, edition: Edition, now: datetime
    ) -> bool:
        if self._after is None:
            return kept is None or kept.standing.outcome is not Outcome.UNASKED
        return known is not None and known.holds(edition, now=now, lasts=self._after)
