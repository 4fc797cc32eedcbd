"""Where each thing stands in a plot."""

import re

import pytest

from credguard.campaigns.plotting import Line, plot

WHOLE = """\
<svg viewBox="0 0 720 300" role="img" aria-labelledby="days-title days-desc">
<title id="days-title">Days</title>
<desc id="days-desc">Three of them.</desc>
<line class="grid" x1="64" x2="570" y1="260.0" y2="260.0"/>
<text class="tick" x="56" y="264.0" text-anchor="end">0</text>
<line class="grid" x1="64" x2="570" y1="211.2" y2="211.2"/>
<text class="tick" x="56" y="215.2" text-anchor="end">2</text>
<line class="grid" x1="64" x2="570" y1="162.4" y2="162.4"/>
<text class="tick" x="56" y="166.4" text-anchor="end">4</text>
<line class="grid" x1="64" x2="570" y1="113.6" y2="113.6"/>
<text class="tick" x="56" y="117.6" text-anchor="end">6</text>
<line class="grid" x1="64" x2="570" y1="64.8" y2="64.8"/>
<text class="tick" x="56" y="68.8" text-anchor="end">8</text>
<line class="grid" x1="64" x2="570" y1="16.0" y2="16.0"/>
<text class="tick" x="56" y="20.0" text-anchor="end">10</text>
<text class="tick" x="64.0" y="286" text-anchor="middle">Mon</text>
<text class="tick" x="317.0" y="286" text-anchor="middle">Tue</text>
<text class="tick" x="570.0" y="286" text-anchor="middle">Wed</text>
<polyline class="line line-0" points="64.0,260.0 317.0,138.0 570.0,16.0"/>
<text class="name name-0" x="578" y="20.0">told</text>
<polyline class="line line-1" points="64.0,260.0 317.0,260.0 570.0,16.0"/>
<text class="name name-1" x="578" y="35.0">reset</text>
</svg>"""


def drawn(*values: int) -> str:
    """Return the plot of one line."""
    places = [f"p{number}" for number in range(len(values))]
    return plot("Days", "", places=places, lines=[Line("told", values)])


def points(picture: str) -> list[str]:
    """Return the points of a picture's lines, line by line."""
    return re.findall(r'points="([^"]*)"', picture)


def ticks(picture: str) -> list[str]:
    """Return what stands beside the vertical axis, from below."""
    return re.findall(r'text-anchor="end">([^<]*)<', picture)


def test_a_plot_is_laid_out_to_the_tenth() -> None:
    """Axes, grid, lines from edge to edge, and each line's name at its end."""
    lines = [Line("told", [0, 5, 10]), Line("reset", [0, 0, 10])]
    places = ["Mon", "Tue", "Wed"]
    assert plot("Days", "Three of them.", places=places, lines=lines) == WHOLE


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, "1"),
        (1, "1"),
        (2, "2"),
        (3, "5"),
        (5, "5"),
        (6, "10"),
        (10, "10"),
        (11, "20"),
        (20, "20"),
        (21, "50"),
        (50, "50"),
        (51, "100"),
        (999_999_999, "1,000,000,000"),
    ],
)
def test_the_axis_ends_at_the_next_round_number(most: int, top: str) -> None:
    """One, two or five, and zeros."""
    assert ticks(drawn(0, most))[-1] == top


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, ["0", "1"]),
        (2, ["0", "1", "2"]),
        (5, ["0", "1", "2", "3", "4", "5"]),
        (10, ["0", "2", "4", "6", "8", "10"]),
        (2000, ["0", "400", "800", "1,200", "1,600", "2,000"]),
    ],
)
def test_the_axis_has_at_most_five_steps(most: int, expected: list[str]) -> None:
    """All of them whole numbers: there is no half an account."""
    assert ticks(drawn(most)) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ["p0"]),
        (2, ["p0", "p1"]),
        (5, ["p0", "p1", "p2", "p3", "p4"]),
        (9, ["p0", "p2", "p4", "p6", "p8"]),
        (121, ["p0", "p30", "p60", "p90", "p120"]),
    ],
)
def test_five_places_are_named_at_the_most(count: int, expected: list[str]) -> None:
    """The first, the last, and what lies evenly between them."""
    picture = drawn(*range(count))
    assert re.findall(r'text-anchor="middle">([^<]*)<', picture) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((10,), "64,260.0 570.0,16.0"),
        ((0, 10), "64.0,260.0 570.0,16.0"),
        ((0, 10, 0), "64.0,260.0 317.0,16.0 570.0,260.0"),
    ],
)
def test_a_line_goes_from_edge_to_edge(values: tuple[int, ...], expected: str) -> None:
    """Of one value alone, it comes from nothing."""
    assert points(drawn(*values)) == [expected]


@pytest.mark.parametrize(
    ("ends", "heights"),
    [
        ((0, 0), [249.0, 264.0]),
        ((0, 0, 0), [234.0, 249.0, 264.0]),
        ((100, 100, 100), [20.0, 35.0, 50.0]),
        ((50, 50), [142.0, 157.0]),
        ((0, 100), [264.0, 20.0]),
    ],
)
def test_names_of_lines_that_end_together_stand_below_each_other(
    ends: tuple[int, ...], heights: list[float]
) -> None:
    """Fifteen apart, and none below the axis."""
    lines = [Line(str(end), [100, end]) for end in ends]
    picture = plot("Days", "", places=["a", "b"], lines=lines)
    found = re.findall(r'class="name name-\d" x="578" y="([^"]*)"', picture)
    assert [float(each) for each in found] == heights
