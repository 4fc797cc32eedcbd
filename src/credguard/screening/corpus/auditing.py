"""
Looks many hashes up at once: which of a site's stored hashes are listed?

Only unsalted SHA-1 and NTLM hashes can be audited so; that they can is what is
wrong with them. numpy is used where it is installed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.hash_lists import Batch

Listing = Callable[[Sequence[str]], object]
"""Is told the ids of accounts whose password is listed."""


@dataclass(slots=True)
class Audited:
    """
    What an audit found; neither hashes nor passwords.

    Attributes:
        read: How many hashes were looked up.

        listed: How many of them are listed.

        unread: How many rows had no hash of the corpus's kind.

        without_id: How many of the listed ones had no id beside them.

        by_times: How many of the listed were seen at least once, ten times, a
            hundred times and so on, and less often than the next.
    """

    read: int = 0
    listed: int = 0
    unread: int = 0
    without_id: int = 0
    by_times: Counter[int] = field(default_factory=Counter)


def audit(
    corpus: Corpus,
    batches: Iterable[Batch],
    *,
    min_count: int = 1,
    on_listed: Listing | None = None,
    with_numpy: bool | None = None,
) -> Audited:
    """
    Look all hashes of some batches up.

    Args:
        corpus: Of the same kind of hash.

        batches: The hashes.

        min_count: Hashes seen less often than this are not listed.

        on_listed: Is told the ids of listed accounts, batch by batch.

        with_numpy: False to do without numpy; None to use it where it is installed
            and the corpus is mapped.

    Raises:
        CorpusDamagedError: The corpus is damaged.
    """
    counted = counting(corpus, with_numpy=with_numpy)
    found, least = Audited(), max(min_count, 1)
    for batch in batches:
        times = counted(batch.digests)
        found.read += len(times)
        found.unread += batch.unread
        listed = 0
        for seen, number in Counter(times).items():
            if seen >= least:
                listed += number
                found.by_times[_power_of_ten(seen)] += number
        pairs = zip(batch.ids, times, strict=False)
        ids = [each for each, seen in pairs if seen >= least and each]
        found.listed += listed
        found.without_id += listed - len(ids)
        if on_listed is not None and ids:
            on_listed(ids)
    return found


def counting(
    corpus: Corpus, *, with_numpy: bool | None = None
) -> Callable[[bytes], Sequence[int]]:
    """
    Return what counts many digests, given one after the other as bytes.

    Args:
        corpus: Where they are looked up.

        with_numpy: As for `audit`.
    """
    if with_numpy is not False and corpus.file.mapped is not None:
        try:
            from credguard.screening.corpus.counting import (  # noqa: PLC0415
                counting_with_numpy,
            )
        except ModuleNotFoundError:
            pass  # numpy is an extra, and one at a time will do
        else:
            return counting_with_numpy(corpus)
    size = corpus.kind.hash_bytes

    def one_by_one(digests: bytes) -> list[int]:
        times = corpus.times
        return [times(digests[at : at + size]) for at in range(0, len(digests), size)]

    return one_by_one


def _power_of_ten(times: int) -> int:
    return int(10 ** (len(str(times)) - 1))
