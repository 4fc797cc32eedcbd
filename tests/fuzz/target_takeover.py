"""The rows of other systems' second factors."""

import io

from taking import drain
from trying import text_of

from credguard.second_factor.takeover import (
    lines_of,
    rows_of_csv,
    rows_of_json,
)
from row_readers import READERS

MOST_ROWS = 20


def one_input(data: bytes) -> None:
    """Read the data as lines of JSON and of CSV, by every reader."""
    lines = list(lines_of(io.StringIO(text_of(data))))
    rows = [*rows_of_json(lines)][:MOST_ROWS] + [*rows_of_csv(lines)][:MOST_ROWS]
    for read in READERS.values():
        drain(read(rows))
