"""
The downloader's text, read strictly at the speed of C: ``HASH:COUNT`` lines.

CRLF, a byte order mark at the start of any line, lower case, counts of zero
(padding) and commas in counts are accepted. Anything else is refused with the number
of its line.

Source: the downloader's output and the range protocol of Have I Been Pwned.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress, islice
from operator import lt

from credguard.errors import CorpusSourceError
from credguard.screening.corpus.layout import LARGE_COUNT, MAX_COUNT, Kind, Shape
from credguard.screening.corpus.runs import Run, from_little, large_entry

_BOM = b"\xef\xbb\xbf"
_MOST_DIGITS = len(str(MAX_COUNT))
_TIDY_COUNT = re.compile(rb"[0-9]+|[0-9]{1,3}(,[0-9]{3})+")
_HEX = re.compile(rb"[0-9A-F]+")
_OTHER_KIND = {Kind.SHA1: "an NTLM hash", Kind.NTLM: "a SHA-1 hash"}


class _Codes(dict[bytes, int]):
    """Count bytes by count text; what is no plain number is a `KeyError`."""

    def __missing__(self, count: bytes) -> int:
        if not count.isdigit() or len(count) > _MOST_DIGITS or int(count) > MAX_COUNT:
            raise KeyError
        return min(int(count), LARGE_COUNT)


_CODES = _Codes({b"%d" % number: number for number in range(LARGE_COUNT)})


def read_lines(
    text: bytes, shape: Shape, *, prefix: bytes = b"", min_count: int = 1
) -> Run:
    """
    Return the records of whole lines of text.

    Args:
        text: Lines, in order of the hash. The last may lack its line end.

        shape: How records look.

        prefix: Upper-case hexadecimal digits that all hashes begin with and that
            the lines do not repeat.

        min_count: Leave out hashes that were seen less often.

    Raises:
        CorpusSourceError: A line is not as it must be; `number` counts from the
            first line of *text*.
    """
    if b"\r" in text or _BOM[:1] in text:
        text = _without_marks(text)
    fields = _fields(text, shape, prefix)
    if fields is None:
        text = _tidied(text)
        fields = _fields(text, shape, prefix)
    if fields is None:
        raise _flaw(text, shape, prefix)
    digests, codes, counts = fields
    lowest, highest = (
        digests[: shape.kind.hash_bytes],
        digests[-shape.kind.hash_bytes :],
    )
    if min_count > 1 or b"\0" in codes:
        digests, codes, counts = _frequent(digests, counts, shape, min_count)
    run = _run(digests, codes, shape)
    return replace(run, large=_large(codes, counts), lowest=lowest, highest=highest)


def _fields(
    text: bytes, shape: Shape, prefix: bytes
) -> tuple[bytes, bytes, Sequence[bytes]] | None:
    """Return all digests, all count bytes and all counts; None if a line is odd."""
    text = text.removesuffix(b"\n")
    if not text:
        return b"", b"", ()
    fields = text.replace(b"\n", b":").split(b":")
    hashes, counts = fields[::2], fields[1::2]
    if len(hashes) != len(counts) or not all(map(lt, hashes, islice(hashes, 1, None))):
        return None
    # Hashes of one length: the breaks between them stand at every so many bytes.
    step = 2 * shape.kind.hash_bytes + 1
    joined = prefix + (b"\n" + prefix).join(hashes)
    breaks = joined[step - 1 :: step]
    if len(joined) != len(hashes) * step - 1 or breaks.strip(b"\n"):
        return None
    try:
        digests = bytes.fromhex(joined.decode("ascii"))
        codes = bytes(map(_CODES.__getitem__, counts))
    except (ValueError, KeyError):
        return None
    if len(digests) != len(hashes) * shape.kind.hash_bytes:
        return None  # fromhex skips white space
    return digests, codes, counts


def _frequent(
    digests: bytes, counts: Sequence[bytes], shape: Shape, min_count: int
) -> tuple[bytes, bytes, Sequence[bytes]]:
    """Return the fields without what was seen too rarely, or never."""
    least = max(min_count, 1)
    keep = [int(count) >= least for count in counts]
    size = shape.kind.hash_bytes
    whole = [digests[at : at + size] for at in range(0, len(digests), size)]
    kept = list(compress(counts, keep))
    codes = bytes(map(_CODES.__getitem__, kept))
    return b"".join(compress(whole, keep)), codes, kept


def _run(digests: bytes, codes: bytes, shape: Shape) -> Run:
    """Return hashes and count bytes as records in buckets."""
    if not codes:
        return Run(first=0, lengths=[], body=b"")
    words, suffixes = _columns(digests, shape)
    width, shift = shape.suffix_bytes, shape.shift
    first, last = words[0] >> shift, words[-1] >> shift
    lengths: list[int] = []
    parts: list[bytes] = []
    total = len(codes)
    low = 0
    for bucket in range(first + 1, last + 2):
        high = bisect_left(words, bucket << shift, low, total)
        lengths.append(high - low)
        parts += (suffixes[low * width : high * width], codes[low:high])
        low = high
    return Run(first=first, lengths=lengths, body=b"".join(parts))


def _columns(digests: bytes, shape: Shape) -> tuple["array[int]", bytes]:
    """Return the first 32 bits of each digest as a number, and all suffixes."""
    size, width = shape.kind.hash_bytes, shape.suffix_bytes
    entries = len(digests) // size
    little = bytearray(entries * 4)
    for column in range(4):
        little[3 - column :: 4] = digests[column::size]
    words = from_little("I", bytes(little))
    suffixes = bytearray(entries * width)
    for at in range(width):
        suffixes[at::width] = digests[shape.skip + at :: size]
    return words, bytes(suffixes)


def _large(codes: bytes, counts: Sequence[bytes]) -> "array[int]":
    large = array("Q")
    at = codes.find(LARGE_COUNT)
    while at >= 0:
        large.append(large_entry(at, int(counts[at])))
        at = codes.find(LARGE_COUNT, at + 1)
    return large


def _without_marks(text: bytes) -> bytes:
    """Return *text* with LF line ends and no byte order mark before a line."""
    text = text.replace(b"\r\n", b"\n").removesuffix(b"\r").removeprefix(_BOM)
    return text.replace(b"\n" + _BOM, b"\n")


def _tidied(text: bytes) -> bytes:
    """Return *text* in upper case, and with plain numbers where they had commas."""
    lines = []
    for line in text.upper().split(b"\n"):
        digits, colon, count = line.partition(b":")
        if b"," in count and _TIDY_COUNT.fullmatch(count):
            count = count.replace(b",", b"")
        lines.append(digits + colon + count)
    return b"\n".join(lines)


def _flaw(text: bytes, shape: Shape, prefix: bytes) -> CorpusSourceError:
    """Return what is wrong with the first line that is not as it must be."""
    before = b""
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), 1):
        digits, _, count = line.partition(b":")
        flaw = _flaw_of_hash(prefix + digits, shape.kind) or _flaw_of_count(count)
        if not flaw and before and digits <= before:
            flaw = (
                "the hash is not above the one of the line before; sort the file by "
                "hash (the downloader does), not by count, and each hash once"
            )
        if flaw:
            return CorpusSourceError(flaw, number=number)
        before = digits
    message = "the lines are not HASH:COUNT"
    return CorpusSourceError(message)


def _flaw_of_hash(digits: bytes, kind: Kind) -> str:
    wanted = 2 * kind.hash_bytes
    if not _HEX.fullmatch(digits):
        return "the line is not HASH:COUNT"
    other = {40: Kind.SHA1, 32: Kind.NTLM}.get(len(digits), kind)
    if other is not kind:
        return f"{_OTHER_KIND[kind]} stands among {kind} hashes"
    if len(digits) != wanted:
        return f"the hash has {len(digits)} digits in place of {wanted}"
    return ""


def _flaw_of_count(count: bytes) -> str:
    if not count:
        return "the line ends before its count; it was cut"
    if not count.isdigit() or len(count) > _MOST_DIGITS or int(count) > MAX_COUNT:
        return "the count is not a number from 0 to 2^40 - 1"
    return ""
