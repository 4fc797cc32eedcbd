"""The bundled list of common passwords. Its sources stand in data/README.md."""

from functools import lru_cache
from importlib.resources import files

from credguard._text import has_surrogate, nfc
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.verdicts import Listed, NotListed, Verdict


class CommonPasswords:
    """
    The 40,000 or so passwords that people choose most, whatever their case.

    The whole password is compared, in Normalization Form C and case-folded.
    Nothing is loaded before the first look-up.
    """

    def look_up(self, password: str) -> Verdict:
        """Return whether the whole *password* is one of the common ones."""
        # Folding can undo the composition, so it is composed again.
        folded = nfc(nfc(password).casefold())
        if not folded or "\n" in folded or has_surrogate(folded):
            return NotListed()
        # One search over the file's bytes costs less than a set costs to build.
        if b"\n%b\n" % folded.encode() in _lines():
            return Listed(Reason(ReasonCode.COMMON))
        return NotListed()


@lru_cache(maxsize=1)
def _lines() -> bytes:
    """Return the list: one password to a line, a line break at both ends."""
    path = files("credguard.screening") / "data" / "common_passwords.txt"
    # A checkout may have turned the line ends.
    return b"\n" + path.read_bytes().replace(b"\r\n", b"\n")
