"""What lets somebody choose a new password while a campaign asks for one. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credguard._clock import in_utc


class Proof(StrEnum):
    """How somebody shows whose an account is; the leaked password alone is none."""

    LINK = "link"
    """The link of a notice, or one that was asked for by mail: `CredGuard.redeem`."""

    FORUM = "forum"
    """The forum's own "forgot password" form, which sets the column by itself."""

    SECOND_FACTOR = "second factor"
    """
    The old password together with a second factor that was there before the breach:
    `CredGuard.reset_by_factor`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """
    Which proofs are accepted.

    Switch off what leaked as well: links where mailboxes did, factors where their
    seeds did. A member with a second factor keeps it through the reset in any case,
    and is asked for it at the next log-in.

    A factor proves something only if it was there before whoever has the password
    could enroll it. Since when they could, a campaign does not know: its watermark and
    its scope say when a password is too old, and not when it was first stolen. So no
    factor is a proof until you say it.

    Args:
        link: Accept the link of a notice.

        link_needs_factor: Of members with a second factor, ask for it together with
            the link, so that who reads their mail does not lock them out. A factor
            that is not from before *factors_before* is not asked for.

        forum: Accept what the forum's own form has set.

        second_factor: Accept the old password with a second factor from before
            *factors_before*: the way for those whom no mail reaches.

        factors_before: The first instant at which somebody may have known passwords;
            in doubt an earlier one. A naive one is taken to be in UTC. None if that is
            not known: then no factor is accepted beside the old password.
    """

    link: bool = True
    link_needs_factor: bool = False
    forum: bool = True
    second_factor: bool = True
    factors_before: datetime | None = None

    def accepted(self, *, factor_made_at: datetime | None) -> tuple[Proof, ...]:
        """
        Return the proofs that an account can give.

        Args:
            factor_made_at: When its second factor was enrolled; None if it has none
                in force.
        """
        every = (
            (Proof.LINK, self.link),
            (Proof.FORUM, self.forum),
            (Proof.SECOND_FACTOR, self.accepts_factor(made_at=factor_made_at)),
        )
        return tuple(proof for proof, is_accepted in every if is_accepted)

    def accepts_factor(self, *, made_at: datetime | None) -> bool:
        """Return True if a factor of then is accepted beside the old password."""
        return (
            self.second_factor
            and self.factors_before is not None
            and self._is_old(made_at)
        )

    def asks_factor(self, *, made_at: datetime | None) -> bool:
        """Return True if a link is to come together with a factor of then."""
        return self.link_needs_factor and self._is_old(made_at)

    def _is_old(self, made_at: datetime | None) -> bool:
        if made_at is None:
            return False
        before = self.factors_before
        return before is None or in_utc(made_at) < in_utc(before)


DEFAULT = ProofPolicy()
