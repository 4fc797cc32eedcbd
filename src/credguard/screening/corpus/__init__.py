"""
The local corpus of breached passwords: one file, exact counts, no network.

`Corpus` looks up, `CorpusWriter` writes; docs/corpus-format.md says what stands
where.
"""

from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.header import Header
from credguard.screening.corpus.layout import Kind, Shape, Width, directory_bits
from credguard.screening.corpus.lines import read_lines
from credguard.screening.corpus.reading import Reading
from credguard.screening.corpus.runs import Run
from credguard.screening.corpus.writing import CorpusWriter, Origin

__all__ = [
    "Corpus",
    "CorpusWriter",
    "Header",
    "Kind",
    "Origin",
    "Reading",
    "Run",
    "Shape",
    "Width",
    "directory_bits",
    "read_lines",
]
