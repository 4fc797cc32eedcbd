"""What stands in a corpus file and in what it is made of."""

from zlib import crc32

from trying import only_declared_errors

from credguard.screening.corpus.header import check_size, read_etag, read_header
from credguard.screening.corpus.layout import HEADER_BYTES, Kind, Shape, Width
from credguard.screening.corpus.lines import read_lines
from credguard.screening.corpus.runs import Run

SUM_BYTES = 4
SHAPES = [Shape(kind, width, 16) for kind in Kind for width in Width]
PREFIXES = (b"", b"21BD1")


def one_input(data: bytes) -> None:
    """Read the data as a header, with a right sum as well, and as lines of text."""
    whole = data[: HEADER_BYTES - SUM_BYTES].ljust(HEADER_BYTES - SUM_BYTES, b"\0")
    for header in (data, whole + crc32(whole).to_bytes(SUM_BYTES, "little")):
        with only_declared_errors():
            found = read_header(header, where="corpus")
            check_size(found, found.file_bytes, where="corpus")
            check_size(found, len(data), where="corpus")
    record = data[:32].ljust(32, b"\0")
    for said in (record, record[:28] + crc32(record[:28]).to_bytes(4, "little")):
        read_etag(said)
    for shape in SHAPES:
        for prefix in PREFIXES:
            with only_declared_errors():
                run = read_lines(data, shape, prefix=prefix)
                if Run.from_bytes(run.to_bytes()).to_bytes() != run.to_bytes():
                    raise AssertionError
