import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.plotting import HEIGHT, WIDTH, Line, plot

SVG = "{*}"


def drawn(lines: list[Line], *, title: str = "A plot") -> ET.Element:
    """Return the plot of *lines* as a tree."""
    places = [str(number) for number in range(len(lines[0].values))]
    text = plot(title, "What is seen.", places=places, lines=lines)
    return ET.fromstring(text)


SERIES = st.integers(1, 130).flatmap(
    lambda length: st.lists(
        st.lists(st.integers(0, 10**9), min_size=length, max_size=length),
        min_size=1,
        max_size=4,
    )
)


@given(SERIES)
def test_everything_lies_inside(series: list[list[int]]) -> None:
    """No point and no word stands outside of the picture, whatever the numbers."""
    lines = [Line(f"line {number}", each) for number, each in enumerate(series)]
    tree = drawn(lines)
    for line in tree.iter("polyline"):
        for point in line.attrib["points"].split():
            x, y = (float(each) for each in point.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    for text in tree.iter("text"):
        assert 0 <= float(text.attrib["y"]) <= HEIGHT


@given(SERIES)
def test_no_two_names_lie_over_each_other(series: list[list[int]]) -> None:
    """Lines that end at one height are still told apart by their words."""
    lines = [Line(f"line {number}", each) for number, each in enumerate(series)]
    names = [
        float(text.attrib["y"])
        for text in drawn(lines).iter("text")
        if text.attrib["class"].startswith("name")
    ]
    assert len(names) == len(lines)
    names.sort()
    gaps = [after - before for before, after in pairwise(names)]
    assert all(gap >= 14.9 for gap in gaps)


def test_a_higher_number_stands_higher() -> None:
    """The axis begins at 0, and its top is a round number."""
    tree = drawn([Line("told", [0, 70, 140])])
    line = next(tree.iter("polyline"))
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert heights == sorted(heights, reverse=True)
    words = ["".join(text.itertext()) for text in tree.iter("text")]
    assert "0" in words
    assert "200" in words


def test_a_plot_says_what_it_shows() -> None:
    """Title and description are named by the picture, and are no markup."""
    text = plot("<b>&", "a < b", places=["x"], lines=[Line("<i>", [0])])
    tree = ET.fromstring(text)
    assert [each.text for each in tree][:2] == ["<b>&", "a < b"]
    named = tree.attrib["aria-labelledby"].split()
    assert named == [each.attrib["id"] for each in tree[:2]]
    assert not re.search("<b>|<i>", text)
