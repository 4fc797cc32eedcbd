"""A measure's selection as it is stored."""

import pytest
from authenticators import NOON

from credguard.errors import StoredDataError
from credguard.second_factor.leaks.measure import Selection, read_selection


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"enrolled_before": 1}'])
def test_a_selection_that_was_altered_is_told(text: str) -> None:
    """What does not read back is no selection of everybody."""
    with pytest.raises(StoredDataError, match="does not stand"):
        read_selection(text)


def test_a_selection_reads_back() -> None:
    """What was stored is what was planned."""
    whole = Selection(NOON, "0badc0de", 128, "warehouse")
    assert [read_selection(each.as_text()) for each in (whole, Selection())] == [
        whole,
        Selection(),
    ]
