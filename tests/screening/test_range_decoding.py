import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening import Unasked, UnaskedReason
from credguard.screening.range_decoding import decoded

MALFORMED = Unasked(UnaskedReason.MALFORMED)


@given(st.binary())
def test_what_was_compressed_comes_back(body: bytes) -> None:
    """With the encoding that is asked for, and with none."""
    assert decoded(gzip.compress(body), "gzip") == body
    assert decoded(gzip.compress(body), "GZIP") == body
    assert decoded(body, "") == body
    assert decoded(body, "identity") == body


@given(st.binary())
def test_anything_else_is_refused(body: bytes) -> None:
    """Bytes that are no gzip file are not decoded, and raise nothing."""
    assert decoded(body, "gzip") == MALFORMED


@given(st.binary(), st.integers(1, 8), st.binary(min_size=1))
def test_nothing_may_be_missing_or_left_over(
    body: bytes, cut: int, more: bytes
) -> None:
    """The checksum at the end is there, and the end is the end."""
    packed = gzip.compress(body)
    assert decoded(packed[:-cut], "gzip") == MALFORMED
    assert decoded(packed + more, "gzip") == MALFORMED


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x-gzip", "zstd"])
def test_other_encodings_are_refused(encoding: str) -> None:
    """What was not asked for is not understood."""
    assert decoded(zlib.compress(b"1"), encoding) == MALFORMED


def test_only_the_gzip_format_is_gzip() -> None:
    """The same compression in zlib's own wrapping is something else."""
    assert decoded(zlib.compress(b"1"), "gzip") == MALFORMED


def test_what_repeats_far_apart_comes_back() -> None:
    """A packer may look back 32 KiB, as far as the format reaches."""
    body = random.Random(1).randbytes(32_000) * 5
    assert decoded(gzip.compress(body), "gzip") == body


@pytest.mark.parametrize("more", [0, 1, 50_000_000])
def test_what_comes_out_has_a_ceiling(more: int) -> None:
    """Up to four mebibytes and not a byte beyond, however much there would be."""
    size = 4 * 1024 * 1024 + more
    packer = zlib.compressobj(wbits=31)
    piece = bytes(min(size, 1_000_000))
    packed = b"".join(packer.compress(piece) for _ in range(size // len(piece)))
    packed += packer.compress(bytes(size % len(piece))) + packer.flush()
    found = decoded(packed, "gzip")
    if more:
        assert found == Unasked(UnaskedReason.TOO_LARGE)
    else:
        assert found == bytes(size)
