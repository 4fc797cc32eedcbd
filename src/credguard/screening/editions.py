"""Whether blocklists have changed since a password was screened with them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from credguard.screening.blocklists import AnyOf, Blocklist, FirstAvailable

STAMP_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Edition:
    """
    What blocklists are at one time.

    Attributes:
        stamp: Another text after each change of a list that has a stamp.

        tells_all: False if one of the lists has no stamp, so that it may change
            while *stamp* stays.
    """

    stamp: str
    tells_all: bool


def edition_of(blocklist: Blocklist) -> Edition:
    """
    Return the edition of *blocklist*, and of all those that it combines.

    Args:
        blocklist: Any list; one without a stamp, and one that cannot say it just
            now, counts as one that may change at any time.
    """
    stamps = [*_stamps(blocklist)]
    text = json.dumps(stamps).encode()
    digest = hashlib.sha256(text).hexdigest()[:STAMP_CHARACTERS]
    return Edition(digest, tells_all=all(stamps))


def _stamps(blocklist: Blocklist) -> Iterator[str]:
    if isinstance(blocklist, AnyOf | FirstAvailable):
        for each in blocklist.lists:
            yield from _stamps(each)
        return
    try:
        stamp = getattr(blocklist, "stamp", "")
    except Exception:  # noqa: BLE001  # a corpus may be away; its look-up says so
        stamp = ""
    yield stamp if isinstance(stamp, str) else ""
