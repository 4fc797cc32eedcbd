"""What lets somebody choose a new password while a campaign asks for one. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Proof(StrEnum):
    """How somebody shows whose an account is; the leaked password alone is none."""

    LINK = "link"
    """The link of a notice, or one that was asked for by mail: `CredGuard.redeem`."""

    FORUM = "forum"
    """The forum's own "forgot password" form, which sets the column by itself."""

    SECOND_FACTOR = "second factor"
    """
    The old password together with the second factor: `CredGuard.reset_by_factor`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """
    Which proofs are accepted.

    Switch off what leaked as well: links where mailboxes did, factors where their
    seeds did. A member with a second factor keeps it through the reset in any case,
    and is asked for it at the next log-in.

    Args:
        link: Accept the link of a notice.

        link_needs_factor: Of members with a second factor, ask for it together with
            the link, so that who reads their mail does not lock them out.

        forum: Accept what the forum's own form has set.

        second_factor: Accept the old password with the second factor: the way for
            those whom no mail reaches.
    """

    link: bool = True
    link_needs_factor: bool = False
    forum: bool = True
    second_factor: bool = True

    def accepted(self, *, has_factor: bool) -> tuple[Proof, ...]:
        """
        Return the proofs that an account can give.

        Args:
            has_factor: True if it has a second factor in force.
        """
        every = (
            (Proof.LINK, self.link),
            (Proof.FORUM, self.forum),
            (Proof.SECOND_FACTOR, self.second_factor and has_factor),
        )
        return tuple(proof for proof, is_accepted in every if is_accepted)

    def asks_factor(self, *, has_factor: bool) -> bool:
        """Return True if a link is to come together with the second factor."""
        return self.link_needs_factor and has_factor


DEFAULT = ProofPolicy()
