"""The bundled list of common passwords. Its sources stand in data/README.md."""

import zlib
from functools import lru_cache
from pathlib import Path

from credguard._secret import keeping_no_locals
from credguard._text import has_surrogate
from credguard.screening.latin import folded_forms
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.verdicts import Listed, NotListed, Verdict

_FILE = Path(__file__).with_name("data") / "common_passwords.txt.gz"
_GZIP = 16 + zlib.MAX_WBITS


@keeping_no_locals
class CommonPasswords:
    """
    The 40,000 or so passwords that people choose most, whatever their case.

    The whole password is compared, in Normalization Form C and case-folded; and
    once more as it looks in Latin letters, so that full width, ligatures and
    Cyrillic look-alikes hide nothing. Nothing is loaded before the first look-up,
    which takes some 3 ms more than the others, and a third of a megabyte.
    """

    @property
    def stamp(self) -> str:
        """Names the words of this release's list."""
        return f"common {zlib.crc32(_lines()):08x}"

    def look_up(self, password: str) -> Verdict:
        """Return whether the whole *password* is one of the common ones."""
        for form in folded_forms(password):
            if not form or "\n" in form or has_surrogate(form):
                continue
            if _holds(_lines(), form.encode()):
                return Listed(Reason(ReasonCode.COMMON))
        return NotListed()


@lru_cache(maxsize=1)
def _lines() -> bytes:
    """Return the list: one password to a line, sorted, each line ended."""
    return zlib.decompress(_FILE.read_bytes(), _GZIP)


def _holds(lines: bytes, wanted: bytes) -> bool:
    """Return True if *wanted* is one of the sorted *lines*."""
    # UTF-8 sorts as code points do.
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        start = max(low, lines.rfind(b"\n", low, middle) + 1)
        end = lines.index(b"\n", middle)
        line = lines[start:end]
        if line == wanted:
            return True
        low, high = (end + 1, high) if line < wanted else (low, start)
    return False
