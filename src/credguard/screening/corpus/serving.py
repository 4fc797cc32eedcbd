"""
Answers the range protocol from a corpus file, to the forum's other machines.

What is asked and what is answered are plain values here; `wsgi`, `asgi` and
`server` beside this carry them. Nothing of a request is logged: a prefix in a log,
beside an address and a time, says something of somebody's password.

Source: the range protocol as published by Have I Been Pwned (API version 3,
"Searching by range"), and RFC 9110 for the conditions.
"""

import gzip
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from credguard.errors import CorpusDamagedError, CorpusSetupError, CredguardError
from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.layout import Kind, Width
from credguard.screening.corpus.range_text import has_ranges_apart, range_text
from credguard.screening.corpus.reading import Reading

MAX_AGE = timedelta(days=1)
LOOK_FOR_A_NEW_FILE = 2.0  # seconds between two looks

FEWEST_PADDING, MOST_PADDING = 10, 209
"""How many lines of count 0 the public service adds."""

_COMPRESSION_LEVEL = 1
_PATH = re.compile(r"/range/([0-9A-Fa-f]{5})")
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """
    A request, as far as it matters.

    Attributes:
        path: Below where the service stands, such as ``/range/21BD1``.

        query: What follows the question mark, or nothing.

        headers: By lower-case name. Only those named in `ASKED_HEADERS` are read.

        method: The HTTP method.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    method: str = "GET"


ASKED_HEADERS = ("accept-encoding", "add-padding", "if-none-match")


@dataclass(frozen=True, slots=True)
class Reply:
    """
    An answer.

    Attributes:
        status: The HTTP status.

        headers: Names and values, ``Content-Length`` included.

        body: What follows.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class RangeAnswers:
    """
    Answers range requests from a corpus of whole hashes.

    A file that is swapped in at the path is taken up within seconds; one that is
    damaged is not, and what was open before goes on answering. Threads may share it.

    Args:
        path: The corpus file, built with ``--width whole``.

        compress: Whether to compress for those who accept it. It takes 43 KB of a
            whole range in place of 77, and several times the processor time: worth
            it between sites, not between machines of one rack.

        max_age: How long others may use an answer without asking again.

        monotonic: A clock in seconds that never goes back.

    Raises:
        CorpusSetupError: There is no such file, it is no corpus, or it holds parts
            of hashes.
        CorpusDamagedError: It is cut or damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        compress: bool = True,
        max_age: timedelta = MAX_AGE,
        reading: Reading = Reading.MAPPED,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._corpus = _of_whole_hashes(Corpus(path, reading=reading))
        self._compress = compress
        self._cache_control = f"public, max-age={int(max_age.total_seconds())}"
        self._monotonic = monotonic
        self._look_at = monotonic() + LOOK_FOR_A_NEW_FILE
        self._lock = Lock()

    @property
    def corpus(self) -> Corpus:
        """The corpus that answers now."""
        return self._corpus

    def answer(self, question: Question) -> Reply:
        """Return what to answer; nothing is raised."""
        if question.method not in {"GET", "HEAD"}:
            return _plain(405, "Ask with GET.", ("Allow", "GET, HEAD"))
        found = _PATH.fullmatch(question.path)
        if found is None:
            return _refusal(question.path)
        corpus = self._newest()
        mode = "mode=ntlm" if corpus.kind is Kind.NTLM else ""
        if question.query != mode:
            return _plain(400, _WRONG_MODE[corpus.kind])
        try:
            return self._range(corpus, int(found[1], 16), question)
        except CorpusDamagedError:
            # The error names the block, and with it what was asked about.
            _log.error("%s is damaged; build or copy it again", corpus.file.path)
            return _plain(500, "The corpus is damaged here.")

    def close(self) -> None:
        """Let the file go."""
        self._corpus.close()

    def _range(self, corpus: Corpus, number: int, question: Question) -> Reply:
        etag = _etag(corpus, number)
        headers: tuple[tuple[str, str], ...] = (
            ("ETag", etag),
            ("Cache-Control", self._cache_control),
            _VARY,
        )
        if _is_among(etag, question.headers.get("if-none-match", "")):
            return Reply(304, headers, b"")
        body = _text(corpus, number)
        if question.headers.get("add-padding", "").lower() == "true":
            body += _padding(corpus.kind)
        body = body.removesuffix(b"\r\n")
        if self._compress and _accepts_gzip(question.headers.get("accept-encoding")):
            body = gzip.compress(body, _COMPRESSION_LEVEL, mtime=0)
            headers += (("Content-Encoding", "gzip"),)
        headers += (_TEXT, ("Content-Length", str(len(body))))
        return Reply(200, headers, b"" if question.method == "HEAD" else body)

    def _newest(self) -> Corpus:
        now = self._monotonic()
        if now < self._look_at:
            return self._corpus
        with self._lock:
            if now >= self._look_at:
                self._look_at = now + LOOK_FOR_A_NEW_FILE
                if self._corpus.is_replaced:
                    self._take_up()
        return self._corpus

    def _take_up(self) -> None:
        # The old one is not closed: another thread may be in the middle of it.
        try:
            self._corpus = _of_whole_hashes(self._corpus.reopened())
        except CredguardError as error:
            _log.warning("The new corpus is not taken up: %s", error)


_TEXT = ("Content-Type", "text/plain")
_VARY = ("Vary", "Accept-Encoding, Add-Padding")
_WRONG_MODE = {
    Kind.SHA1: "This service lists SHA-1 hashes; ask without a mode.",
    Kind.NTLM: "This service lists NTLM hashes; ask with ?mode=ntlm.",
}


def _of_whole_hashes(corpus: Corpus) -> Corpus:
    if corpus.header.shape.width is not Width.WHOLE:
        message = (
            f"{corpus.file.path} holds parts of hashes, and the range protocol needs "
            "whole ones; make it with --width whole"
        )
        raise CorpusSetupError(message)
    return corpus


def _text(corpus: Corpus, number: int) -> bytes:
    shape = corpus.header.shape
    if has_ranges_apart(shape):
        return range_text(corpus.range_run(number), shape)
    # So small a corpus has a few hashes in a range.
    entries = ((hash_.hex().upper(), n) for hash_, n in corpus.range(number))
    return b"".join(b"%b:%d\r\n" % (digits[5:].encode(), n) for digits, n in entries)


def _etag(corpus: Corpus, number: int) -> str:
    """
    Return what changes with a range: its own ETag where it was fetched with one.

    It is weak, since padding and compression differ from answer to answer.
    """
    kept = corpus.etag(number)
    said = f"{kept}/{corpus.header.min_count}" if kept else corpus.stamp
    return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def _is_among(etag: str, asked: str) -> bool:
    # The comparison is the weak one (RFC 9110 section 13.1.2).
    tags = _ENTITY_TAG.findall(asked)
    return asked.strip() == "*" or etag.removeprefix("W/") in tags


def _padding(kind: Kind) -> bytes:
    number = FEWEST_PADDING + secrets.randbelow(MOST_PADDING - FEWEST_PADDING + 1)
    length = 2 * kind.hash_bytes - 5
    digits = secrets.token_hex(number * (length + 1) // 2).upper()
    lines = (digits[at : at + length] for at in range(0, number * length, length))
    return "".join(f"{line}:0\r\n" for line in lines).encode()


def _accepts_gzip(accepted: str | None) -> bool:
    if not accepted:
        return False
    for choice in accepted.lower().split(","):
        coding, _, quality = choice.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


def _refusal(path: str) -> Reply:
    if path.startswith("/range/"):
        return _plain(400, "A range is five hexadecimal digits.")
    return _plain(404, "Ask for /range/ and five hexadecimal digits.")


def _plain(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    body = text.encode()
    length = ("Content-Length", str(len(body)))
    return Reply(status, (*headers, _TEXT, length), body)
