"""`credguard corpus news`: has anything been loaded since?"""

import sys
from pathlib import Path

import click

from credguard.cli.corpus_service import service_for, service_options, url_argument
from credguard.cli.printing import say
from credguard.errors import BlocklistUnavailableError, SetupError
from credguard.screening.corpus import Corpus
from credguard.screening.corpus.asking_news import news_for, news_since
from credguard.screening.corpus.layout import RANGES
from credguard.screening.corpus.news import SAMPLES, News, Novelty

EXIT_NEWS = 3

_AT_ONCE = 8


@click.command()
@url_argument
@click.option(
    "--corpus",
    "corpus_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A corpus that was synced from there.",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Without a corpus: a small file that remembers, made by the first call.",
)
@service_options
@click.option(
    "--samples",
    type=click.IntRange(1, RANGES),
    default=SAMPLES,
    show_default=True,
    help="How many ranges to ask about.",
)
def news(
    *,
    url: str,
    corpus_file: Path | None,
    state_file: Path | None,
    kind: str,
    proxy: str | None,
    samples: int,
) -> None:
    """
    Say whether the range service at URL has anything new.

    A few ranges' ETags are asked for, which tells a load of passwords for certain.
    The status is 3 if there is news, and 0 if there is none.
    """
    if (corpus_file is None) == (state_file is None):
        message = "name what to compare with: --corpus FILE or --state FILE"
        raise SetupError(message)
    service = service_for(url, kind=kind, proxy=proxy, at_once=_AT_ONCE)
    if corpus_file is not None:
        with Corpus(corpus_file) as corpus:
            found = news_for(service, corpus, samples=samples)
    else:
        found = news_since(service, state_file or Path(), samples=samples)
    _tell(found, is_first=state_file is not None)


def _tell(found: News, *, is_first: bool) -> None:
    match found.novelty:
        case Novelty.NOTHING:
            say(f"Nothing new: none of {found.compared} ranges has changed.")
        case Novelty.UNKNOWN if is_first:
            say("Remembered; the next call tells what has changed since.")
        case Novelty.UNKNOWN:
            message = "none of the ranges that were asked about could be compared"
            raise BlocklistUnavailableError(message)
        case verdict:
            say(_sentence(found, verdict))
            sys.exit(EXIT_NEWS)


def _sentence(found: News, verdict: Novelty) -> str:
    ranges = f"{found.changed} of {found.compared} ranges have changed"
    if verdict is Novelty.CORRECTIONS:
        return f"A few changes: {ranges}. No load of passwords does so little."
    if found.changed == found.compared:
        return f"A load: {ranges}, so millions of hashes are new or counted anew."
    return f"A load: {ranges}, so about {found.estimate:,.0f} hashes or more are new."
