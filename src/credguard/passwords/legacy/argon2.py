"""
Argon2 strings that stand behind a mark, or whose password was changed beforehand.

A bare PHC string is read as our own, so that a row of other software must be told
from ours by a mark before the string. Whoever imports the table writes it.
"""

from dataclasses import dataclass, field, replace

from credguard.passwords.legacy.spelling import Recipe
from credguard.passwords.phc import PhcString, Variety, read_phc
from credguard.passwords.pool import Permit
from credguard.passwords.work_factor import Ceilings, WorkFactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2RecipeHash:
    """
    An Argon2 hash of something made of the password.

    Attributes:
        scheme: The name of its format.
        phc: Its parts.
        mark: What stands before them in the stored text.
        recipe: From the password's UTF-8 bytes to what was hashed.
        is_shuckable: Whether the recipe begins with a plain digest of the password.
    """

    scheme: str
    phc: PhcString
    mark: str
    recipe: Recipe = field(repr=False)
    is_shuckable: bool = False

    @property
    def cost(self) -> str:
        """Its three numbers, as in its text."""
        return str(self.phc.cost)

    @property
    def work(self) -> int:
        """How many KiB it fills in all."""
        return self.phc.cost.work

    @property
    def argon2id(self) -> WorkFactor | None:
        """Its cost, which is not to be lowered; None if it is an Argon2i."""
        if self.phc.variety is Variety.ARGON2ID:
            return self.phc.cost.work_factor
        return None

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: Memory, passes or lanes are above their ceiling.
        """
        self.phc.cost.check(ceilings)

    @property
    def tag(self) -> bytes:
        """What the password is compared with."""
        return self.phc.tag

    @property
    def blank(self) -> str:
        """The stored text with a tag of zeros."""
        zeros = bytes(len(self.phc.tag))
        return self.mark + replace(self.phc, tag=zeros).to_text()

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the Argon2 tag of what the recipe makes of *password*.

        Raises:
            BusyError: The machine gave no memory or no thread.
        """
        seen = self.recipe(password)
        if not seen:
            return b""
        return permit.compute(
            seen,
            salt=self.phc.salt,
            work_factor=self.phc.cost.work_factor,
            variety=self.phc.variety,
            tag_bytes=len(self.phc.tag),
        )


def read_marked_argon2(
    scheme: str,
    stored: str,
    *,
    mark: str,
    recipe: Recipe,
    is_shuckable: bool = False,
) -> Argon2RecipeHash | None:
    """
    Read an Argon2 string behind a mark.

    Args:
        scheme: The name of the format.

        stored: The stored text; any text may be given.

        mark: What stands before the string's first dollar sign.

        recipe: From the password to what was hashed.

        is_shuckable: Whether the recipe begins with a plain digest of the password.

    Returns:
        The hash, or None if *stored* is not such a text.
    """
    if not stored.startswith(f"{mark}$"):
        return None
    phc = read_phc(stored.removeprefix(mark))
    if phc is None:
        return None
    return Argon2RecipeHash(
        scheme=scheme, phc=phc, mark=mark, recipe=recipe, is_shuckable=is_shuckable
    )
