"""The ETags that were remembered, in a file that may hold anything."""

import tempfile
from pathlib import Path

from trying import only_declared_errors

from credguard.screening.corpus.asking_news import _remembered
from credguard.screening.corpus.journal import Journal, Piece
from credguard.screening.corpus.layout import Kind
from credguard.screening.corpus.news import compare


def one_input(data: bytes) -> None:
    """Read what was remembered, and the terms and a piece of an unfinished sync."""
    with tempfile.TemporaryDirectory(prefix="credguard-fuzz-") as folder:
        path = Path(folder) / "etags.json"
        path.write_bytes(data)
        with only_declared_errors():
            etags = _remembered(path, Kind.SHA1)
            compare(etags, dict.fromkeys(etags, 'W/"0x8"'))
        _read_journal(Path(folder) / "journal", data)


def _read_journal(folder: Path, data: bytes) -> None:
    with only_declared_errors():
        journal = Journal(folder)
        try:
            (folder / "terms.json").write_bytes(data)
            (folder / "0000").write_bytes(data)
            journal.terms()
            with Piece(folder, 0) as piece:
                for number in piece.numbers:
                    piece.fetched(number)
        finally:
            journal.close()
