"""Asks for news, and remembers the answer in a corpus or in a small file."""

import json
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile

from credguard.errors import BlocklistUnavailableError, CorpusSetupError
from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.fetching import Fetcher, Service
from credguard.screening.corpus.layout import RANGES, Kind
from credguard.screening.corpus.news import SAMPLES, News, compare, sample
from credguard.screening.transport import Answer

_MOST_BYTES = 1 << 20
_FORMAT = 1

Etags = dict[int, str]
"""ETags by range."""


def news_for(service: Service, corpus: Corpus, *, samples: int = SAMPLES) -> News:
    """
    Return whether there is anything that a synced corpus has not.

    Args:
        service: Where it was synced from.

        corpus: The corpus.

        samples: How many ranges to ask about.

    Raises:
        CorpusSetupError: The corpus is of another kind, or keeps no ETags.
        BlocklistUnavailableError: The service does not answer.
    """
    if corpus.kind is not service.kind:
        message = f"{corpus.file.path} lists {corpus.kind} hashes"
        raise CorpusSetupError(message)
    if not corpus.header.has_ranges:
        message = (
            f"{corpus.file.path} keeps no ETags, since it was not made by "
            "credguard corpus sync; keep them in a file of their own with --state"
        )
        raise CorpusSetupError(message)
    numbers = sample(_anywhere(), samples=samples)
    old = {number: corpus.etag(number) for number in numbers}
    return compare(old, ask_etags(service, old))


def news_since(
    service: Service, state: str | os.PathLike[str], *, samples: int = SAMPLES
) -> News:
    """
    Return whether there is anything new since the last time; remember for the next.

    Args:
        service: Whom to ask.

        state: A file that is kept between two calls; it is made by the first one,
            which has nothing to compare with.

        samples: How many ranges to ask about at the first time.

    Raises:
        CorpusSetupError: The file holds something else, or cannot be written.
        BlocklistUnavailableError: The service does not answer.
    """
    path = Path(state)
    old = _remembered(path, service.kind)
    asked = old or dict.fromkeys(sample(_anywhere(), samples=samples), "")
    new = ask_etags(service, asked)
    _remember(path, service.kind, old | new)
    return compare(old, new)


def ask_etags(
    service: Service,
    old: Etags,
    *,
    make_fetcher: Callable[[Service], Fetcher] = Fetcher,
) -> Etags:
    """
    Return the ETags that ranges have now.

    Args:
        service: Whom to ask.

        old: The ranges, with the ETags that they had or nothing. Where one still
            stands, no range travels.

        make_fetcher: What makes a fetcher.

    Returns:
        ETags by range, without those that could not be had.

    Raises:
        BlocklistUnavailableError: The service does not answer, or without ETags.
    """
    fetcher = make_fetcher(service)

    def ask(number: int) -> tuple[int, str]:
        answer = fetcher.fetch(number, etag=old[number])
        return number, answer.etag if isinstance(answer, Answer) else ""

    try:
        with ThreadPoolExecutor(min(service.at_once, len(old))) as pool:
            found = dict(pool.map(ask, old))
    finally:
        fetcher.close()
    etags = {number: etag for number, etag in found.items() if etag}
    if not etags:
        message = "no range came with an ETag, so there is nothing to compare"
        raise BlocklistUnavailableError(message)
    return etags


def _anywhere() -> int:
    return random.randrange(RANGES)  # noqa: S311  # no secret


def _remembered(path: Path, kind: Kind) -> Etags:
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        said = None
    if not _is_ours(said, kind):
        message = (
            f"{path} does not hold the ETags of {kind} ranges; name another file, or "
            "remove it to begin anew"
        )
        raise CorpusSetupError(message)
    return {int(number, 16): etag for number, etag in said["etags"].items()}


def _is_ours(said: object, kind: Kind) -> bool:
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        return False
    etags = said.get("etags")
    return (
        said.get("kind") == kind
        and isinstance(etags, dict)
        and all(_is_entry(number, etag) for number, etag in etags.items())
    )


def _is_entry(number: str, etag: object) -> bool:
    try:
        return 0 <= int(number, 16) < RANGES and isinstance(etag, str)
    except ValueError:
        return False


def _remember(path: Path, kind: Kind, etags: Etags) -> None:
    named = {f"{number:05X}": etag for number, etag in sorted(etags.items())}
    text = json.dumps({"format": _FORMAT, "kind": kind, "etags": named}, indent=1)
    try:
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            beside = Path(file.name)
            file.write(text.encode())
        beside.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise CorpusSetupError(message) from None
