"""The page that specifies the format is enough to read it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from corpora import SHAPES, hashes, shape_of, strangers, text_of, write

from credguard.screening.corpus import CorpusWriter, Kind, Shape, Width, read_lines

PAGE = Path(__file__).parents[3] / "docs" / "corpus-format.md"


@pytest.fixture(scope="module")
def times() -> Callable[[bytes, bytes], int]:
    """The reader that stands in the page, which knows nothing of this package."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert "credguard" not in code
    names: dict[str, Callable[[bytes, bytes], int]] = {}
    exec(code, names)  # noqa: S102  # what the page says is what is tested
    return names["times"]


@pytest.mark.parametrize(("kind", "width"), SHAPES)
def test_the_reader_of_the_page_reads_every_file(
    kind: Kind,
    width: Width,
    times: Callable[[bytes, bytes], int],
    tmp_path: Path,
) -> None:
    """All counts are exact, and no stranger is found, in every shape."""
    listed = hashes(3000, kind)
    write(tmp_path / "c", listed, shape_of(listed, width))
    data = (tmp_path / "c").read_bytes()
    some = list(listed)[::7]
    assert [times(data, each) for each in some] == [listed[each] for each in some]
    assert [times(data, each) for each in strangers(50, kind)] == [0] * 50


def test_the_reader_of_the_page_reads_wide_files_with_ranges(
    times: Callable[[bytes, bytes], int], tmp_path: Path
) -> None:
    """A directory of eight bytes and a table of ranges are where the page says."""
    listed = hashes(300)
    shape = Shape(Kind.SHA1, Width.DEFAULT, 9)
    with CorpusWriter(
        tmp_path / "c", shape=shape, expected=1 << 33, has_ranges=True
    ) as writer:
        writer.add(read_lines(text_of(listed), shape))
        assert writer.finish().wide_directory
    data = (tmp_path / "c").read_bytes()
    assert [times(data, each) for each in listed] == [*listed.values()]


def test_the_reader_of_the_page_sees_damage(
    times: Callable[[bytes, bytes], int], tmp_path: Path
) -> None:
    """A flipped bit in the header or in a block is an error."""
    listed = hashes(30)
    write(tmp_path / "c", listed)
    data = (tmp_path / "c").read_bytes()
    for at in (9, 20, len(data) - 1):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(ValueError, match=r"newer|header|block"):
            times(damaged, min(listed))
