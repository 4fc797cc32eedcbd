"""QR codes: drawn without a network, read by a program that is not ours."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from credguard.errors import MissingExtraError, SetupError
from credguard.second_factor.enrollment import Enrollment, present
from credguard.second_factor.qr import drawn

SEED = b"12345678901234567890"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LATER = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"

Tool = Callable[..., str]


def shown(name: str = "alice", *, issuer: str = "Example Forum") -> Enrollment:
    """Return the enrollment of a known seed."""
    return present(SEED, issuer=issuer, name=name, expires_at=LATER)


def scanned(tool: Tool, path: Path) -> str:
    """Return what a scanner of QR codes reads in a picture."""
    found = tool("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path)
    return found.rstrip("\n")


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("alice", "Example Forum"),
        ("алиса@example.org", "Форум"),
        ("x" * 64, "y" * 64),
        ("😀" * 64, "😀" * 64),
    ],
    ids=["short", "Cyrillic", "long", "the longest"],
)
def test_a_scanner_reads_the_png(
    name: str, issuer: str, tool: Tool, tmp_path: Path
) -> None:
    """Another program's scanner reads exactly the URI in the picture."""
    enrollment = shown(name, issuer=issuer)
    path = tmp_path / "code.png"
    path.write_bytes(enrollment.png())
    assert scanned(tool, path) == enrollment.uri


def test_a_scanner_reads_the_terminal(tool: Tool, tmp_path: Path) -> None:
    """The half blocks of a terminal, photographed, are the same QR code."""
    enrollment = shown()
    halves = {" ": "11", "▀": "01", "▄": "10", "█": "00"}
    lines = enrollment.terminal().splitlines()
    rows = [
        "".join(halves[block][half] * 4 for block in line)
        for line in lines
        for half in (0, 1)
        for _ in range(4)
    ]
    path = tmp_path / "code.pbm"
    bits = "\n".join(" ".join(row) for row in rows)
    path.write_text(f"P1\n{len(rows[0])} {len(rows)}\n{bits}\n")
    assert scanned(tool, path) == enrollment.uri


def test_the_svg_draws_the_same_modules() -> None:
    """What the SVG's strokes cover are the dark modules, and nothing more."""
    enrollment = shown()
    drawing = ET.fromstring(enrollment.svg())
    [path] = [each for each in drawing.iter(f"{SVG}path") if each.get("stroke")]
    x, y, dark = 0.0, 0.0, set()
    for command, text in re.findall(r"([Mmh])([-0-9. ]+)", path.get("d", "")):
        numbers = [float(number) for number in text.split()]
        if command == "h":
            dark |= {(int(x) + step, int(y)) for step in range(int(numbers[0]))}
            x += numbers[0]
        else:
            x, y = (
                (numbers[0], numbers[1])
                if command == "M"
                else (x + numbers[0], y + numbers[1])
            )
    expected = {
        (column + 4, row + 4)
        for row, modules in enumerate(drawn(enrollment.uri).matrix)
        for column, module in enumerate(modules)
        if module
    }
    assert dark == expected


def test_the_svg_has_a_name_and_no_secret_in_it() -> None:
    """A screen reader says what it is; neither title nor description hold the key."""
    drawing = ET.fromstring(shown().svg(title="Für <alice> & bob", description='"'))
    assert drawing.get("role") == "img"
    title, description = drawing.findtext(f"{SVG}title"), drawing.findtext(f"{SVG}desc")
    assert (title, description) == ("Für <alice> & bob", '"')
    text = shown().svg()
    assert "<title>QR code for an authenticator app</title>" in text
    assert SECRET not in text
    assert "otpauth" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("scale", [0, -1, 33])
def test_a_scale_has_a_range(scale: int) -> None:
    """A picture that would be nothing, or huge, is refused."""
    for draw in (shown().svg, shown().png):
        with pytest.raises(SetupError):
            draw(scale=scale)


def test_a_larger_scale_is_a_larger_picture() -> None:
    """The scale is the width of a module."""
    width = {
        scale: ET.fromstring(shown().svg(scale=scale)).get("width") for scale in (1, 3)
    }
    assert int(width[3] or 0) == 3 * int(width[1] or 0)


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where segno is missing, the error says what to install."""
    monkeypatch.setitem(sys.modules, "segno", None)
    enrollment = shown()
    for draw in (enrollment.svg, enrollment.png, enrollment.terminal):
        with pytest.raises(MissingExtraError, match=r"credguard\[qr\]"):
            draw()
