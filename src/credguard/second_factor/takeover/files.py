"""
Rows out of text files: JSON lines, CSV, and a URI to a line. Pure.

A line that is too long or broken becomes an empty row, which every reader refuses:
the rows after it keep their numbers.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from credguard.second_factor.takeover.records import Row

MAX_LINE_CHARACTERS = 262_144  # a user of a realm's export, all credentials in it


def lines_of(file: TextIO) -> Iterator[str]:
    """
    Read lines one by one, whatever stands in the file.

    Args:
        file: An open file.

    Yields:
        Each line with its end; an empty text for one that does not end within
        262,144 characters.
    """
    while line := file.readline(MAX_LINE_CHARACTERS):
        if len(line) < MAX_LINE_CHARACTERS or line.endswith("\n"):
            yield line
            continue
        while line and not line.endswith("\n"):
            line = file.readline(MAX_LINE_CHARACTERS)
        yield ""


def rows_of_json(lines: Iterable[str]) -> Iterator[Row]:
    """Return a row for each line of JSON; blank lines are passed over."""
    for line in lines:
        if line and not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield row if isinstance(row, Mapping) else {}


def rows_of_csv(lines: Iterable[str]) -> Iterator[Row]:
    """Return a row for each line of CSV; the first line names the columns."""
    reader = csv.DictReader(lines, restkey="")
    while True:
        try:
            row: Row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = {}
        yield row


def rows_of_uris(lines: Iterable[str]) -> Iterator[Row]:
    """Return a row for each line that holds a URI; blank lines and # are left out."""
    for line in lines:
        text = line.strip()
        if not line or (text and not text.startswith("#")):
            yield {"uri": text}
