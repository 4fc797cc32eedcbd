"""
Plots as SVG that stands inside a page. Pure: numbers in, text out.

Lines are told apart by their dashes and by a word at their end as well as by their
color (WCAG 2.2, 1.4.1), and each plot has a title and a description for those who
do not see it (1.1.1); the page has the numbers in a table beside it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 300

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 16, 40
_INNER_WIDTH = WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT = HEIGHT - _TOP - _BOTTOM
_STEPS = (1, 2, 5)
_TICKS = 5
_LABELS = 5
_LINE_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of a plot.

    Attributes:
        name: What it shows, written at its end.

        values: One for each place on the horizontal axis.
    """

    name: str
    values: Sequence[int]


def plot(
    title: str, description: str, *, places: Sequence[str], lines: Sequence[Line]
) -> str:
    """
    Return an SVG element with *lines* over *places*.

    Args:
        title: What it shows.

        description: What is to be seen, for those who do not see it.

        places: What the places on the horizontal axis are called; at least one.

        lines: Each with a value for each place, from 0 on; at least one.
    """
    key = "".join(character for character in title.lower() if character.isalnum())
    top = _round_up(max(max(line.values) for line in lines))
    inside = [
        f'<title id="{key}-title">{escape(title)}</title>',
        f'<desc id="{key}-desc">{escape(description)}</desc>',
        *_grid(top),
        *_names(places),
        *_drawn(lines, top),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc">\n' + "\n".join(inside) + "\n</svg>"
    )


def _round_up(most: int) -> int:
    """Return the first round number that is no less than *most*, and at least 1."""
    scale = 1
    while True:
        for step in _STEPS:
            if step * scale >= most:
                return step * scale
        scale *= 10


def _x(place: int, count: int) -> float:
    return _LEFT + _INNER_WIDTH * (place / (count - 1) if count > 1 else 1.0)


def _y(value: float, top: int) -> float:
    return _TOP + _INNER_HEIGHT * (1 - value / top)


def _grid(top: int) -> list[str]:
    ticks = min(_TICKS, top)
    drawn = []
    for number in range(ticks + 1):
        value = top * number / ticks
        y = _y(value, top)
        drawn.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(
            f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" '
            f'text-anchor="end">{value:,.0f}</text>'
        )
    return drawn


def _names(places: Sequence[str]) -> list[str]:
    count = len(places)
    shown = sorted(
        {round(number * (count - 1) / (_LABELS - 1)) for number in range(_LABELS)}
    )
    return [
        f'<text class="tick" x="{_x(place, count):.1f}" y="{HEIGHT - 14}" '
        f'text-anchor="middle">{escape(places[place])}</text>'
        for place in shown
    ]


def _drawn(lines: Sequence[Line], top: int) -> list[str]:
    ends = _apart([_y(line.values[-1], top) for line in lines])
    drawn = []
    for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
        count = len(line.values)
        points = " ".join(
            f"{_x(place, count):.1f},{_y(value, top):.1f}"
            for place, value in enumerate(line.values)
        )
        if count == 1:
            points = f"{_LEFT},{_y(0, top):.1f} {points}"
        drawn.append(f'<polyline class="line line-{number}" points="{points}"/>')
        drawn.append(
            f'<text class="name name-{number}" x="{WIDTH - _RIGHT + 8}" '
            f'y="{end + 4:.1f}">{escape(line.name)}</text>'
        )
    return drawn


def _apart(wanted: Sequence[float]) -> list[float]:
    """Return heights near *wanted* at which no two words lie over each other."""
    placed = list(wanted)
    order = sorted(range(len(placed)), key=lambda number: placed[number])
    for before, after in itertools.pairwise(order):
        placed[after] = max(placed[after], placed[before] + _LINE_HEIGHT)
    # What was pushed below the axis goes up again, and pushes the others up.
    limit = float(HEIGHT - _BOTTOM)
    for number in reversed(order):
        placed[number] = min(placed[number], limit)
        limit = placed[number] - _LINE_HEIGHT
    return placed
